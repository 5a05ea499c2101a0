"""The tasks that every run of a profile is evaluated on, and the proof that none of them is trained on."""

from dataclasses import replace
from typing import Any

import gymnasium as gym

from onelayer.envs import plugins
from onelayer.envs.attributes import tasks_of
from onelayer.evals.suite import Suite, load_single_suite
from onelayer.settings import parse_mapping
from onelayer.trainers.contribution.config import ProfileConfig


def training_env(env: str, env_args: str) -> gym.Env[str, str]:
    """Make one environment to train in."""
    return plugins.make(env, **parse_mapping(env_args, "--env-args"))


def held_out_suite(config: ProfileConfig) -> Suite:
    """Return what the runs are evaluated on.

    The environment's arguments are those of training, and what the suite says over them.

    Raises:
        LookupError: there is no such suite or environment.
        ValueError: the environment has no splits to hold tasks out with, or the suite plays tasks that
            the runs are trained on.
    """
    suite = load_single_suite(config.suite) if config.suite else _of_split(config)
    arguments = parse_mapping(config.env_args, "--env-args")
    arguments.pop("split", None)
    if _same_env(suite.env, config.env):
        suite = replace(suite, env_args={**arguments, **suite.env_args})
    _require_apart(config, suite)
    return suite


def task_names(suite: Suite) -> list[str]:
    """Return what the episodes of a suite's tasks will be called, in its order."""
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
    if "split" not in plugins.arguments(plugins.resolve(config.env)):
        if tasks_of(training_env(config.env, config.env_args)) is not None:
            raise ValueError(
                f"{config.env} has no splits: the held-out tasks would be those that are trained on; "
                "name a suite of other tasks with --suite"
            )
        return Suite(name="held-out", env=config.env, tasks=config.eval_tasks, seed=config.seed)
    return Suite(
        name="held-out",
        env=config.env,
        split=config.eval_split,
        tasks=config.eval_tasks,
        seed=config.seed,
    )


def _require_apart(config: ProfileConfig, suite: Suite) -> None:
    if not _same_env(suite.env, config.env):
        return
    available = tasks_of(training_env(config.env, config.env_args))
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
    return {"model": config.model, **config.eval_play.settings, "dtype": config.dtype}
