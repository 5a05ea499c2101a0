"""`onelayer report`: one page that opens anywhere, from whatever a run left behind."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file

from onelayer.cli import main
from onelayer.evals.charts import CHARTS, smooth
from onelayer.evals.report_tables import suite
from onelayer.evals.run_record import read_run
from onelayer.evals.transcripts import samples

pytest.importorskip("matplotlib", reason="the optional extra `plots` draws the charts")


def entry(iteration, **more):
    wins = 0.4 + 0.01 * iteration
    return {
        "iteration": iteration,
        "success": wins,
        "return": wins - 0.1,
        "valid_actions": 0.97,
        "kl": 0.001 * iteration,
        "entropy": 0.4,
        "gradient_norm": 0.2,
        "seconds/rollout": 4.0,
        "seconds/update": 2.0,
        "swing": 0.5,
        **more,
    }


def played(iteration, won, *, action="go to shelf 1", task="test/look-Mug/1"):
    first = {
        "observation": "You see a <shelf>.",
        "action": action,
        "reply": action,
        "reward": -0.1,
        "valid": False,
        "cut": False,
        "advantage": -0.25,
    }
    last = {**first, "reward": float(won), "valid": True, "advantage": 0.125}
    return {
        "iteration": iteration,
        "task": task,
        "kind": "look",
        "success": won,
        "error": None,
        "total_reward": won - 0.1,
        "steps": [first, last],
    }


def write_lines(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


@pytest.fixture
def make_run(tmp_path):
    def make(name="run", **config):
        folder = tmp_path / name
        folder.mkdir()
        fields = {"algorithm": "gigpo", "env": "onelayer/ALFWorld-v0", "eval_tasks": 200, **config}
        (folder / "config.yaml").write_text(yaml.safe_dump(fields))
        metrics = [entry(i) for i in range(30)]
        metrics[0] |= {"eval/success": 0.45, "eval/tasks": 200}
        metrics.append(
            {"iteration": 30, "eval/success": 0.75, "eval/tasks": 200, "seconds/evaluate": 9.0}
        )
        write_lines(folder / "metrics.jsonl", metrics)
        episodes = [played(i, won) for i in range(30) for won in (True, True, False)]
        write_lines(folder / "episodes.jsonl", episodes)
        about = {"base_id": "tiny", "layers": [3], "num_layers": 6, "everything": False}
        weights = {"model.layers.3.a": np.zeros((10, 20)), "model.layers.3.b": np.zeros(5)}
        save_file(weights, folder / "layer.safetensors", {"delta": json.dumps(about)})
        return folder

    return make


class Page(HTMLParser):
    """Reads a page and complains about tags that are not closed in order."""

    VOID = ("meta", "br", "path", "use", "rect")

    def __init__(self, html):
        super().__init__()
        self.open, self.text, self.ids, self.outside = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []
        self.words = " ".join(" ".join(self.text).split())

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.open.append(tag)
        self._note(attributes)

    def handle_startendtag(self, tag, attributes):
        self._note(attributes)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)

    def _note(self, attributes):
        for name, value in attributes:
            if name == "id":
                self.ids.append(value)
            if name in ("src", "href", "xlink:href") and not value.startswith("#"):
                self.outside.append(value)


def report(folder, *arguments):
    assert main(["report", str(folder), *map(str, arguments)]) == 0
    return (folder / "report.html").read_text(encoding="utf-8")


def test_the_page_tells_what_was_trained_and_what_came_of_it(make_run, capsys):
    folder = make_run()
    page = Page(report(folder))
    assert capsys.readouterr().out == f"{folder}/report.html\n"
    assert "gigpo on onelayer/ALFWorld-v0" in page.words
    assert "30 of ? iterations" in page.words
    assert "3.1 minutes" in page.words  # 30 * (4 + 2) + 9 = 189 s
    assert "Trained: layer 3 of 6, 205 parameters." in page.words  # 10 * 20 + 5
    # Wilson of 90 / 200: (0.45 + 0.0096 -+ 0.0696) / 1.0192; of 150 / 200: 0.6857, 0.8049
    assert "45.0 % [38.3, 51.9]" in page.words
    assert "75.0 % [68.6, 80.5] after 30 iterations" in page.words
    assert "+30.0 points" in page.words


def test_the_page_is_whole_and_needs_nothing_from_outside(make_run):
    html = report(make_run())
    page = Page(html)
    assert page.outside == []
    assert "<script" not in html
    assert len(set(page.ids)) == len(page.ids) > 0
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', html))
    assert used and used <= set(page.ids)


def test_every_curve_is_an_svg_that_parses(make_run):
    html = report(make_run())
    drawings = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    logged = {key for key in entry(0) if key != "iteration" and not key.startswith("seconds/")}
    charts = [chart for chart in CHARTS if logged & set(chart.keys)]
    assert len(drawings) == len(charts) + 2  # the phases, and `swing`, which nobody knows
    for drawing in drawings:
        ElementTree.fromstring(drawing)
    page = Page(html)
    for title in ("Success", "Return", "KL to the start policy", "Seconds per phase", "swing"):
        assert title in page.words
    assert "held-out tasks" in page.words


def test_the_page_is_the_same_bytes_again(make_run):
    folder = make_run()
    assert report(folder) == report(folder)


def test_the_episodes_are_readable_and_harmless(make_run):
    folder = make_run()
    attack = played(30, True, action="<script>alert(1)</script>", task="<img src=x>")
    with open(folder / "episodes.jsonl", "a") as file:
        file.write(json.dumps(attack) + "\n")
    html = report(folder)
    page = Page(html)
    assert "You see a <shelf>." in page.words
    assert "<script>alert(1)</script>" in page.words and "<script" not in html
    assert "<img" not in html
    for word in ("won", "lost", "not understood", "reward -0.1", "advantage +0.125"):
        assert word in page.words


def test_the_samples_are_one_won_and_one_lost_of_the_first_and_last_iteration(make_run):
    run = read_run(make_run())
    assert {episode["iteration"] for episode in run.episodes} == {0, 29}
    shown = [(episode["iteration"], episode["success"]) for episode in samples(run.episodes)]
    assert shown == [(0, True), (0, False), (29, True), (29, False)]


def test_an_episode_that_broke_off_says_why(make_run):
    folder = make_run()
    broken = {**played(0, False), "error": "RuntimeError: engine lost"}
    write_lines(folder / "episodes.jsonl", [broken])
    words = Page(report(folder)).words
    assert "broke off" in words and "RuntimeError: engine lost" in words


def test_several_runs_stand_side_by_side(make_run, tmp_path):
    one, two = make_run("one"), make_run("two", algorithm="grpo", gamma=0.9)
    out = tmp_path / "pages" / "both.html"
    assert main(["report", str(one), str(two), "--out", str(out)]) == 0
    html = out.read_text(encoding="utf-8")
    page = Page(html)
    assert not (one / "report.html").exists()
    assert "<b>gigpo</b></td><td><b>grpo</b>" in html  # where they differ
    assert "onelayer/ALFWorld-v0</td><td>onelayer/ALFWorld-v0" in html
    assert "solid: training tasks; dashed: held-out tasks" in page.words
    assert len(set(page.ids)) == len(page.ids)


@pytest.fixture
def evaluated(make_run):
    """A run that `onelayer eval` played a suite with: 2 of 3 won, the base 1 of the same 3."""
    from onelayer.agents.episodes import Episode, Step
    from onelayer.evals.results import Results, write_results
    from onelayer.evals.suite import Suite

    def attempt(task, won):
        step = Step("observation", "action", float(won), anchor=None)
        return Episode(task, (step,), won, kind=task.split("-")[0])

    def results(*won):
        tasks = ("cool-1", "cool-2", "heat-1")
        return Results(tiny, tuple(attempt(task, w) for task, w in zip(tasks, won, strict=True)))

    tiny = Suite("small", "onelayer/ALFWorld-v0", split="valid_seen", metrics=("success",))
    folder = make_run()
    by_agent = {"trained": results(1, 1, 0), "base": results(0, 1, 0)}
    write_results(folder / "eval" / "small" / "results.json", by_agent)
    return folder


def test_an_evaluated_suite_stands_in_the_page(evaluated):
    html = report(evaluated)
    words = Page(html).words
    assert "Suite small, onelayer/ALFWorld-v0, split valid_seen" in words
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    cells = {row[0]: row[1:] for row in (re.findall(r"<td>(.*?)</td>", r) for r in rows) if row}
    assert [cell.split("&")[0] for cell in cells["cool"]] == ["2", "100.0", "50.0"]
    assert [cell.split("&")[0] for cell in cells["heat"]] == ["1", "0.0", "0.0"]
    # Wilson of 2 / 3: 0.2077, 0.9385
    assert cells["All"][:2] == ["3", "66.7&nbsp;% <small>[20.8, 93.9]</small>"]
    assert "trained - base, on the same 3 tasks: +33.3 points [" in words


def test_all_episodes_of_training_and_of_a_suite_are_a_click_away(evaluated, tmp_path):
    record = {"kind": "", "truncated": False, "error": None, "task": "t", "success": True}
    step = {
        "observation": "o",
        "action": "a",
        "reply": "",
        "reward": 1.0,
        "valid": True,
        "cut": False,
    }
    lines = [{"iteration": i, **record, "steps": [step]} for i in (0, 0, 5)]
    (evaluated / "episodes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    html = report(evaluated)
    assert 'href="episodes.html">training</a>' in html
    assert 'href="eval/small/view.html">suite small</a>' in html
    assert '"agents":["trained","base"]' in (evaluated / "eval" / "small" / "view.html").read_text()
    assert '"agents":["iteration 0","iteration 5"]' in (evaluated / "episodes.html").read_text()
    elsewhere = tmp_path / "a page"
    assert main(["report", str(evaluated), "--out", str(elsewhere / "r.html")]) == 0
    [address] = re.findall(r'href="([^"]*)">training', (elsewhere / "r.html").read_text())
    assert (elsewhere / address).resolve() == (evaluated / "episodes.html").resolve()


@pytest.mark.parametrize(
    "results",
    [
        {},
        {"agents": [1]},
        {"agents": {"trained": {"rows": [{"kind": "All"}, 3]}}, "comparisons": [{}, 1]},
        {"agents": {"trained": {"rows": [{"kind": "All"}]}}, "comparisons": [{"rows": {}}]},
        {"agents": {"trained": {"rows": {}}}, "suite": 3, "comparisons": 3},
    ],
)
def test_results_of_another_shape_show_what_they_can(results):
    Page(suite(results))


def test_a_results_file_that_is_not_json_is_passed_over(make_run):
    folder = make_run()
    (folder / "eval" / "small").mkdir(parents=True)
    (folder / "eval" / "small" / "results.json").write_text("{")
    assert read_run(folder).evaluations == ()


def test_a_run_that_has_just_begun_has_a_page(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"iteration": 0, "success": 0.5}\n{"iterat')
    page = Page(report(tmp_path))
    assert "Success" in page.words and "Held-out" not in page.words and "Episodes" not in page.words


def test_an_empty_log_still_gives_a_page(tmp_path):
    (tmp_path / "metrics.jsonl").touch()
    Page(report(tmp_path))


def test_damaged_and_odd_files_are_passed_over(make_run):
    folder = make_run()
    (folder / "layer.safetensors").write_bytes(b"torn")
    (folder / "config.yaml").write_text("layers: [")
    with open(folder / "metrics.jsonl", "a") as file:
        file.write(
            'not json\n[1]\n{"iteration": 31, "kl": NaN, "success": "high", "entropy": null}\n'
        )
    with open(folder / "episodes.jsonl", "a") as file:
        file.write('{"iteration": 31}\n{"iteration": 31, "steps": [3, {}], "success": true}\n')
    Page(report(folder))
    run = read_run(folder)
    assert run.layer is None and run.config == {}
    assert len(run.series("kl")[0]) == len(run.series("success")[0]) == 30


def test_a_model_trained_as_a_whole_shows_it(make_run):
    folder = make_run()
    about = {"base_id": "tiny", "layers": [0, 1], "num_layers": 2, "everything": True}
    save_file({"a": np.zeros(7)}, folder / "layer.safetensors", {"delta": json.dumps(about)})
    assert "Trained: everything, 7 parameters." in Page(report(folder)).words


def test_a_run_with_adapters_shows_where_they_are(make_run):
    folder = make_run()
    (folder / "layer.safetensors").unlink()
    about = {"base_id": "tiny", "layers": [0, 1], "num_layers": 2, "rank": 8}
    metadata = {"adapters": json.dumps(about)}
    save_file({"a": np.zeros(7)}, folder / "adapter_model.safetensors", metadata)
    words = Page(report(folder)).words
    assert "Trained: LoRA adapters of rank 8 in layer 0, 1 of 2, 7 parameters." in words


def test_a_long_observation_is_cut_and_counted(make_run):
    folder = make_run()
    long = played(0, True)
    long["steps"][0]["observation"] = "x" * 5000
    write_lines(folder / "episodes.jsonl", [long])
    assert "(1000 characters more)" in Page(report(folder)).words


def test_smoothing_keeps_a_constant_and_averages_neighbours():
    assert smooth([2.0] * 50) == [2.0] * 50
    # Reach 1 at 20 values: the first has one neighbour, the others two.
    assert smooth([0.0, 3.0, 6.0] + [0.0] * 17)[:3] == [1.5, 3.0, 3.0]


def test_a_report_is_written_without_torch(make_run):
    program = (
        "import sys; from onelayer.cli import main;"
        f"assert main(['report', {str(make_run())!r}]) == 0; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_missing_matplotlib_is_one_line_that_says_how_to_install_it(
    make_run, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["report", str(make_run())]) == 2
    assert "pip install 'onelayer[plots]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [([], "takes at least one run folder"), (["nowhere"], "nowhere is no run folder")],
)
def test_a_folder_that_is_no_run_is_one_line_and_exit_2(arguments, message, capsys):
    assert main(["report", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
