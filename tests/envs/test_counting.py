import gymnasium as gym
import pytest
from gymnasium.utils.env_checker import check_env

from onelayer.envs.counting import CountingEnv


def test_the_sum_of_the_rewards_of_a_solved_task_is_one():
    env = CountingEnv(length=4)
    env.reset(options={"task": "by-3-from-8"})
    rewards, ends = [], []
    for action in ("1", "4", "7", "0"):
        _, reward, terminated, _, info = env.step(action)
        rewards.append(reward)
        ends.append(terminated)
    assert sum(rewards) == 1.0
    assert ends == [False, False, False, True]
    assert info["success"] is True


def test_a_wrong_digit_is_asked_again_and_other_text_is_invalid():
    env = CountingEnv()
    first, start = env.reset(options={"task": "by-1-from-4"})
    again, reward, *_, info = env.step("9")
    assert (again, reward, info["valid"]) == (first, 0.0, True)
    assert info["anchor"] == start["anchor"]
    assert env.step("five")[4]["valid"] is False


def test_a_right_digit_leads_to_another_state():
    env = CountingEnv()
    _, start = env.reset(options={"task": "by-1-from-4"})
    observation, *_, info = env.step("5")
    assert observation == "5 + 1 ="
    assert info["anchor"] != start["anchor"]


def test_wrong_answers_end_in_truncation_without_success():
    env = CountingEnv(length=2)
    env.reset(seed=1)
    for _ in range(3):
        assert env.step("x")[3] is False
    *_, terminated, truncated, info = env.step("x")
    assert (terminated, truncated, info["success"]) == (False, True, False)


@pytest.mark.parametrize("digits", range(2, 11))
def test_splits_have_tasks_and_never_share_one(digits):
    train, test = (set(CountingEnv(split, digits=digits).tasks) for split in CountingEnv.splits)
    assert train and test and not train & test
    assert len(train | test) == 3 * digits


@pytest.mark.parametrize("split", CountingEnv.splits)
def test_every_task_is_solved_by_its_solution(split):
    env = CountingEnv(split, length=5)
    for task in env.tasks:
        env.reset(options={"task": task})
        *_, info = [env.step(action) for action in env.solution(task)][-1]
        assert info["success"] is True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "dev"}, "split must be one of train, test, got 'dev'"),
        ({"length": 0}, "length must be at least 1, got 0"),
        ({"digits": 1}, "digits must be from 2 to 10, got 1"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        CountingEnv(**arguments)


def test_a_task_of_the_other_split_is_refused():
    with pytest.raises(LookupError, match="there is no task 'by-1-from-3' here"):
        CountingEnv("train").reset(options={"task": "by-1-from-3"})


def test_gymnasium_accepts_it_alone_and_in_vectors():
    check_env(gym.make("onelayer.envs:onelayer/Counting-v0").unwrapped, skip_render_check=True)
    envs = gym.make_vec("onelayer/Counting-v0", num_envs=3, vectorization_mode="sync")
    observations, _ = envs.reset(seed=0)
    assert len(observations) == 3
    assert all(text.endswith("=") for text in observations)
