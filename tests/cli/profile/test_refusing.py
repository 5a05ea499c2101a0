"""What `onelayer profile` refuses in one line, before anything is trained or overwritten."""

import json
import math

import gymnasium as gym
import pytest
import yaml
from helpers import known_score, run_profile, typed

from onelayer.cli import main
from onelayer.envs.text import FreeText

pytest.importorskip("torch")

from onelayer.trainers.profile.profile_config import ProfileConfig
from onelayer.trainers.profile.profiler import Profiler


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rate": 0.5}, "was trained with learning_rate=0.5, not 0.01"),
        ({"layers": "3"}, "was trained with layers='3', not '2'"),
        ({"iterations": 3}, "was trained for 3 iterations, more than the 2 of this profile"),
    ],
)
def test_another_run_in_its_place_is_refused_and_kept(
    quick, tmp_path, capsys, changes, message, errors
):
    settings = quick(layer_list="2")
    made = {k: v for k, v in settings.items() if k not in ("suite", "seeds", "layer_list", "jobs")}
    run = tmp_path / "profile" / "runs" / "layer-02-seed-1"
    made |= {"out": run, "layers": "2", "seed": 1, "eval_every": 0, **changes}
    assert main(["train", *typed(made)]) == 0
    before = {p: p.read_bytes() for p in (tmp_path / "profile").rglob("*") if p.is_file()}
    capsys.readouterr()
    assert run_profile(settings) == 2
    [line] = errors()
    assert message in line
    after = {p: p.read_bytes() for p in (tmp_path / "profile").rglob("*") if p.is_file()}
    assert after == before


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"layer_list": ""}, "layer_list is empty: name at least one layer"),
        ({"layer_list": "1,4"}, "layer 4 is out of range for a model of 4 layers"),
        ({"seeds": "1,1"}, "seeds names 1 twice"),
        ({"layers": "2"}, "unknown option --layers; did you mean '--layer-list'?"),
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
    quick, tmp_path, capsys, monkeypatch, wrong, message, errors
):
    monkeypatch.chdir(tmp_path)
    assert run_profile(quick(**wrong)) == 2
    [line] = errors()
    assert line.startswith("onelayer: error: ")
    assert message in line
    assert not (tmp_path / "profile").exists()


def test_a_suite_that_overlaps_the_training_tasks_is_refused(
    quick, tmp_path, capsys, errors, suite
):
    overlapping = suite | {"tasks": ["by-1-from-0"], "split": "train"}
    (tmp_path / "suite.yaml").write_text(yaml.safe_dump(overlapping))
    assert run_profile(quick()) == 2
    [line] = errors()
    assert "suite suite overlaps the training tasks in 1, such as 'by-1-from-0'" in line


def test_another_profile_in_the_folder_is_refused_and_kept(
    quick, pretend, tmp_path, capsys, errors
):
    pretend(known_score)
    assert run_profile(quick()) == 0
    before = {p: p.read_bytes() for p in (tmp_path / "profile").rglob("*") if p.is_file()}
    capsys.readouterr()
    for change, message in (
        ({"learning_rate": 0.5}, "holds a profile with lr_full=0.01, not 0.5"),
        ({"eval_temperature": 0.2}, "holds a profile with eval_temperature=1.0, not 0.2"),
        ({"suite": ""}, "holds a profile with suite="),
        ({"iterations": 4}, "holds a profile with iterations=2, not 4"),
    ):
        assert run_profile(quick(**change)) == 2
        [line] = errors()
        assert message in line
    after = {p: p.read_bytes() for p in (tmp_path / "profile").rglob("*") if p.is_file()}
    assert after == before


@pytest.mark.parametrize("name", ["layer-01-seed-1", "base-0"])
def test_damaged_scores_are_said_before_training_and_not_overwritten(
    quick, pretend, tmp_path, capsys, errors, name
):
    made = pretend(known_score)
    assert run_profile(quick()) == 0
    path = tmp_path / "profile" / "scores" / f"{name}.json"
    content = json.loads(path.read_text())
    evaluation = content["evaluation"]
    changes = [
        *({"scores": scores} for scores in ([], [math.nan] * 3, [None] * 3, ["a"] * 3, [5.0] * 3)),
        *({"evaluation": e} for e in (None, {}, [], {**evaluation, "settings": None})),
        *({"config": [1]}, {"cpu_seconds": "zz"}, {"tokens": 10**400}, {"failed": True}),
        *({"update_norm": ["q"]}, {"name": "layer-02-seed-1"}, {"format": "other"}),
    ]
    made.clear()
    for damage in ("{", "[]", *(json.dumps({**content, **change}) for change in changes)):
        path.write_text(damage)
        capsys.readouterr()
        assert run_profile(quick(seeds="1,2")) == 2, damage
        [line] = errors()
        assert f"{name}.json holds no scores" in line
        assert path.read_text() == damage
    assert not made


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tasks": ["a", "b", "c"]}, "has scores of other tasks; move it away"),
        ({"dev_tasks": ["q"], "dev_scores": [1.0]}, "has scores of other tasks; move it away"),
        ({"iterations": 5}, "is of another run: it was trained for 5 iterations; move it and"),
        ({"config": {"env_args": 5}}, "is of another run: it was trained with env_args=5"),
        ({"update_norm": [0.1, 0.2]}, "is of another run: it has 2 update norms for 1 layers"),
    ],
)
def test_scores_of_something_else_are_refused_before_training(
    quick, pretend, tmp_path, capsys, errors, change, message
):
    made = pretend(known_score)
    assert run_profile(quick()) == 0
    path = tmp_path / "profile" / "scores" / "layer-02-seed-1.json"
    content = json.loads(path.read_text())
    config = content["config"] | change.get("config", {})
    path.write_text(json.dumps({**content, **change, "config": config}))
    made.clear()
    capsys.readouterr()
    assert run_profile(quick(seeds="1,2")) == 2
    [line] = errors()
    assert f"layer-02-seed-1.json {message}" in line
    assert not made


class Levels(gym.Env):
    """An environment without ids of tasks, which has five levels, whatever the seed."""

    def __init__(self):
        self.observation_space = self.action_space = FreeText()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return "0 1 2", {"task": f"level-{int(self.np_random.integers(5))}"}

    def step(self, action):
        return "done", 0.0, True, False, {"success": False}


@pytest.mark.parametrize(("tasks", "dev"), [(10, 0), (1, 10)])
def test_held_out_tasks_of_one_name_are_refused_before_training(
    quick, tmp_path, monkeypatch, errors, tasks, dev
):
    monkeypatch.setitem(
        gym.registry, "Levels-v0", gym.envs.registration.EnvSpec("Levels-v0", Levels)
    )
    wrong = {"env": "Levels-v0", "env_args": "", "suite": "", "eval_tasks": tasks, "dev_tasks": dev}
    assert run_profile(quick(**wrong)) == 2
    [line] = errors()
    assert "stands twice among" in line and "lower --eval-tasks or --dev-tasks" in line
    assert not (tmp_path / "profile").exists()


def test_layers_of_a_profile_of_another_base_are_refused(quick, tmp_path, errors):
    other = tmp_path / "other.json"
    rows = [{"layer": 1, "contribution": 0.5}]
    other.write_text(json.dumps({"model": {"fingerprint": "another"}, "contributions": rows}))
    assert run_profile(quick(layer_list=f"best:1@{other}")) == 2
    [line] = errors()
    assert "the profile was measured on another base model" in line
    assert not (tmp_path / "profile").exists()


def test_a_damaged_journal_of_the_base_names_a_way_out_that_a_profile_has(quick, tmp_path, errors):
    journal = tmp_path / "profile" / "scores" / "base-0.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_text("garbage\n")
    assert run_profile(quick()) == 2
    [line] = errors()
    assert (
        "base-0.jsonl is no journal" in line and "move it away (`onelayer eval`: --fresh)" in line
    )


def test_two_profiles_do_not_work_in_one_folder(quick, pretend, tmp_path, capsys, errors):
    pretend(known_score)
    profiler = Profiler(ProfileConfig.of(quick()), tell=lambda *_: None)
    with profiler.folder.alone():
        assert run_profile(quick()) == 2
    assert "works in" in errors()[0]
    assert run_profile(quick()) == 0


def test_no_time_at_all_is_said(quick, tmp_path, capsys):
    assert run_profile(quick(max_hours=1e-9)) == 0
    assert "not all was measured; go on with" in capsys.readouterr().out
    assert not (tmp_path / "profile" / "profile.json").exists()
