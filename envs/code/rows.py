"""Rows of a data set of programming tasks: from a file, a folder in the hub's layout, or the hub."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onelayer.envs.hints import did_you_mean

Row = Mapping[str, Any]
Placed = tuple[str, Row]
"""where a row stands, for messages, and the row"""
_FILES = (".jsonl", ".parquet")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the hub has a data set."""

    hub_id: str
    config: str | None = None
    revision: str | None = None
    sound: bool = True
    """whether its own solutions are expected to pass its tests, and are tried when it is loaded"""


CONVERTED = "refs/convert/parquet"
"""where the hub keeps data whose own loading script is not run any more"""
NAMED: Mapping[str, Source] = {
    "mbpp": Source("google-research-datasets/mbpp", "full"),
    "mbpp-sanitized": Source("google-research-datasets/mbpp", "sanitized"),
    "mbppplus": Source("evalplus/mbppplus"),
    "humaneval": Source("openai/openai_humaneval"),
    "humanevalplus": Source("evalplus/humanevalplus"),
    "apps": Source("codeparrot/apps", "all", CONVERTED, sound=False),
    "taco": Source("BAAI/TACO", "ALL", CONVERTED, sound=False),
}


def source_of(dataset: str, config: str | None) -> Source:
    """Return where a data set is: a name of ours, a file, a folder, or an id on the hub.

    Raises:
        FileNotFoundError: it looks like a path, and nothing is there.
        LookupError: it is none of these; the message names the nearest.
    """
    if dataset in NAMED:
        named = NAMED[dataset]
        return (
            named if config is None else Source(named.hub_id, config, named.revision, named.sound)
        )
    path = Path(dataset).expanduser()
    if path.exists():
        return Source(str(path), config)
    if dataset.startswith((".", "/", "~")) or path.suffix in (*_FILES, ".json", ".csv"):
        raise FileNotFoundError(f"there is no file or folder {dataset}")
    if dataset.count("/") == 1:
        return Source(dataset, config)
    raise LookupError(
        f"there is no data set {dataset!r}{did_you_mean(dataset, NAMED)} (or give a .jsonl or .parquet file, "
        "a folder in the hub's layout, or a hub id owner/name)"
    )


def placed_rows(source: Source, split: str) -> list[Placed]:
    """Return the rows of a split in their order.

    Raises:
        ValueError: a file is broken, or the data have no such split.
        ConnectionError: the data are not here and the hub does not give them.
    """
    path = Path(source.hub_id)
    return _of_file(path, split) if path.is_file() else list(_of_library(source, split))


def _of_file(path: Path, split: str) -> list[Placed]:
    if path.suffix not in _FILES:
        raise ValueError(f"{path} is neither a {' nor a '.join(_FILES)} file")
    rows = list(_read_jsonl(path) if path.suffix == ".jsonl" else _read_parquet(path))
    if not rows:
        raise ValueError(f"{path} is empty")
    if not any(row.get("split") for _, row in rows):
        # As `datasets` has it: a file's name tells its split, and one that tells nothing is for training.
        its = "test" if "test" in path.stem.lower() else "train"
        if split != its:
            raise ValueError(
                f"{path} names no splits, so it is the {its} split, and there is no split {split!r}; give "
                "the tasks for testing as test_dataset, or each row a `split`"
            )
        return rows
    for place, row in rows:
        if not isinstance(row.get("split"), str) or not row["split"]:
            raise ValueError(f"{place}: its split is {row.get('split')!r}, and other rows name one")
    chosen = [(place, row) for place, row in rows if row["split"] == split]
    if not chosen:
        has = ", ".join(sorted({row["split"] for _, row in rows}))
        raise ValueError(f"{path} has no split {split!r}; it has {has}")
    return chosen


def _read_jsonl(path: Path) -> Iterator[Placed]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (json.JSONDecodeError, RecursionError) as error:
                raise ValueError(f"{path}, line {number}: it is not JSON: {error}") from error
            if not isinstance(row, dict):
                raise ValueError(f"{path}, line {number}: a row is an object, not {row!r:.60}")
            yield f"{path}, line {number}", row


def _read_parquet(path: Path) -> Iterator[Placed]:
    from pyarrow import ArrowException
    from pyarrow.parquet import read_table

    try:
        table = read_table(path)
    except (ArrowException, OSError) as error:
        raise ValueError(f"{path} is no parquet file: {error}") from error
    for number, row in enumerate(table.to_pylist(), start=1):
        yield f"{path}, row {number}", row


def _of_library(source: Source, split: str) -> Iterator[Placed]:
    """Yield what the ``datasets`` library loads from a folder or from the hub."""
    import datasets

    name, revision = source.hub_id, source.revision
    is_local = Path(name).is_dir()
    revision = None if is_local else revision
    try:
        with _without_bars():
            configs = datasets.get_dataset_config_names(name, revision=revision)
            config = source.config or (configs[0] if len(configs) == 1 else None)
            if config not in configs:
                problem = "has several configurations" if config is None else f"has no {config!r}"
                raise ValueError(
                    f"{name} {problem}; choose dataset_config from {', '.join(configs)}"
                )
            splits = datasets.get_dataset_split_names(name, config, revision=revision)
            if split not in splits:
                raise ValueError(f"{name} has no split {split!r}; it has {', '.join(splits)}")
            loaded = datasets.load_dataset(name, config, split=split, revision=revision)
    except ValueError:
        raise
    except Exception as error:
        first = (str(error) or type(error).__name__).splitlines()[0]
        if is_local:
            raise ValueError(f"{name} can't be read: {first}") from error
        raise ConnectionError(
            f"the data set {name} is not here, and the hub does not give it ({first}); download it "
            "elsewhere and give its folder or file as dataset"
        ) from error
    for number, row in enumerate(loaded, start=1):
        yield f"{name}, {split} row {number}", row


@contextmanager
def _without_bars() -> Iterator[None]:
    import datasets

    shown = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            datasets.enable_progress_bars()
