"""`onelayer profile compare`, as it is called."""

import json

import pytest

from onelayer.cli import main
from onelayer.evals.contribution.profile_file import save_profile
from onelayer.evals.contribution.record import BaseModel, Budget, Profile, Run


@pytest.fixture
def write(tmp_path):
    """Return ``write(name, solved)``, where layer k solved ``solved[k]`` of 40 tasks."""

    def run(name, role, layers, solved):
        scores = tuple([1.0] * solved + [0.0] * (40 - solved))
        return Run(name, role, tuple(layers), 0, 1e-3, scores)

    def write(name, solved):
        layers = range(len(solved))
        profile = Profile(
            created="2026-11-22T00:00:00+00:00",
            model=BaseModel("tiny", "abc", len(solved), "qwen3"),
            env="onelayer/ALFWorld-v0",
            algorithm="gigpo",
            budget=Budget(20, 2560, 1e-3, 2e-3),
            tasks=tuple(f"task {i}" for i in range(40)),
            base=((0.0,) * 40,),
            runs=(
                run("full", "full", layers, 40),
                *(run(f"layer {k}", "layer", [k], solved[k]) for k in layers),
            ),
        )
        path = tmp_path / f"{name}.json"
        save_profile(profile, path)
        return str(path)

    return write


def test_profiles_are_compared_and_kept(write, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    paths = [write("one", [5, 20, 30, 25, 10, 0]), write("two", [6, 22, 35, 20, 12, 1])]
    out = tmp_path / "out"
    assert main(["profile", "compare", *paths, "--out", str(out)]) == 0
    page = capsys.readouterr().out
    assert "| one and two |" in page and "0.94" in page
    assert (out / "comparison.md").read_text() in page
    assert (out / "comparison.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["one"], "takes two profiles or more, got 1"),
        (["one", "absent"], "there is no profile"),
        (["one", "other"], "format is 'onelayer-profile/9'"),
        (["one", "short"], "cannot be compared: rankings need at least 3 layers in common"),
        (["one", "two", "--top", "9"], "top must be from 1 to the 6 layers compared, got 9"),
        (["one", "two", "--trend", "0"], "trend must be at least 1, got 0"),
    ],
)
def test_what_cannot_be_compared_is_one_clear_line(write, tmp_path, capsys, arguments, message):
    names = {"one": write("one", [5, 20, 30, 25, 10, 0]), "two": write("two", [1, 2, 3, 4, 5, 6])}
    names |= {"short": write("short", [1, 2]), "absent": str(tmp_path / "absent.json")}
    other = json.loads((tmp_path / "one.json").read_text()) | {"format": "onelayer-profile/9"}
    (tmp_path / "other.json").write_text(json.dumps(other))
    names["other"] = str(tmp_path / "other.json")
    out = tmp_path / "out"
    called = [names.get(word, word) for word in arguments]
    assert main(["profile", "compare", *called, "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not out.exists()
