import gymnasium as gym
import pytest

from onelayer.agents.scripted import OracleAgent, RandomAgent
from onelayer.envs.counting import CountingEnv
from onelayer.envs.text import Outcome, TextEnv
from onelayer.evals.rescore import rescore
from onelayer.evals.results import load_results, write_results
from onelayer.evals.run import evaluate
from onelayer.evals.suite import Collection, Suite

SUITE = Suite("small", "onelayer/Counting-v0", split="test", tasks=7, attempts=2)


class Quiz(TextEnv):
    """Say what comes after the number; ``strict`` and ``asks`` are what a new version changes."""

    strict = False
    asks = "After"
    turns = 1
    tasks = tuple(f"q{i}" for i in range(4))

    def __init__(self):
        super().__init__(max_steps=3)

    def begin(self, task):
        self._number, self._turn = int(task[1:]), 0
        return f"{self.asks} {self._number}?"

    def act(self, action):
        self._turn += 1
        wanted = str(self._number + 1)
        right = action == wanted if self.strict else action.strip("0. ") == wanted
        return Outcome("", float(right), terminated=self._turn >= self.turns, success=right)

    def anchor(self):
        return self._turn

    def details(self):
        return {"kind": f"kind {self._number % 2}", "extracted": str(self._number)}


gym.register("rescore/Quiz-v0", entry_point=Quiz)
QUIZ = Suite("quiz", "rescore/Quiz-v0", tasks=4)


class Padded:
    """Answers right, with a point that only a lenient grader accepts."""

    def reset(self, slots=None):
        pass

    def act(self, observations, infos=None, slots=None):
        return [f"{int(text.split()[-1][:-1]) + 1}." for text in observations]


def test_nothing_changes_where_nothing_has_changed(tmp_path):
    results = evaluate(SUITE, RandomAgent())
    again = rescore(results)
    assert again.rows == results.rows
    assert again.data == results.data
    write_results(tmp_path / "a.json", {"x": results})
    write_results(tmp_path / "b.json", {"x": again})
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.json").read_text()


def test_the_grader_of_today_decides(monkeypatch):
    results = evaluate(QUIZ, Padded())
    assert results.overall.metrics["success"].value == 1.0
    monkeypatch.setattr(Quiz, "strict", True)
    assert rescore(results).overall.metrics["success"].value == 0.0
    assert [e.kind for e in rescore(results).episodes] == [e.kind for e in results.episodes]


def test_the_metrics_of_today_are_measured():
    from dataclasses import replace

    results = evaluate(QUIZ, Padded())
    more = replace(results, suite=replace(QUIZ, metrics=("success", "unparsable")))
    assert rescore(more).overall.metrics["unparsable"].value == 0.0


def test_what_a_model_wrote_is_kept():
    from dataclasses import replace

    results = evaluate(QUIZ, Padded())
    first = results.episodes[0]
    wrote = {"reply": "I say 1.", "cut": True, "prompt_tokens": 9, "reply_tokens": 4}
    step = replace(first.steps[0], tokens=("1", "."), logprobs=(-0.5, 0.0), **wrote)
    saved = replace(results, episodes=(replace(first, steps=(step,)), *results.episodes[1:]))
    now = rescore(saved).episodes[0].steps[0]
    for name in (*wrote, "tokens", "logprobs", "action"):
        assert getattr(now, name) == getattr(step, name)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("asks", "What follows", "begins with another text now"),
        ("turns", 2, "no longer bring the episode to an end"),
    ],
)
def test_an_episode_that_cannot_be_shown_again_is_an_error(monkeypatch, name, value, message):
    results = evaluate(QUIZ, Padded())
    monkeypatch.setattr(Quiz, name, value)
    again = rescore(results)
    assert (again.overall.errors, again.overall.metrics["success"].value) == (4, 0.0)
    assert message in again.episodes[0].error


def test_an_error_stays_an_error(monkeypatch):
    def broken(self, action):
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Quiz, "act", broken)
        results = evaluate(QUIZ, Padded())
    assert [e.error for e in rescore(results).episodes] == [e.error for e in results.episodes]


def test_a_suite_of_several_environments_is_graded_part_by_part(tmp_path):
    both = Collection("both", (SUITE, QUIZ))
    results = evaluate(
        both,
        lambda env: (
            Padded() if isinstance(env.unwrapped, Quiz) else OracleAgent(CountingEnv("test"))
        ),
    )
    write_results(tmp_path / "results.json", {"a": results})
    again = rescore(load_results(tmp_path)["a"])
    assert again.rows == results.rows
