import itertools
import math
import random
import re

import gymnasium as gym
import numpy as np
import pytest

from onelayer.envs.check import check
from onelayer.envs.counting import CountingEnv
from onelayer.envs.text import FreeText, Outcome, TextEnv

made = itertools.count()


@pytest.fixture
def problems():
    """Return a function that registers an environment, checks it and returns problems by check."""
    registry = dict(gym.registry)

    def find(env_class, **kwargs):
        env_id = f"checked/Env{next(made)}-v0"
        gym.register(env_id, entry_point=env_class)
        return {f.check: f.problem for f in check(env_id, **kwargs) if f.failed}

    yield find
    gym.registry.clear()
    gym.registry.update(registry)


class Plain(gym.Env):
    """An environment with nothing but Gymnasium's interface."""

    def __init__(self):
        self.observation_space = self.action_space = FreeText()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.secret = str(self.np_random.integers(10))
        return "Guess a digit.", {}

    def step(self, action):
        return "Done.", float(action == self.secret), True, False, {}


OURS = sorted(
    name
    for name, spec in gym.registry.items()
    if name.startswith("onelayer/") and "adapters" not in str(spec.entry_point)
)
ARGUMENTS = {"onelayer/Mixture-v0": {"members": [{"env": "onelayer/Counting-v0"}]}}


@pytest.mark.parametrize("env_id", OURS)
def test_every_registered_environment_of_ours_keeps_its_promises(env_id):
    findings = check(env_id, episodes=3, **ARGUMENTS.get(env_id, {}))
    assert [finding for finding in findings if finding.failed] == []


def test_a_plain_gymnasium_environment_passes_with_notes():
    gym.register("checked/Plain-v0", entry_point=Plain)
    findings = {finding.check: finding for finding in check("checked/Plain-v0")}
    assert not any(finding.failed for finding in findings.values())
    assert findings["info"].note == "it does not tell: success, task, valid"
    assert "equal observations" in findings["anchors"].note
    assert findings["tasks by name"].note == "there are none: a task is a seed"


def test_an_episode_that_its_seed_does_not_decide_is_found(problems):
    class Moody(CountingEnv):
        mood = itertools.count()

        def begin(self, task):
            return f"{super().begin(task)} (day {next(self.mood)})"

    found = problems(Moody)
    assert found["same seed, same episode"].startswith("seed 4, step 0: observation ")


def test_a_state_carried_over_between_episodes_is_found(problems):
    class Leaky(CountingEnv):
        earned = 0

        def act(self, action):
            self.earned += 1
            outcome = super().act(action)
            return Outcome(outcome.observation, float(self.earned > 8), outcome.terminated)

    assert "reward" in problems(Leaky)["same seed, same episode"]


def test_an_anchor_that_cannot_be_hashed_is_found(problems):
    class Unhashable(CountingEnv):
        def anchor(self):
            return [self._right]

    assert "is not hashable" in problems(Unhashable)["anchors"]


def test_an_anchor_shared_by_two_tasks_is_found(problems):
    class Merging(CountingEnv):
        def _info(self, valid):
            return {**super()._info(valid), "anchor": self._right}

    assert "share the anchor 0" in problems(Merging)["anchors"]


@pytest.mark.parametrize("reward", [math.nan, math.inf])
def test_a_reward_that_is_not_finite_is_found(problems, reward):
    class Endless(CountingEnv):
        def act(self, action):
            return Outcome("?", reward)

    assert problems(Endless)["rewards"] == f"a reward is {reward}"


def test_info_of_the_wrong_kind_is_found(problems):
    class Vague(CountingEnv):
        def details(self):
            return {"valid": "yes"}

    assert problems(Vague)["info"] == "info['valid'] is 'yes', not a bool"


def test_an_admissible_action_that_is_not_understood_is_found(problems):
    class Boastful(CountingEnv):
        def admissible(self):
            return ("ten",)

        def act(self, action):
            return Outcome("?", valid=False)

    assert "'ten' was admissible and then not valid" in problems(Boastful)["admissible actions"]


def test_an_episode_without_end_is_found(problems):
    class Endless(CountingEnv):
        def __init__(self):
            super().__init__(max_steps=10**9)

        def act(self, action):
            return Outcome("?")

    assert "did not end in 10000 steps" in problems(Endless, episodes=1)["random agent"]


def test_a_crash_on_a_strange_action_is_found(problems):
    class Strict(CountingEnv):
        def act(self, action):
            return Outcome("?", reward=float(int(action) > 3))

        def admissible(self):
            return ("1", "2")

    assert problems(Strict)["nonsense as an action"].startswith("ValueError: invalid literal")


def test_splits_that_share_a_task_are_found(problems):
    class Overlapping(CountingEnv):
        @property
        def tasks(self):
            return (*self._tasks, "by-1-from-0")

        def begin(self, task):
            return super().begin(task) if task in self._tasks else "0 + 1 ="

    assert problems(Overlapping)["splits apart"] == (
        "task 'by-1-from-0' is in the splits train and test"
    )


def test_a_solution_that_does_not_solve_is_found(problems):
    class Misled(CountingEnv):
        def solution(self, task):
            return ["0", "0"]

    assert "is not solved by its solution" in problems(Misled)["solutions"]


def test_a_margin_that_losses_do_not_keep_is_found(problems):
    class Boastful(CountingEnv):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.success_margin = 0.5  # but a third is earned by the last of three numbers

    assert problems(Boastful)["success margin"] == (
        "task 'by-1-from-0': its solution earns 1 and 2 of its 3 actions without solving it 0.666667, which "
        "is less than success_margin=0.5 apart"
    )


def test_a_task_that_is_not_refused_is_found(problems):
    class Generous(CountingEnv):
        def reset(self, *, seed=None, options=None):
            known = (options or {}).get("task") in self._tasks
            return super().reset(seed=seed, options=options if known else None)

    assert "not refused with a LookupError" in problems(Generous)["tasks by name"]


def test_observations_that_are_not_text_are_found(problems):
    class Numeric(Plain):
        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            return 3, {}

    found = problems(Numeric)
    assert found["text in, text out"] == "an observation is 3, not a str"


FILE = """
import random, time
import gymnasium as gym
from onelayer.envs.counting import CountingEnv
from onelayer.envs.text import Outcome

class World(CountingEnv):
    def begin(self, task):
        return super().begin(task) + {extra}

gym.register("World-v0", entry_point=World)
"""


@pytest.mark.parametrize(
    "extra",
    [
        '" ".join({"x", "y", "z", "w", "v", "u"})',
        "str(hash(task))",
        'time.strftime("%d %H")',
        "str(__import__('datetime').date.today())",
    ],
)
def test_text_that_another_process_would_not_repeat_is_found(tmp_path, extra):
    path = tmp_path / "world.py"
    path.write_text(FILE.replace("{extra}", extra))
    found = {f.check: f.problem for f in check(f"{path}:World-v0", episodes=2)}
    assert "in another process, with another hash seed and time zone" in found["another process"]


def test_an_environment_of_a_file_is_compared_with_another_process(tmp_path):
    path = tmp_path / "world.py"
    path.write_text(FILE.replace("{extra}", "''"))
    findings = {f.check: f for f in check(f"{path}:World-v0", episodes=2, length=2)}
    assert findings["another process"] == type(findings["info"])(
        "another process", note="2 episodes"
    )


def test_what_environments_share_is_found_side_by_side(problems):
    class Shared(CountingEnv):
        """Seeds a generator of the whole process at its start, as TextArena's games do."""

        def begin(self, task):
            random.seed(int(self.np_random.integers(2**31)))
            return super().begin(task)

        def act(self, action):
            outcome = super().act(action)
            return Outcome(f"{outcome.observation} {random.random()}", outcome.reward)

    assert "is something shared" in problems(Shared)["side by side"]


def test_a_seed_that_does_not_count_beside_a_task_is_found(problems):
    class Deaf(CountingEnv):
        def reset(self, *, seed=None, options=None):
            answer = super().reset(seed=seed, options=options)
            if options and options.get("task"):
                self._np_random = np.random.default_rng()
            return answer

        def act(self, action):
            outcome = super().act(action)
            return Outcome(outcome.observation, float(self.np_random.random()))

    found = problems(Deaf)
    assert list(found) == ["seed and task together", "solutions"]
    assert "reward" in found["seed and task together"]


def test_chance_that_the_seed_decides_is_no_problem(problems):
    class Dice(CountingEnv):
        def act(self, action):
            return Outcome(f"it was {self.np_random.integers(6)}")

        def solution(self, task):
            return None

    assert problems(Dice) == {}


def test_an_anchor_that_merges_two_states_is_found(problems):
    class Coarse(CountingEnv):
        def anchor(self):
            return 0

        def act(self, action):
            self._right += 1
            return Outcome(f"now {self._right}", valid=True)

    assert "the anchor merges two states" in problems(Coarse)["one anchor, one outcome"]


def test_an_action_that_is_not_understood_and_changes_something_is_found(problems):
    class Moving(CountingEnv):
        def act(self, action):
            self._right += 1
            return Outcome(f"now {self._right}", valid=action in self.admissible())

    assert "is not valid and changes something" in problems(Moving)["what is not understood"]


def test_splits_that_show_the_same_under_other_ids_are_found(problems):
    class Renamed(CountingEnv):
        def __init__(self, split="train"):
            super().__init__("train")
            self.ids = tuple(f"{split}-{name}" for name in self._tasks)

        @property
        def tasks(self):
            return self.ids

        def begin(self, task):
            return super().begin(task.partition("-")[2])

        def solution(self, task):
            return super().solution(task.partition("-")[2])

    assert "start as tasks of train do, under other ids" in problems(Renamed)["splits apart"]


def test_a_task_that_saying_nothing_solves_is_found(problems):
    class Generous(CountingEnv):
        def act(self, action):
            return Outcome("Right.", 1.0, True, success=True)

    assert "is solved by saying nothing" in problems(Generous)["doing nothing"]


def test_an_error_of_the_environment_has_its_file_and_line(problems):
    class Crashing(CountingEnv):
        def act(self, action):
            return {}["missing"]

    assert re.search(
        r"KeyError: 'missing' \(.*test_check.py, line \d+, in act\)",
        problems(Crashing)["random agent"],
    )


def test_what_a_subclass_lacks_is_named(problems):
    class Half(TextEnv):
        tasks = ("a",)

        def __init__(self):
            super().__init__(3)

        def begin(self, task):
            return "start"

    assert "Half must define anchor()" in problems(Half)["text in, text out"]


def test_tasks_of_no_sequence_and_no_tasks_are_found(problems):
    class Generator(CountingEnv):
        @property
        def tasks(self):
            return (task for task in self._tasks)

    class Nothing(CountingEnv):
        tasks = ()

    assert "must be a sequence of ids" in problems(Generator)["text in, text out"]
    assert "Nothing has no tasks in this split" in problems(Nothing)["text in, text out"]


def test_numbers_are_one_line_that_says_how_to_wrap_them():
    [finding] = check("FrozenLake-v1")
    assert "FrozenLake-v1 are Discrete(16), and not text: wrap it with" in finding.problem
    assert "onelayer.envs.adapters.GymText" in finding.problem
