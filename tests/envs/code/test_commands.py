"""The command line on onelayer/Code-v0: check, play, train and evaluate."""

import json

import pytest
from code_rows import DOUBLE
from helpers import tiny_model

from onelayer.cli import main
from onelayer.errors import EnvironmentFailed
from onelayer.evals.suite import load_suite

CODE = "onelayer/Code-v0"


SHOUT = {
    "prompt": "Return a word in capital letters; the name of the function is shout.",
    "entry_point": "shout",
    "tests": {
        "kind": "io_call",
        "fn_name": "shout",
        "cases": [{"args": [word], "output": word.upper()} for word in ("ab", "Cd", "")],
    },
    "reference": "def shout(word):\n    return word.upper()\n",
}


@pytest.fixture(scope="module")
def chat_model(tmp_path_factory, chat_tokenizer):
    """A random model of 2 layers with a chat template, as a folder."""
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("chat-model")
    tiny_model(layers=2, vocab_size=128, max_position_embeddings=4096).save_pretrained(folder)
    chat_tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    """A file of tasks with both splits."""
    path = tmp_path_factory.mktemp("data") / "tasks.jsonl"
    rows = [
        {**row, "id": f"{split}/{i}", "split": split}
        for split, row in (("train", DOUBLE), ("test", SHOUT))
        for i in range(2)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def train(model, out, env_args, **others):
    arguments = {
        "model": model,
        "env": CODE,
        "env-args": env_args,
        "out": out,
        "iterations": 1,
        "tasks-per-iteration": 2,
        "group-size": 2,
        "response-limit": 6,
        "eval-every": 1,
        "eval-tasks": 2,
        **others,
    }
    return main(["train", *(text for k, v in arguments.items() for text in (f"--{k}", str(v)))])


def test_check_tells_the_isolation_and_its_self_test(capsys, level):
    status = main(["envs", "check", CODE, "--env-args", f"{{level: {level}, wall_s: 60}}"])
    shown = capsys.readouterr().out
    assert status == 0, shown
    assert f"isolation: {level};" in shown
    assert "solutions                5 tasks solved" in shown
    assert "train 49, test 19" in shown
    assert "stopped: network" in shown or level == "unsafe"


def test_check_fails_where_no_sandbox_works(capsys, monkeypatch):
    from onelayer.envs.code import sandboxes

    def refuse(*_):
        raise EnvironmentFailed("no isolation works here: namespaces are forbidden")

    monkeypatch.setattr(sandboxes, "shared_sandbox", refuse)
    assert main(["envs", "check", CODE]) == 1
    shown = capsys.readouterr().out
    assert "FAILED  this machine             EnvironmentFailed: no isolation works here" in shown


def test_training_stops_at_once_where_no_sandbox_works(capsys, monkeypatch, tmp_path):
    from onelayer.envs.code import sandboxes

    def refuse(*_):
        raise EnvironmentFailed("no isolation works here: namespaces are forbidden")

    monkeypatch.setattr(sandboxes, "shared_sandbox", refuse)
    assert train("no-such-model", tmp_path / "run", "") == 2
    assert "namespaces are forbidden" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_show_tells_its_arguments_and_tasks(capsys):
    assert main(["envs", "show", CODE]) == 0
    shown = capsys.readouterr().out
    assert "max_turns: int = 3" in shown and "tasks: train 49, test 19" in shown


def test_a_person_may_type_a_program_of_several_lines(capsys, monkeypatch, level):
    typed = iter(["```python", "def squeeze(text):", "    return ' '.join(text.split())", "```"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(typed))
    arguments = ["--task", "words/squeeze", "--env-args", f"{{level: {level}, wall_s: 60}}"]
    assert main(["envs", "play", CODE, *arguments]) == 0
    assert "solved, return 1, 1 steps" in capsys.readouterr().out


def test_a_chat_model_is_trained_and_evaluated(capsys, chat_model, tmp_path, level):
    run = tmp_path / "run"
    assert train(chat_model, run, f"{{level: {level}, kinds: [easy], max_turns: 2}}") == 0
    (line,) = [
        m for m in map(json.loads, (run / "metrics.jsonl").read_text().splitlines()) if "kl" in m
    ]
    assert line["success"] == line["reward/correctness"] == 0.0 and line.get("errors", 0) == 0
    assert (run / "machine.txt").read_text().startswith(f"isolation: {level};")
    capsys.readouterr()
    # Of the run: two turns, its level. Of the suite: tasks of every kind.
    assert main(["eval", str(run), "--suite", "code", "--episodes", "8", "--parallel", "8"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"isolation: {level};")
    assert "expert" in shown and "100.0 %" in shown and "pass@4" in shown
    results = json.loads((run / "eval" / "code" / "results.json").read_text())
    assert results["suite"]["env_args"]["max_turns"] == 2
    assert results["suite"]["env_args"]["kinds"] is None
    rows = {row["kind"]: row for row in results["agents"]["expert"]["rows"]}
    assert rows["All"]["metrics"]["success"]["value"] == 1.0 and rows["All"]["errors"] == 0
    trained = results["agents"]["trained"]["episodes"]
    assert all(len(episode["steps"]) <= 2 for episode in trained)


def test_the_tiny_model_runs_on_a_file_of_tasks(tasks, tmp_path, level):
    pytest.importorskip("torch")
    assert train("tiny", tmp_path / "run", f"{{dataset: {tasks}, level: {level}}}") == 0
    assert (tmp_path / "run" / "layer.safetensors").exists()


@pytest.mark.parametrize("name", ["code", "humaneval", "humanevalplus", "mbpp", "mbppplus"])
def test_the_suites_play_a_local_file_instead(name, tasks):
    suite = load_suite(name).with_env_args({"dataset": str(tasks), "verify": False})
    env = suite.make_env()
    assert suite.choose_tasks(env) == ["test/0", "test/1"]
    assert env.unwrapped.max_steps == (3 if name == "code" else 1)
    shows = "Public tests" in env.reset(seed=0)[0]
    assert shows == (not name.startswith("humaneval"))


def test_the_code_suite_plays_all_held_out_tasks_that_ship():
    suite = load_suite("code")
    env = suite.make_env()
    assert len(suite.choose_tasks(env)) == suite.tasks == len(env.unwrapped.tasks)
    assert not set(env.unwrapped.tasks) & set(
        suite.with_env_args({"split": "train"}).make_env().unwrapped.tasks
    )


def test_a_broken_data_set_stops_training_with_one_line(capsys, tmp_path):
    path = tmp_path / "tasks.jsonl"
    broken = {**DOUBLE, "tests": {**DOUBLE["tests"], "cases": []}}
    path.write_text(json.dumps(DOUBLE | {"id": "sound"}) + "\n" + json.dumps(broken) + "\n")
    assert train("tiny", tmp_path / "run", f"{{dataset: {path}, verify: false}}") == 2
    *_, error = capsys.readouterr().err.splitlines()  # after what takes long was announced
    assert error.startswith("onelayer: error:") and "double" in error and "line 2" in error
    assert not (tmp_path / "run").exists()
