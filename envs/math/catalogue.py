r"""The data sets that have a name here: where the hub has them, and what their columns mean.

A row is enough to read one; another data set needs no row, only ``dataset=<file or folder or hub id>`` and
``columns``. Answers that stand inside a solution (``#### 42``, a last ``\boxed{}``) are taken out of it.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from onelayer.envs.math.formats import after_hashes, last_boxed

FIELDS = ("id", "prompt", "answer", "kind")


def whole(text: str) -> str | None:
    """Return a column's text as the answer."""
    return text.strip() or None


@dataclass(frozen=True, slots=True)
class DataSet:
    """How a data set is loaded and read."""

    source: str
    """id on the hub, or a file or folder"""
    config: str | None = None
    """the hub's configuration, where there are several"""
    splits: Mapping[str, str] = field(default_factory=dict)
    """our ``train`` and ``test``, and what the data call them; empty: any split by its own name"""
    columns: Mapping[str, str] = field(default_factory=dict)
    """what the columns of ``FIELDS`` are called, where they are called otherwise"""
    find_answer: Callable[[str], str | None] = whole
    """takes the answer out of its column's text, None where there is none"""
    about: str = ""


_BOTH = {"train": "train", "test": "test"}

CATALOGUE: Mapping[str, DataSet] = {
    "gsm8k": DataSet(
        "openai/gsm8k",
        config="main",
        splits=_BOTH,
        columns={"prompt": "question"},
        find_answer=after_hashes,
        about="grade-school word problems, 7,473 and 1,319",
    ),
    "math": DataSet(
        "DigitalLearningGmbH/MATH-lighteval",
        config="default",
        splits=_BOTH,
        columns={"prompt": "problem", "answer": "solution", "kind": "level"},
        find_answer=last_boxed,
        about="competition problems by level, 7,500 and 5,000",
    ),
    "math500": DataSet(
        "HuggingFaceH4/MATH-500",
        splits={"test": "test"},
        columns={"id": "unique_id", "prompt": "problem", "kind": "subject"},
        about="500 of MATH's test problems, by subject",
    ),
    "aime24": DataSet(
        "HuggingFaceH4/aime_2024",
        splits={"test": "train"},
        columns={"prompt": "problem"},
        about="AIME 2024, 30 problems",
    ),
    "aime25": DataSet(
        "math-ai/aime25",
        splits={"test": "test"},
        columns={"prompt": "problem"},
        about="AIME 2025, 30 problems",
    ),
    "amc23": DataSet(
        "math-ai/amc23",
        splits={"test": "test"},
        columns={"prompt": "question"},
        about="AMC 12 of 2023, 40 problems",
    ),
    "svamp": DataSet(
        "ChilleD/SVAMP",
        splits=_BOTH,
        columns={"id": "ID", "prompt": "question_concat", "answer": "Answer", "kind": "Type"},
        about="one-step word problems by operation, 700 and 300",
    ),
    "deepscaler": DataSet(
        "agentica-org/DeepScaleR-Preview-Dataset",
        splits={"train": "train"},
        columns={"prompt": "problem"},
        about="40,000 competition problems to train on",
    ),
}


def data_set(
    name: str, path: str | None = None, columns: Mapping[str, str] | None = None
) -> DataSet:
    """Return how a data set is loaded.

    Args:
        name: of the catalogue, a file or folder, or a hub id ``owner/name``.
        path: file or folder to read a named data set from, instead of the hub.
        columns: names of columns by field, over the catalogue's.

    Raises:
        ValueError: there is no such name, or a field is unknown; the message names the nearest.
        FileNotFoundError: there is no such file or folder.
    """
    for known in columns or {}:
        if known not in FIELDS:
            raise ValueError(f"columns names {known!r}; the fields are {', '.join(FIELDS)}")
    if name in CATALOGUE:
        row = CATALOGUE[name]
        source = row.source if path is None else _existing(path)
    elif path is not None:
        raise ValueError(f"path is for a data set with a name; give {name!r} alone")
    else:
        row, source = DataSet(name), _source(name)
    merged = {**row.columns, **(columns or {})}
    # A column that the user names holds the answer itself unless it is the catalogue's own.
    find = row.find_answer if merged.get("answer") == row.columns.get("answer") else whole
    return DataSet(source, row.config, row.splits, merged, find, row.about)


def _source(name: str) -> str:
    if Path(name).expanduser().exists():
        return _existing(name)
    looks_like_a_file = name.startswith((".", "/", "~")) or Path(name).suffix in _SUFFIXES
    if looks_like_a_file:
        raise FileNotFoundError(f"there is no file or folder {name}")
    if name.count("/") == 1:
        return name
    close = difflib.get_close_matches(name.lower(), CATALOGUE, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
    raise ValueError(
        f"there is no data set {name!r}; {hint}There are {', '.join(CATALOGUE)}; or give a .jsonl or "
        ".parquet file, a folder in the hub's layout, or a hub id owner/name"
    )


_SUFFIXES = (".json", ".jsonl", ".parquet", ".csv")


def _existing(path: str) -> str:
    found = Path(path).expanduser()
    if not found.exists():
        raise FileNotFoundError(f"there is no file or folder {path}")
    return str(found.resolve())
