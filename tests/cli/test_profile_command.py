"""`onelayer profile`, as it is typed: whole, stopped and gone on with, with runs made before, and refused."""

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time

import pytest
import yaml

from onelayer.cli import main

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

from onelayer.trainers.contribution.config import ProfileConfig  # noqa: E402
from onelayer.trainers.contribution.crew import Crew  # noqa: E402
from onelayer.trainers.contribution.profiler import Profiler  # noqa: E402
from onelayer.trainers.contribution.record import load_profile  # noqa: E402
from onelayer.trainers.contribution.scores import TaskScores, write_scores  # noqa: E402

QUICK = {
    "env": "onelayer/Counting-v0",
    "env_args": "{digits: 4, length: 1}",
    "algorithm": "grpo",
    "iterations": 2,
    "tasks_per_iteration": 2,
    "group_size": 4,
    "response_limit": 3,
    "learning_rate": 0.01,
    "eval_temperature": 1.0,
    "checkpoint_every": 1,
    "seeds": "1",
    "layer_list": "1,2",
    "jobs": 1,
}
SUITE = {
    "env": "onelayer/Counting-v0",
    "split": "test",
    "tasks": 3,
    "attempts": 16,
    "metrics": ["success"],
}


@pytest.fixture(autouse=True)
def on_one_core(monkeypatch):
    """Runs in this process and runs in others are equal only where both sum on as many threads."""
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def quick(tiny_model, plain_tokenizer, tmp_path):
    """Return ``quick(**changes)``: settings of a small profile, of a model that says 0 to 3 or stops."""
    likely = [plain_tokenizer.convert_tokens_to_ids(word) for word in (*"0123", "<eos>")]
    model = tiny_model(tied=False, initializer_range=0.1)
    with torch.no_grad():
        model.get_input_embeddings().weight[:, 0] = 1.0
        model.get_output_embeddings().weight[:, 0] = -0.7
        model.get_output_embeddings().weight[likely, 0] = 0.7
    model.save_pretrained(tmp_path / "model")
    plain_tokenizer.save_pretrained(tmp_path / "model")
    (tmp_path / "suite.yaml").write_text(yaml.safe_dump(SUITE))
    fixed = {
        "model": str(tmp_path / "model"),
        "out": str(tmp_path / "profile"),
        "suite": str(tmp_path / "suite.yaml"),
    }
    return lambda **changes: {**fixed, **QUICK, **changes}


def profile(settings):
    return main(["profile", *flags(settings)])


def flags(settings):
    return [
        text
        for name, value in settings.items()
        for text in (f"--{name.replace('_', '-')}", str(value))
    ]


def errors(capsys):
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("onelayer:")]


def what_was_found(path):
    """A profile without what a clock, or the place, decides."""
    content = json.loads((path / "profile.json").read_text())
    for name in ("created", "config"):
        content.pop(name)
    for run in content["runs"]:
        run.pop("seconds")
    return content


def weights(path):
    """The trained tensors of every run, bit for bit."""
    from safetensors.torch import load_file

    return {
        (file.parent.name, name): tensor.tolist()
        for file in sorted((path / "runs").rglob("*.safetensors"))
        for name, tensor in load_file(file).items()
    }


@pytest.fixture
def pretend(monkeypatch):
    """Return ``pretend(score) -> made``: nothing is trained; ``score(job)`` is what each job earns."""

    def begin(score):
        made = []

        def carry_out(self, jobs):
            for job in jobs:
                if self.should_stop():
                    return False
                made.append(job)
                config = job.config
                about = (
                    {}
                    if config is None
                    else {
                        "config": config.what_learns(),
                        "iterations": config.iterations,
                        "trained_parameters": 7,
                    }
                )
                value = score(job)
                tasks = tuple(f"by-{by}-from-{first}" for by, first in ((1, 3), (2, 2), (3, 1)))
                scores = TaskScores(job.name, tasks, (value,) * 3, **about)
                write_scores(job.path, scores, job.evaluation)
                self.tell("scored", job.name, scores)
            return True

        monkeypatch.setattr(Crew, "carry_out", carry_out)
        return made

    return begin


def known(job):
    """Layers that gain 0.1, 0.4, 0.2 and 0.3 of what full training gains, in proportion to the time."""
    if job.config is None:
        return 0.1
    gain = {"0": 0.1, "1": 0.4, "2": 0.2, "3": 0.3}.get(job.config.layers, 1.0)
    return 0.1 + 0.5 * gain * job.config.iterations / 8


def test_a_profile_is_measured_written_and_shown(quick, tmp_path, capsys):
    assert profile(quick(seeds="1,2", controls="mid:2,lora")) == 0
    shown = capsys.readouterr()
    folder = tmp_path / "profile"
    found = load_profile(folder)
    assert [run.name for run in found.runs] == [
        *("full-seed-1", "full-seed-2"),
        *("layer-01-seed-1", "layer-01-seed-2", "layer-02-seed-1", "layer-02-seed-2"),
        *("mid-2-seed-1", "lora-seed-1", "mid-2-seed-2", "lora-seed-2"),
    ]
    assert len(found.base) == 1
    assert len(found.tasks) == 3
    assert all(score * 16 == int(score * 16) for run in found.runs for score in run.scores)
    assert {run.episodes for run in found.runs} == {16}
    assert all(run.trained_parameters and run.seconds and run.update_norm for run in found.runs)
    assert [row.layer for row in found.contributions] == [1, 2]
    assert found.model.num_layers == 4
    page = (folder / "profile.md").read_text()
    assert "Layer contribution" in page
    assert page.strip() in shown.out
    assert (folder / "profile.png").stat().st_size > 1000
    assert "20/20" in shown.err  # iterations of all runs
    one = {path.name for path in (folder / "runs" / "layer-01-seed-1").iterdir()}
    assert one >= {"config.yaml", "metrics.jsonl", "layer.safetensors", "checkpoints"}
    assert not list((folder / "scores").glob("*.jsonl"))


@pytest.mark.slow
def test_a_second_call_repeats_nothing(quick, tmp_path, capsys):
    assert profile(quick()) == 0
    first = what_was_found(tmp_path / "profile")
    files = {p: p.stat().st_mtime_ns for p in (tmp_path / "profile").glob("*s/**/*") if p.is_file()}
    config = tmp_path / "profile" / "profile.yaml"
    assert main(["profile", "--config", str(config)]) == 0
    assert what_was_found(tmp_path / "profile") == first
    assert {p: p.stat().st_mtime_ns for p in files} == files


def test_a_run_made_by_train_is_adopted(quick, tmp_path, capsys):
    """With its own words for the same things, and settings of evaluations that were never made."""
    settings = quick(layer_list="2")
    made = {k: v for k, v in settings.items() if k not in ("suite", "seeds", "layer_list", "jobs")}
    run = tmp_path / "profile" / "runs" / "layer-02-seed-1"
    made |= {"out": run, "layers": "mid", "seed": 1, "eval_every": 0, "eval_temperature": 0.4}
    made |= {"env_args": '{"length": 1, "digits": 4}'}
    assert main(["train", *flags(made)]) == 0
    before = {p: p.stat().st_mtime_ns for p in run.rglob("*")}
    assert profile(settings) == 0
    assert {p: p.stat().st_mtime_ns for p in run.rglob("*")} == before
    found = load_profile(tmp_path / "profile")
    assert [run.name for run in found.runs] == ["full-seed-1", "layer-02-seed-1"]


@pytest.mark.slow
def test_a_part_of_a_run_made_by_train_is_gone_on_with(quick, tmp_path, capsys):
    settings = quick(layer_list="2", iterations=4)
    made = {k: v for k, v in settings.items() if k not in ("suite", "seeds", "layer_list", "jobs")}
    run = tmp_path / "profile" / "runs" / "layer-02-seed-1"
    made |= {"out": run, "layers": "2", "seed": 1, "eval_every": 0, "iterations": 3}
    assert main(["train", *flags(made)]) == 0
    first = (run / "metrics.jsonl").read_text()
    assert profile(settings) == 0
    assert (run / "metrics.jsonl").read_text().startswith(first)
    assert len((run / "metrics.jsonl").read_text().splitlines()) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rate": 0.5}, "was trained with learning_rate=0.5, not 0.01"),
        ({"layers": "3"}, "was trained with layers='3', not '2'"),
        ({"iterations": 3}, "was trained for 3 iterations, more than the 2 of this profile"),
    ],
)
def test_another_run_in_its_place_is_refused_and_kept(quick, tmp_path, capsys, changes, message):
    settings = quick(layer_list="2")
    made = {k: v for k, v in settings.items() if k not in ("suite", "seeds", "layer_list", "jobs")}
    run = tmp_path / "profile" / "runs" / "layer-02-seed-1"
    made |= {"out": run, "layers": "2", "seed": 1, "eval_every": 0, **changes}
    assert main(["train", *flags(made)]) == 0
    before = {p: p.read_bytes() for p in (tmp_path / "profile").rglob("*") if p.is_file()}
    capsys.readouterr()
    assert profile(settings) == 2
    [line] = errors(capsys)
    assert message in line
    after = {p: p.read_bytes() for p in (tmp_path / "profile").rglob("*") if p.is_file()}
    assert after == before


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"layer_list": ""}, "layer_list is empty: name at least one layer"),
        ({"layer_list": "1,4"}, "layer 4 is out of range for a model of 4 layers"),
        ({"seeds": "1,1"}, "seeds names 1 twice"),
        ({"layers": "2"}, "layers=2 is not for a profile"),
        ({"controls": "best:3"}, "control best:3 asks for 3 layers, but 2 are ranked"),
        ({"controls": "rand:2"}, "control 'rand:2' is not understood"),
        ({"algorithm": "gipgo"}, "gipgo"),
        ({"env": "onelayer/Countin-v0"}, "Did you mean: `Counting`?"),
        ({"suite": "no-such-suite"}, "there is no suite 'no-such-suite'"),
        ({"model": "./absent"}, "no model in ./absent"),
        ({"ranking_from": "none.json"}, "there is no profile none.json"),
        ({"suite": "", "eval_split": "train"}, "overlaps the training tasks in 9, such as 'by-1-"),
    ],
)
def test_what_cannot_work_is_one_line_and_leaves_no_folder(
    quick, tmp_path, capsys, monkeypatch, wrong, message
):
    monkeypatch.chdir(tmp_path)
    assert profile(quick(**wrong)) == 2
    [line] = errors(capsys)
    assert line.startswith("onelayer: error: ")
    assert message in line
    assert not (tmp_path / "profile").exists()


def test_a_suite_that_overlaps_the_training_tasks_is_refused(quick, tmp_path, capsys):
    suite = SUITE | {"tasks": ["by-1-from-3", "by-1-from-0"], "split": "train"}
    (tmp_path / "suite.yaml").write_text(yaml.safe_dump(suite | {"tasks": ["by-1-from-0"]}))
    assert profile(quick()) == 2
    [line] = errors(capsys)
    assert "suite suite overlaps the training tasks in 1, such as 'by-1-from-0'" in line


def test_another_profile_in_the_folder_is_refused_and_kept(quick, pretend, tmp_path, capsys):
    pretend(known)
    assert profile(quick()) == 0
    before = {p: p.read_bytes() for p in (tmp_path / "profile").rglob("*") if p.is_file()}
    capsys.readouterr()
    for change, message in (
        ({"learning_rate": 0.5}, "holds a profile with lr_full=0.01, not 0.5"),
        ({"eval_temperature": 0.2}, "holds a profile with eval_temperature=1.0, not 0.2"),
        ({"suite": ""}, "holds a profile with suite="),
        ({"iterations": 4}, "holds a profile with iterations=2, not 4"),
    ):
        assert profile(quick(**change)) == 2
        [line] = errors(capsys)
        assert message in line
    after = {p: p.read_bytes() for p in (tmp_path / "profile").rglob("*") if p.is_file()}
    assert after == before


def test_damaged_scores_are_said_and_not_overwritten(quick, pretend, tmp_path, capsys):
    pretend(known)
    assert profile(quick()) == 0
    path = tmp_path / "profile" / "scores" / "layer-01-seed-1.json"
    content = json.loads(path.read_text())
    for damage in ("{", json.dumps({**content, "scores": []}), json.dumps({"format": "other"})):
        path.write_text(damage)
        capsys.readouterr()
        assert profile(quick()) == 2
        [line] = errors(capsys)
        assert "layer-01-seed-1.json holds no scores" in line
        assert path.read_text() == damage


def test_layers_seeds_and_controls_can_be_added(quick, pretend, tmp_path):
    made = pretend(known)
    assert profile(quick(iterations=8, layer_list="1")) == 0
    count = len(made)
    assert profile(quick(iterations=8, layer_list="0-3", seeds="1,2", controls="mid:2")) == 0
    added = [job.name for job in made[count:]]
    assert len(added) == len(set(added)) == 2 * 6 - 2
    assert "layer-01-seed-1" not in added
    assert len(load_profile(tmp_path / "profile").runs) == 12


def test_controls_are_chosen_by_the_ranking_and_the_page_says_so(quick, pretend, tmp_path, capsys):
    made = pretend(known)
    settings = quick(iterations=8, layer_list="0-3", controls="best:2,worst:1,boost:1,lr")
    assert profile(settings) == 0
    chosen = {job.name: job.config for job in made if job.config is not None}
    assert chosen["best-2-seed-1"].layers == "1,3"
    assert chosen["worst-1-seed-1"].layers == "0"
    assert chosen["boost-1-seed-1"].boost_layers == "1"
    assert {"layer-01-lr-x3-seed-1", "layer-00-lr-div3-seed-1"} <= set(chosen)
    order = [job.name for job in made]
    assert order.index("best-2-seed-1") > order.index("layer-03-seed-1")
    shown = capsys.readouterr().out
    assert "ranking 1, 3, 2, 0): selection on the same data" in shown
    assert load_profile(tmp_path / "profile").config["selection"]["ranking"] == [1, 3, 2, 0]


def test_controls_can_be_chosen_by_another_profile(quick, pretend, tmp_path, capsys):
    pretend(known)
    assert profile(quick(iterations=8, layer_list="0-3")) == 0
    other = tmp_path / "profile" / "profile.json"

    def reversed_layers(job):
        return 1.0 - known(job) if job.config is not None else 0.1

    made = pretend(reversed_layers)
    settings = quick(iterations=8, layer_list="0-3", out=tmp_path / "second", controls="best:1")
    assert profile({**settings, "ranking_from": other}) == 0
    chosen = {job.name: job.config for job in made if job.config is not None}
    assert chosen["best-1-seed-1"].layers == "1"  # its own scores would say 0
    assert f"chosen by {other}" in capsys.readouterr().out
    assert profile(settings) == 2
    assert "were chosen by" in errors(capsys)[0]


def test_halving_runs_the_better_half_on_and_says_what_it_spent(quick, pretend, tmp_path, capsys):
    made = pretend(known)
    assert profile(quick(iterations=8, layer_list="0-3", halving=True)) == 0
    layers = [(job.name, job.config.iterations) for job in made if job.name.startswith("layer")]
    assert layers == [
        *((f"layer-0{k}-seed-1-after-2", 2) for k in range(4)),
        *((f"layer-0{k}-seed-1-after-4", 4) for k in (1, 3)),
        ("layer-01-seed-1", 8),
    ]
    outs = {job.config.out for job in made if job.name.startswith("layer-01")}
    assert outs == {str(tmp_path / "profile" / "runs" / "layer-01-seed-1")}  # one run, continued
    found = load_profile(tmp_path / "profile")
    assert [run.name for run in found.runs] == ["full-seed-1", "layer-01-seed-1"]
    assert found.halving["ranking"] == [1, 3, 2, 0]
    assert found.halving["budget_spent"] == pytest.approx((4 * 2 + 2 * 2 + 1 * 4) / 32)
    assert [r["iterations"] for r in found.runs[1].rounds] == [2, 4]
    assert "Ranking 1, 3, 2, 0; 50% of what all layers to the end would take" in (
        capsys.readouterr().out
    )


@pytest.mark.slow
def test_halving_trains_for_real_and_goes_on_with_the_same_runs(quick, tmp_path):
    assert profile(quick(iterations=4, layer_list="1,2", halving=True, halving_rounds=1)) == 0
    found = load_profile(tmp_path / "profile")
    best, other = found.halving["ranking"]
    lengths = {
        layer: len(
            (tmp_path / "profile" / "runs" / f"layer-{layer:02d}-seed-1" / "metrics.jsonl")
            .read_text()
            .splitlines()
        )
        for layer in (best, other)
    }
    assert lengths == {best: 4, other: 2}
    whole = quick(iterations=4, layer_list=str(best), out=tmp_path / "whole")
    assert profile(whole) == 0
    one, same = weights(tmp_path / "profile"), weights(tmp_path / "whole")
    assert all(one[key] == value for key, value in same.items())


def test_base_evaluations_draw_other_numbers_for_the_same_tasks(quick, tmp_path):
    assert profile(quick(base_evaluations=3, layer_list="1")) == 0
    found = load_profile(tmp_path / "profile")
    assert len(found.base) == 3
    assert len(set(found.base)) > 1


def test_time_that_is_up_stops_between_iterations_and_keeps_what_is_there(quick, tmp_path, capsys):
    whole = quick(out=tmp_path / "whole")
    assert profile(whole) == 0

    def tell(kind, name, details):
        if kind == "iteration" and name == "layer-01-seed-1":
            profiler.deadline = 0.0

    profiler = Profiler(ProfileConfig(**quick(max_hours=1.0)), tell=tell)
    assert not profiler.measure()
    found = profiler.record()
    assert [run.name for run in found.runs] == ["full-seed-1"]
    run = tmp_path / "profile" / "runs" / "layer-01-seed-1"
    assert not (run / "layer.safetensors").exists()
    assert (run / "checkpoints" / "000001").is_dir()
    assert profile(quick()) == 0
    assert what_was_found(tmp_path / "profile") == what_was_found(tmp_path / "whole")
    assert weights(tmp_path / "profile") == weights(tmp_path / "whole")


def test_no_time_at_all_is_said(quick, tmp_path, capsys):
    assert profile(quick(max_hours=1e-9)) == 0
    assert "not all was measured; go on with" in capsys.readouterr().out
    assert not (tmp_path / "profile" / "profile.json").exists()


@pytest.mark.slow
def test_ctrl_c_writes_what_is_known_and_the_told_command_goes_on(
    quick, tmp_path, capsys, monkeypatch
):
    assert profile(quick(out=tmp_path / "whole")) == 0
    from onelayer.commands import profile as command

    class Interrupting(command._Progress):
        def __call__(self, kind, name, details):
            super().__call__(kind, name, details)
            if kind == "iteration" and name == "layer-01-seed-1":
                signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(command, "_Progress", Interrupting)
        assert profile(quick()) == 130
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert "This profile is not whole" in shown.out
    assert len(load_profile(tmp_path / "profile").runs) == 1
    told = re.search(r"go on with\n  onelayer (.*)\n", shown.out)
    assert main(told[1].split()) == 0
    assert what_was_found(tmp_path / "profile") == what_was_found(tmp_path / "whole")
    assert weights(tmp_path / "profile") == weights(tmp_path / "whole")


@pytest.mark.slow
def test_processes_share_the_work_and_one_that_is_killed_changes_nothing(quick, tmp_path):
    assert profile(quick(out=tmp_path / "whole")) == 0
    news, killed = [], []

    def tell(kind, name, details):
        news.append((kind, name))
        if kind == "iteration" and name == "layer-01-seed-1" and not killed:
            killed.extend(multiprocessing.active_children())
            for process in killed:
                os.kill(process.pid, signal.SIGKILL)

    profiler = Profiler(ProfileConfig(**quick(jobs=2)), tell=tell)
    assert profiler.measure()
    assert len(killed) == 2
    assert ("died", "layer-01-seed-1") in news
    assert not multiprocessing.active_children()
    assert profile(quick(jobs=2)) == 0
    assert what_was_found(tmp_path / "profile") == what_was_found(tmp_path / "whole")
    assert weights(tmp_path / "profile") == weights(tmp_path / "whole")


@pytest.mark.slow
def test_a_process_that_always_dies_is_given_up(quick, monkeypatch):
    def tell(kind, name, details):
        if kind == "iteration":
            for process in multiprocessing.active_children():
                os.kill(process.pid, signal.SIGKILL)

    profiler = Profiler(ProfileConfig(**quick(jobs=2, checkpoint_every=9)), tell=tell)
    with pytest.raises(RuntimeError, match=r"died 3 times \(exit code -9\); where memory is short"):
        profiler.measure()
    assert not multiprocessing.active_children()


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["scores/base-0.json", "scores/full-seed-1.json"])
def test_a_killed_profile_goes_on_to_the_same_end(quick, tmp_path, moment):
    assert profile(quick(out=tmp_path / "whole")) == 0
    command = [sys.executable, "-m", "onelayer", "profile", *flags(quick(jobs=2))]
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path)
        deadline = time.monotonic() + 300
        while not (tmp_path / "profile" / moment).exists():
            assert time.monotonic() < deadline
            assert process.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.05)
        process.kill()
        process.wait()
    assert profile(quick()) == 0
    assert what_was_found(tmp_path / "profile") == what_was_found(tmp_path / "whole")
    assert weights(tmp_path / "profile") == weights(tmp_path / "whole")


@pytest.mark.slow
def test_a_run_with_adapters_is_trained_and_evaluated_by_the_other_commands(
    quick, tmp_path, capsys
):
    settings = {
        k: v for k, v in quick().items() if k not in ("suite", "seeds", "layer_list", "jobs")
    }
    settings |= {"out": tmp_path / "run", "layers": "all", "lora_rank": 2, "eval_every": 0}
    assert main(["train", *flags(settings)]) == 0
    assert re.search(
        r"adapters of rank 2 in layer 0, 1, 2, 3: [\d,]+ parameters", capsys.readouterr().out
    )
    assert main(["eval", str(tmp_path / "run"), "--suite", str(tmp_path / "suite.yaml")]) == 0
    assert "trained" in capsys.readouterr().out


def test_a_run_that_diverges_is_left_out_and_said(quick, tmp_path, capsys, monkeypatch):
    from onelayer.trainers.contribution import crew
    from onelayer.trainers.trainer import Diverged

    perform = crew.perform

    def diverging(job, *arguments, **keywords):
        if job.name == "layer-01-seed-1":
            raise Diverged("training diverged: {'loss': nan}; try a lower --learning-rate")
        return perform(job, *arguments, **keywords)

    monkeypatch.setattr(crew, "perform", diverging)
    assert profile(quick(iterations=1)) == 1
    shown = capsys.readouterr()
    assert "layer-01-seed-1 is left out: training diverged" in shown.out + shown.err
    assert [run.name for run in load_profile(tmp_path / "profile").runs] == [
        *("full-seed-1", "layer-02-seed-1"),
    ]


def test_two_profiles_do_not_work_in_one_folder(quick, pretend, tmp_path, capsys):
    pretend(known)
    profiler = Profiler(ProfileConfig(**quick()), tell=lambda *_: None)
    with profiler.folder.alone():
        assert profile(quick()) == 2
    assert "another `onelayer profile` works in" in errors(capsys)[0]
    assert profile(quick()) == 0


@pytest.mark.slow
def test_ctrl_c_stops_several_processes_after_their_iteration(quick, tmp_path, capsys, monkeypatch):
    from onelayer.commands import profile as command

    class Interrupting(command._Progress):
        def __call__(self, kind, name, details):
            super().__call__(kind, name, details)
            if kind == "scored" and name == "full-seed-1":
                signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(command, "_Progress", Interrupting)
        assert profile(quick(jobs=2, seeds="1,2")) == 130
    assert "This profile is not whole" in capsys.readouterr().out
    assert not multiprocessing.active_children()
    assert len(load_profile(tmp_path / "profile").runs) < 6
    assert profile(quick(seeds="1,2")) == 0
    assert profile(quick(seeds="1,2", out=tmp_path / "whole")) == 0
    assert what_was_found(tmp_path / "profile") == what_was_found(tmp_path / "whole")


@pytest.mark.slow
def test_an_error_in_a_process_is_the_error_of_the_profile(quick, tmp_path, capsys):
    (tmp_path / "my_envs.py").write_text(BROKEN_IN_TRAINING)
    settings = quick(jobs=2, env=f"{tmp_path / 'my_envs.py'}:Broken-v0", suite="", eval_tasks=3)
    assert profile(settings) == 2
    assert "the world was made 15 times" in errors(capsys)[0]
    assert not multiprocessing.active_children()


BROKEN_IN_TRAINING = """
import gymnasium as gym
from onelayer.envs.counting import CountingEnv

made = 0

class Broken(CountingEnv):
    def __init__(self, split="train", **settings):
        global made
        made += 1
        if made > 15:
            raise ValueError(f"the world was made {made - 1} times")
        super().__init__(split, **settings)

gym.register("Broken-v0", entry_point=Broken)
"""
