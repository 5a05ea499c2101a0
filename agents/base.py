"""What an agent is: something that reads observations of running episodes and answers with actions."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable


class Agent(Protocol):
    """Chooses the next action of many running episodes at once.

    ``slots`` name the episodes: a slot keeps its number while its episode runs, and finished episodes are
    no longer passed. ``slots=None`` means ``0, 1, ...``.
    """

    def reset(self, slots: Sequence[int] | None = None) -> None:
        """Forget what was seen in these slots (None: in all): new episodes begin there."""

    def act(
        self,
        observations: Sequence[str],
        infos: Sequence[Mapping[str, Any]] | None = None,
        slots: Sequence[int] | None = None,
    ) -> Sequence[str]:
        """Return one action for each observation.

        ``infos`` are the environments' ``info`` dictionaries of the same moment.
        """
        ...


@runtime_checkable
class ContinuousAgent(Protocol):
    """An agent whose actions come one by one, so that no episode waits for another's.

    A rollout calls these methods instead of ``act`` where an agent has both.
    """

    def submit(self, slot: int, observation: str, info: Mapping[str, Any]) -> None:
        """Show the next observation of an episode, at any time."""

    def step(self) -> Sequence[tuple[int, str | Exception]]:
        """Go on thinking for a moment; return the actions that are ready, with their slots.

        An exception in the place of an action says why there can be none, such as a prompt that does not fit
        into the model's context; it ends that episode only.
        """
        ...
