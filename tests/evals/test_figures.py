import math
import subprocess
import sys

import pytest

from onelayer.agents.episodes import Episode, Step
from onelayer.evals import Estimate, Suite, register_metric
from onelayer.evals.bootstrap import bootstrap_mean
from onelayer.evals.estimates import mean_share
from onelayer.evals.figures import find_metric, measure


def episode(task, success=True, steps=1, part="", **step):
    made = tuple(Step("o", "a", 1.0, anchor=None, **step) for _ in range(steps))
    return Episode(task, made, success, part=part)


EPISODES = [episode("a"), episode("b", False, steps=9), episode("b", steps=3)]


def test_a_metric_of_ones_own_is_three_lines():
    @register_metric("test-short")
    def short(episodes):
        return [len(e.steps) <= 5 for e in episodes]

    suite = Suite("s", "any/Env-v0", metrics=("success", "test-short"))
    assert suite.metrics[1] == "test-short"
    assert measure("test-short", EPISODES) == mean_share([1, 0, 1], ["\0a", "\0b", "\0b"])


def test_numbers_have_a_bootstrap_interval_and_an_estimate_is_taken_as_it_is():
    @register_metric("test-doubled")
    def doubled(episodes):
        return [2 * len(e.steps) for e in episodes]

    @register_metric("test-fixed")
    def fixed(episodes):
        return Estimate(1.0, 0.5, 1.5)

    assert measure("test-doubled", EPISODES) == bootstrap_mean([2, 18, 6], ["a", "b", "b"])
    assert measure("test-fixed", EPISODES) == (1.0, 0.5, 1.5)


def test_a_metric_that_returns_too_few_numbers_is_told_so():
    @register_metric("test-few")
    def few(episodes):
        return [1.0]

    with pytest.raises(ValueError, match="test-few must return a number for each of 3 episodes"):
        measure("test-few", EPISODES)


def test_a_name_is_taken_once():
    with pytest.raises(ValueError, match="there is a metric 'success' already"):
        register_metric("success")(lambda episodes: [])
    with pytest.raises(ValueError, match="can't be called 'pass@x'"):
        register_metric("pass@x")


def test_a_suite_imports_the_module_of_its_metric(tmp_path, monkeypatch):
    (tmp_path / "my_test_metrics.py").write_text(
        "from onelayer.evals import register_metric\n"
        "@register_metric('test-long')\n"
        "def long(episodes): return [len(e.steps) > 5 for e in episodes]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    suite = Suite("s", "any/Env-v0", metrics=("my_test_metrics:test-long",))
    assert measure(suite.metrics[0], EPISODES).value == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="there is no module 'no_such_module'"):
        Suite("s", "any/Env-v0", metrics=("no_such_module:x",))


@pytest.mark.parametrize("name", ["success", "return", "steps", "valid_actions", "pass@2", "maj@2"])
def test_there_is_no_figure_of_no_episodes(name):
    assert all(math.isnan(number) for number in measure(name, []))


def test_pass_at_k_is_of_the_tasks_that_have_k_attempts_left():
    """Errors may have taken attempts of the first."""
    assert measure("pass@2", EPISODES).value == 1.0
    assert math.isnan(measure("pass@3", EPISODES).value)


def test_equal_ids_in_two_parts_are_two_tasks():
    twice = [episode("a", part="x"), episode("a", False, part="y")]
    assert measure("pass@1", twice) == mean_share([1, 0])


def test_tokens_that_nobody_counted_are_no_number():
    assert math.isnan(measure("tokens_read", EPISODES).value)
    counted = [episode("a", prompt_tokens=5, reply_tokens=2), episode("b", steps=3)]
    assert measure("tokens_read", counted).value == 5
    assert measure("tokens_written", counted).value == 2


def test_shares_are_known_as_such():
    assert find_metric("pass@4").share and find_metric("success").share
    assert not find_metric("return").share


def test_an_evaluation_imports_neither_torch_nor_evaluate():
    code = (
        "import sys\n"
        "from onelayer.agents.scripted import RandomAgent\n"
        "from onelayer.evals import Suite, evaluate\n"
        "suite = Suite('s', 'onelayer/Counting-v0', split='test', tasks=2)\n"
        "evaluate(suite, RandomAgent()).rows\n"
        "print([name for name in ('torch', 'evaluate', 'datasets', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
