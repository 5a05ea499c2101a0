"""Where problems come from: reasoning-gym's families, or a data set."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from onelayer.envs.contamination import near_pairs, require_apart
from onelayer.envs.data_rows import NoSuchSplit
from onelayer.envs.math.data_sets import LoadedProblems, data_problems
from onelayer.envs.math.problems import Problems
from onelayer.envs.math.procedural import COUNT, procedural_problems


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
    skip_unusable: bool = False,
    skip_contaminated: bool = False,
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
        of_data = {"path": path, "dataset_config": config, "columns": columns}
        for name, given in {**of_data, "test_dataset": test_dataset}.items():
            if given is not None:
                raise ValueError(
                    f"{name} is for data sets; name the one it belongs to: dataset=..."
                )
        return procedural_problems(
            families, family_config, split=split, count=COUNT if count is None else count, seed=seed
        )
    for name, asked in (("families", families), ("family_config", family_config)):
        if asked is not None:
            raise ValueError(f"{name} is for procedural problems, not for the data set {dataset}")
    if split == "test" and test_dataset is not None:  # whole: `count` is for `dataset`
        return _of_test_set(test_dataset, skip_unusable)
    problems = data_problems(
        dataset, split, path=path, config=config, columns=columns, skip_unusable=skip_unusable
    )
    if split == "train":
        test = _test_set(dataset, test_dataset, path, config, columns, skip_unusable)
        if test is not None and skip_contaminated:
            problems = _apart(problems, test)
        elif test is not None:
            sides = problems.prompts(), test.prompts(), problems.source, test.source
            require_apart(*sides, allow_contamination)
    return problems if count is None else problems.some(count, seed)


@lru_cache(maxsize=8)
def _apart(problems: LoadedProblems, test: LoadedProblems) -> LoadedProblems:
    """Return the problems of which no test problem is a near-duplicate."""
    near = near_pairs(problems.prompts(), test.prompts())
    return problems.without(
        {one.train_id: f"holds {one.test_id} of {test.source} ({one.share:.0%})" for one in near}
    )


def _of_test_set(name: str, skip_unusable: bool) -> LoadedProblems:
    """Return the test split of another data set, or all of a file that has but one split."""
    try:
        return data_problems(name, "test", skip_unusable=skip_unusable)
    except NoSuchSplit:
        return data_problems(name, "train", skip_unusable=skip_unusable)


def _test_set(
    dataset: str,
    test_dataset: str | None,
    path: str | None,
    config: str | None,
    columns: Mapping[str, str] | None,
    skip_unusable: bool,
) -> LoadedProblems | None:
    """Return the test set of a training set, None where it has none."""
    if test_dataset is not None:
        return _of_test_set(test_dataset, skip_unusable)
    try:
        return data_problems(
            dataset,
            "test",
            path=path,
            config=config,
            columns=columns,
            skip_unusable=skip_unusable,
        )
    except NoSuchSplit:
        return None
