import json
from dataclasses import replace

import pytest
from helpers import make_profile

from onelayer.evals.contribution.profile_file import load_profile, save_profile


@pytest.fixture
def profile():
    return make_profile(
        [[0, 0, 1, 0]],
        [[1, 1, 1, 0], [1, 0, 1, 1]],
        {0: [[0, 0, 1, 0], [0, 1, 0, 0]], 1: [[1, 1, 1, 1], [1, 0, 1, 1]]},
        controls={"random:1 draw 0": ([0], [[0, 1, 1, 0]])},
        config={"temperature": 1.0, "seeds": [0, 1]},
        halving={"rounds": [{"layers": [0, 1]}]},
    )


def changed(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_a_saved_profile_is_loaded_equal(profile, tmp_path):
    from onelayer.evals.contribution.contributions import measured

    whole = measured(profile, resamples=200)
    save_profile(whole, tmp_path / "profile.json")
    loaded = load_profile(tmp_path)  # the folder will do
    assert loaded.runs == whole.runs
    assert loaded.contributions == whole.contributions
    assert loaded == replace(
        whole, config=loaded.config, halving=loaded.halving, env_args={}, versions={}
    )
    assert loaded.halving == {"rounds": [{"layers": [0, 1]}]}


def test_a_runs_scores_stand_on_one_line(profile, tmp_path):
    save_profile(profile, tmp_path / "profile.json")
    assert '"scores": [1, 1, 1, 0],\n' in (tmp_path / "profile.json").read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(format="onelayer-profile/2"), "format is 'onelayer-profile/2'"),
        (lambda c: c.pop("format"), "format is None"),
        (lambda c: c["runs"][1]["scores"].pop(), "'full-seed-1' has 3 scores for 4 tasks"),
        (lambda c: c["runs"][1].pop("scores"), "is no profile: .*scores"),
        (
            lambda c: c["runs"][2]["scores"].__setitem__(1, None),
            "'layer-00-seed-0' has no score from 0 to 1 for task 1, but None",
        ),
        (lambda c: c["runs"][2]["scores"].__setitem__(1, 5.0), "for task 1, but 5.0"),
        (lambda c: c["base"][0].__setitem__(0, 10**400), "base evaluation 0 has no score from 0"),
        (lambda c: c["base"].clear(), "no evaluation of the base"),
        (lambda c: c["base"][0].pop(), "base evaluation 0 has 3 scores for 4 tasks"),
        (
            lambda c: c["runs"][1].update(name="full-seed-0"),
            "run 'full-seed-0' stands twice",
        ),
        (lambda c: c.update(tasks=["a", "b", "a", "c"]), "task 'a' stands twice"),
        (lambda c: c.update(tasks=[]), "needs held-out tasks"),
        (lambda c: c["runs"][2].update(layers=[2]), "trained layer 2, which a model of 2 layers"),
        (lambda c: c["runs"][2].update(layers=[0, 1]), "role 'layer', but trained"),
        (lambda c: c["runs"][2].update(role="best"), "has the role 'best'"),
        (lambda c: c["runs"][2].update(control="lora"), "names the control 'lora'"),
        (lambda c: c["runs"][2].update(update_norm=[0.5, 0.5]), "2 update norms for 1 layers"),
        (lambda c: c["runs"][2].update(speed=3), "is no profile: TypeError.*speed"),
        (lambda c: c.pop("model"), "is no profile: KeyError"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(profile, tmp_path, change, message):
    path = tmp_path / "profile.json"
    save_profile(profile, path)
    changed(path, change)
    with pytest.raises(ValueError, match=message) as error:
        load_profile(path)
    assert "\n" not in str(error.value) and str(path) in str(error.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '"profile"'])
def test_what_is_no_json_object_is_no_profile(tmp_path, text):
    (tmp_path / "profile.json").write_text(text)
    with pytest.raises(ValueError, match="is no profile"):
        load_profile(tmp_path / "profile.json")


def test_a_missing_profile_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no profile .*nothing\.json"):
        load_profile(tmp_path / "nothing.json")


def test_a_failed_save_keeps_the_old_file(profile, tmp_path):
    path = tmp_path / "profile.json"
    save_profile(profile, path)
    before = path.read_text()
    loop = []
    loop.append(loop)
    with pytest.raises(RecursionError):
        save_profile(replace(profile, halving=loop), path)
    assert path.read_text() == before
    assert list(tmp_path.iterdir()) == [path]
