"""One ALFWorld game as data: what a ``.jsonl`` line, a game folder or the generator gives."""

from dataclasses import dataclass

TASK_TYPES = (
    "pick_and_place_simple",
    "look_at_obj_in_light",
    "pick_clean_then_place_in_recep",
    "pick_heat_then_place_in_recep",
    "pick_cool_then_place_in_recep",
    "pick_two_obj_and_place",
)


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

    @property
    def task_type(self) -> str:
        """One of ``TASK_TYPES``, read from the id."""
        return self.id.split("/")[1].split("-")[0]
