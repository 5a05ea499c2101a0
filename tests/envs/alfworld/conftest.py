"""Games that the ALFWorld tests play."""

from collections.abc import Callable
from pathlib import Path

import pytest

from onelayer.envs.alfworld.game import Game
from onelayer.envs.alfworld.native_engine import Engine
from onelayer.envs.alfworld.records import GameRecord

HERE = Path(__file__).parent
SHARED = HERE.parents[3] / "shared" / "data" / "alfworld"


@pytest.fixture(scope="session")
def kitchen() -> Callable[..., GameRecord]:
    """Return ``make(goal=None) -> record``: the hand-written kitchen, with its own goal or another."""
    problem = (HERE / "kitchen.pddl").read_text()

    def make(goal: str | None = None) -> GameRecord:
        text = problem
        if goal is not None:
            text = f"{problem[: problem.index('(:goal')]}(:goal {goal}))"
        return GameRecord(
            id="train/pick_heat_then_place_in_recep-Mug-None-Cabinet-1/trial_by_hand",
            task="put a hot mug in cabinet",
            walkthrough=(
                "go to countertop 1",
                "take mug 2 from countertop 1",
                "go to microwave 1",
                "heat mug 2 with microwave 1",
                "go to cabinet 1",
                "open cabinet 1",
                "move mug 2 to cabinet 1",
            ),
            pddl_problem=text,
        )

    return make


@pytest.fixture(scope="session")
def transcript() -> list[tuple[str, str]]:
    """Return commands for the kitchen that use every verb, each with alfworld's answer to it."""
    exchanges = (HERE / "kitchen.txt").read_text().strip().removeprefix("> ").split("\n> ")
    return [(command, answer) for command, _, answer in (e.partition("\n") for e in exchanges)]


@pytest.fixture
def play(kitchen: Callable[..., GameRecord]) -> Callable[..., Engine]:
    """Return ``play(*commands) -> engine`` in the kitchen; every command must do something."""
    game = Game(kitchen())

    def run(*commands: str) -> Engine:
        engine = Engine(game)
        for command in commands:
            assert engine.is_admissible(command), command
            engine.step(command)
        return engine

    return run


@pytest.fixture(scope="session")
def real_games() -> Callable[[str], Path]:
    """Return ``find(split) -> path`` of ALFWorld's own games; skips where they are absent."""

    def find(split: str) -> Path:
        path = SHARED / f"games_{split}.jsonl.xz"
        if not path.exists():
            pytest.skip(f"ALFWorld's own games are not at {path}")
        return path

    return find
