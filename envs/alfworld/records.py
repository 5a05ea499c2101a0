"""One ALFWorld game as data: what a ``.jsonl`` line, a game folder or the generator gives."""

import re
from dataclasses import dataclass, replace
from typing import Self

TASK_TYPES = (
    "pick_and_place_simple",
    "look_at_obj_in_light",
    "pick_clean_then_place_in_recep",
    "pick_heat_then_place_in_recep",
    "pick_cool_then_place_in_recep",
    "pick_two_obj_and_place",
)

VERBS = ("move", "put")
"""``move mug 1 to shelf 1`` since alfworld 0.4, ``put mug 1 in/on shelf 1`` in 0.3"""
_PUTS_DOWN = re.compile(r"(?:move (.+) to|put (.+) in/on) (.+)")


@dataclass(frozen=True, slots=True)
class GameRecord:
    """A game: enough to rebuild ALFWorld's ``game.tw-pddl`` with the package's domain and grammar."""

    id: str
    """``<split>/<task type>-<object>-<movable>-<receptacle>-<scene>/<trial>``"""
    task: str
    """what follows "Your task is to: ", without the full stop: ``put some mug in shelf``"""
    walkthrough: tuple[str, ...]
    """commands that win from the start"""
    pddl_problem: str
    verb: str = "move"
    """which of ``VERBS`` puts things down: "put" in games of alfworld 0.3"""

    @property
    def task_type(self) -> str:
        """One of ``TASK_TYPES``, read from the id."""
        return self.id.split("/")[1].split("-")[0]

    def with_verb(self, verb: str) -> Self:
        """Return the game in the words of alfworld 0.4 ("move") or 0.3 ("put"), its walkthrough too."""
        if verb == self.verb:
            return self
        walkthrough = tuple(putting_down(command, verb) for command in self.walkthrough)
        return replace(self, verb=verb, walkthrough=walkthrough)


def putting_down(command: str, verb: str) -> str:
    """Return a command that puts a thing down with this verb; any other command as it is."""
    found = _PUTS_DOWN.fullmatch(command)
    if found is None:
        return command
    thing, place = found[1] or found[2], found[3]
    return f"move {thing} to {place}" if verb == "move" else f"put {thing} in/on {place}"
