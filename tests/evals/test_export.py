import csv
import io
import json
import math
from datetime import UTC, datetime

import pytest
import yaml

from onelayer.agents.episodes import Episode, Step
from onelayer.evals import Collection, Suite, load_results, write_results
from onelayer.evals.export import csv_table, episodes_csv, latex, markdown, model_card
from onelayer.evals.inspect_log import inspect_log, write_inspect_logs
from onelayer.evals.results import Results

SUITE = Suite("my_suite", "any/Env-v0", split="test", metrics=("success", "return"), version=2)


def episode(task, success, kind="heat & cool", error=None, attempt=0, reward=1.0, **step):
    steps = () if error == "at once" else (Step("see", "go", reward, anchor=None, **step),)
    return Episode(task, steps, success, error=error, kind=kind, attempt=attempt)


TRAINED = Results(
    SUITE,
    (
        episode("a", True, prompt_tokens=100, reply_tokens=10, reply="I <go>", answer="go"),
        episode("a", False, attempt=1),
        episode("b", False, kind="100 %", reward=math.nan),
        episode("c", False, kind="100 %", error="at once"),
    ),
    {"model": "org/name", "temperature": 0.4},
    count_errors=False,
    prices={"read": 1.0, "written": 2.0},
)
BASE = Results(
    SUITE, (episode("a", False), episode("b", False, kind="100 %")), {"model": "org/name"}
)
BOTH = {"trained": TRAINED, "base": BASE}


def test_the_csv_has_a_line_for_each_figure():
    lines = list(csv.DictReader(io.StringIO(csv_table(BOTH))))
    assert len(lines) == 2 * 3 * 2
    first = lines[0]
    assert (first["suite"], first["version"], first["agent"]) == ("my_suite", "2", "trained")
    found = TRAINED.rows[0].metrics["success"]
    assert (float(first["value"]), float(first["low"])) == (found.value, found.low)
    nothing = [line for line in lines if line["value"] == ""]
    assert all(line["metric"] == "return" for line in nothing)


def test_the_latex_table_says_the_same_and_escapes_what_latex_reads():
    text = latex(BOTH)
    assert text.startswith(
        "\\begin{tabular}{lrrr}\n\\toprule\ntask type & $n$ & trained & base \\\\"
    )
    assert r"heat \& cool & 2 & 50.0 {\scriptsize [" in text
    assert r"100 \% & 1 & 0.0" in text
    assert text.rstrip().endswith("\\end{tabular}")


def test_markdown_names_suite_and_version():
    assert markdown(BOTH).startswith("**my_suite** (version 2)")
    assert "| episodes with an error |" in markdown(BOTH)
    assert "| cost, US$" in markdown(BOTH)


def test_the_model_card_is_read_by_the_hub():
    hub = pytest.importorskip("huggingface_hub.repocard_data")
    card = yaml.safe_load(model_card(BOTH))
    name, results = hub.model_index_to_eval_results(card["model-index"])
    assert name == "org/name"
    success = results[0]
    assert (success.metric_type, success.dataset_split) == ("accuracy", "test")
    assert success.metric_value == pytest.approx(TRAINED.overall.metrics["success"].value, abs=1e-4)
    with pytest.raises(ValueError, match="no agent 'x' in the results; there are trained, base"):
        model_card(BOTH, "x")


def test_results_become_rows_with_and_without_pandas(tmp_path):
    write_results(tmp_path / "results.json", {"trained": TRAINED})
    loaded = load_results(tmp_path)
    records = loaded.records()
    assert [(r["agent"], r["task"], r["attempt"]) for r in records] == [
        ("trained", "a", 0),
        ("trained", "a", 1),
        ("trained", "b", 0),
        ("trained", "c", 0),
    ]
    assert (records[0]["tokens_read"], records[0]["answer"], records[3]["error"]) == (
        100,
        "go",
        "at once",
    )
    assert len(list(csv.DictReader(io.StringIO(episodes_csv(loaded))))) == 4
    pandas = pytest.importorskip("pandas")
    frame = loaded.frame()
    assert isinstance(frame, pandas.DataFrame)
    assert frame[frame.error.isna()].success.mean() == pytest.approx(1 / 3)


def test_without_pandas_a_frame_is_refused_in_one_sentence(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pandas", None)
    write_results(tmp_path / "results.json", {"trained": TRAINED})
    with pytest.raises(ValueError, match="needs pandas: pip install pandas"):
        load_results(tmp_path).frame()


def test_usage_and_cost_are_those_of_all_episodes():
    # 100 tokens at 1 $ a million and 10 at 2 $.
    assert TRAINED.usage == {"read": 100, "written": 10, "cost": pytest.approx(0.00012)}
    assert BASE.usage == {}


def test_results_of_the_first_format_are_read_as_they_were_meant(tmp_path):
    write_results(tmp_path / "results.json", {"trained": TRAINED})
    content = json.loads((tmp_path / "results.json").read_text())
    content["format"] = "onelayer.results.1"
    del content["errors"], content["suite"]["version"]
    for record in content["agents"]["trained"]["episodes"]:
        record.pop("attempt", None)
    (tmp_path / "results.json").write_text(json.dumps(content))
    loaded = load_results(tmp_path)["trained"]
    assert loaded.overall.metrics["success"].value == pytest.approx(
        1 / 4
    )  # an error was not solved
    assert [e.attempt for e in loaded.episodes] == [0, 1, 0, 0]


# The logs of inspect_ai.


def test_an_inspect_log_holds_every_episode_as_a_sample():
    log = inspect_log("trained", TRAINED, datetime(2026, 1, 2, tzinfo=UTC))
    assert [(s["id"], s["epoch"]) for s in log["samples"]] == [
        ("a", 1),
        ("a", 2),
        ("b", 1),
        ("c", 1),
    ]
    assert [s["scores"].get("success", {}).get("value") for s in log["samples"]] == [
        "C",
        "I",
        "I",
        None,
    ]
    first = log["samples"][0]["messages"]
    assert [m["role"] for m in first] == ["user", "assistant"]
    assert first[1]["content"] == "I <go>"
    json.dumps(log, allow_nan=False)


def test_the_installed_inspect_reads_what_is_written(tmp_path):
    inspect = pytest.importorskip("inspect_ai.log", reason="pip install 'onelayer[inspect]'")
    paths = write_inspect_logs(BOTH, tmp_path)
    write_inspect_logs(BOTH, tmp_path)  # over the first ones
    listed = inspect.list_eval_logs(str(tmp_path))
    assert len(listed) == 2
    log = inspect.read_eval_log(str(paths[0]) if paths[0].exists() else listed[-1])
    assert (log.status, len(log.samples), log.eval.task_version) == ("success", 4, 2)
    logs = {inspect.read_eval_log(one).eval.metadata["agent"]: one for one in listed}
    trained = inspect.read_eval_log(logs["trained"])
    assert [s.scores["success"].value for s in trained.samples[:3]] == ["C", "I", "I"]
    assert trained.samples[3].error.message == "at once"
    metrics = trained.results.scores[0].metrics
    assert metrics["mean"].value == TRAINED.overall.metrics["success"].value
    assert trained.stats.model_usage["onelayer/org/name"].input_tokens == 100
    [header] = [inspect.read_eval_log(logs["base"], header_only=True)]
    assert header.results.total_samples == 2


def test_a_collection_is_logged_and_exported():
    from dataclasses import replace

    both = Collection("both", (replace(SUITE, name="x"), replace(SUITE, name="y")))
    episodes = tuple(replace(e, part=part) for part in "xy" for e in BASE.episodes)
    results = {"a": Results(both, episodes)}
    ids = [s["id"] for s in inspect_log("a", results["a"], datetime.now(UTC))["samples"]]
    assert ids == ["x/a", "x/b", "y/a", "y/b"]
    for write in (markdown, csv_table, latex, model_card):
        assert "both" in write(results) or "x" in write(results)
