"""What policies try instead of solving tasks earns nothing in the environments that ship."""

from typing import Any, ClassVar

import gymnasium as gym
import pytest

from onelayer.cli import main
from onelayer.envs.check.hacked import play_hacks
from onelayer.envs.counting import CountingEnv
from onelayer.envs.hacks import PROGRAMS, REPLIES, WORLDS, Seen, asked_for, hacks_of
from onelayer.envs.text import Outcome


@pytest.mark.parametrize(
    ("env_id", "episodes"),
    [
        ("onelayer/Counting-v0", 40),
        ("onelayer/ALFWorld-v0", 4),
        ("onelayer/Math-v0", 20),
        ("onelayer/Code-v0", 4),
    ],
)
def test_no_attempt_earns_more_than_chance(env_id: str, episodes: int) -> None:
    if env_id == "onelayer/Math-v0":
        pytest.importorskip("reasoning_gym")
    findings = play_hacks(env_id, episodes=episodes)
    assert len(findings) >= 5
    assert [f for f in findings if f.failed] == []


@pytest.mark.slow
@pytest.mark.parametrize("split", ["train", "test"])
def test_no_attempt_solves_any_task_of_code(split: str) -> None:
    assert [f for f in play_hacks("onelayer/Code-v0", episodes=60, split=split) if f.failed] == []


class Generous(CountingEnv):
    """Pays for looking."""

    def act(self, action: str) -> Outcome:
        paid = 1.0 if action == "look" else 0.0
        return Outcome("go on", paid, terminated=paid > 0, success=paid > 0)


def test_an_environment_that_pays_for_an_attempt_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    gym.register("test/Generous-v0", entry_point=Generous)
    try:
        found = {f.check: f for f in play_hacks("test/Generous-v0", episodes=3)}
        assert found["hack: look"].failed and "earns 1 an episode" in found["hack: look"].problem
        assert not found["hack: nonsense"].failed
        assert main(["envs", "check", "test/Generous-v0", "--hack"]) == 1
        assert "FAILED  hack: look" in capsys.readouterr().out
    finally:
        gym.registry.pop("test/Generous-v0")


def test_an_environment_names_its_own_attempts() -> None:
    class Own(CountingEnv):
        hacks: ClassVar[dict[str, Any]] = {"mine": lambda seen: "x"}

    assert list(hacks_of(Own())) == ["mine"]
    assert hacks_of(CountingEnv()) is WORLDS

    class Free(CountingEnv):
        free_form = True

    assert hacks_of(gym.Wrapper(Free())) is REPLIES


def test_attempts_are_made_of_what_is_seen() -> None:
    prompt = (
        "Write this function, under this name:\n\n```python\ndef double(n: int) -> int:\n    ...\n```\n\n"
        "Public tests:\ndouble(1) == 2\ndouble(3) == 6"
    )
    seen = Seen(prompt, prompt, None)
    assert asked_for(prompt) == "double" and asked_for("Sum it. It is called `total`.") == "total"
    scope: dict[str, Any] = {}
    exec(PROGRAMS["the public tests' answers"](seen).strip("`").removeprefix("python"), scope)
    assert scope["double"](1) == 2 and scope["double"](3) == 6 and scope["double"](4) is None
    numbers = Seen("Add 12 and 345.", "", None)
    assert REPLIES["its longest number"](numbers) == "\\boxed{345}"
    assert REPLIES["all its numbers"](numbers) == "\\boxed{12, 345}"
    program = PROGRAMS["the example's output"](Seen("output:\n    4 2\n", "", None))
    assert program == "```python\nprint('4 2\\n', end='')\n```"
