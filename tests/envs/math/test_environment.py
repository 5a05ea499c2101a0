import subprocess
import sys

import gymnasium as gym
import pytest

from onelayer.agents.rollout import rollout
from onelayer.agents.scripted import OracleAgent
from onelayer.envs.check import check
from onelayer.envs.plugins import make

pytest.importorskip("reasoning_gym")

ID = "onelayer/Math-v0"
SUMS = {
    "families": "chain_sum",
    "family_config": {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1},
}


def begin(**arguments):
    env = make(ID, **{**SUMS, "count": 20, **arguments})
    env.reset(seed=0)
    return env, env.unwrapped._problem.answer


@pytest.mark.parametrize(
    "arguments",
    [
        {"count": 34},
        {**SUMS, "answer_format": "hash", "format_reward": 0.1},
        {**SUMS, "feedback": True, "answer_format": "phrase", "split": "test"},
    ],
)
def test_it_keeps_the_promises_of_an_environment(arguments):
    findings = check(ID, episodes=3, **arguments)
    assert [finding for finding in findings if finding.failed] == []
    notes = {finding.check: finding.note for finding in findings}
    assert notes["solutions"] == "3 tasks solved"


def test_an_answer_ends_the_episode_and_a_right_one_earns_one():
    env, answer = begin()
    observation, reward, terminated, truncated, info = env.step(f"I think \\boxed{{{answer}}}.")
    assert (observation, reward, terminated, truncated) == ("Right.", 1.0, True, False)
    assert info["success"] and info["valid"]
    assert info["extracted"] == answer
    assert info["reward_parts"] == {"correctness": 1.0, "format": 0.0}
    assert info["kind"] == "chain_sum"
    env, answer = begin()
    observation, reward, terminated, _, info = env.step(f"\\boxed{{{int(answer) + 1}}}")
    assert (observation, reward, terminated) == ("Wrong.", 0.0, True)
    assert not info["success"]
    assert info["reason"]


def test_the_reward_for_the_format_is_told_apart_from_correctness():
    wrong_as_asked, answer = begin(format_reward=0.2)
    *_, info = wrong_as_asked.step(f"\\boxed{{{int(answer) + 1}}}")
    assert info["reward_parts"] == {"correctness": 0.0, "format": 0.2}
    assert not info["success"]
    right_otherwise, answer = begin(format_reward=0.2)
    _, reward, *_, info = right_otherwise.step(f"#### {answer}")
    assert info["reward_parts"] == {"correctness": 1.0, "format": 0.0}
    assert reward == 1.0
    both, answer = begin(format_reward=0.2)
    _, reward, *_ = both.step(f"\\boxed{{{answer}}}")
    assert reward == pytest.approx(1.2)


def test_only_the_mark_that_was_asked_for_counts_where_the_format_is_strict():
    env, answer = begin(strict_format=True)
    _, reward, *_, info = env.step(f"#### {answer}")
    assert reward == 0.0
    assert info["extracted"] is None
    assert not info["valid"]


def test_a_reply_without_an_answer_is_not_valid():
    env, _ = begin()
    *_, info = env.step("I do not know.")
    assert info["extracted"] is None
    assert not info["valid"]
    env, _ = begin()
    *_, info = env.step("")
    assert not info["valid"]


def test_with_feedback_a_wrong_answer_may_be_followed_by_another():
    env, answer = begin(feedback=True, format_reward=0.1)
    wrong = f"\\boxed{{{int(answer) + 1}}}"
    observation, reward, terminated, truncated, first = env.step(wrong)
    assert observation == "Wrong. Try again."
    assert (reward, terminated, truncated) == (0.0, False, False)  # the format is paid at the end
    observation, *_, second = env.step("what is it?")
    assert "No answer was found" in observation
    assert len({first["anchor"], second["anchor"]}) == 2
    _, reward, terminated, _, info = env.step(f"\\boxed{{{answer}}}")
    assert reward == pytest.approx(1.1)
    assert terminated and info["success"]


def test_the_last_turn_ends_a_lost_episode():
    env, answer = begin(feedback=True, max_turns=2)
    wrong = f"\\boxed{{{int(answer) + 1}}}"
    env.step(wrong)
    observation, _, terminated, truncated, info = env.step(wrong)
    assert (observation, terminated, truncated) == ("Wrong.", True, False)
    assert not info["success"]


def test_the_gold_is_told_to_nobody():
    env, _ = begin(feedback=True, family_config={"min_digits": 4, "max_digits": 4})
    observation, info = env.reset(seed=1)
    gold = env.unwrapped._problem.answer
    told = [str(info)]
    for _ in range(3):
        observation, *_, info = env.step("\\boxed{1}")
        told += [observation, str(info)]
    assert not any(gold in text for text in told)


def test_conventions_of_the_grader_can_be_changed(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": "a", "prompt": "How far?", "answer": "5 cm"}\n')
    for optional in (True, False):
        env = make(ID, dataset=str(tmp_path / "a.jsonl"), conventions={"units_optional": optional})
        env.reset(seed=0)
        assert env.step("\\boxed{5}")[1] == float(optional)


def test_the_instructions_say_which_format_is_asked_for():
    asked = {
        name: make(ID, **SUMS, answer_format=name).unwrapped.instructions
        for name in ("boxed", "hash", "phrase", "number")
    }
    assert "\\boxed{}" in asked["boxed"]
    assert "####" in asked["hash"]
    assert "The answer is" in asked["phrase"]
    assert len(set(asked.values())) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"answer_format": "box"}, "did you mean 'boxed'"),
        ({"conventions": {"unit_optional": False}}, "did you mean 'units_optional'"),
        ({"max_turns": 3}, "feedback=True"),
        ({"format_reward": 2}, "format_reward"),
        ({"columns": {"prompt": "q"}}, "columns is for data sets"),
        ({"dataset": "gsm8k"}, "families is for procedural problems"),
        ({"max_turns": -1, "feedback": True}, "max_steps|max_turns"),
    ],
)
def test_arguments_that_cannot_work_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        make(ID, **{**SUMS, **arguments})


def test_128_environments_share_their_problems_and_vector_environments_work():
    envs = [make(ID, **SUMS) for _ in range(128)]
    assert len({id(env.unwrapped.problems) for env in envs}) == 1
    vector = gym.make_vec(ID, num_envs=3, vectorization_mode="sync", vector_kwargs={}, **SUMS)
    observations, _ = vector.reset(seed=0)
    assert len(observations) == 3
    vector.close()


def test_the_oracle_solves_every_family_and_its_answers_stay_with_the_episodes():
    env = make(ID, count=34, split="test")
    episodes = rollout([env], OracleAgent(env), list(env.unwrapped.tasks))
    assert all(episode.success and episode.error is None for episode in episodes)
    assert len({episode.kind for episode in episodes}) == 17
    assert all(episode.answer is not None for episode in episodes)
    assert episodes[0].reward_parts == {"correctness": 1.0, "format": 0.0}


def test_without_the_grader_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "math_verify", None)
    with pytest.raises(gym.error.DependencyNotInstalled, match=r'pip install "onelayer\[math\]"'):
        make(ID, **SUMS)


def test_making_one_imports_no_torch():
    code = (
        "import sys; from onelayer.envs.plugins import make\n"
        "make('onelayer/Math-v0', families='gcd').reset(seed=0)\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
