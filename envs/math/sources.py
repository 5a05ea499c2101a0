"""Where problems come from: reasoning-gym's families, or a data set."""

import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from onelayer.envs.math.contamination import NearDuplicate, near_duplicates, report
from onelayer.envs.math.data_sets import LoadedProblems, data_problems
from onelayer.envs.math.problems import Problems
from onelayer.envs.math.procedural import COUNT, procedural_problems
from onelayer.envs.rows import NoSuchSplit


def load_problems(
    dataset: str | None = None,
    split: str = "train",
    *,
    families: str | Sequence[str] | None = None,
    family_config: Mapping[str, Any] | None = None,
    count: int | None = None,
    seed: int = 0,
    path: str | None = None,
    config: str | None = None,
    columns: Mapping[str, str] | None = None,
    test_dataset: str | None = None,
    allow_contamination: bool = False,
) -> Problems:
    """Return the problems of a split; equal arguments share them. See ``MathEnv`` for the arguments.

    Raises:
        LookupError: there is no such data set.
        ValueError: an argument cannot work, or the data are broken; the message names the row.
        FileNotFoundError: there is no such file or folder.
        ConnectionError: a data set is not here and the hub cannot be reached.
        gymnasium.error.DependencyNotInstalled: a library is missing.
    """
    if dataset is None:
        for name, given in (
            ("path", path),
            ("dataset_config", config),
            ("columns", columns),
            ("test_dataset", test_dataset),
        ):
            if given is not None:
                raise ValueError(
                    f"{name} is for data sets; name the one it belongs to: dataset=..."
                )
        return procedural_problems(
            families,
            family_config,
            split=split,
            count=COUNT if count is None else count,
            seed=seed,
        )
    for name, asked in (("families", families), ("family_config", family_config)):
        if asked is not None:
            raise ValueError(f"{name} is for procedural problems, not for the data set {dataset}")
    if split == "test" and test_dataset is not None:
        problems = _of_test_set(test_dataset)
    else:
        problems = data_problems(dataset, split, path=path, config=config, columns=columns)
    if split == "train":
        test = _test_set(dataset, test_dataset, path, config, columns)
        _check_contamination(problems, test, allow_contamination)
    return problems if count is None else problems.some(count, seed)


def _of_test_set(name: str) -> LoadedProblems:
    """Return the test split of another data set, or all of a file that has but one split."""
    try:
        return data_problems(name, "test")
    except NoSuchSplit:
        return data_problems(name, "train")


def _test_set(
    dataset: str,
    test_dataset: str | None,
    path: str | None,
    config: str | None,
    columns: Mapping[str, str] | None,
) -> LoadedProblems | None:
    """Return what a training set is tested on, None where it has no test split."""
    if test_dataset is not None:
        return _of_test_set(test_dataset)
    try:
        return data_problems(dataset, "test", path=path, config=config, columns=columns)
    except NoSuchSplit:
        return None


def _check_contamination(train: LoadedProblems, test: LoadedProblems | None, allowed: bool) -> None:
    """Refuse a training set that nearly holds problems of the test set, or warn of it."""
    if test is None:
        return
    found = _near_duplicates(train, test)
    if not found:
        return
    said = report(found, len(test), train.source, test.source)
    if not allowed:
        raise ValueError(f"{said}; take them out, or go on with allow_contamination: true")
    warnings.warn(f"{said}; results on them say little", stacklevel=2)


@lru_cache(maxsize=8)
def _near_duplicates(train: LoadedProblems, test: LoadedProblems) -> tuple[NearDuplicate, ...]:
    return tuple(near_duplicates(train.all(), test.all()))
