"""The data sets of programming tasks that have a name here, and where the hub has them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from onelayer.envs.data_rows import Source, located


@dataclass(frozen=True, slots=True)
class DataSet:
    """Where a data set is, and what is known of it."""

    source: Source
    sound: bool = True
    """whether its own solutions are expected to pass its tests; if so, loading runs them"""


_CONVERTED = "refs/convert/parquet"
"""the hub's revision with the converted data of a set whose loading script is no longer run"""

CATALOGUE: Mapping[str, DataSet] = {
    "mbpp": DataSet(Source("google-research-datasets/mbpp", "full")),
    "mbpp-sanitized": DataSet(Source("google-research-datasets/mbpp", "sanitized")),
    "mbppplus": DataSet(Source("evalplus/mbppplus")),
    "humaneval": DataSet(Source("openai/openai_humaneval")),
    "humanevalplus": DataSet(Source("evalplus/humanevalplus")),
    "apps": DataSet(Source("codeparrot/apps", "all", _CONVERTED), sound=False),
    "taco": DataSet(Source("BAAI/TACO", "ALL", _CONVERTED), sound=False),
}


def data_set(name: str, config: str | None) -> DataSet:
    """Return where a data set is: a name of ours, a file, a folder, or an id on the hub.

    Raises:
        FileNotFoundError: it looks like a path, and nothing is there.
        LookupError: it is none of these; the message tells the nearest name.
    """
    if name not in CATALOGUE:
        return DataSet(Source(located(name, CATALOGUE), config))
    named = CATALOGUE[name]
    if config is None:
        return named
    return replace(named, source=replace(named.source, config=config))
