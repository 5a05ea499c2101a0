"""ALFWorld's ``game.tw-pddl`` files: reading and writing one game in alfworld's own format."""

import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gymnasium as gym

from onelayer.envs.alfworld.records import GameRecord

GAME_FILE = "game.tw-pddl"
NEEDS_ALFWORLD = "alfworld is not installed: pip install 'onelayer[alfworld]'"

_TASK = re.compile(r'Your task is to: ((?:[^"\\]|\\.)*)"')
_UNKNOWN_TASK = "UNKNOWN GOAL"
_TEMPLATES = {"move": "move {o} to {r}", "put": "put {o} in/on {r}"}
"""a grammar's command for putting things down, which tells the version of alfworld that wrote the game"""
_OLDER = (
    ("You arrive at {r.name}.", "You arrive at {lend.name}."),
    ("You move the {o.name} to the {r.name}.", "You put the {o.name} in/on the {r.name}."),
    (_TEMPLATES["move"], _TEMPLATES["put"]),
)
"""texts of the grammar of alfworld 0.4.2, each with the text of 0.3.5 in its place"""


def read_game_file(path: Path, game_id: str) -> GameRecord | None:
    """Read one game; None where the file does not mark it as solvable: alfworld skips such games too.

    Raises:
        ValueError: the file is not a game; the message names it.
        OSError: the file can't be read.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not data.get("solvable"):
            return None
        task = _TASK.search(data["grammar"])
        if task is None:
            raise ValueError("its grammar has no sentence 'Your task is to: ...'")
        if not isinstance(data["pddl_problem"], str):
            raise ValueError("'pddl_problem' is not text")
        verb = next((v for v, command in _TEMPLATES.items() if command in data["grammar"]), None)
        if verb is None:
            raise ValueError(
                f"its grammar has neither the command {' nor '.join(_TEMPLATES.values())}: it is of no "
                "version of alfworld that is known here"
            )
        return GameRecord(
            id=game_id,
            task=json.loads(f'"{task[1]}"').removesuffix("."),
            walkthrough=tuple(data.get("walkthrough") or ()),
            pddl_problem=data["pddl_problem"],
            verb=verb,
        )
    except KeyError as error:
        raise ValueError(f"{path}: the key {error} is missing") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: not an ALFWorld game: {error}") from error


def game_data(record: GameRecord) -> dict[str, Any]:
    """Return what alfworld's file of a game holds, with the installed package's domain and grammar.

    Raises:
        gymnasium.error.DependencyNotInstalled: alfworld is not installed.
    """
    domain, grammar = _package_file("alfred.pddl"), _package_file("alfred.twl2")
    if record.verb == "put":
        domain, grammar = _as_in_0_3(domain, grammar)
    return {
        "pddl_domain": domain,
        "grammar": grammar.replace(_UNKNOWN_TASK, record.task),
        "pddl_problem": record.pddl_problem,
        "solvable": True,
        "walkthrough": list(record.walkthrough),
    }


def write_game_file(record: GameRecord, root: Path) -> Path:
    """Write a game where alfworld looks for it, and return the file.

    With ``root`` as ``$ALFWORLD_DATA`` that is ``root/json_2.1.1/<id>/game.tw-pddl``; a short
    ``traj_data.json`` beside it holds what alfworld's loader asks for.
    """
    folder = root / "json_2.1.1" / record.id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "traj_data.json").write_text(json.dumps(_trajectory(record)), encoding="utf-8")
    path = folder / GAME_FILE
    path.write_text(json.dumps(game_data(record)), encoding="utf-8")
    return path


def _trajectory(record: GameRecord) -> dict[str, Any]:
    task_type, thing, movable, place, scene = record.id.split("/")[1].split("-")
    to_light = task_type == "look_at_obj_in_light"
    return {
        "task_type": task_type,
        "pddl_params": {
            "object_target": thing,
            "parent_target": "" if to_light else place,
            "mrecep_target": "" if movable == "None" else movable,
            "toggle_target": place if to_light else "",
            "object_sliced": False,
        },
        "scene": {"scene_num": int(scene), "floor_plan": f"FloorPlan{scene}"},
    }


def _as_in_0_3(domain: str, grammar: str) -> tuple[str, str]:
    """Return domain and grammar of alfworld 0.4.2 in the words of 0.3.5, which had no command ``help``."""
    for new, old in _OLDER:
        grammar = grammar.replace(new, old)
    domain = re.sub(r"\(:action help\b.*?\n\)\n", "", domain, flags=re.DOTALL)
    return domain, re.sub(r"\naction help \{.*?\n\}", "", grammar, flags=re.DOTALL)


@cache
def _package_file(name: str) -> str:
    """Return a data file of alfworld, found without importing alfworld."""
    package = find_spec("alfworld")
    if package is None or not package.submodule_search_locations:
        raise gym.error.DependencyNotInstalled(NEEDS_ALFWORLD)
    return (Path(package.submodule_search_locations[0]) / "data" / name).read_text(encoding="utf-8")
