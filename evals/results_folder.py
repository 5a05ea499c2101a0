"""The folder of an evaluation: ``results.json``, and a journal for the agent that is playing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from onelayer.agents.base import Agent
from onelayer.agents.episodes import Episode
from onelayer.evals.definition import AnySuite
from onelayer.evals.journal import is_journal, require_same
from onelayer.evals.results import FILE_NAME, Results, load_results, write_results
from onelayer.evals.run import Known, MakesAgent, evaluate
from onelayer.evals.task_digests import TaskIdentity


class ResultsFolder:
    """The results of several agents in one suite; episodes that were played before are not played again.

    Args:
        path: the folder; made when there is something to write.
        suite: the suite that is played.
        fresh: delete the results and journals in the folder; its other files are left alone.
        count_errors: see ``evaluate``.

    Raises:
        ValueError: the folder holds an evaluation of other tasks.
    """

    def __init__(
        self, path: Path | str, suite: AnySuite, *, fresh: bool = False, count_errors: bool = True
    ):
        self.folder = Path(path)
        self.file = self.folder / FILE_NAME
        self.suite = suite
        self.count_errors = count_errors
        self.results: dict[str, Results] = {}
        self._tasks: dict[str, list[TaskIdentity]] = {}
        if fresh:
            self.file.unlink(missing_ok=True)
            for path in self.folder.glob("*.jsonl"):
                if is_journal(path):  # a run's metrics.jsonl and episodes.jsonl are not ours
                    path.unlink()
        elif self.file.exists():
            for name, earlier in load_results(self.file).items():
                before = {"suite": earlier.suite.identity()}
                require_same({"suite": suite.identity()}, before, str(self.file))
                # The new evaluation may have other metrics, and another rule for errors.
                self.results[name] = replace(earlier, suite=suite, count_errors=count_errors)

    def journal(self, name: str) -> Path:
        """Return the file that an agent's episodes go to while it plays."""
        return self.folder / f"{name}.jsonl"

    def play(
        self,
        name: str,
        agent: Agent | MakesAgent | None,
        settings: Mapping[str, Any],
        *,
        parallel: int = 32,
        on_episode: Callable[[Episode], None] | None = None,
        retry_errors: bool = False,
        errors_in_a_row: int | None = None,
        keep_tokens: bool = False,
        prices: Mapping[str, float] | None = None,
        step_timeout: float | None = None,
    ) -> Results:
        """Let an agent play the episodes that it has not played before.

        Args:
            name: the agent's name in the results.
            agent: see ``evaluate``; may be None where nothing is left to play.
            settings: what decides how it plays.
            parallel: episodes that run at once.
            on_episode: called with each episode, those played before first.
            retry_errors: play episodes again that ended in an error.
            errors_in_a_row: stop after this many errors in a row.
            keep_tokens: keep each sampled token with its log-probability.
            prices: see ``Results``.
            step_timeout: see ``rollout``.

        Raises:
            ValueError: it played before with other settings, or the data behind the tasks have changed.
        """
        earlier = self.results.get(name)
        if earlier is not None:
            before = {"settings": earlier.settings}
            require_same({"settings": settings}, before, f"{self.file}, {name},")
        self.results[name] = evaluate(
            self.suite,
            agent,  # type: ignore[arg-type]
            settings=settings,
            journal=self.journal(name),
            known=Known(
                () if earlier is None else earlier.episodes,
                next((r.data for r in self.results.values() if r.data), None),
                self._tasks,
            ),
            parallel=parallel,
            on_episode=on_episode,
            retry_errors=retry_errors,
            count_errors=self.count_errors,
            errors_in_a_row=errors_in_a_row,
            keep_tokens=keep_tokens,
            step_timeout=step_timeout,
            prices=prices or (earlier.prices if earlier is not None else None),
        )
        return self.results[name]

    def write(self, order: Sequence[str], first: str) -> dict[str, Results]:
        """Write ``results.json`` and delete the journals; return the results in this order.

        Args:
            order: names of agents; some may be missing, others unknown.
            first: see ``write_results``.
        """
        names = sorted(self.results, key=lambda n: order.index(n) if n in order else len(order))
        ordered = {name: self.results[name] for name in names}
        write_results(self.file, ordered, first)
        for name in names:
            self.journal(name).unlink(missing_ok=True)
        return ordered
