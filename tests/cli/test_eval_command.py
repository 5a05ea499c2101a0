"""`onelayer eval` on a run that `onelayer train` made, with a random model of 4 layers."""

import json
import re

import pytest
import yaml
from helpers import tiny_model

from onelayer.cli import main

pytest.importorskip("torch")

ALFWORLD = "onelayer/ALFWorld-v0"


def evaluate(capsys, *arguments):
    """Run the command; return its exit status, what it printed and its error lines."""
    capsys.readouterr()
    status = main(["eval", *map(str, arguments)])
    shown = capsys.readouterr()
    errors = [line for line in shown.err.splitlines() if line.startswith("onelayer: error")]
    return status, shown.out, errors


def results_of(run, suite):
    return json.loads((run / "eval" / suite / "results.json").read_text())


def test_a_run_is_evaluated_beside_its_base_a_random_agent_and_the_expert(capsys, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")
    status, shown, _ = evaluate(capsys, run, "--suite", "counting", "--random", "--expert")
    assert status == 0
    assert re.search(r"\| task type +\| +n \| +base \| +trained \| +random \| +expert \|", shown)
    assert re.search(r"\| All +\| +\d+ \|.*\| 100\.0 % \[", shown)
    assert "| pass@4 " in shown
    assert "trained - base, on the same tasks" in shown
    content = results_of(run, "counting")
    assert list(content["agents"]) == ["base", "trained", "random", "expert"]
    pairs = [(c["first"], c["second"]) for c in content["comparisons"]]
    assert pairs == [("trained", "base"), ("trained", "random"), ("trained", "expert")]
    # The run's own difficulty, the suite's split.
    assert content["suite"]["env_args"] == {"digits": 6, "length": 2}
    assert content["suite"]["split"] == "test"
    weights = {n: a["settings"].get("weights") for n, a in content["agents"].items()}
    assert weights["base"] != weights["trained"]


def test_the_trained_layer_and_no_other_is_what_the_trained_agent_plays_with(capsys, run, model):
    from onelayer.agents.models import load_model
    from onelayer.trainers.delta import LayerDelta
    from onelayer.trainers.fingerprint import base_fingerprint

    evaluate(capsys, run, "--suite", "counting")
    agents = results_of(run, "counting")["agents"]
    base, _ = load_model(str(model))
    assert agents["base"]["settings"]["weights"] == base_fingerprint(base)
    LayerDelta.load(run).apply(base)
    assert agents["trained"]["settings"]["weights"] == base_fingerprint(base)


def test_without_a_suite_the_runs_own_held_out_tasks_are_played(capsys, run):
    status, shown, _ = evaluate(capsys, run, "--no-base")
    assert status == 0
    assert "held-out tasks of onelayer/Counting-v0" in shown
    assert " base " not in shown
    suite = results_of(run, "held-out")["suite"]
    assert (suite["split"], suite["env_args"]) == ("test", {"digits": 6, "length": 2})


def test_flags_go_over_the_suite(capsys, run):
    flags = ["--split", "train", "--env-args", "{digits: 4}", "--episodes", "8", "--seed", "5"]
    flags += ["--temperature", "0", "--history", "1", "--response-limit", "2"]
    status, _, _ = evaluate(capsys, run, "--suite", "counting", *flags)
    assert status == 0
    content = results_of(run, "counting")
    suite = content["suite"]
    assert (suite["split"], suite["tasks"], suite["attempts"], suite["seed"]) == ("train", 2, 4, 5)
    assert suite["env_args"] == {"digits": 4, "length": 2}
    settings = content["agents"]["trained"]["settings"]
    assert (settings["temperature"], settings["history"]) == (0, "1")
    replies = [step for e in content["agents"]["trained"]["episodes"] for step in e["steps"]]
    assert all(len(step["reply"].split()) <= 2 for step in replies)


def test_a_second_call_plays_only_what_is_new_and_gives_the_same(capsys, run):
    _, first, _ = evaluate(capsys, run, "--suite", "counting", "--no-random", "--no-expert")
    before = results_of(run, "counting")["agents"]
    _, second, _ = evaluate(capsys, run, "--suite", "counting", "--no-expert")
    after = results_of(run, "counting")["agents"]
    assert {name: after[name] for name in before} == before
    assert list(after) == ["base", "trained", "random"]
    assert " random |" in second and " random |" not in first


def test_the_written_configuration_repeats_the_evaluation(capsys, run):
    flags = ["--suite", "counting", "--episodes", "8", "--no-base", "--temperature", "0.7"]
    _, first, _ = evaluate(capsys, run, *flags)
    before = results_of(run, "counting")
    status, again, _ = evaluate(capsys, "--config", run / "eval/counting/eval.yaml", "--fresh")
    assert status == 0
    assert again == first
    assert results_of(run, "counting") == before


def test_ctrl_c_keeps_the_episodes_and_the_same_command_goes_on(capsys, run, monkeypatch):
    from onelayer.agents.policy import PolicyAgent

    _, whole, _ = evaluate(capsys, run, "--suite", "counting", "--out", run / "whole")
    step, calls = PolicyAgent.step, []

    def interrupted(self, *arguments):
        calls.append(arguments)
        if len(calls) == 40:
            raise KeyboardInterrupt
        return step(self, *arguments)

    arguments = [run, "--suite", "counting", "--out", run / "stopped", "--parallel", "4"]
    with monkeypatch.context() as patch:
        patch.setattr(PolicyAgent, "step", interrupted)
        status, shown, _ = evaluate(capsys, *arguments)
    assert status == 130
    assert "the same command goes on from there" in shown
    kept = (run / "stopped" / "base.jsonl").read_text().splitlines()[1:]
    assert kept
    status, resumed, _ = evaluate(capsys, *arguments)
    assert status == 0
    assert resumed.replace("stopped", "whole") == whole


def test_other_settings_are_refused_unless_started_over(capsys, run):
    evaluate(capsys, run, "--suite", "counting", "--no-base")
    status, _, errors = evaluate(
        capsys, run, "--suite", "counting", "--no-base", "--temperature", "0.9"
    )
    assert status == 2
    assert "temperature 0.4, not 0.9" in errors[0]
    assert "--fresh" in errors[0]
    status, _, _ = evaluate(
        capsys, run, "--suite", "counting", "--no-base", "--temperature", "0.9", "--fresh"
    )
    assert status == 0


def test_a_model_without_a_run_is_one_column(capsys, model, tmp_path):
    status, shown, _ = evaluate(
        *[capsys, model, "--suite", "counting", "--response-limit", "2", "--random"],
        *["--out", tmp_path],
    )
    assert status == 0
    assert re.search(r"\| task type +\| +n \| +model \| +random \|", shown)


def test_two_evaluations_are_compared_task_by_task(capsys, run):
    evaluate(capsys, run, "--suite", "counting", "--expert")
    status, shown, _ = evaluate(capsys, "--compare", f"{run}:expert", run)
    assert status == 0
    assert f"{run}:expert - {run}, on the same tasks" in shown
    assert re.search(r"\| All +\| +\d+ \| \+", shown)
    results = run / "eval" / "counting" / "results.json"
    status, again, _ = evaluate(capsys, "--compare", f"{results}:expert", f"{results}:trained")
    assert again.splitlines()[2:] == shown.splitlines()[2:]


def test_the_alfworld_suite_plays_the_searching_expert(capsys, model, tmp_path):
    small = ["--episodes", "6", "--env-args", "{room_size: 4, max_steps: 12}"]
    status, shown, _ = evaluate(
        *[capsys, model, "--suite", "alfworld", *small, "--response-limit", "2", "--expert"],
        *["--out", tmp_path],
    )
    assert status == 0
    assert re.search(r"\| All +\| +6 \| +0\.0 % .*\| +\d+\.\d % \[", shown)
    content = json.loads((tmp_path / "results.json").read_text())
    assert content["agents"]["expert"]["settings"]["agent"] == "SearchingAgent.informed"


def write_games(path, split, count=3):
    from onelayer.envs.plugins import make

    env = make(ALFWORLD, split=split, room_size=4, count=count).unwrapped
    with open(path, "w", encoding="utf-8") as file:
        for task in env.tasks:
            game = env.games[task]
            record = {"id": game.id, "task": game.task, "walkthrough": list(game.walkthrough)}
            file.write(json.dumps({**record, "pddl_problem": game.pddl_problem}) + "\n")


@pytest.mark.parametrize("split", ["valid_unseen", "valid_seen"])
def test_the_same_suite_plays_the_games_of_a_file(capsys, model, tmp_path, split):
    write_games(tmp_path / "games.jsonl", split)
    status, shown, _ = evaluate(
        *[capsys, model, "--suite", "alfworld", "--games", tmp_path / "games.jsonl"],
        *["--env-args", "{max_steps: 5}", "--response-limit", "2", "--out", tmp_path / "out"],
    )
    assert status == 0
    assert re.search(r"\| All +\| +3 \|", shown)
    content = json.loads((tmp_path / "out" / "results.json").read_text())
    assert content["suite"]["env_args"]["games"] == str(tmp_path / "games.jsonl")


def test_games_of_the_training_split_are_no_evaluation(capsys, model, tmp_path):
    write_games(tmp_path / "games.jsonl", "train")
    status, _, errors = evaluate(
        capsys, model, "--suite", "alfworld", "--games", tmp_path / "games.jsonl"
    )
    assert status == 2
    assert "has no split 'test'; it has train" in errors[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a run folder, a model (an id or a folder), `tiny` or `small`"),
        (["runs/there-is-none"], "there is no run folder runs/there-is-none"),
        (["MODEL"], "name a suite, such as --suite alfworld"),
        (["MODEL", "--suite", "cuonting"], "there is no suite 'cuonting'; did you mean 'counting'"),
        (["MODEL", "--suite", "counting", "--env-args", "{digit: 3}"], "did you mean 'digits'?"),
        (["MODEL", "--suite", "counting", "--split", "dev"], "split must be one of train, test"),
        (["MODEL", "--suite", "counting", "--episodes", "9"], "must be a multiple of the suite's"),
        (["MODEL", "--suite", "counting", "--episodes", "0"], "episodes must be at least 1, got 0"),
        (["MODEL", "--suite", "counting", "--top-p", "0"], "top_p must be above 0"),
        (["MODEL", "--suite", "counting", "--device", "qpu"], "--device qpu"),
        (["MODEL", "--suite", "counting", "--history", "x"], "history is `all` or a number"),
        (["MODEL", "--suite", "alfworld", "--games", "nowhere"], "no games at nowhere"),
        (["--compare", "a"], "--compare takes two evaluations, got 1"),
        (["--compare", "a", "b"], "there are no results at a"),
        (["--compare", "MODEL", "b"], "holds no evaluation; make one with"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(capsys, model, arguments, message):
    arguments = [str(model) if argument == "MODEL" else argument for argument in arguments]
    status, shown, errors = evaluate(capsys, *arguments)
    assert (status, shown, len(errors)) == (2, "", 1)
    assert message in errors[0]


def test_a_run_without_a_trained_layer_says_how_to_finish_it(capsys, run):
    (run / "layer.safetensors").unlink()
    status, _, errors = evaluate(capsys, run)
    assert status == 2
    assert f"onelayer train --config {run}/config.yaml --resume" in errors[0]


def test_a_layer_of_another_base_is_refused(capsys, run, plain_tokenizer, tmp_path):
    tiny_model(layers=4, seed=1).save_pretrained(tmp_path / "other")
    plain_tokenizer.save_pretrained(tmp_path / "other")
    config = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(re.sub(r"model: .*", f"model: {tmp_path / 'other'}", config))
    status, _, errors = evaluate(capsys, run, "--suite", "counting", "--no-base")
    assert status == 2
    assert "its frozen weights differ" in errors[0]


def test_several_evaluations_of_a_run_must_be_told_apart(capsys, run):
    evaluate(capsys, run, "--suite", "counting", "--no-base")
    evaluate(capsys, run, "--no-base")
    status, _, errors = evaluate(capsys, "--compare", run, run)
    assert status == 2
    assert "holds several evaluations (counting, held-out); choose with --suite" in errors[0]
    status, _, _ = evaluate(capsys, "--compare", run, run, "--suite", "held-out")
    assert status == 0


def test_the_base_plays_with_its_own_weights_and_not_the_trained_ones(capsys, run, model):
    evaluate(capsys, run, "--suite", "counting")
    trained = yaml.safe_load((run / "config.yaml").read_text())
    flags = ["--env-args", trained["env_args"], "--out", run / "bare"]
    for name, field in (("temperature", "eval_temperature"), ("response-limit", "response_limit")):
        flags += [f"--{name}", trained[field]]
    evaluate(capsys, model, "--suite", "counting", *flags)
    bare = json.loads((run / "bare" / "results.json").read_text())["agents"]["model"]
    agents = results_of(run, "counting")["agents"]
    assert agents["base"]["episodes"] == bare["episodes"]
    assert agents["trained"]["episodes"] != bare["episodes"]


def test_tables_are_no_wider_than_the_terminal(capsys, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    _, shown, _ = evaluate(capsys, run, "--suite", "counting", "--random", "--expert")
    tables = shown.partition("trained - base")[0]
    assert all(len(line) <= 70 for line in tables.splitlines() if line.startswith("|"))
    for name in ("base", "trained", "random", "expert"):
        assert re.search(rf"^\| task type .*\| +{name} \|", tables, re.M)
