"""The folder of an evaluation: ``results.json``, and a journal of the agent that is playing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from onelayer.agents.base import Agent
from onelayer.agents.episodes import Episode, as_record
from onelayer.evals.journal import Journal, require_same
from onelayer.evals.results import FILE_NAME, Results, read_results, write_results
from onelayer.evals.run import evaluate
from onelayer.evals.suite import Suite


class ResultsFolder:
    """Several agents in one suite; what was played before is read, not played again.

    Args:
        path: the folder; made when there is something to write.
        suite: what is played.
        fresh: forget what the folder holds.

    Raises:
        ValueError: the folder holds an evaluation of other tasks.
    """

    def __init__(self, path: Path | str, suite: Suite, *, fresh: bool = False):
        self.folder = Path(path)
        self.file = self.folder / FILE_NAME
        self.suite = suite
        self.results: dict[str, Results] = {}
        if fresh:
            for stale in (self.file, *self.folder.glob("*.jsonl")):
                stale.unlink(missing_ok=True)
        elif self.file.exists():
            for name, earlier in read_results(self.file).items():
                before = {"suite": earlier.suite.what_is_played()}
                require_same({"suite": suite.what_is_played()}, before, str(self.file))
                self.results[name] = replace(earlier, suite=suite)  # its metrics may be others

    def journal(self, name: str) -> Path:
        """Return the file that an agent's episodes go to while it plays."""
        return self.folder / f"{name}.jsonl"

    def play(
        self,
        name: str,
        agent: Agent,
        settings: Mapping[str, Any],
        *,
        parallel: int = 32,
        on_episode: Callable[[Episode], None] | None = None,
        retry_errors: bool = False,
        step_timeout: float | None = None,
    ) -> Results:
        """Let an agent play, or return what it did before; then write the results of all.

        Args:
            name: what the results call the agent.
            agent: see ``evaluate``, as the next ones.
            settings: what decides how it plays.
            parallel: episodes that run at once.
            on_episode: called with each episode, those played before first.
            retry_errors: play tasks again of which an episode ended in an error.
            step_timeout: see ``rollout``.

        Raises:
            ValueError: it played before with other settings.
        """
        if name in self.results:
            before = {"settings": self.results[name].settings}
            require_same({"settings": settings}, before, f"{self.file}, {name},")
            if retry_errors and self.results[name].overall.errors:
                self._reopen(name)
        if name in self.results:
            for episode in self.results[name].episodes:
                if on_episode is not None:
                    on_episode(episode)
            return self.results[name]
        self.results[name] = evaluate(
            self.suite,
            agent,
            settings=settings,
            journal=self.journal(name),
            parallel=parallel,
            on_episode=on_episode,
            retry_errors=retry_errors,
            step_timeout=step_timeout,
        )
        return self.results[name]

    def _reopen(self, name: str) -> None:
        """Make a journal of what an agent has played, as if it had been interrupted."""
        results = self.results.pop(name)
        book = Journal(self.journal(name), self.suite.what_is_played(), results.settings)
        book.begin(as_record(episode) for episode in results.episodes)

    def write(self, order: Sequence[str], first: str) -> dict[str, Results]:
        """Write ``results.json`` and drop the journals; return the results in this order.

        Args:
            order: names of agents, which may lack some and name others.
            first: see ``write_results``.
        """
        names = sorted(self.results, key=lambda n: order.index(n) if n in order else len(order))
        ordered = {name: self.results[name] for name in names}
        write_results(self.file, ordered, first)
        for name in names:
            self.journal(name).unlink(missing_ok=True)
        return ordered
