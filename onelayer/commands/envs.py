"""``onelayer envs``: what environments there are, what they look like, playing and checking one.

Its four actions answer at once, so they are parsed by argparse alone and import no learning library.
"""

import argparse
import inspect
import shutil
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from onelayer.envs.attributes import tasks_of
from onelayer.envs.plugins import arguments, creator, make, registered, resolve
from onelayer.envs.text import require_text
from onelayer.settings import parse_mapping

HELP = "list, show, play and check environments"


def main(argv: Sequence[str]) -> int:
    """Run one of the actions; return 1 if a check failed, else 0."""
    options = parser().parse_args(list(argv))
    if options.action is None:
        parser().print_help()
        return 0
    run: Callable[[argparse.Namespace], int] = options.run
    return run(options)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise ValueError(f"{message} (see {self.prog} --help)")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the actions and their options."""
    whole = _Parser(prog="onelayer envs", description=HELP.capitalize() + ".", allow_abbrev=False)
    actions = whole.add_subparsers(dest="action", metavar="ACTION", parser_class=_Parser)

    def add(name: str, run: Callable[[argparse.Namespace], int], about: str) -> Any:
        action = actions.add_parser(name, help=about, description=about, allow_abbrev=False)
        action.set_defaults(run=run)
        return action

    def add_for_one(name: str, run: Callable[[argparse.Namespace], int], about: str) -> Any:
        action = add(name, run, about)
        action.add_argument("id", metavar="ID", help="an id, or module:id, or path/to/file.py:id")
        action.add_argument(
            "--env-args",
            metavar="MAPPING",
            default="",
            help="arguments of the environment as YAML or JSON: '{split: test}'",
        )
        return action

    add("list", _list, "the environments there are")
    init = add("init", _init, "write a new package with an environment to begin with")
    init.add_argument("folder", metavar="FOLDER", help="of the package, named as its module")
    add_for_one("show", _show, "what an environment is, takes and says first")
    play = add_for_one("play", _play, "play an episode in the terminal")
    play.add_argument("--task", help="id of the task (default: one drawn with the seed)")
    play.add_argument("--seed", type=int, default=0, help="draws the task (default: 0)")
    check = add_for_one(
        "check", _check, "whether an environment keeps its promises; exit code 1 if not"
    )
    check.add_argument(
        "--episodes", type=int, default=5, help="episodes of a random agent (default: 5)"
    )
    check.add_argument("--seed", type=int, default=0, help="of tasks and agent (default: 0)")
    check.add_argument(
        "--hack", action="store_true", help="also play what policies try, and tell what it earns"
    )
    return whole


def _list(options: argparse.Namespace) -> int:
    rows = [("id", "splits", "from", "what it is")]
    for env_id, origin in registered().items():
        try:
            made_by = creator(resolve(env_id))
        except Exception as error:  # another environment may still be listed
            rows.append((env_id, "", origin, f"cannot be loaded: {error}"))
            continue
        splits = " ".join(getattr(made_by, "splits", ()))
        rows.append((env_id, splits, origin, _first_line(made_by)))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for row in rows:
        print("  ".join(cell.ljust(w) for cell, w in zip(row, [*widths, 0], strict=True)).rstrip())
    return 0


def _init(options: argparse.Namespace) -> int:
    from onelayer.envs.starter import write_package

    here, files = write_package(Path(options.folder))
    for path in files:
        print(path)
    print(
        f"\nonelayer envs check {here}\n"
        f"onelayer train --env {here} ...\n"
        f"pip install -e {options.folder}    # then its id is {here.rpartition(':')[2]}"
    )
    return 0


def _show(options: argparse.Namespace) -> int:
    spec = resolve(options.id)
    kwargs = parse_mapping(options.env_args, "--env-args")
    env = make(options.id, **kwargs)
    require_text(env)
    made_by = creator(spec)
    print(f"{spec.id}\n")
    print(inspect.getdoc(made_by) or "It has no description.")
    print("\narguments (--env-args):")
    for parameter in arguments(spec).values():
        print(f"  {parameter}")
    print(f"\ntasks: {_tasks(options.id, made_by, kwargs)}")
    observation, info = env.reset(seed=0)
    print(f"\nfirst observation of task {info.get('task', 'seed 0')}:")
    print(textwrap.indent(observation, "  "))
    admissible = info.get("admissible")
    if admissible is None:
        print("\nadmissible actions: not listed, any text")
    else:
        print(f"\nadmissible actions ({len(admissible)}):")
        print(textwrap.indent("\n".join(admissible), "  "))
    env.close()
    return 0


def _tasks(env_id: str, made_by: Any, kwargs: Mapping[str, Any]) -> str:
    """Count the tasks of each split, or of the environment where it names no splits."""
    splits = getattr(made_by, "splits", ())
    if not splits:
        tasks = tasks_of(make(env_id, **kwargs))
        return "one for each seed" if tasks is None else str(len(tasks))
    counts = []
    for split in splits:
        try:
            env = make(env_id, **{**kwargs, "split": split})
        except ValueError:  # these data lack the split
            continue
        counts.append(f"{split} {len(tasks_of(env) or ()):,}")
        env.close()
    return ", ".join(counts)


def _first_line(made_by: Any) -> str:
    return (inspect.getdoc(made_by) or "").partition("\n")[0]


def _play(options: argparse.Namespace) -> int:
    env = make(options.id, **parse_mapping(options.env_args, "--env-args"))
    require_text(env)
    task = {"task": options.task} if options.task is not None else None
    observation, info = env.reset(seed=options.seed, options=task)
    print(f"task {info.get('task', options.seed)}; type an action or its number, or quit\n")
    total, steps, over = 0.0, 0, False
    while not over:
        print(observation)
        action = _ask(info.get("admissible"))
        if action is None:
            break
        observation, reward, terminated, truncated, info = env.step(action)
        total, steps, over = total + float(reward), steps + 1, terminated or truncated
        if not info.get("valid", True):
            print("(this was not understood)")
    if over:
        solved = "solved" if info.get("success", terminated) else "not solved"
        print(f"{observation}\n\n{solved}, return {total:g}, {steps} steps")
    env.close()
    return 0


def _ask(admissible: Sequence[str] | None) -> str | None:
    """Read an action, by its words or its number; None means quit."""
    numbered = admissible is not None and not any(action.isdecimal() for action in admissible)
    if admissible:
        _print_columns(
            [
                f"{i} {action}" if numbered else action
                for i, action in enumerate(admissible, start=1)
            ]
        )
    try:
        typed = input("> ").strip()
    except EOFError:
        return None
    if typed == "quit":
        return None
    if typed.startswith("```") and typed.count("```") == 1:
        return _read_on(typed)
    if admissible and numbered and typed.isdecimal() and 1 <= int(typed) <= len(admissible):
        return admissible[int(typed) - 1]
    return typed


def _read_on(line: str) -> str:
    """Return what is typed from a fence to the line that closes it."""
    lines = [line]
    while lines[-1].strip() != "```" or len(lines) == 1:
        try:
            lines.append(input("... "))
        except EOFError:
            break
    return "\n".join(lines)


def _print_columns(cells: Sequence[str]) -> None:
    width = max(map(len, cells)) + 2
    columns = max(1, shutil.get_terminal_size().columns // width)
    rows = -(-len(cells) // columns)
    for row in range(rows):
        print("".join(cell.ljust(width) for cell in cells[row::rows]).rstrip())


def _check(options: argparse.Namespace) -> int:
    from onelayer.envs.check import check

    if options.episodes < 1:
        raise ValueError(f"--episodes must be at least 1, got {options.episodes}")
    kwargs = parse_mapping(options.env_args, "--env-args")
    findings = check(options.id, episodes=options.episodes, seed=options.seed, **kwargs)
    if options.hack:
        from onelayer.envs.check.hacked import play_hacks

        findings += play_hacks(
            options.id, episodes=max(20, options.episodes), seed=options.seed, **kwargs
        )
    for finding in findings:
        mark = "FAILED" if finding.failed else "ok"
        first, *more = (finding.problem or finding.note).splitlines() or [""]
        print(f"{mark:<7} {finding.check:<24} {first}".rstrip())
        for line in more:
            print(f"{'':<32} {line}")
    failed = [finding for finding in findings if finding.failed]
    print(f"\n{len(findings)} checks, {len(failed)} failed")
    return 1 if failed else 0
