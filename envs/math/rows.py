"""Rows of a data set: from a file, from a folder in the hub's layout, or from the hub."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from onelayer.envs.math.catalogue import DataSet

Row = Mapping[str, Any]
Placed = tuple[str, Row]
"""where a row stands, for messages, and the row"""
FILES = (".jsonl", ".parquet")


class NoSuchSplit(ValueError):
    """The data are there, but have no split of that name."""


def placed_rows(data: DataSet, split: str) -> Iterator[Placed]:
    """Yield the rows of a split in their order.

    Args:
        data: where they are.
        split: ours, or the data's own name for one.

    Raises:
        NoSuchSplit: the data have no such split.
        ValueError: a file is broken.
        ConnectionError: the data are not here and the hub cannot be reached.
    """
    if data.splits and split not in (*data.splits, *data.splits.values()):
        raise NoSuchSplit(f"{data.source} has no split {split!r}; it has {', '.join(data.splits)}")
    wanted = data.splits.get(split, split)
    path = Path(data.source)
    if path.is_file():
        yield from _of_file(path, split, wanted)
    else:
        yield from _of_library(data, wanted)


def _of_file(path: Path, split: str, wanted: str) -> Iterator[Placed]:
    """Yield the rows whose column ``split`` says so, or all where the file is that split."""
    if path.suffix not in FILES:
        raise ValueError(f"{path} is neither of {' and '.join(FILES)} nor a folder")
    rows = list(_read_jsonl(path) if path.suffix == ".jsonl" else _read_parquet(path))
    if not rows:
        raise ValueError(f"{path} is empty")
    named = [str(row["split"]) for _, row in rows if "split" in row]
    if not named:
        # As `datasets` has it: a file's name tells its split, and one that tells nothing is for training.
        its = "test" if "test" in path.stem.lower() else "train"
        if its not in (split, wanted):
            raise NoSuchSplit(
                f"{path} has no column `split`, so it is the {its} split; name a file for testing with "
                f"test_dataset=..., or play it with split={its}"
            )
        yield from rows
        return
    chosen = [(place, row) for place, row in rows if str(row.get("split")) in (split, wanted)]
    if not chosen:
        has = ", ".join(sorted(set(named)))
        raise NoSuchSplit(f"{path} has no rows of split {split!r}; it has {has}")
    yield from chosen


def _read_jsonl(path: Path) -> Iterator[Placed]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            place = f"{path}, row {number}"
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"{place}: no JSON: {error}") from error
            if not isinstance(row, dict):
                raise ValueError(f"{place}: a row is an object, got {row!r:.80}")
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


def _of_library(data: DataSet, split: str) -> Iterator[Placed]:
    """Yield what the ``datasets`` library loads from a folder or from the hub."""
    import datasets

    is_local = Path(data.source).is_dir()
    config = _config_here(data) if is_local else data.config
    try:
        with _without_bars():
            loaded = datasets.load_dataset(data.source, config, split=split)
    except ValueError as error:
        if "split" in str(error).lower():
            raise NoSuchSplit(
                f"{data.source} has no split {split!r}: {_first_line(error)}"
            ) from error
        raise ValueError(f"{data.source} cannot be read: {_first_line(error)}") from error
    except Exception as error:
        if is_local:
            raise ValueError(f"{data.source} cannot be read: {_first_line(error)}") from error
        raise ConnectionError(
            f"the data set {data.source} is not here, and the hub does not give it "
            f"({_first_line(error)}); download it elsewhere and name the folder or file with path=..."
        ) from error
    for number, row in enumerate(loaded, start=1):
        yield f"{data.source}, {split} row {number}", row


def _config_here(data: DataSet) -> str | None:
    """Return the hub's configuration where the folder has it, None where it has but one."""
    import datasets

    try:
        names = datasets.get_dataset_config_names(data.source)
    except Exception as error:
        raise ValueError(f"{data.source} cannot be read: {_first_line(error)}") from error
    if data.config in names:
        return data.config
    if len(names) > 1:
        raise ValueError(f"{data.source} has several configurations: {', '.join(names)}")
    return None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


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
