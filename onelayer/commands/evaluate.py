"""`onelayer eval`: how good a trained agent is on held-out tasks, beside its base and other agents."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onelayer.commands.announce import announce
from onelayer.commands.evaluation_options import Config
from onelayer.commands.machine import keep_report, report_of
from onelayer.commands.result_tables import print_tables
from onelayer.errors import RunFailed
from onelayer.settings import run_folder, write_settings

if TYPE_CHECKING:
    from onelayer.agents.base import Agent
    from onelayer.agents.episodes import Episode
    from onelayer.commands.players import Player, Subject
    from onelayer.evals.results import Results
    from onelayer.evals.results_folder import ResultsFolder
    from onelayer.evals.suite import AnySuite

HELP = "evaluate a run, a model or a served model on held-out tasks"
_COLUMNS = ("base", "trained", "model", "random", "expert")


def run(config: Config) -> int:
    """Evaluate and print the tables; return 1 where episodes ended in an error, else 0.

    Raises:
        ValueError: something cannot work, or `out` holds an evaluation of other settings.
        LookupError: there is no such suite, environment or task.
        OSError: a file is missing.
        RunFailed: the environment cannot work on this machine, or too many errors came in a row.
        KeyboardInterrupt: Ctrl-C; the episodes played so far are kept.
    """
    from onelayer.commands import past_evaluations

    if config.compare:
        past_evaluations.compare_arms(config.compare, config.suite)
        return 0
    if config.rescore:
        past_evaluations.rescore(config.rescore, config.out)
        return 0
    announce("loading torch, the suite and its tasks")
    from onelayer.commands.players import Subject, models
    from onelayer.commands.served import served
    from onelayer.commands.suite_choice import choose_suite, play_as_suite_says, require_apart

    if config.endpoint:
        subject = Subject(config.model or "served")
    else:
        subject = Subject.of(config.run, unfinished=config.checkpoint)
    suite = choose_suite(config, subject)
    subject = play_as_suite_says(subject, suite)
    require_apart(suite, subject, config.allow_overlap)
    machine, total = _inspect_suite(suite)
    scripted = _scripted(config, suite)

    from onelayer.evals.results_folder import ResultsFolder
    from onelayer.lock import alone_in

    out = _folder(config, subject, suite)
    with alone_in(out):
        folder = ResultsFolder(
            out, suite, fresh=config.fresh, count_errors=not config.leave_out_errors
        )
        write_settings(
            replace(config, fresh=False, retry_errors=False), folder.folder / "eval.yaml"
        )
        keep_report(machine, folder.folder)
        # One at a time: the base must play before the trained layer is put into the same model.
        learned: Iterator[tuple[str, Player]] = (
            iter([("model", served(subject, config))])
            if config.endpoint
            else models(subject, config)
        )
        for name, player in chain(learned, scripted.items()):
            _play(folder, name, player, config, total)
            first = "model" if subject.folder is None else "trained"
            results = folder.write(_COLUMNS, first if first in folder.results else name)
    return _print_results(results, folder, config)


def _inspect_suite(suite: "AnySuite") -> tuple[list[str], int]:
    """Return what the environments report about this machine, and the number of episodes."""
    machine, total = [], 0
    for part in suite.parts:
        env = part.make_env()
        machine += report_of(env)
        tasks = len(part.choose_tasks(env))
        if isinstance(part.tasks, int) and part.whole and tasks < part.tasks and not part.limit:
            print(
                f"suite {part.name} is of {part.tasks} tasks, and the data here have {tasks}: the "
                "figures are not those of the whole suite",
                file=sys.stderr,
            )
        total += tasks * part.attempts
        env.close()
    return machine, total


def _scripted(config: Config, suite: "AnySuite") -> "dict[str, Player]":
    """Return those players without a model that were asked for and can play."""
    from onelayer.commands.players import chance, expert

    asked: list[tuple[str, bool, Callable[..., tuple[Agent, dict[str, Any]]]]] = [
        ("random", config.random, chance),
        ("expert", config.expert, expert),
    ]
    players: dict[str, Player] = {}
    for name, wanted, make in asked:
        if not wanted:
            continue
        try:
            for part in suite.parts:
                env = part.make_env()
                make(env, suite.seed)
                env.close()
        except ValueError as error:
            print(f"{name} does not play: {error}", file=sys.stderr)
        else:
            players[name] = lambda env, make=make: make(env, suite.seed)  # type: ignore[misc]
    return players


def _play(folder: "ResultsFolder", name: str, player: "Player", config: Config, total: int) -> None:
    """Let one agent play all parts of the suite."""
    suite = folder.suite
    env = suite.parts[0].make_env()
    _, settings = player(env)
    env.close()
    if len(suite.parts) > 1 and "agent" in settings:
        settings = {"agent": name, "seed": suite.seed}  # a script for each environment
    with _progress(name, total, folder.journal(name)) as on_episode:
        folder.play(
            name,
            lambda env: player(env)[0],
            settings,
            parallel=config.at_once,
            on_episode=on_episode,
            retry_errors=config.retry_errors,
            errors_in_a_row=config.errors_in_a_row or None,
            keep_tokens=config.keep_tokens,
            prices=config.prices,
            step_timeout=config.step_timeout,
        )


def _print_results(
    results: "Mapping[str, Results]", folder: "ResultsFolder", config: Config
) -> int:
    """Print the tables and the path of the results; return the exit status."""
    from onelayer.evals.results import compare
    from onelayer.evals.table import difference_table

    suite = folder.suite
    print(f"\n{suite.name}: {suite.description or suite.env}\n")
    print_tables(results)
    if "trained" in results and "base" in results and _have_figures(results):
        differences = compare(results["trained"], results["base"])
        print("", difference_table(differences, "trained", "base"), sep="\n")
    print(f"\nevery episode: {folder.file}")
    if config.log_format == "inspect":
        from onelayer.evals.inspect_log import write_inspect_logs

        for path in write_inspect_logs(results, folder.folder / "inspect"):
            print(f"inspect log: {path}")
    return _print_errors(results)


def _print_errors(results: "Mapping[str, Results]") -> int:
    """Say how many episodes ended in an error, and why the first did; return 1 where some did, else 0.

    Raises:
        RunFailed: all episodes of an agent did, so its numbers mean nothing.
    """
    for name, of_agent in results.items():
        row = of_agent.overall
        if not row.errors:
            continue
        rule = "count as not solved" if of_agent.count_errors else "are left out of all figures"
        said = (
            f"{row.errors} of {row.episodes} episodes of {name} ended in an error and {rule}; "
            f"--retry-errors plays them again. The first: {_first_error(of_agent)}"
        )
        if row.errors == row.episodes:
            raise RunFailed(said)
        print(said, file=sys.stderr)
    return int(any(of_agent.overall.errors for of_agent in results.values()))


def _have_figures(results: "Mapping[str, Results]") -> bool:
    return all(results[name].counted for name in ("trained", "base"))


def _first_error(results: "Results") -> str:
    error = next(e.error for e in results.episodes if e.error is not None)
    return " ".join(error.split())[:300]


def _folder(config: Config, subject: "Subject", suite: "AnySuite") -> Path:
    if config.out:
        return Path(config.out)
    name = suite.name if config.games is None else f"{suite.name}-{Path(config.games).stem}"
    if subject.folder is not None:
        return subject.folder / "eval" / name
    return run_folder("", "eval", Path(subject.model).name) / name


@contextmanager
def _progress(name: str, total: int, journal: Path) -> "Iterator[Callable[[Episode], None]]":
    """Show a bar of episodes with the success rate; when stopped, say how to go on."""
    from tqdm import tqdm

    from onelayer.evals.run import TooManyErrors

    with tqdm(total=total, desc=name, unit="episode") as bar:
        solved = errors = 0

        def on_episode(episode: "Episode") -> None:
            nonlocal solved, errors
            solved += episode.success
            errors += episode.error is not None
            bar.update()
            shown = f"success {solved / max(1, bar.n - errors):.1%}"
            bar.set_postfix_str(shown + f", {errors} errors" * bool(errors), refresh=False)

        try:
            yield on_episode
        except (KeyboardInterrupt, TooManyErrors):
            bar.close()
            print(
                f"{bar.n} episodes of {name} are in {journal}: the same command goes on from there"
            )
            raise
