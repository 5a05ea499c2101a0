import textwrap

import gymnasium as gym
import pytest

from onelayer.cli import main

COUNTING = "onelayer/Counting-v0"


def test_list_shows_id_splits_and_description(capsys):
    assert main(["envs", "list"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].split() == ["id", "splits", "from", "what", "it", "is"]
    (row,) = [row for row in rows if row.startswith(COUNTING)]
    assert "train test" in row
    assert row.endswith("Count on by ones, twos or threes, last digit only.")


def test_show_tells_arguments_tasks_and_the_first_observation(capsys):
    assert main(["envs", "show", COUNTING, "--env-args", "{digits: 3, split: test}"]) == 0
    shown = capsys.readouterr().out
    assert "digits: int = 10" in shown
    assert "tasks: train 7, test 2" in shown
    assert "first observation of task by-" in shown
    assert "admissible actions (3):\n  0\n  1\n  2\n" in shown


def test_play_takes_actions_from_the_terminal_and_says_how_it_ended(capsys, monkeypatch):
    typed = iter(["what?", "7", "8", "9"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(typed))
    assert main(["envs", "play", COUNTING, "--task", "by-1-from-6"]) == 0
    shown = capsys.readouterr().out
    assert "6 + 1 =" in shown
    assert "(this was not understood)" in shown
    assert "solved, return 1, 4 steps" in shown


@pytest.mark.parametrize("ending", ["quit", EOFError()])
def test_play_ends_on_quit_and_at_the_end_of_input(capsys, monkeypatch, ending):
    def read(prompt):
        if isinstance(ending, EOFError):
            raise ending
        return ending

    monkeypatch.setattr("builtins.input", read)
    assert main(["envs", "play", COUNTING]) == 0
    assert "solved" not in capsys.readouterr().out


class Doors(gym.Env):
    """Two doors, listed by words."""

    def __init__(self):
        from onelayer.envs.text import FreeText

        self.observation_space = self.action_space = FreeText()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return "Two doors.", {"admissible": ("open left", "open right")}

    def step(self, action):
        return f"You {action}.", 1.0, True, False, {"success": action == "open right"}


def test_play_takes_the_number_of_an_action(capsys, monkeypatch):
    gym.register("played/Doors-v0", entry_point=Doors)
    monkeypatch.setattr("builtins.input", lambda prompt: "2")
    assert main(["envs", "play", "played/Doors-v0"]) == 0
    shown = capsys.readouterr().out
    assert "1 open left" in shown
    assert "You open right.\n\nsolved, return 1, 1 steps" in shown


def test_check_is_exit_code_0_for_a_good_environment_and_1_for_a_bad_one(capsys, tmp_path):
    assert main(["envs", "check", COUNTING]) == 0
    assert "19 checks, 0 failed" in capsys.readouterr().out
    broken = tmp_path / "broken_envs.py"
    broken.write_text(
        textwrap.dedent(
            """
            import random
            import gymnasium as gym
            from onelayer.envs.counting import CountingEnv

            class Moody(CountingEnv):
                def anchor(self):
                    return [self._right]

                def act(self, action):
                    outcome = super().act(action)
                    return type(outcome)(outcome.observation, random.random())

            gym.register("broken/Moody-v0", entry_point=Moody)
            """
        )
    )
    assert main(["envs", "check", f"{broken}:broken/Moody-v0"]) == 1
    shown = capsys.readouterr().out
    assert "FAILED  anchors" in shown and "is not hashable" in shown
    assert "FAILED  same seed, same episode" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show"], "the following arguments are required: ID"),
        (["lsit"], "invalid choice: 'lsit'"),
        (["show", COUNTING, "--env-args", "digits"], "--env-args takes a mapping"),
        (["show", COUNTING, "--env-args", "{digit: 3}"], "did you mean 'digits'?"),
        (["check", COUNTING, "--episodes", "0"], "--episodes must be at least 1, got 0"),
        (["play", COUNTING, "--task", "by-9-from-9"], "there is no task 'by-9-from-9'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(capsys, arguments, message):
    assert main(["envs", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
