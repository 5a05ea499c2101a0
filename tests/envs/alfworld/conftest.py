"""What the hand-written kitchen answers."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def transcript() -> list[tuple[str, str]]:
    """Return commands for the kitchen that use every verb, each with alfworld's answer to it."""
    exchanges = (HERE / "kitchen.txt").read_text().strip().removeprefix("> ").split("\n> ")
    return [(command, answer) for command, _, answer in (e.partition("\n") for e in exchanges)]
