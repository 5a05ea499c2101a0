"""`onelayer eval`: how good a trained agent is on held-out tasks, beside its base and other agents."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onelayer.commands.configuration import parse_mapping, write_config
from onelayer.commands.machine import keep_report, report_of

if TYPE_CHECKING:
    import gymnasium as gym

    from onelayer.agents.base import Agent
    from onelayer.agents.episodes import Episode
    from onelayer.commands.players import Subject
    from onelayer.evals.results import Results
    from onelayer.evals.suite import Suite

HELP = "evaluate a run or a model on held-out tasks"
_COLUMNS = ("base", "trained", "model", "random", "expert")


def _option(default: Any, help: str, **metadata: Any) -> Any:  # noqa: A002  (argparse's word)
    return field(default=default, metadata={"help": help, **metadata})


@dataclass(frozen=True, slots=True)
class Config:
    """One evaluation, or with ``compare`` two that were made."""

    run: str = _option(
        "", "run folder, or a model: `tiny`, a transformers folder, a hub id", positional=True
    )
    suite: str = _option(
        "", "a shipped suite, or a .yaml file; default: the run's environment, held-out split"
    )
    games: str | None = _option(
        None, "real ALFWorld games: a folder in the $ALFWORLD_DATA layout, or a .jsonl[.xz] file"
    )
    split: str | None = _option(None, "split to play instead of the suite's")
    env_args: str = _option("", "YAML mapping of environment arguments over the suite's")
    episodes: int | None = _option(None, "episodes to play instead of the suite's number")
    seed: int | None = _option(None, "seed instead of the suite's: of tasks and sampling")
    base: bool = _option(True, "also play the base model, before training")
    random: bool = _option(True, "also play a random agent, where actions are listed")
    expert: bool = _option(True, "also play the expert, where one searches or knows the solution")
    compare: list[str] = field(
        default_factory=list,
        metadata={
            "help": "two evaluations to compare: each a run, RUN:AGENT or results.json[:AGENT]"
        },
    )
    out: str = _option("", "folder of the results; default: RUN/eval/SUITE")
    fresh: bool = _option(False, "start over instead of going on from what is in `out`")
    retry_errors: bool = _option(False, "play tasks again of which an episode ended in an error")
    step_timeout: float | None = _option(
        None,
        "seconds that a reset or a step may take, 0: any; default: any, or 600 where the environment waits "
        "for others",
    )
    parallel: int = _option(32, "episodes that run at once")
    temperature: float | None = _option(None, "of sampling; default: the run's eval_temperature")
    top_p: float | None = _option(None, "of sampling; default: the run's eval_top_p")
    response_limit: int | None = _option(None, "tokens of a reply; default: the run's")
    history: str | None = _option(None, "`all`, or pairs shown; default: the run's")
    show_admissible: bool | None = _option(None, "list legal actions; default: as the run did")
    thinking: bool | None = _option(None, "ask for a thought; default: as the run did")
    dtype: str = _option("float32", "of the weights of a model without a run")
    device: str = _option("auto", "where the model runs: auto, cpu, cuda, ...")

    def __post_init__(self) -> None:
        for name in ("episodes", "parallel", "response_limit"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        if self.seed is not None and self.seed < 0:
            raise ValueError(f"seed must be at least 0, got {self.seed}")
        if self.temperature is not None and self.temperature < 0:
            raise ValueError(f"temperature must be at least 0, got {self.temperature}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1, got {self.top_p}")
        if len(self.compare) not in (0, 2):
            raise ValueError(f"--compare takes two evaluations, got {len(self.compare)}")


def run(config: Config) -> None:
    """Evaluate and print the tables, or compare two evaluations.

    Raises:
        ValueError: something cannot work, or `out` holds an evaluation of other settings.
        LookupError: there is no such suite, environment or task.
        OSError: a file is missing.
        RuntimeError: the environment cannot work on this machine.
        KeyboardInterrupt: Ctrl-C; the episodes played so far are kept.
    """
    if config.compare:
        _compare(config.compare[0], config.compare[1], config.suite)
        return
    from onelayer.commands.players import Subject, chance, expert, models

    subject = Subject.of(config.run)
    suite = _suite(config, subject)
    env = suite.make_env()
    machine = report_of(env)
    total = len(suite.choose_tasks(env)) * suite.attempts
    scripted = {
        **_where_possible("random", chance, config.random, env, suite.seed),
        **_where_possible("expert", expert, config.expert, env, suite.seed),
    }

    from onelayer.evals.folder import ResultsFolder
    from onelayer.evals.table import difference_table, metrics_table, success_table

    folder = ResultsFolder(_folder(config, subject, suite), suite, fresh=config.fresh)
    write_config(replace(config, fresh=False, retry_errors=False), folder.folder / "eval.yaml")
    keep_report(machine, folder.folder)
    # Lazily: the base has played before the trained layer takes its place in the same model.
    players = chain(
        models(subject, config, env), ((name, *player) for name, player in scripted.items())
    )
    for name, agent, settings in players:
        with _progress(name, total, folder.journal(name)) as on_episode:
            folder.play(
                name,
                agent,
                settings,
                parallel=config.parallel,
                on_episode=on_episode,
                retry_errors=config.retry_errors,
                step_timeout=config.step_timeout,
            )
        first = "model" if subject.folder is None else "trained"
        results = folder.write(_COLUMNS, first if first in folder.results else name)

    print(f"\n{suite.name}: {suite.description or suite.env}\n")
    print(success_table(results), metrics_table(results), sep="\n\n")
    if "trained" in results and "base" in results:
        from onelayer.evals.results import compare

        differences = compare(results["trained"], results["base"])
        print("", difference_table(differences, "trained", "base"), sep="\n")
    print(f"\nevery episode: {folder.file}")
    _tell_errors(results)


def _tell_errors(results: "Mapping[str, Results]") -> None:
    """Say how many episodes ended in an error, and why the first did.

    Raises:
        RuntimeError: all of an agent's did, so that its numbers say nothing.
    """
    for name, its in results.items():
        errors = [episode.error for episode in its.episodes if episode.error is not None]
        if not errors:
            continue
        said = (
            f"{len(errors)} of {len(its.episodes)} episodes of {name} ended in an error and count as not "
            f"solved; --retry-errors plays them again. The first: {errors[0]}"
        )
        if len(errors) == len(its.episodes):
            raise RuntimeError(said)
        print(said, file=sys.stderr)


def _where_possible(
    name: str,
    player: "Callable[[gym.Env[str, str], int], tuple[Agent, dict[str, Any]]]",
    wanted: bool,
    env: "gym.Env[str, str]",
    seed: int,
) -> "dict[str, tuple[Agent, dict[str, Any]]]":
    """Return the player by its name; nothing, and why, where it can't play this environment."""
    if not wanted:
        return {}
    try:
        return {name: player(env, seed)}
    except ValueError as error:
        print(f"{name} does not play: {error}", file=sys.stderr)
        return {}


def _suite(config: Config, subject: "Subject") -> "Suite":
    """Return the suite to play: the flags win over the suite, and the suite over the run."""
    from onelayer.evals.suite import load_suite

    if not config.suite and subject.folder is None:
        raise ValueError("name a suite, such as --suite alfworld: there is no run to take one from")
    suite = _held_out(subject) if not config.suite else load_suite(config.suite)
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
    return suite


def _on_games(suite: "Suite", games: str, env_args: dict[str, Any]) -> "Suite":
    """Return the suite on real games: of its own split, or of the held-out one that they have."""
    errors = []
    for split in (suite.split, "valid_unseen", "valid_seen"):
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
        else:
            return chosen
    raise errors[0]


def _held_out(subject: "Subject") -> "Suite":
    """Return the suite of the environment that a run was trained in."""
    from onelayer.envs.plugins import arguments, resolve
    from onelayer.evals.suite import Suite

    run = subject.trained
    has_splits = "split" in arguments(resolve(run.env))
    return Suite(
        name="held-out",
        env=run.env,
        split=run.eval_split if has_splits else None,
        description=f"held-out tasks of {run.env}",
    )


def _folder(config: Config, subject: "Subject", suite: "Suite") -> Path:
    if config.out:
        return Path(config.out)
    name = suite.name if config.games is None else f"{suite.name}-{Path(config.games).stem}"
    if subject.folder is not None:
        return subject.folder / "eval" / name
    return Path("runs") / f"eval-{Path(subject.model).name}" / name


@contextmanager
def _progress(name: str, total: int, journal: Path) -> "Iterator[Callable[[Episode], None]]":
    """Show a bar of episodes with the success rate; on Ctrl-C say how to go on."""
    from tqdm import tqdm

    with tqdm(total=total, desc=name, unit="episode") as bar:
        solved = errors = 0

        def on_episode(episode: "Episode") -> None:
            nonlocal solved, errors
            solved, errors = solved + episode.success, errors + (episode.error is not None)
            bar.update()
            broken = f", errors {errors}" if errors else ""
            bar.set_postfix_str(f"success {solved / bar.n:.1%}{broken}", refresh=False)

        try:
            yield on_episode
        except KeyboardInterrupt:
            bar.close()
            print(
                f"{bar.n} episodes of {name} are in {journal}: the same command goes on from there"
            )
            raise


def _compare(first: str, second: str, suite: str) -> None:
    """Print the paired difference of two evaluations."""
    from onelayer.evals.results import compare
    from onelayer.evals.table import difference_table

    one, other = _evaluation(first, suite), _evaluation(second, suite)
    print(difference_table(compare(one, other), first, second))


def _evaluation(name: str, suite: str) -> "Results":
    """Return the results that ``PATH`` or ``PATH:AGENT`` names."""
    from onelayer.evals.results import FILE_NAME, read_results

    path, agent = Path(name), ""
    if not path.exists() and ":" in name:
        where, _, agent = name.rpartition(":")
        path = Path(where)
    if path.is_dir() and not (path / FILE_NAME).exists():
        found = sorted(path.glob(f"eval/{Path(suite).stem or '*'}/{FILE_NAME}"))
        if not found:
            how = f"onelayer eval {path} --suite {suite or 'NAME'}"
            raise ValueError(f"{path} holds no evaluation; make one with `{how}`")
        if len(found) > 1:
            listed = ", ".join(results.parent.name for results in found)
            raise ValueError(f"{path} holds several evaluations ({listed}); choose with --suite")
        path = found[0]
    by_agent = read_results(path)
    agent = agent or next((n for n in ("trained", "model") if n in by_agent), next(iter(by_agent)))
    if agent not in by_agent:
        raise LookupError(f"{path} has no agent {agent!r}; it has {', '.join(by_agent)}")
    return by_agent[agent]
