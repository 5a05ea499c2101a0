"""The metrics import `evaluate`, and with it torch: these are the slow imports of tests/evals."""

import math
import subprocess
import sys

import pytest

from onelayer.agents.episodes import Episode, Step
from onelayer.evals.estimates import mean_share, wilson
from onelayer.evals.suite import METRICS

evaluate = pytest.importorskip("evaluate")
metrics = pytest.importorskip("onelayer.evals.metrics")


def episode(task, success, rewards=(1.0,), valid=True, kind=""):
    steps = tuple(Step("o", "a", reward, anchor=None, valid=valid) for reward in rewards)
    return Episode(task, steps, success, kind=kind)


def test_the_success_rate_has_wilsons_interval():
    found = metrics.SuccessRate().compute(predictions=[1, 0, 1], references=["a", "b", "c"])
    low, high = wilson(2, 3)
    assert found == {"value": pytest.approx(2 / 3), "low": low, "high": high}


def test_metrics_take_their_input_piece_by_piece_and_combine():
    metric = metrics.SuccessRate()
    metric.add(prediction=1, reference="a")
    metric.add_batch(predictions=[0, 1], references=["b", "c"])
    whole = metrics.SuccessRate().compute(predictions=[1, 0, 1], references=["a", "b", "c"])
    assert metric.compute() == whole
    both = evaluate.combine([metrics.SuccessRate(), metrics.MeanReturn()])
    found = both.compute(predictions=[1, 0, 1], references=["a", "b", "c"])
    assert found["success_rate_value"] == found["mean_return_value"] == pytest.approx(2 / 3)


def test_pass_at_k_averages_over_tasks():
    found = metrics.PassAtK().compute(
        predictions=[1, 0, 0, 0, 0, 0], references=["a", "a", "a", "b", "b", "b"], k=2
    )
    # a: 1 - C(2, 2) / C(3, 2) = 2/3; b: 0
    assert found["value"] == pytest.approx(1 / 3)


def test_the_valid_action_rate_counts_actions_and_not_episodes():
    found = metrics.ValidActionRate().compute(
        predictions=[1.0, 0.5], references=["a", "b"], steps=[1, 9]
    )
    assert found["value"] == pytest.approx(0.55)


def test_episodes_are_measured_by_the_names_of_a_suite():
    episodes = [
        episode("a", True, [0.0, 1.0]),
        episode("b", False, [0.0, 0.0, 0.5, 0.0], valid=False),
        episode("c", False, [-1.0]),
    ]
    found = {name: metrics.measure(name, episodes) for name in (*METRICS, "pass@1")}
    assert found["success"] == found["pass@1"] == mean_share([1, 0, 0])
    assert found["return"].value == pytest.approx((1.0 + 0.5 - 1.0) / 3)
    assert found["steps"].value == pytest.approx((2 + 4 + 1) / 3)
    assert found["valid_actions"].value == pytest.approx(3 / 7)
    for estimate in found.values():
        assert estimate.low <= estimate.value <= estimate.high


def test_an_agent_that_never_acted_has_no_share_of_valid_actions():
    assert math.isnan(metrics.measure("valid_actions", [episode("a", False, [])]).value)


def test_an_unknown_metric_is_refused():
    with pytest.raises(LookupError, match="there is no metric 'sucess'"):
        metrics.measure("sucess", [episode("a", True)])


@pytest.mark.slow
def test_metrics_need_no_hub_and_write_nothing_below_home(tmp_path):
    code = (
        "import socket\n"
        "def refuse(*args, **kwargs): raise AssertionError('network')\n"
        "socket.socket.connect = socket.create_connection = refuse\n"
        "from onelayer.evals.metrics import SuccessRate\n"
        "print(SuccessRate().compute(predictions=[1], references=['a'])['value'])"
    )
    home = tmp_path / "home"
    home.mkdir()
    kept = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=kept)
    assert done.stdout == "1.0\n", done.stderr
    left = [path for path in home.rglob("*") if "metrics" in path.parts]
    assert left == []


def answering(task, answer, tokens=(), success=False, parts=None):
    steps = [
        Step("o", "four", 1.0, anchor=None, answer=answer, reply_tokens=n, reward_parts=parts or {})
        for n in tokens or (0,)
    ]
    return Episode(task, tuple(steps), success)


def test_answers_and_replies_are_measured_by_the_names_of_a_suite():
    episodes = [
        answering("a", "1", [10, 30], success=True, parts={"format": 0.5}),
        answering("b", None, [20], parts={"format": 0.25}),
        answering("b", "2", [], success=True),
    ]
    assert metrics.measure("unparsable", episodes).value == pytest.approx(1 / 3)
    # The third wrote no tokens: a script played it.
    assert metrics.measure("response_tokens", episodes).value == pytest.approx(20)
    assert metrics.measure("response_characters", episodes).value == pytest.approx(4)
    # The first gets 0.5 at each of two steps.
    assert metrics.measure("reward/format", episodes).value == pytest.approx(1.25 / 3)
    assert metrics.measure("maj@1", episodes).value == pytest.approx(0.75)


def test_the_tokens_of_a_script_are_no_number():
    assert math.isnan(metrics.measure("response_tokens", [answering("a", "1")]).value)
