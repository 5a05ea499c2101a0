"""``onelayer suites``: which suites there are, what is in one, and the start of one of your own."""

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from onelayer.envs.plugins import arguments, resolve
from onelayer.evals.definition import AnySuite, Suite
from onelayer.evals.significance import minimal_difference
from onelayer.evals.suite import load_suite, plugin_suites, shipped_suites
from onelayer.evals.task_digests import identify
from onelayer.files import write_atomically
from onelayer.settings import did_you_mean, option

HELP = "list and show evaluation suites, and start one of your own"
_SHOWN_TASKS = 3


@dataclass(frozen=True, slots=True)
class Config:
    """What to do, and with which suite."""

    action: str = option(
        "list",
        "`list` them, `show` what is in one, or `init` a suite file of your own",
        positional=True,
    )
    name: str = option(
        "",
        "of `show`: a suite or a .yaml file; of `init`: the .yaml file to write",
        positional=True,
    )
    env: str = option("onelayer/Counting-v0", "of `init`: id of the environment, or module:id")


def run(config: Config) -> None:
    """Do one of the actions.

    Raises:
        ValueError: there is no such action, or a name is missing or cannot be used.
        LookupError: there is no such suite.
    """
    actions = {"list": _list, "show": _show, "init": _init}
    if config.action not in actions:
        raise ValueError(f"unknown action {config.action!r}{did_you_mean(config.action, actions)}")
    if config.action != "list" and not config.name:
        raise ValueError(f"`onelayer suites {config.action}` takes a name")
    actions[config.action](config)


def _list(config: Config) -> None:
    origins = dict.fromkeys(shipped_suites(), "onelayer")
    for name, entry in plugin_suites().items():
        origins.setdefault(name, entry.dist.name if entry.dist is not None else entry.value)
    rows = [("name", "v", "episodes", "from", "what it is")]
    for name, origin in sorted(origins.items()):
        try:
            suite = load_suite(name)
        except ValueError as error:  # another suite may still be listed
            rows.append((name, "", "", origin, f"cannot be loaded: {error}"))
            continue
        rows.append((name, str(suite.version), _size(suite), origin, suite.description))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for row in rows:
        print("  ".join(cell.ljust(w) for cell, w in zip(row, [*widths, 0], strict=True)).rstrip())


def _size(suite: AnySuite) -> str:
    """Return ``30 x 16`` for tasks and attempts."""
    sizes = []
    for part in suite.parts:
        tasks = part.tasks if isinstance(part.tasks, int) else len(part.tasks)
        sizes.append(f"{tasks} x {part.attempts}" if part.attempts > 1 else str(tasks))
    return " + ".join(sizes)


def _show(config: Config) -> None:
    suite = load_suite(config.name)
    print(f"{suite.name}, version {suite.version}: {suite.description or suite.env}\n")
    print(yaml.safe_dump(_set_fields(suite), sort_keys=False, allow_unicode=True).rstrip())
    for part in suite.parts:
        print()
        if len(suite.parts) > 1:
            print(f"{part.name}:")
        _show_tasks(part)


def _set_fields(suite: AnySuite) -> dict[str, Any]:
    """Return the fields that a suite file would need."""
    if not isinstance(suite, Suite):
        return {"parts": [{"name": p.name, **_set_fields(p)} for p in suite.parts]}
    usual = Suite("x", "x").as_dict()
    told = suite.as_dict()
    always = ("env", "split", "tasks", "attempts", "metrics")
    left_out = ("name", "description", "version")
    return {
        name: value
        for name, value in told.items()
        if name not in left_out and (name in always or value != usual[name])
    }


def _show_tasks(suite: Suite) -> None:
    """Print how many tasks there are of each kind, the first ones, and how small a difference they show."""
    try:
        env = suite.make_env()
        tasks = suite.choose_tasks(env)
    except (ValueError, LookupError, OSError) as error:
        print(f"its tasks are not here: {error}")
        return
    identities = [identify(env, task) for task in tasks]
    env.close()
    kinds = Counter(task.kind for task in identities)
    print(f"{len(tasks)} tasks, {len(tasks) * suite.attempts} episodes")
    for kind, count in sorted(kinds.items()):
        if kind:
            print(f"  {count:>5}  {kind}")
    names = [task.name for task in identities[:_SHOWN_TASKS]]
    print(f"first tasks: {', '.join(names)}{', ...' if len(tasks) > _SHOWN_TASKS else ''}")
    apart = minimal_difference(math.sqrt(0.5), len(tasks))
    alike = minimal_difference(math.sqrt(0.2), len(tasks))
    if apart >= 1:
        print("too few tasks to tell two agents apart that solve half of them")
        return
    print(
        "two agents that solve half of the tasks are told apart 4 times in 5 from "
        f"{100 * apart:.0f} points on where they solve unrelated ones, from {100 * alike:.0f} where 4 of 5 "
        "tasks end alike"
    )


def _init(config: Config) -> None:
    path = Path(config.name)
    if path.suffix not in (".yaml", ".yml"):
        raise ValueError(f"a suite file ends in .yaml, got {config.name}")
    if path.exists():
        raise ValueError(f"{path} is there already; name another file")
    spec = resolve(config.env)
    takes = arguments(spec)
    split = (
        "split: test" if "split" in takes else "# split: test    # the environment has no splits"
    )
    others = ", ".join(f"{name}: {p.default!r}" for name, p in takes.items() if name != "split")
    write_atomically(
        path,
        f"""\
# A suite: which tasks are played, how often, and what is measured.
# Play it with `onelayer eval RUN --suite {path}`; docs/evaluation.md explains every field.
description: tasks of {config.env}
version: 1            # raise it when the tasks, or what counts as solved, change
env: {config.env}
{split}
# env_args: {{{others}}}
tasks: 100            # how many, drawn with the seed, or a list of ids
attempts: 1           # episodes of each task
seed: 0
metrics: [success, return, steps, valid_actions]
""",
    )
    print(path)
