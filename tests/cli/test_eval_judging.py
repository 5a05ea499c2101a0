"""`onelayer eval` beyond playing a run: served models, several environments, overlap, rescoring, arms."""

import json
import re
from pathlib import Path

import chat_servers
import pytest

from onelayer.cli import main
from onelayer.envs.counting import CountingEnv

KEY = "sk-secret-0123456789abcdef"


def evaluate(capsys, *arguments):
    """Run the command; return its exit status, what it printed and its error lines."""
    capsys.readouterr()
    status = main([*map(str, arguments)])
    shown = capsys.readouterr()
    return status, shown.out, shown.err


# Served models.


@pytest.fixture
def oracle_server():
    """A server that counts on rightly, but for what a test changes."""
    env = CountingEnv("test")
    starts = {}
    for task in env.tasks:
        observation, _ = env.reset(options={"task": task})
        starts[observation] = (task, env.solution(task))
    broken = set()

    def script(request):
        messages = request.body["messages"]
        turn = sum(message["role"] == "assistant" for message in messages)
        task, actions = next(v for o, v in starts.items() if o in messages[0]["content"])
        if task in broken:
            return chat_servers.Answer({"error": "out of memory"}, 500)
        text = f"<action>{actions[turn]}</action>"
        return chat_servers.Answer(chat_servers.completion(text, logprobs=[(text, -0.125)]))

    with chat_servers.ChatServerForTests(script) as server:
        server.broken = broken
        yield server


@pytest.fixture
def served(oracle_server, tmp_path, monkeypatch):
    monkeypatch.setattr("onelayer.agents.json_server._FIRST_WAIT_S", 0.01)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return [
        *("eval", "--endpoint", oracle_server.url, "--model", "m", "--suite", "counting"),
        *("--no-random", "--no-expert", "--retries", "1", "--out", tmp_path / "out"),
    ]


def test_a_served_model_is_evaluated_like_any_other(capsys, served, tmp_path, oracle_server):
    flags = ["--keep-tokens", "--price-read", "1", "--price-written", "10", "--concurrency", "8"]
    status, shown, err = evaluate(capsys, *served, *flags)
    assert status == 0
    assert re.search(r"\| All +\| 28 \| +100\.0 % \[", shown)
    assert re.search(r"\| cost, US\$ +\| +0\.\d+ \|", shown)
    content = json.loads((tmp_path / "out" / "results.json").read_text())
    agent = content["agents"]["model"]
    assert agent["settings"]["endpoint"] == oracle_server.url
    step = agent["episodes"][0]["steps"][0]
    assert (step["prompt_tokens"], step["reply_tokens"]) == (11, 3)
    assert step["tokens"] == [step["reply"]] and step["logprobs"] == [-0.125]
    assert agent["usage"]["cost"] == pytest.approx(
        agent["usage"]["read"] / 1e6 + agent["usage"]["written"] / 1e5
    )
    for path in (tmp_path / "out").iterdir():
        assert KEY not in path.read_text()
    assert KEY not in shown + err
    asked = [r for r in oracle_server.requests if r.headers.get("Authorization") == f"Bearer {KEY}"]
    assert len(asked) == len(oracle_server.requests)


def test_errors_of_the_server_are_told_left_out_and_played_again_as_asked(
    capsys, served, oracle_server
):
    oracle_server.broken.add("by-3-from-5")
    status, shown, err = evaluate(capsys, *served)
    assert status == 1
    assert re.search(r"\| All +\| 28 \| +85\.7 % \[", shown)
    assert re.search(r"\| episodes with an error \| +4 \(not solved\) \|", shown)
    assert "4 of 28 episodes of model ended in an error and count as not solved" in err
    assert "out of memory" in err
    before = len(oracle_server.requests)
    status, shown, err = evaluate(capsys, *served, "--leave-out-errors")
    assert status == 1
    assert re.search(r"\| All +\| 24 \| +100\.0 % \[", shown)
    assert "are left out of all figures" in err
    assert len(oracle_server.requests) == before  # nothing is played that was played
    oracle_server.broken.clear()
    status, shown, _ = evaluate(capsys, *served, "--retry-errors")
    assert status == 0
    assert re.search(r"\| All +\| 28 \| +100\.0 % \[", shown)


def test_where_every_episode_is_an_error_the_numbers_say_nothing(capsys, served, oracle_server):
    oracle_server.broken.update(CountingEnv("test").tasks)
    status, _, err = evaluate(capsys, *served, "--errors-in-a-row", "0")
    assert status == 2
    assert "28 of 28 episodes of model ended in an error" in err


def test_a_server_that_fails_again_and_again_is_left_alone(capsys, served, oracle_server):
    oracle_server.broken.update(CountingEnv("test").tasks)
    status, shown, err = evaluate(capsys, *served, "--errors-in-a-row", "5", "--parallel", "1")
    assert status == 2
    assert "the last 5 episodes ended in an error, the newest in" in err
    assert "the same command goes on from there" in shown


def test_mistakes_with_a_server_are_one_line_before_any_work(capsys, served, tmp_path):
    for arguments, message in (
        (["eval", "--endpoint", "http://127.0.0.1:9", "--suite", "counting"], "cannot be reached"),
        (["eval", "--endpoint", "ftp://x", "--suite", "counting"], "--endpoint takes a URL"),
        (["eval", "tiny", "--endpoint", "http://x", "--suite", "counting"], "not both at once"),
        (["eval", "--model", "m", "--suite", "counting"], "names a model of --endpoint URL"),
        ([a for a in served if a not in ("--model", "m")], "name the model with --model"),
    ):
        status, _, err = evaluate(capsys, *arguments, "--out", tmp_path / "none")
        errors = [line for line in err.splitlines() if line.startswith("onelayer: error")]
        assert (status, len(errors)) == (2, 1)
        assert message in errors[0]


# Suites.


def test_the_smoke_suite_plays_every_environment(capsys, tmp_path, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")
    pytest.importorskip("reasoning_gym")
    pytest.importorskip("math_verify")
    flags = ["--no-base", "--response-limit", "3", "--out", tmp_path / "out"]
    status, shown, _ = evaluate(capsys, "eval", run, "--suite", "smoke", *flags)
    assert status == 0
    kinds = [line.split("|")[1].strip() for line in shown.splitlines() if line.startswith("|")]
    assert [k for k in kinds if k in ("counting", "alfworld", "math", "code", "All")] == [
        *("counting", "alfworld", "math", "code", "All")
    ]
    status, _, err = evaluate(capsys, "eval", run, "--suite", "smoke", "--split", "train")
    assert status == 2
    assert "--split is of one environment, and suite smoke has several" in err


def test_flags_choose_some_of_a_suites_tasks(capsys, tmp_path, run):
    def tasks(*flags):
        flags = [*flags, "--no-base", "--no-expert", "--fresh", "--out", tmp_path / "out"]
        assert evaluate(capsys, "eval", run, "--suite", "counting", *flags)[0] == 0
        episodes = json.loads((tmp_path / "out" / "results.json").read_text())["agents"]["trained"]
        return list(dict.fromkeys(episode["task"] for episode in episodes["episodes"]))

    whole = tasks()
    assert tasks("--limit", "2") == whole[:2]
    assert tasks("--kind", "by 1") == [task for task in whole if task.startswith("by-1")]
    assert tasks("--tasks", f"{whole[1]},{whole[0]}") == [whole[1], whole[0]]
    assert len(tasks("--shuffle", "--limit", "2")) == 2


def test_suites_are_listed_shown_and_begun(capsys, tmp_path, run):
    status, shown, _ = evaluate(capsys, "suites", "list")
    assert status == 0
    assert re.search(r"^alfworld-unseen +1 +134 +onelayer", shown, re.MULTILINE)
    assert re.search(r"^smoke +1 +7 \+ 6 \+ 8 \+ 3", shown, re.MULTILINE)
    status, shown, _ = evaluate(capsys, "suites", "show", "counting")
    assert "7 tasks, 28 episodes" in shown
    assert "3  by 3" in shown
    assert "are told apart 4 times in 5 from 75 points on" in shown
    path = tmp_path / "mine.yaml"
    assert evaluate(capsys, "suites", "init", path)[0] == 0
    flags = ["--no-base", "--no-expert", "--limit", "2"]
    assert evaluate(capsys, "eval", run, "--suite", path, *flags)[0] == 0
    for arguments, message in (
        (["init", path], "is there already"),
        (["init", "x.txt"], "a suite file ends in .yaml"),
        (["show"], "`onelayer suites show` takes a name"),
        (["shwo", "x"], "did you mean 'show'?"),
        (["show", "contuing"], "did you mean 'counting'?"),
    ):
        status, _, err = evaluate(capsys, "suites", *arguments)
        assert status == 2
        assert message in err


# What was trained on.


def test_tasks_of_training_are_refused_unless_said_aloud(capsys, run):
    flags = ["eval", run, "--suite", "counting", "--split", "train", "--no-base", "--no-expert"]
    status, _, err = evaluate(capsys, *flags)
    assert status == 2
    assert "the run was trained on 4 of the 7 tasks" in err and "--allow-overlap" in err
    status, _, err = evaluate(capsys, *flags, "--allow-overlap")
    assert status == 0
    assert "onelayer: warning: the run was trained on 4 of the 7 tasks" in err
    unseen = ["eval", run, "--suite", "counting", "--no-base", "--no-expert", "--fresh"]
    assert evaluate(capsys, *unseen)[0] == 0


def test_a_layer_older_than_its_run_is_refused_and_a_checkpoint_can_be_played(capsys, run):
    """A fault of 0.1: a run that was extended and stopped was evaluated as it had been before."""
    config = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(re.sub(r"iterations: 2", "iterations: 9", config, count=1))
    flags = ["eval", run, "--suite", "counting", "--no-expert"]
    status, _, err = evaluate(capsys, *flags)
    assert status == 2
    assert "is that of iteration 2, and the run goes to 9" in err
    (run / "layer.safetensors").unlink()
    assert "or play its newest checkpoint with --checkpoint" in evaluate(capsys, *flags)[2]
    assert evaluate(capsys, *flags, "--checkpoint")[0] == 0
    agents = json.loads((run / "eval" / "counting" / "results.json").read_text())["agents"]
    assert agents["trained"]["settings"]["checkpoint"] == 2
    assert agents["trained"]["settings"]["weights"] != agents["base"]["settings"]["weights"]


# What was evaluated.


@pytest.fixture
def evaluated(capsys, run):
    assert evaluate(capsys, "eval", run, "--suite", "counting")[0] == 0
    return run


def test_saved_episodes_are_graded_again_without_playing(capsys, evaluated, monkeypatch):
    monkeypatch.setattr("onelayer.agents.policy.PolicyAgent.submit", None)
    results = evaluated / "eval" / "counting"
    status, shown, _ = evaluate(capsys, "eval", "--rescore", results)
    assert status == 0
    said = r"trained: 0 of \d+ episodes are solved now that were not, 0 are not that were, and 0 could not"
    assert re.search(said, shown)
    again = evaluated / "eval" / "counting-rescored" / "results.json"
    before = json.loads((results / "results.json").read_text())
    assert json.loads(again.read_text())["agents"] == before["agents"]


def test_more_than_two_are_compared_pair_by_pair_and_seeds_as_one_arm(capsys, evaluated):
    arms = [f"{evaluated}:{name}" for name in ("expert", "trained", "base")]
    status, shown, _ = evaluate(capsys, "eval", "--compare", *arms)
    assert status == 0
    assert "p, Holm" in shown.splitlines()[0]
    assert len([line for line in shown.splitlines() if " - " in line and line.startswith("|")]) == 3
    seeds = [f"ours={arms[0]},{arms[0]}", f"theirs={arms[1]},{arms[2]}"]
    status, shown, _ = evaluate(capsys, "eval", "--compare", *seeds)
    assert status == 0
    assert re.search(r"\| ours - theirs +\| +\d+ \| 2 : 2 \|", shown)


def test_results_are_viewed_and_exported(capsys, evaluated, tmp_path):
    results = evaluated / "eval" / "counting"
    status, shown, _ = evaluate(capsys, "view", results)
    assert status == 0
    page = Path(shown.strip())
    assert page == results / "view.html" and "chunk-0" in page.read_text()
    for to, says in (
        ("markdown", "| task type |"),
        ("csv", "suite,version,agent,kind,metric"),
        ("latex", r"\begin{tabular}"),
        ("model-card", "model-index:"),
        ("episodes", "agent,part,task,attempt"),
    ):
        status, shown, _ = evaluate(capsys, "export", results, "--to", to)
        assert status == 0
        assert says in shown
        out = tmp_path / "exported"
        assert evaluate(capsys, "export", results, "--to", to, "--out", out)[0] == 0
        assert out.read_text() == shown
    status, shown, _ = evaluate(capsys, "export", results, "--to", "inspect")
    logs = [json.loads(Path(line).read_text()) for line in shown.split()]
    assert {log["eval"]["metadata"]["agent"] for log in logs} == {
        *("base", "trained", "random", "expert")
    }
    for command in (["view"], ["export"], ["view", tmp_path], ["export", tmp_path]):
        assert evaluate(capsys, *command)[0] == 2


def test_inspect_logs_are_written_beside_the_results_when_asked(capsys, run):
    flags = ["--suite", "counting", "--no-base", "--no-expert", "--no-random"]
    flags += ["--log-format", "inspect"]
    status, shown, _ = evaluate(capsys, "eval", run, *flags)
    assert status == 0
    [path] = (run / "eval" / "counting" / "inspect").iterdir()
    assert f"inspect log: {path}" in shown


def test_two_evaluations_do_not_write_into_one_folder_at_once(capsys, run, tmp_path):
    from onelayer.lock import alone_in

    flags = ["eval", run, "--suite", "counting", "--no-base", "--out", tmp_path / "out"]
    with alone_in(tmp_path / "out"):
        status, _, err = evaluate(capsys, *flags)
    assert status == 2
    assert "works in" in err and "name another --out" in err
    assert not (tmp_path / "out" / "results.json").exists()
