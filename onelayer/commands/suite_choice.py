"""Which suite `onelayer eval` plays: the flags win over the suite, and the suite over the run."""

import sys
from dataclasses import replace
from typing import Any

from onelayer.commands.evaluation_options import Config
from onelayer.commands.players import Subject
from onelayer.evals.definition import AnySuite, Collection, Suite
from onelayer.settings import parse_mapping


def choose_suite(config: Config, subject: Subject) -> AnySuite:
    """Return the suite to play.

    Raises:
        ValueError: no suite is named and there is no run to take one from, or a flag does not go with it.
        LookupError: there is no such suite.
    """
    from onelayer.evals.suite import load_suite

    if not config.suite and subject.folder is None:
        raise ValueError("name a suite, such as --suite alfworld: there is no run to take one from")
    suite = _held_out(subject) if not config.suite else load_suite(config.suite)
    if isinstance(suite, Collection):
        _require_no_flags_of_one_environment(config, suite)
        return replace(suite, parts=tuple(_chosen(config, subject, part) for part in suite.parts))
    return _chosen(config, subject, suite)


def play_as_suite_says(subject: Subject, suite: AnySuite) -> Subject:
    """Return the subject with the suite's settings of playing, unless a run brings its own."""
    if subject.folder is not None or not suite.agent:
        return subject
    named = {"temperature": "eval_temperature", "top_p": "eval_top_p"}
    given = {named.get(name, name): value for name, value in suite.agent.items()}
    if "history" in given:
        given["history"] = str(given["history"])
    return replace(subject, trained=replace(subject.trained, **given))


def require_apart(suite: AnySuite, subject: Subject, allowed: bool) -> None:
    """Raise if the run was trained on some tasks of the suite, under whatever ids; if ``allowed``, warn.

    Raises:
        ValueError: it was, and ``allowed`` is not set.
    """
    if subject.folder is None:
        return
    from onelayer.envs.plugins import arguments, make, resolve
    from onelayer.evals.overlap import described, shared_tasks
    from onelayer.trainers.tasks import training_tasks

    run = subject.trained
    try:
        given = parse_mapping(run.env_args, "env_args")
        if "allow_contamination" in arguments(resolve(run.env)):
            given["allow_contamination"] = True  # it was checked before training
        env = make(run.env, **given)
        trained = [
            task
            for iteration in range(run.iterations)
            for task in training_tasks(env, iteration, run.tasks_per_iteration, run.seed)
        ]
    except Exception as error:  # the training data may be elsewhere by now
        print(f"the tasks of training cannot be compared with the suite: {error}", file=sys.stderr)
        return
    for part in suite.parts:
        same_data = part.env == run.env and dict(part.env_args) == subject.env_args
        shared = shared_tasks(part, env, trained, same_data=same_data)
        if not shared:
            continue
        played = part.make_env()
        said = described(shared, len(part.choose_tasks(played)), part.name)
        played.close()
        if not allowed and not _has_no_splits(part):
            raise ValueError(
                f"{said}: the figures would not tell what it does on new tasks; play them all the same with "
                "--allow-overlap"
            )
        print(f"onelayer: warning: {said}", file=sys.stderr)
    env.close()


def _has_no_splits(suite: Suite) -> bool:
    """Return whether an environment has only one set of tasks, so that there is nothing else to play."""
    from onelayer.envs.plugins import arguments, resolve

    return "split" not in arguments(resolve(suite.env))


def _chosen(config: Config, subject: Subject, suite: Suite) -> Suite:
    """Return a suite of one environment: its fields win over the run's arguments, and flags over both."""
    given = parse_mapping(config.env_args, "--env-args")
    if config.split is not None:
        given["split"] = config.split
    if config.games is not None:
        suite = _on_games(suite, config.games, given)  # with their own room sizes and step limit
    elif subject.folder is not None and suite.env == subject.trained.env:
        suite = replace(suite, env_args={**subject.env_args, **suite.env_args})
    suite = suite.with_env_args(given)
    if config.seed is not None:
        suite = replace(suite, seed=config.seed)
    if config.episodes is not None:
        if isinstance(suite.tasks, tuple) or config.episodes % suite.attempts:
            raise ValueError(
                f"--episodes must be a multiple of the suite's attempts at a task "
                f"({suite.attempts}), and its tasks a number, not a list"
            )
        suite = replace(suite, tasks=config.episodes // suite.attempts)
    if config.tasks:
        suite = replace(suite, tasks=tuple(t for t in config.tasks.split(",") if t))
    narrowed: dict[str, Any] = {}
    if config.kind:
        narrowed["kinds"] = tuple(config.kind)
    if config.limit is not None:
        narrowed["limit"] = config.limit
    if config.shuffle:
        narrowed["shuffle"] = True
    return replace(suite, **narrowed)


def _require_no_flags_of_one_environment(config: Config, suite: Collection) -> None:
    for name in ("games", "split", "env_args", "episodes", "tasks", "kind"):
        if getattr(config, name):
            parts = ", ".join(part.name for part in suite.parts)
            flag = name.replace("_", "-")
            raise ValueError(
                f"--{flag} is of one environment, and suite {suite.name} has several; write a suite of your "
                f"own, or play one of {parts}"
            )


def _on_games(suite: Suite, games: str, env_args: dict[str, Any]) -> Suite:
    """Return the suite on real games: with its own split, or with a held-out split that the games have."""
    errors = []
    for split in dict.fromkeys((suite.split, "valid_unseen", "valid_seen")):
        chosen = replace(
            suite,
            split=split,
            env_args={**suite.env_args, "games": games},
            description=f"games of {games}, {split} split",
        )
        try:
            chosen.with_env_args(env_args).make_env().close()
        except ValueError as error:  # no such split, or something wrong with the games
            errors.append(error)
            if suite.whole:
                break  # alfworld-seen plays valid_seen or nothing
        else:
            return chosen
    raise errors[0]


def _held_out(subject: Subject) -> Suite:
    """Return the suite of the environment that a run was trained in."""
    from onelayer.envs.plugins import arguments, resolve

    run = subject.trained
    has_splits = "split" in arguments(resolve(run.env))
    what = "held-out tasks of" if has_splits else "tasks, held out or not, of"
    return Suite(
        name="held-out" if has_splits else "own-tasks",
        env=run.env,
        split=run.eval_split if has_splits else None,
        description=f"{what} {run.env}",
    )
