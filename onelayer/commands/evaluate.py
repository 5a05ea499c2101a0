"""`onelayer eval`: how good a trained agent is on held-out tasks, beside its base and other agents."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from onelayer.commands.announce import announce
from onelayer.commands.configuration import write_config
from onelayer.commands.machine import keep_report, report_of

if TYPE_CHECKING:
    from onelayer.agents.base import Agent
    from onelayer.agents.episodes import Episode
    from onelayer.commands.players import Player, Subject
    from onelayer.evals.folder import ResultsFolder
    from onelayer.evals.results import Results
    from onelayer.evals.suite import AnySuite

HELP = "evaluate a run, a model or a served model on held-out tasks"
_COLUMNS = ("base", "trained", "model", "random", "expert")


def _option(default: Any, help: str, **metadata: Any) -> Any:  # noqa: A002  (argparse's word)
    return field(default=default, metadata={"help": help, **metadata})


@dataclass(frozen=True, slots=True)
class Config:
    """One evaluation; with ``compare`` or ``rescore`` what to do with some that were made."""

    run: str = _option(
        "", "run folder, or a model: `tiny`, a transformers folder, a hub id", positional=True
    )
    suite: str = _option(
        "",
        "name of a suite (`onelayer suites list`) or a .yaml file; default: the run's environment, "
        "held-out split",
    )
    endpoint: str = _option("", "URL of an OpenAI-compatible server to evaluate instead of a run")
    model: str = _option("", "what the server calls the model; default: its only one")
    games: str | None = _option(
        None, "real ALFWorld games: a folder in the $ALFWORLD_DATA layout, or a .jsonl[.xz] file"
    )
    split: str | None = _option(None, "split to play instead of the suite's")
    env_args: str = _option("", "YAML mapping of environment arguments over the suite's")
    episodes: int | None = _option(None, "episodes to play instead of the suite's number")
    tasks: str = _option("", "ids of the tasks to play instead of the suite's, separated by commas")
    kind: list[str] = field(
        default_factory=list,
        metadata={"help": "of the suite's tasks only those of these kinds"},
    )
    limit: int | None = _option(None, "of the suite's tasks only so many")
    shuffle: bool = _option(False, "play the tasks in an order drawn with the seed; for --limit")
    seed: int | None = _option(None, "seed instead of the suite's: of tasks and sampling")
    base: bool = _option(True, "also play the base model, before training")
    random: bool = _option(True, "also play a random agent, where actions are listed")
    expert: bool = _option(True, "also play the expert, where one searches or knows the solution")
    checkpoint: bool = _option(False, "play a run's newest checkpoint instead of its final layer")
    allow_overlap: bool = _option(False, "play tasks although the run was trained on some of them")
    compare: list[str] = field(
        default_factory=list,
        metadata={
            "help": "evaluations to compare: each a run, RUN:AGENT or results.json[:AGENT]; several "
            "seeds of one arm are joined by commas"
        },
    )
    rescore: str = _option("", "results to grade again by today's environments, without playing")
    out: str = _option("", "folder of the results; default: RUN/eval/SUITE")
    fresh: bool = _option(False, "start over instead of going on from what is in `out`")
    retry_errors: bool = _option(False, "play those episodes again that ended in an error")
    leave_out_errors: bool = _option(
        False, "leave episodes with an error out of the figures, where they count as not solved"
    )
    step_timeout: float | None = _option(
        None,
        "seconds that a reset or a step may take, 0: any; default: any, or 600 where the environment waits "
        "for others",
    )
    errors_in_a_row: int = _option(
        20, "stop after so many episodes in a row that ended in an error; 0 never stops"
    )
    log_format: Literal["json", "inspect"] = _option(
        "json", "`inspect` also writes logs that inspect_ai's viewer opens"
    )
    keep_tokens: bool = _option(False, "keep each sampled token with its log-probability")
    parallel: int = _option(32, "episodes that run at once")
    concurrency: int | None = _option(None, "requests to --endpoint at once; default: --parallel")
    request_timeout: float = _option(600.0, "seconds that one answer of --endpoint may take")
    retries: int = _option(8, "times that a failed request is sent again")
    key_from: str = _option("OPENAI_API_KEY", "environment variable that holds the server's key")
    price_read: float | None = _option(None, "US$ of a million prompt tokens, for the cost")
    price_written: float | None = _option(None, "US$ of a million tokens of replies")
    temperature: float | None = _option(None, "of sampling; default: the run's eval_temperature")
    top_p: float | None = _option(None, "of sampling; default: the run's eval_top_p")
    response_limit: int | None = _option(None, "tokens of a reply; default: the run's")
    history: str | None = _option(None, "`all`, or pairs shown; default: the run's")
    show_admissible: bool | None = _option(None, "list legal actions; default: as the run did")
    thinking: bool | None = _option(None, "ask for a thought; default: as the run did")
    dtype: str = _option("float32", "of the weights of a model without a run")
    device: str = _option("auto", "where the model runs: auto, cpu, cuda, ...")

    def __post_init__(self) -> None:
        for name in ("episodes", "limit", "parallel", "concurrency", "response_limit"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        for name in ("seed", "temperature", "errors_in_a_row", "retries", "price_read"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"{name} must be at least 0, got {value}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1, got {self.top_p}")
        if self.request_timeout <= 0:
            raise ValueError(f"request_timeout must be above 0, got {self.request_timeout}")
        if len(self.compare) == 1:
            raise ValueError("--compare takes two evaluations, got 1; more may follow")
        if self.endpoint and self.run:
            raise ValueError(f"evaluate {self.run} or --endpoint {self.endpoint}, not both at once")
        if self.model and not self.endpoint:
            raise ValueError(f"--model {self.model} names a model of --endpoint URL; give that too")

    @property
    def at_once(self) -> int:
        """How many episodes run at once, and so how many requests."""
        return self.concurrency or self.parallel

    @property
    def prices(self) -> dict[str, float]:
        """US$ of a million tokens; empty where no price is given."""
        given = {"read": self.price_read, "written": self.price_written}
        return {name: price for name, price in given.items() if price is not None}


def run(config: Config) -> int:
    """Evaluate and print the tables; return 1 where episodes ended in an error, else 0.

    Raises:
        ValueError: something cannot work, or `out` holds an evaluation of other settings.
        LookupError: there is no such suite, environment or task.
        OSError: a file is missing.
        RuntimeError: the environment cannot work on this machine, or too many errors came in a row.
        KeyboardInterrupt: Ctrl-C; the episodes played so far are kept.
    """
    from onelayer.commands import judge

    if config.compare:
        judge.compare_arms(config.compare, config.suite)
        return 0
    if config.rescore:
        judge.rescore(config.rescore, config.out)
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
    machine, total = _look_at(suite)
    scripted = _scripted(config, suite)

    from onelayer.evals.folder import ResultsFolder
    from onelayer.lock import alone_in

    out = _folder(config, subject, suite)
    with alone_in(out):
        folder = ResultsFolder(
            out, suite, fresh=config.fresh, count_errors=not config.leave_out_errors
        )
        write_config(replace(config, fresh=False, retry_errors=False), folder.folder / "eval.yaml")
        keep_report(machine, folder.folder)
        # Lazily: the base has played before the trained layer takes its place in the same model.
        learned: Iterator[tuple[str, Player]] = (
            iter([("model", served(subject, config))])
            if config.endpoint
            else models(subject, config)
        )
        for name, player in chain(learned, scripted.items()):
            _play(folder, name, player, config, total)
            first = "model" if subject.folder is None else "trained"
            results = folder.write(_COLUMNS, first if first in folder.results else name)
    return _tell(results, folder, config)


def _look_at(suite: "AnySuite") -> tuple[list[str], int]:
    """Return what this machine gives the environments, and the number of episodes."""
    machine, total = [], 0
    for part in suite.parts:
        env = part.make_env()
        machine += report_of(env)
        tasks = len(part.choose_tasks(env))
        if isinstance(part.tasks, int) and part.whole and tasks < part.tasks and not part.limit:
            print(
                f"suite {part.name} is of {part.tasks} tasks, and the data here have {tasks}: the "
                f"figures are "
                "not those of the whole suite",
                file=sys.stderr,
            )
        total += tasks * part.attempts
        env.close()
    return machine, total


def _scripted(config: Config, suite: "AnySuite") -> "dict[str, Player]":
    """Return the players without a model that are asked for and can play."""
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


def _tell(results: "Mapping[str, Results]", folder: "ResultsFolder", config: Config) -> int:
    """Print the tables and where everything is; return the exit status."""
    from onelayer.evals.results import compare
    from onelayer.evals.table import difference_table, metrics_table, success_table

    suite = folder.suite
    print(f"\n{suite.name}: {suite.description or suite.env}\n")
    print(success_table(results), metrics_table(results), sep="\n\n")
    if "trained" in results and "base" in results and _have_figures(results):
        differences = compare(results["trained"], results["base"])
        print("", difference_table(differences, "trained", "base"), sep="\n")
    print(f"\nevery episode: {folder.file}")
    if config.log_format == "inspect":
        from onelayer.evals.inspect_log import write_inspect_logs

        for path in write_inspect_logs(results, folder.folder / "inspect"):
            print(f"inspect log: {path}")
    return _tell_errors(results)


def _tell_errors(results: "Mapping[str, Results]") -> int:
    """Say how many episodes ended in an error, and why the first did; return 1 where some did, else 0.

    Raises:
        RuntimeError: all of an agent's did, so that its numbers say nothing.
    """
    for name, of_agent in results.items():
        row = of_agent.overall
        if not row.errors:
            continue
        rule = "count as not solved" if of_agent.count_errors else "are left out of all figures"
        said = (
            f"{row.errors} of {row.episodes} episodes of {name} ended in an error and {rule}; "
            f"--retry-errors plays them again. The first: {_an_error(of_agent)}"
        )
        if row.errors == row.episodes:
            raise RuntimeError(said)
        print(said, file=sys.stderr)
    return int(any(of_agent.overall.errors for of_agent in results.values()))


def _have_figures(results: "Mapping[str, Results]") -> bool:
    return all(results[name].counted for name in ("trained", "base"))


def _an_error(results: "Results") -> str:
    error = next(e.error for e in results.episodes if e.error is not None)
    return " ".join(error.split())[:300]


def _folder(config: Config, subject: "Subject", suite: "AnySuite") -> Path:
    if config.out:
        return Path(config.out)
    name = suite.name if config.games is None else f"{suite.name}-{Path(config.games).stem}"
    if subject.folder is not None:
        return subject.folder / "eval" / name
    return Path("runs") / f"eval-{Path(subject.model).name}" / name


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
