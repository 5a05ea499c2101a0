"""onelayer/Code-v0: its turns, what it tells and what it keeps to itself."""

import json
import logging

import gymnasium as gym
import pytest

import onelayer.envs
from onelayer.agents.rollout import rollout
from onelayer.agents.scripted import OracleAgent
from onelayer.envs.code import sandboxes
from onelayer.envs.code.environment import CodeEnv
from onelayer.envs.code.sandboxes import shared_sandbox
from onelayer.envs.sandbox import CaseResult, Verdict

assert onelayer.envs  # registers the id

CASES = [{"args": [n], "output": 3 * n + 1} for n in range(30)]
ROW = {
    "id": "triple",
    "prompt": "Write a function f(n) that returns 3 n + 1.",
    "entry_point": "f",
    "tests": {"kind": "io_call", "fn_name": "f", "cases": CASES},
    "reference": "def f(n):\n    return 3 * n + 1\n",
}
RIGHT = "```python\ndef f(n):\n    return 3 * n + 1\n```"
WRONG = "```python\ndef f(n):\n    return 7\n```"
PUBLIC_ONLY = "```python\ndef f(n):\n    return 1\n```"


@pytest.fixture
def make(tmp_path, level):
    """Return ``make(row, **kwargs) -> CodeEnv`` with one task."""

    def one(row=ROW, **kwargs):
        path = tmp_path / "tasks.jsonl"
        path.write_text(json.dumps(row) + "\n")
        return CodeEnv(str(path), **{"level": level, "verify": False, "wall_s": 60, **kwargs})

    return one


def test_the_task_and_the_public_test_come_first(make):
    observation, info = make().reset(seed=0)
    assert observation == (
        "Write a function f(n) that returns 3 n + 1.\n\n"
        "Public tests (the first of the 30 tests that decide):\nf(0) == 1"
    )
    assert info["task"] == "triple" and info["kind"] == "tasks" and info["admissible"] is None
    assert info["status"] == "" and "reward_parts" not in info


def test_a_public_test_that_the_text_holds_is_not_repeated(make):
    row = {**ROW, "prompt": "Write f(n), 3 n + 1:\nf(0) == 1"}
    assert make(row).reset()[0] == row["prompt"]
    assert make(show_public=False).reset()[0] == ROW["prompt"]


def test_the_name_that_is_asked_for_is_told_where_the_text_lacks_it(make):
    row = {**ROW, "prompt": "Triple it, plus one."}
    assert "It is called `f`." in make(row, show_public=False).reset()[0]


def test_a_right_program_ends_the_episode_with_reward_one(make):
    env = make()
    env.reset()
    observation, reward, terminated, truncated, info = env.step(RIGHT)
    assert (reward, terminated, truncated) == (1.0, True, False)
    assert info["success"] is True and info["valid"] and info["status"] == "passed"
    assert info["level"] in ("full", "no-namespaces", "unsafe")
    assert info["reward_parts"] == {"correctness": 1.0}
    assert observation == "The public tests pass.\nThe task is solved."


def test_a_program_that_fails_the_public_test_may_be_corrected(make):
    env = make()
    env.reset()
    observation, reward, terminated, truncated, info = env.step(WRONG)
    assert (reward, terminated, truncated) == (0.0, False, False)
    assert "Public tests: failed" in observation and "7" in observation
    assert info["status"] == "failed" and "reward_parts" not in info and "success" not in info
    _, reward, terminated, _, info = env.step(RIGHT)
    assert reward == 1.0 and terminated and info["success"]


def test_a_program_that_passes_only_the_public_test_loses_and_learns_nothing_more(make):
    env = make()
    env.reset()
    observation, reward, terminated, _, info = env.step(PUBLIC_ONLY)
    assert (reward, terminated, info["success"]) == (0.0, True, False)
    assert observation == "The public tests pass.\nThe task is not solved."
    assert info["reward_parts"] == {"correctness": 0.0}


def test_the_last_program_decides(make):
    env = make(max_turns=2)
    env.reset()
    env.step(WRONG)
    _, reward, terminated, truncated, info = env.step(WRONG)
    assert (reward, terminated, truncated, info["success"]) == (0.0, True, False, False)


def test_a_public_test_apart_from_the_hidden_ones_does_not_decide_at_the_end(make):
    impossible = {"kind": "asserts", "setup": "", "asserts": ["assert f(0) == 5"], "extra": []}
    env = make({**ROW, "public": impossible}, max_turns=2)
    env.reset()
    assert not env.step(RIGHT)[2]
    _, reward, terminated, _, info = env.step(RIGHT)
    assert reward == 1.0 and terminated and info["success"]


def test_without_public_tests_the_first_program_decides(make):
    loop = (
        "def check(candidate):\n    for n in range(9):\n        assert candidate(n) == 3 * n + 1\n"
    )
    row = {**ROW, "tests": {"kind": "check_fn", "code": f"{loop}\ncheck(f)\n"}}
    env = make(row)
    assert "Public" not in env.reset()[0]
    observation, reward, terminated, _, _ = env.step(WRONG)
    assert (observation, reward, terminated) == ("The task is not solved.", 0.0, True)
    env.reset()
    assert env.step(RIGHT)[1] == 1.0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("return 7", "failed"),
        ("raise KeyError('k')", "error"),
        ("while True: pass", "timeout"),
        ("return [0] * 10**10", "memory"),
        ("import sys; sys.exit(0)", "error"),
    ],
)
def test_whatever_goes_wrong_earns_the_same(make, body, status):
    env = make(max_turns=1, cpu_s=0.5)
    env.reset()
    observation, reward, terminated, _, info = env.step(f"```python\ndef f(n):\n    {body}\n```")
    assert (reward, terminated, info["success"]) == (0.0, True, False)
    assert info["status"] == status
    assert info["valid"] and status in observation
    assert info["reward_parts"] == {"correctness": 0.0}


@pytest.mark.parametrize("reply", ["", "no idea", "```bash\nls\n```", "\x00", "look\nlook"])
def test_a_reply_without_a_program_is_not_valid_and_runs_nothing(make, monkeypatch, reply):
    monkeypatch.setattr(sandboxes, "shared_sandbox", None)
    env = make(max_turns=2)
    _, before = env.reset()
    observation, reward, terminated, truncated, info = env.step(reply)
    assert (reward, terminated, truncated, info["valid"]) == (0.0, False, False, False)
    assert "Send the whole program in a fenced block." in observation
    assert info["anchor"] == before["anchor"]
    _, _, terminated, truncated, info = env.step(reply)
    assert (terminated, truncated, info["success"]) == (False, True, False)
    assert info["reward_parts"] == {"correctness": 0.0}


LOUD = """```python
import sys
def f(n):
    print("out", "SECRET" * (n > 0), n * 1000)
    print("err", "SECRET" * (n > 0), n * 1000, file=sys.stderr)
    if n > 5:
        raise ValueError("SECRET")
    return 3 * n + 1
```"""


def test_nothing_of_the_hidden_tests_reaches_the_agent(make):
    env = make()
    env.reset()
    observation, _, terminated, _, info = env.step(LOUD)
    assert terminated and not info["success"]
    told = observation + repr(info)
    assert "SECRET" not in told.replace(repr(info["anchor"]), "")
    assert observation == "The public tests pass.\nThe task is not solved."
    # Equal programs with other hidden outcomes would be told alike.
    assert info["status"] == "passed"


def test_what_a_program_writes_to_standard_error_under_public_tests_is_told_and_cut(make):
    env = make()
    env.reset()
    body = "import sys; sys.stderr.write('x' * 20_000 + 'THE END'); return 7"
    observation = env.step(f"```python\ndef f(n):\n    {body}\n```")[0]
    assert "xxx" in observation
    assert len(observation) < 2_500


def test_equal_programs_with_equal_outcomes_share_an_anchor(make):
    env = make()

    def anchor(reply):
        env.reset()
        return env.step(reply)[4]["anchor"]

    start = env.reset()[1]["anchor"]
    plain = anchor(WRONG)
    assert plain == anchor("I think:\n```py\ndef f( n ):  # always\n\n  return (7)\n```\nThere.")
    assert plain != anchor("```python\ndef f(n):\n    return 8\n```")
    assert plain != start and hash(plain)
    assert plain[0] == "triple"


def test_a_sandbox_that_fails_drops_the_episode_and_says_so(make, monkeypatch, caplog):
    class Broken:
        def check(self, code, tests, *, limits):
            return Verdict("sandbox_error", "full", detail="the fork server died")

    monkeypatch.setattr(sandboxes, "shared_sandbox", lambda *_: Broken())
    env = make()
    env.reset()
    with pytest.raises(RuntimeError, match="the sandbox failed: the fork server died"):
        env.step(RIGHT)
    with caplog.at_level(logging.WARNING):
        failed, other = rollout([env], OracleAgent(env), ["triple"], group_size=2)
    assert failed.error and other.error and not failed.success and failed.truncated
    assert "fork server died" in caplog.text


def test_an_episode_with_an_error_teaches_nothing_and_is_counted(make, monkeypatch):
    from onelayer.trainers.advantages import gigpo
    from onelayer.trainers.summary import summary

    healthy, calls = shared_sandbox(make().runner.level), []

    class Flaky:
        def check(self, code, tests, *, limits):
            calls.append(code)
            if len(calls) == 5:  # the second program of the second episode
                return Verdict("sandbox_error", "full")
            return healthy.check(code, tests, limits=limits)

    monkeypatch.setattr(sandboxes, "shared_sandbox", lambda *_: Flaky())
    env = make(max_turns=2)

    class Scripted:
        replies = iter([WRONG, RIGHT, WRONG, WRONG, WRONG, WRONG])

        def reset(self, slots=None):
            pass

        def act(self, observations, infos=None, slots=None):
            return [next(self.replies) for _ in observations]

    episodes = rollout([env], Scripted(), ["triple"], group_size=3)
    assert [episode.error is None for episode in episodes] == [True, False, True]
    assert len(episodes[1].steps) == 1
    advantages = gigpo(episodes, gamma=1.0, omega=1.0, divide_by_std=False)
    first = 0
    for episode in episodes:
        rows = advantages[first : first + len(episode.steps)]
        first += len(episode.steps)
        if episode.error is not None:
            assert not rows.any()
    assert advantages.any()
    whole = [episode for episode in episodes if episode.error is None]
    assert summary(episodes) == {**summary(whole), "doubtful/dropped": 1 / len(episodes)}


def test_the_oracle_solves_held_out_tasks(level):
    env = CodeEnv(split="test", level=level, wall_s=60)
    episodes = rollout(
        [env, CodeEnv(split="test", level=level, wall_s=60)], OracleAgent(env), env.tasks
    )
    assert all(episode.success for episode in episodes)
    assert {episode.kind for episode in episodes} == {"easy", "medium", "hard"}


def test_splits_kinds_and_exclusion(level):
    train, test = CodeEnv(level=level), CodeEnv(split="test", level=level)
    assert not set(train.tasks) & set(test.tasks)
    easy = CodeEnv(kinds=["easy"], exclude=["words/squeeze"])
    assert "words/squeeze" in train.tasks and "words/squeeze" not in easy.tasks
    assert 0 < len(easy.tasks) < len(train.tasks)
    assert {easy.reset(options={"task": task})[1]["kind"] for task in easy.tasks} == {"easy"}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"split": "dev"}, ValueError, "split must be one of train, test, got 'dev'"),
        ({"max_turns": 0}, ValueError, "max_turns must be a whole number from 1, got 0"),
        ({"max_turns": 1.5}, ValueError, "max_turns"),
        ({"level": "ful"}, ValueError, "no level 'ful'; did you mean 'full'"),
        ({"cpu_s": -1}, ValueError, "cpu_s"),
        ({"memory_mb": 0}, ValueError, "memory_mb"),
        ({"wall_s": float("nan")}, ValueError, "wall_s"),
        ({"kinds": ["eazy"]}, ValueError, "no tasks of kind 'eazy'; did you mean 'easy'"),
        ({"kinds": []}, ValueError, "kinds is empty"),
        ({"exclude": ["words/sqeeze"]}, LookupError, "did you mean 'words/squeeze'"),
        ({"dataset": "mbp"}, LookupError, "did you mean 'mbpp'"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        CodeEnv(**arguments)


def test_the_instructions_say_how_many_programs_may_be_sent():
    assert "up to 3 in all" in CodeEnv().instructions
    single = CodeEnv(max_turns=1).instructions
    assert "fenced block" in single and "corrected" not in single and "public" not in single


def test_many_environments_share_one_sandbox_and_their_tasks(level):
    envs = [CodeEnv(level=level) for _ in range(128)]
    for env in envs[:3]:
        env.reset(options={"task": "words/squeeze"})
        assert env.step(env.solution("words/squeeze")[0])[1] == 1.0
    assert envs[0]._by_id["words/squeeze"] is envs[127]._by_id["words/squeeze"]
    assert shared_sandbox(level) is shared_sandbox(level)


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_other_processes_start_their_own_sandbox_and_leave_ours_alone(context, level):
    env = CodeEnv(level=level, wall_s=60)
    env.reset(options={"task": "words/squeeze"})
    solution = env.solution("words/squeeze")[0]
    assert env.step(solution)[1] == 1.0
    envs = gym.make_vec(
        "onelayer/Code-v0",
        num_envs=2,
        vectorization_mode="async",
        vector_kwargs={"context": context, "shared_memory": False},
        level=level,
        wall_s=60,
    )
    envs.reset(options={"task": "words/squeeze"})
    assert envs.step([solution, "no program"])[1].tolist() == [1.0, 0.0]
    envs.close()
    env.reset(options={"task": "words/squeeze"})
    assert env.step(solution)[1] == 1.0


def test_vector_environments_run_it(level):
    envs = gym.make_vec(
        "onelayer/Code-v0", num_envs=3, vectorization_mode="sync", level=level, wall_s=60
    )
    _, infos = envs.reset(seed=[1, 2, 3])
    assert len(infos["task"]) == 3
    solver = CodeEnv(level=level)
    _, rewards, terminated, *_ = envs.step([solver.solution(task)[0] for task in infos["task"]])
    assert rewards.tolist() == [1.0, 1.0, 1.0] and terminated.all()
    envs.close()


def test_it_reports_the_isolation_and_its_self_test(level):
    lines = CodeEnv(level=level).report()
    assert lines[0].startswith(f"isolation: {level};")
    assert len(lines) == 1 + len(shared_sandbox(level).canaries)


def test_what_is_told_is_bounded():
    from onelayer.envs.code.feedback import after_public_tests

    cases = (CaseResult(0, "passed"), CaseResult(1, "failed", "d" * 10_000))
    told = after_public_tests(Verdict("failed", "full", stderr="s" * 10_000, cases=cases))
    assert "The first 1 passed." in told
    assert len(told) < 2_000


def test_humaneval_style_replies_are_completed(make):
    row = {
        "id": "HumanEval/900",
        "prompt": "from typing import List\n\ndef total(xs: List[int]) -> int:\n"
        '    """Return the sum."""\n',
        "entry_point": "total",
        "tests": {
            "kind": "check_fn",
            "code": "def check(candidate):\n    assert candidate([1, 2]) == 3\n\ncheck(total)\n",
        },
        "canonical_solution": "    return sum(xs)\n",
    }
    env = make(row, verify=True)
    observation, _ = env.reset()
    assert observation.startswith("Write this function, under this name:\n\n```python\nfrom typing")
    assert "assert total([1, 2]) == 3" in observation
    for reply in (
        "```python\ndef total(xs: List[int]) -> int:\n    return sum(xs)\n```",
        "    return sum(xs)\n",
        env.solution("HumanEval/900")[0],
    ):
        env.reset()
        assert env.step(reply)[1] == 1.0, reply
