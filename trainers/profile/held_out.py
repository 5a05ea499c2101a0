"""The tasks that the runs of a profile are evaluated on, and the check that no run is trained on them.

There are two sets. Choices, such as that of the best layer, are made by the dev tasks. What is reported is
measured on the suite's tasks, which had no part in any choice.
"""

import itertools
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np

from onelayer.envs import plugins
from onelayer.envs.attributes import tasks_of
from onelayer.evals.suite import Suite, load_single_suite
from onelayer.evals.task_digests import identify
from onelayer.settings import parse_mapping
from onelayer.trainers.profile.profile_config import ProfileConfig


def training_env(env: str, env_args: str) -> gym.Env[str, str]:
    """Make one environment to train in."""
    return plugins.make(env, **parse_mapping(env_args, "--env-args"))


def held_out_suite(config: ProfileConfig) -> Suite:
    """Return what the runs are evaluated on.

    The environment's arguments are those of training, where the suite does not give others.

    Raises:
        LookupError: there is no such suite or environment.
        ValueError: the environment has no splits to hold tasks out with, or the suite plays tasks that
            the runs are trained on.
    """
    suite = load_single_suite(config.suite) if config.suite else _of_split(config)
    arguments = parse_mapping(config.train.env_args, "--env-args")
    arguments.pop("split", None)
    if _same_env(suite.env, config.train.env):
        suite = replace(suite, env_args={**arguments, **suite.env_args})
    _require_apart(config, suite)
    return suite


def dev_suite(config: ProfileConfig, suite: Suite) -> Suite | None:
    """Return the dev tasks: of the same split as the suite's tasks, but other ones.

    None where ``dev_tasks`` is 0, or is not set and the split has too few.

    Raises:
        ValueError: the split has fewer than ``dev_tasks`` beside the suite's, or runs are trained on some.
    """
    if config.dev_tasks == 0:
        return None
    env = suite.make_env()
    try:
        reported, available = set(suite.choose_tasks(env)), tasks_of(env)
        wanted = config.dev_tasks or len(reported)
        dev = replace(suite, name="dev", limit=wanted, shuffle=False)
        if available is None:  # a suite of another seed plays other seeds
            return replace(dev, tasks=wanted, seed=suite.seed + 1)
        left = _others(env, available, reported, suite.kinds, suite.seed)
        drawn = sorted(itertools.islice(left, wanted))
    finally:
        env.close()
    if len(drawn) < wanted:
        if config.dev_tasks is None:
            return None
        raise ValueError(
            f"there are {len(drawn)} held-out tasks beside the {len(reported)} of the suite, fewer than "
            f"--dev-tasks {wanted}; lower it, or --eval-tasks"
        )
    dev = replace(dev, tasks=tuple(available[i] for i in drawn), kinds=())
    _require_apart(config, dev)
    return dev


def _others(
    env: gym.Env[str, str],
    available: Sequence[str],
    reported: Container[str | int],
    kinds: Sequence[str],
    seed: int,
) -> Iterator[int]:
    """Draw the places of tasks that are not reported, of the suite's kinds, each once."""
    random, seen = np.random.default_rng([seed, 1]), set[int]()
    while len(seen) < len(available):
        place = int(random.integers(len(available)))
        if place in seen:
            continue
        seen.add(place)
        task = available[place]
        if task not in reported and (not kinds or identify(env, task).kind in kinds):
            yield place


def task_names(suite: Suite) -> list[str]:
    """Return the task names that the episodes of a suite will have, in its order."""
    env = suite.make_env()
    names = []
    for task in suite.choose_tasks(env):
        if isinstance(task, int):
            _, info = env.reset(seed=task)
            task = str(info.get("task", f"seed-{task}"))
        names.append(task)
    env.close()
    return names


def _of_split(config: ProfileConfig) -> Suite:
    if "split" not in plugins.arguments(plugins.resolve(config.train.env)):
        if tasks_of(training_env(config.train.env, config.train.env_args)) is not None:
            raise ValueError(
                f"{config.train.env} has no splits: the held-out tasks would be those that are trained on; "
                "name a suite of other tasks with --suite"
            )
        return Suite(
            name="held-out", env=config.train.env, tasks=config.train.eval_tasks, seed=config.seed
        )
    return Suite(
        name="held-out",
        env=config.train.env,
        split=config.train.eval_split,
        tasks=config.train.eval_tasks,
        seed=config.seed,
    )


def _require_apart(config: ProfileConfig, suite: Suite) -> None:
    if not _same_env(suite.env, config.train.env):
        return
    available = tasks_of(training_env(config.train.env, config.train.env_args))
    if available is None:  # seeds: a suite's are far from those of training
        return
    shared = set(task_names(suite)) & set(available)
    if shared:
        raise ValueError(
            f"suite {suite.name} overlaps the training tasks in {len(shared)}, such as "
            f"{min(shared)!r}: a profile needs held-out tasks; choose another suite or --eval-split"
        )


def _same_env(one: str, other: str) -> bool:
    return bool(plugins.resolve(one).id == plugins.resolve(other).id)


def evaluation_settings(config: ProfileConfig) -> dict[str, Any]:
    """Return how the runs play, as JSON can hold it."""
    return {
        "model": config.train.model,
        **config.train.eval_play.settings,
        "dtype": config.train.dtype,
    }
