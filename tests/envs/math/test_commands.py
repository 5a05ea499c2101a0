"""`onelayer train` and `onelayer eval` in onelayer/Math-v0, with a random chat model of 4 layers."""

import json
from dataclasses import replace

import pytest
from helpers import tiny_model

from onelayer.agents.scripted import OracleAgent
from onelayer.cli import main
from onelayer.evals.run import evaluate
from onelayer.evals.suite import load_suite, shipped_suites

pytest.importorskip("torch")
pytest.importorskip("reasoning_gym")

ENV = "onelayer/Math-v0"
SUMS = (
    "{families: chain_sum, family_config: {min_terms: 2, max_terms: 2, max_digits: 1}, "
    "answer_format: number, format_reward: 0.1, count: 50}"
)


@pytest.fixture(scope="module")
def chat_model(tmp_path_factory, chat_tokenizer):
    folder = tmp_path_factory.mktemp("chat")
    tiny_model(layers=4, vocab_size=128, max_position_embeddings=512).save_pretrained(folder)
    chat_tokenizer.save_pretrained(folder)
    return folder


def train(model, out, **more):
    given = {
        "model": model,
        "env": ENV,
        "env-args": SUMS,
        "algorithm": "grpo",
        "out": out,
        "iterations": 1,
        "tasks-per-iteration": 2,
        "group-size": 2,
        "response-limit": 8,
        "eval-every": 1,
        "eval-tasks": 2,
        **more,
    }
    return main(["train", *(text for n, v in given.items() for text in (f"--{n}", str(v)))])


def test_a_chat_model_trains_and_the_log_tells_correctness_from_format(
    chat_model, tmp_path, capsys
):
    assert train(chat_model, tmp_path / "run") == 0
    first, *_ = map(json.loads, (tmp_path / "run" / "metrics.jsonl").read_text().splitlines())
    assert {"success", "return", "reward/correctness", "reward/format"} <= set(first)
    assert first["return"] == pytest.approx(first["reward/correctness"] + first["reward/format"])
    # The same run on held-out problems, and with a suite of a data set that lies in a file.
    asked = ["--episodes", "4", "--response-limit", "8", "--parallel", "4"]
    assert main(["eval", str(tmp_path / "run"), "--suite", "math", *asked]) == 0
    shown = capsys.readouterr().out
    for metric in ("pass@4", "maj@4", "unparsable", "response_tokens"):
        assert f"| {metric} " in shown
    file = tmp_path / "test.jsonl"
    rows = [{"prompt": f"{n} + {n} = ?", "answer": 2 * n} for n in range(3)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    env_args = ["--env-args", f"{{path: {file}}}"]
    assert main(["eval", str(tmp_path / "run"), "--suite", "gsm8k", *env_args, *asked]) == 0
    results = json.loads((tmp_path / "run" / "eval" / "gsm8k" / "results.json").read_text())
    assert results["suite"]["env_args"]["families"] is None
    [row] = results["agents"]["expert"]["rows"]
    assert (row["episodes"], row["metrics"]["success"]["value"]) == (3, 1.0)


def test_a_chat_model_may_answer_several_times(chat_model, tmp_path):
    args = "{families: gcd, feedback: true, count: 20}"
    asked = {"env-args": args, "algorithm": "gigpo", "eval-every": 0, "history": "1"}
    assert train(chat_model, tmp_path / "run", **asked) == 0
    first, *_ = map(json.loads, (tmp_path / "run" / "metrics.jsonl").read_text().splitlines())
    assert first["episode_length"] > 1


def test_the_tiny_model_trains_though_it_cannot_read(tmp_path):
    assert train("tiny", tmp_path / "run", **{"eval-every": 0}) == 0


def test_training_on_test_problems_needs_the_flag(chat_model, tmp_path, capsys):
    story = "Ann has three red apples and two green pears in her old basket: how many?"
    for split in ("train", "test"):
        row = {"prompt": story, "answer": 5}
        (tmp_path / f"{split}.jsonl").write_text(json.dumps(row) + "\n")
    args = f"{{dataset: {tmp_path}/train.jsonl, test_dataset: {tmp_path}/test.jsonl}}"
    asked = {"env-args": args, "tasks-per-iteration": 1, "eval-tasks": 1}
    assert train(chat_model, tmp_path / "run", **asked) == 2
    assert "allow_contamination" in capsys.readouterr().err
    with pytest.warns(UserWarning, match="1 of 1 test problems"):
        assert train(chat_model, tmp_path / "run", **asked, **{"allow-contamination": "true"}) == 0


def test_the_flag_is_refused_where_nothing_is_compared(tmp_path, capsys):
    asked = {"env": "onelayer/Counting-v0", "env-args": "", "allow-contamination": "true"}
    assert train("tiny", tmp_path / "run", **asked) == 2
    assert "compares no data sets" in capsys.readouterr().err


def test_the_oracle_solves_the_suite_of_made_problems_and_every_family_has_a_row():
    suite = replace(load_suite("math"), tasks=34)
    results = evaluate(suite, OracleAgent(suite.make_env()), parallel=4)
    assert {row.metrics["success"].value for row in results.rows} == {1.0}
    assert len(results.rows) > 12  # 34 tasks were drawn from 17 families
    overall = results.overall.metrics
    assert overall["maj@4"].value == overall["pass@4"].value == 1.0
    assert overall["unparsable"].value == 0.0


@pytest.mark.parametrize("name", ["gsm8k", "svamp", "math500", "aime24", "aime25", "amc23"])
def test_the_suite_of_a_data_set_plays_a_local_file(name, tmp_path):
    assert name in shipped_suites()
    rows = [{"prompt": f"Add {n} to {n}.", "answer": 2 * n, "kind": f"k{n % 2}"} for n in range(4)]
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    suite = load_suite(name).with_env_args({"path": str(tmp_path / "test.jsonl")})
    results = evaluate(suite, OracleAgent(suite.make_env()), parallel=4)
    assert results.overall.metrics["success"].value == 1.0
    assert len(results.episodes) == 4 * suite.attempts


def test_a_suite_says_what_is_missing_where_the_hub_is_not_reachable(
    monkeypatch, capsys, chat_model
):
    import datasets

    def unreachable(*_args, **_kwargs):
        raise ConnectionError("no route to the hub")

    monkeypatch.setattr(datasets, "get_dataset_config_names", unreachable)
    assert main(["eval", str(chat_model), "--suite", "aime25"]) == 2
    error = capsys.readouterr().err
    assert "math-ai/aime25 is not here" in error
    assert "path=" in error
