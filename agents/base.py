"""What an agent is: something that reads observations of running episodes and answers with actions."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Unreadable(str):
    """What an agent answers where it can't read an observation: no action, but why there is none.

    The rollout ends the episode there, with the error ``context``.
    """


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
        """Return one action for each observation, or ``Unreadable`` in its place.

        ``infos`` are the environments' ``info`` dictionaries of the same moment.
        """
        ...
