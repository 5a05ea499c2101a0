from pathlib import Path

import gymnasium as gym
import pytest

from onelayer.envs import plugins
from onelayer.envs.arguments import checked_arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"room_size": "5"}, "room_size must be a whole number or null, got '5'"),
        ({"room_size": 5.0}, "room_size must be a whole number or null, got 5.0"),
        ({"max_steps": "3"}, "max_steps must be a whole number, got '3'"),
        ({"max_steps": True}, "max_steps must be a whole number, got True"),
        ({"count": 1.5}, "count must be a whole number or null, got 1.5"),
        ({"games": 5}, "games must be text or a path or null, got 5"),
        ({"success_reward": "x"}, "success_reward must be a number, got 'x'"),
        ({"include_help": "yes"}, "include_help must be true or false, got 'yes'"),
        (
            {"task_types": "pick_and_place_simple"},
            "task_types must be a list of texts or null, got 'pick_and_place_simple'; write "
            "[pick_and_place_simple]",
        ),
        ({"task_types": [1]}, "task_types must be a list of texts or null, got [1]"),
    ],
)
def test_an_argument_of_the_wrong_type_is_one_line_before_anything_is_made(arguments, message):
    with pytest.raises(ValueError) as caught:
        plugins.make("onelayer/ALFWorld-v0", **arguments)
    assert str(caught.value) == f"onelayer/ALFWorld-v0: {message}"


def declared(a: float = 1, b: list[int] | None = None, c="anything", *, p: "Path | str" = ""):
    """Stand for an environment's class."""


def test_text_that_spells_a_number_is_one_where_a_number_is_declared():
    assert checked_arguments("X", declared, {}, {"a": "1e-3"}) == {"a": 0.001}
    assert checked_arguments("X", declared, {}, {"a": 2, "b": [1], "c": {3}}) == {
        "a": 2,
        "b": [1],
        "c": {3},
    }


def test_a_path_becomes_text():
    assert checked_arguments("X", declared, {}, {"p": Path("games")}) == {"p": "games"}


def test_annotations_that_cannot_be_read_check_nothing():
    def odd(a: "NotImported" = 1):  # noqa: F821
        pass

    assert checked_arguments("X", odd, {}, {"a": "text"}) == {"a": "text"}


def test_the_games_of_a_path_can_be_written_as_json(tmp_path):
    from onelayer.envs.alfworld.generator import generate

    record = generate(0, split="train", room_size=3)
    import json
    from dataclasses import asdict

    path = tmp_path / "games.jsonl"
    path.write_text(json.dumps(asdict(record) | {"walkthrough": list(record.walkthrough)}))
    env = plugins.make("onelayer/ALFWorld-v0", games=path)
    assert isinstance(
        gym.envs.registration.EnvSpec.from_json(env.spec.to_json()).kwargs["games"], str
    )
