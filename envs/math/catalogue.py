r"""The data sets that have a name here: where the hub has them, and what their columns mean.

An entry of ``CATALOGUE`` is all that a data set needs. One without an entry is read with
``dataset=<file or folder or hub id>`` and ``columns``. Answers that stand inside a solution (``#### 42``, a
last ``\boxed{}``) are taken out of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from onelayer.envs.data_rows import Source, located
from onelayer.envs.math.formats import after_hashes, last_boxed

FIELDS = ("id", "prompt", "answer", "kind")


def whole(text: str) -> str | None:
    """Return a column's text as the answer."""
    return text.strip() or None


@dataclass(frozen=True, slots=True)
class DataSet:
    """How a data set is loaded and read."""

    source: Source
    columns: Mapping[str, str] = field(default_factory=dict)
    """field to column, for those of ``FIELDS`` whose column has another name"""
    find_answer: Callable[[str], str | None] = whole
    """returns the answer in its column's text, None where there is none"""
    about: str = ""


_BOTH = {"train": "train", "test": "test"}

CATALOGUE: Mapping[str, DataSet] = {
    "gsm8k": DataSet(
        Source("openai/gsm8k", config="main", splits=_BOTH),
        columns={"prompt": "question"},
        find_answer=after_hashes,
        about="grade-school word problems, 7,473 and 1,319",
    ),
    "math": DataSet(
        Source("DigitalLearningGmbH/MATH-lighteval", config="default", splits=_BOTH),
        columns={"prompt": "problem", "answer": "solution", "kind": "level"},
        find_answer=last_boxed,
        about="competition problems by level, 7,500 and 5,000",
    ),
    "math500": DataSet(
        Source("HuggingFaceH4/MATH-500", splits={"test": "test"}),
        columns={"id": "unique_id", "prompt": "problem", "kind": "subject"},
        about="500 of MATH's test problems, by subject",
    ),
    "aime24": DataSet(
        Source("HuggingFaceH4/aime_2024", splits={"test": "train"}),
        columns={"prompt": "problem"},
        about="AIME 2024, 30 problems",
    ),
    "aime25": DataSet(
        Source("math-ai/aime25", splits={"test": "test"}),
        columns={"prompt": "problem"},
        about="AIME 2025, 30 problems",
    ),
    "amc23": DataSet(
        Source("math-ai/amc23", splits={"test": "test"}),
        columns={"prompt": "question"},
        about="AMC 12 of 2023, 40 problems",
    ),
    "svamp": DataSet(
        Source("ChilleD/SVAMP", splits=_BOTH),
        columns={"id": "ID", "prompt": "question_concat", "answer": "Answer", "kind": "Type"},
        about="one-step word problems by operation, 700 and 300",
    ),
    "numina": DataSet(
        Source("AI-MO/NuminaMath-CoT", splits=_BOTH),
        columns={"prompt": "problem", "answer": "solution", "kind": "source"},
        find_answer=last_boxed,
        about="860,000 problems with solutions by source, proofs among them (skip_unusable: true)",
    ),
    "deepscaler": DataSet(
        Source("agentica-org/DeepScaleR-Preview-Dataset", splits={"train": "train"}),
        columns={"prompt": "problem"},
        about="40,000 competition problems to train on",
    ),
}


def data_set(
    name: str,
    path: str | None = None,
    config: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> DataSet:
    """Return how a data set is loaded.

    Args:
        name: a name in the catalogue, a file or folder, or a hub id ``owner/name``.
        path: file or folder to read a named data set from, instead of the hub.
        config: which of several configurations; overrides the catalogue's.
        columns: names of columns by field; they override the catalogue's.

    Raises:
        LookupError: there is no such name; the message tells the nearest.
        ValueError: a field is unknown, or ``path`` is given beside a name that is not in the catalogue.
        FileNotFoundError: there is no such file or folder.
    """
    for known in columns or {}:
        if known not in FIELDS:
            raise ValueError(f"columns names {known!r}; the fields are {', '.join(FIELDS)}")
    if name in CATALOGUE:
        row = CATALOGUE[name]
        where = row.source.where if path is None else _existing(path)
        is_copy = path is not None and config is None
        source = replace(row.source, where=where, is_copy=is_copy, argument="path")
    elif path is not None:
        raise ValueError(f"path is for a data set with a name; give {name!r} alone")
    else:
        row = DataSet(Source(located(name, CATALOGUE)))
        source = row.source
    if config is not None:
        source = replace(source, config=config)
    merged = {**row.columns, **(columns or {})}
    # A column that the user names is taken to hold the bare answer, unless it is the catalogue's own.
    find = row.find_answer if merged.get("answer") == row.columns.get("answer") else whole
    return DataSet(source, merged, find, row.about)


def _existing(path: str) -> str:
    found = Path(path).expanduser()
    if not found.exists():
        raise FileNotFoundError(f"there is no file or folder {path}")
    return str(found.resolve())
