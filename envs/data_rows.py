"""Rows of a data set: from a file, from a folder in the hub's layout, or from the hub."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onelayer.errors import UnknownName
from onelayer.settings import did_you_mean

Row = Mapping[str, Any]
Placed = tuple[str, Row]
"""a row, after the place where it stands, for messages"""
_FILES = (".jsonl", ".parquet")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows are."""

    where: str
    """a file, a folder, or an id on the hub"""
    config: str | None = None
    """the configuration, where there are several"""
    revision: str | None = None
    """the revision of the hub's repository"""
    splits: Mapping[str, str] = field(default_factory=dict)
    """our ``train`` and ``test`` to the data's own names of them; empty: every split by its own name"""
    is_copy: bool = False
    """a local copy of a hub data set; if it has one configuration, that is taken under any name"""
    argument: str = "dataset"
    """the argument that a message names as the way to give a local folder or file"""


class NoSuchSplit(ValueError):
    """The data are there, but have no split of that name."""


def located(name: str, known: Iterable[str]) -> str:
    """Return the file, folder or hub id that is meant by a name which is none of ``known``.

    Raises:
        FileNotFoundError: it looks like a path, and nothing is there.
        UnknownName: it is none of these; the message tells the nearest name.
    """
    path = Path(name).expanduser()
    if path.exists():
        return str(path.resolve())
    if name.startswith((".", "/", "~")) or path.suffix in (*_FILES, ".json", ".csv"):
        raise FileNotFoundError(f"there is no file or folder {name}")
    if name.count("/") == 1:
        return name
    raise UnknownName(
        f"there is no data set {name!r}{did_you_mean(name, known)} (or give a .jsonl or .parquet file, "
        "a folder in the hub's layout, or a hub id owner/name)"
    )


def placed_rows(source: Source, split: str) -> list[Placed]:
    """Return the rows of a split, ours or one of the data's own, in their order.

    Raises:
        NoSuchSplit: the data have no such split.
        ValueError: a file is broken, or the data have other configurations.
        ConnectionError: the data are not here and the hub does not give them.
    """
    if source.splits and split not in (*source.splits, *source.splits.values()):
        raise NoSuchSplit(f"{source.where} has no split {split!r}; it has {_listed(source.splits)}")
    its_name = source.splits.get(split, split)
    path = Path(source.where)
    if path.is_file():
        return _of_split(path, _of_file(path), (split, its_name))
    return list(_of_library(source, its_name))


def state_of(path: Path) -> object:
    """Return a value that changes when a file, or any file of a folder, changes; None where nothing is."""
    if not path.exists():
        return None
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    return tuple((str(f), f.stat().st_mtime_ns, f.stat().st_size) for f in files)


def _of_file(path: Path) -> list[Placed]:
    if path.suffix not in _FILES:
        raise ValueError(f"{path} is neither a {' nor a '.join(_FILES)} file")
    rows = list(_read_jsonl(path) if path.suffix == ".jsonl" else _read_parquet(path))
    if not rows:
        raise ValueError(f"{path} is empty")
    return rows


def _of_split(path: Path, rows: list[Placed], names: Sequence[str]) -> list[Placed]:
    """Return the rows whose column ``split`` has one of the names, or all where the file is that split."""
    if not any(row.get("split") for _, row in rows):
        # As in `datasets`, the file's name gives its split, and a name that gives none means training.
        # Only the whole word `test` counts: `latest.jsonl` and `contest.jsonl` are for training.
        its = "test" if "test" in re.split(r"[^a-z]+", path.stem.lower()) else "train"
        if its not in names:
            raise NoSuchSplit(
                f"{path} names no splits, so it is the {its} split and has no split {names[0]!r}; give what "
                "to test on as test_dataset, or each row a `split`"
            )
        return rows
    for place, row in rows:
        if not isinstance(row.get("split"), str) or not row["split"]:
            raise ValueError(f"{place}: its split is {row.get('split')!r}, and other rows name one")
    chosen = [(place, row) for place, row in rows if row["split"] in names]
    if not chosen:
        has = _listed({row["split"] for _, row in rows})
        raise NoSuchSplit(f"{path} has no split {names[0]!r}; it has {has}")
    return chosen


def _read_jsonl(path: Path) -> Iterator[Placed]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            place = f"{path}, line {number}"
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                if not text.strip():
                    continue
                row = json.loads(text)
                json.dumps(
                    row, ensure_ascii=False
                ).encode()  # fails for a lone surrogate, such as an escaped \ud800
            except UnicodeError as error:
                raise ValueError(f"{place}: it is not text in UTF-8: {error}") from error
            except (ValueError, RecursionError) as error:  # also a number of over 4,300 digits
                raise ValueError(f"{place}: it is not JSON: {error}") from error
            if not isinstance(row, dict):
                raise ValueError(f"{place}: a row is an object, not {row!r:.60}")
            yield place, row


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

    where, is_local = source.where, Path(source.where).is_dir()
    revision = None if is_local else source.revision
    try:
        with _without_bars():
            configs = datasets.get_dataset_config_names(where, revision=revision)
            config = _config(source, configs)
            splits = datasets.get_dataset_split_names(where, config, revision=revision)
            if split not in splits:
                raise NoSuchSplit(f"{where} has no split {split!r}; it has {_listed(splits)}")
            loaded = datasets.load_dataset(where, config, split=split, revision=revision)
    except ValueError:
        raise
    except Exception as error:
        first = (str(error) or type(error).__name__).splitlines()[0]
        if is_local:
            raise ValueError(f"{where} can't be read: {first}") from error
        raise ConnectionError(
            f"the data set {where} is not here, and the hub does not give it ({first}); download it "
            f"elsewhere and name its folder or file with {source.argument}=..."
        ) from error
    for number, row in enumerate(loaded, start=1):
        yield f"{where}, {split} row {number}", row


def _config(source: Source, configs: Sequence[str]) -> str:
    if source.config is not None and source.config in configs:
        return source.config
    if len(configs) == 1 and (source.config is None or source.is_copy):
        return configs[0]
    problem = "has several configurations" if source.config is None else f"has no {source.config!r}"
    raise ValueError(f"{source.where} {problem}; choose dataset_config from {', '.join(configs)}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


@contextmanager
def _without_bars() -> Iterator[None]:
    """Keep ``datasets`` from showing its own progress."""
    import datasets

    shown = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            datasets.enable_progress_bars()
