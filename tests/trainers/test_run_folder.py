"""A run on disk: whole checkpoints, logs without a torn line, and no run written over another."""

import json
import os

import numpy as np
import pytest
import torch

from onelayer.agents.episodes import Episode, Step, as_record
from onelayer.trainers.checkpoints import Checkpoint
from onelayer.trainers.run_folder import RunFolder


def checkpoint(iteration, value=0.0, **config):
    weight = torch.full((2, 2), float(value))
    optimizer = torch.optim.AdamW([torch.nn.Parameter(weight.clone())])
    return Checkpoint(iteration, config, {"w": weight}, optimizer.state_dict())


def saved(folder):
    return sorted(path.name for path in folder.checkpoints.iterdir())


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    folder = RunFolder(tmp_path / "run")
    parameter = torch.nn.Parameter(torch.tensor([0.1, 1e-30, 3.0]))
    optimizer = torch.optim.AdamW([parameter], lr=0.1)
    for _ in range(3):
        parameter.square().sum().backward()
        optimizer.step()
    state = optimizer.state_dict()
    folder.save(Checkpoint(7, {"gamma": 0.95}, {"w": parameter.detach()}, state))
    found = folder.last()
    assert (found.iteration, found.config) == (7, {"gamma": 0.95})
    assert torch.equal(found.weights["w"], parameter)
    assert found.optimizer["param_groups"] == state["param_groups"]
    for name, value in state["state"][0].items():
        assert torch.equal(found.optimizer["state"][0][name], value)


def test_the_newest_checkpoints_are_kept(tmp_path):
    folder = RunFolder(tmp_path)
    for iteration in (0, 5, 10, 100):
        folder.save(checkpoint(iteration, iteration))
    assert saved(folder) == ["000010", "000100"]
    assert folder.last().weights["w"][0, 0] == 100


def test_a_checkpoint_that_is_there_is_not_written_again(tmp_path):
    folder = RunFolder(tmp_path)
    folder.save(checkpoint(3, 1))
    folder.save(checkpoint(3, 2))
    assert folder.last().weights["w"][0, 0] == 1


@pytest.mark.parametrize("moment", ["torch.save", "write_atomically", "os.replace"])
def test_a_save_that_fails_leaves_the_checkpoint_before_it(tmp_path, monkeypatch, moment):
    folder = RunFolder(tmp_path)
    folder.save(checkpoint(1, 1))

    def fail(*_):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(f"onelayer.trainers.checkpoints.{moment}", fail)
        with pytest.raises(OSError, match="disk full"):
            folder.save(checkpoint(2, 2))
    assert folder.last().iteration == 1
    folder.save(checkpoint(2, 3))
    assert folder.last().weights["w"][0, 0] == 3
    assert saved(folder) == ["000001", "000002"]  # and no draft


def test_what_another_process_left_unfinished_is_cleaned_away(tmp_path):
    folder = RunFolder(tmp_path)
    (folder.checkpoints / ".draft-1").mkdir(parents=True)
    (folder.checkpoints / ".draft-1" / "state.pt").write_bytes(b"half")
    with pytest.raises(ValueError, match="holds no checkpoint"):
        folder.last()
    folder.save(checkpoint(1))
    assert saved(folder) == ["000001"]


def test_going_on_from_nothing_is_refused(tmp_path):
    for folder in (RunFolder(tmp_path), RunFolder(tmp_path / "absent")):
        with pytest.raises(ValueError, match="holds no checkpoint to resume from"):
            folder.require_run({})
        with pytest.raises(ValueError, match="holds no checkpoint to resume from"):
            folder.last()
    assert os.listdir(tmp_path) == []


def test_going_on_with_another_setting_is_refused_by_its_name(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.save(checkpoint(1, gamma=0.95, layers="mid"))
    folder.require_run({"gamma": 0.95, "layers": "mid", "newer": 1})
    with pytest.raises(ValueError, match=r"run was trained with gamma=0.95, not 0.9; resume with"):
        folder.require_run({"gamma": 0.9, "layers": "mid"})


@pytest.mark.parametrize("there", ["metrics.jsonl", "checkpoints/000000/state.pt"])
def test_a_folder_that_holds_a_run_is_refused(tmp_path, there):
    folder = RunFolder(tmp_path / "run")
    folder.require_new()
    assert not folder.path.exists()
    (folder.path / there).parent.mkdir(parents=True)
    (folder.path / there).touch()
    with pytest.raises(
        ValueError, match=r"run holds a run; add --resume to go on, or name another"
    ):
        folder.require_new()


def test_a_file_is_no_folder_for_a_run(tmp_path):
    (tmp_path / "run").touch()
    with pytest.raises(ValueError, match="is a file"):
        RunFolder(tmp_path / "run").require_new()


def test_logs_are_taken_back_to_an_iteration_and_a_torn_line_is_dropped(tmp_path):
    folder = RunFolder(tmp_path)
    for i in range(5):
        folder.log({"iteration": i, "loss": 0.1 * i})
    with open(folder.metrics, "a") as file:
        file.write('{"iteration": 2, "los')  # the process was killed here
    folder.take_back(4)
    lines = folder.metrics.read_text().splitlines()
    assert [json.loads(line)["iteration"] for line in lines] == [0, 1, 2, 3]
    folder.log({"iteration": 4})
    assert json.loads(folder.metrics.read_text().splitlines()[-1]) == {"iteration": 4}
    folder.take_back(0)
    assert folder.metrics.read_text() == ""


def test_a_line_that_lacks_only_its_end_is_kept(tmp_path):
    folder = RunFolder(tmp_path)
    folder.metrics.write_text('{"iteration": 0}\n{"iteration": 1}')
    folder.take_back(2)
    assert folder.metrics.read_text() == '{"iteration": 0}\n{"iteration": 1}\n'


def test_taking_back_what_was_never_logged_is_nothing(tmp_path):
    RunFolder(tmp_path).take_back(3)
    assert os.listdir(tmp_path) == []


def made_episode():
    steps = (
        Step("1 + 1 =", "2", 0.5, 0, reply="2 <eos>", action_ids=(7, 2), logprobs=(-0.5, -0.1)),
        Step("2 + 1 =", "", -0.1, 1, valid=False, cut=True, reply="ähm\u2028"),
    )
    return Episode("by-1-from-1", steps, success=False, truncated=True, kind="by 1")


def test_episodes_are_logged_as_a_reader_wants_them(tmp_path):
    folder = RunFolder(tmp_path)
    folder.log_episodes(3, [made_episode(), made_episode()], np.array([1.0, -0.5, 0.0, 2 / 3]))
    first, second = map(json.loads, folder.episodes.read_text(encoding="utf-8").split("\n")[:-1])
    assert first["iteration"] == second["iteration"] == 3
    assert first["total_reward"] == pytest.approx(0.4)
    assert [step["advantage"] for step in second["steps"]] == [0.0, 0.666667]
    assert first["steps"][1] == {
        "observation": "2 + 1 =",
        "action": "",
        "reply": "ähm\u2028",
        "reward": -0.1,
        "valid": False,
        "cut": True,
        "advantage": -0.5,
    }
    folder.take_back(4)
    assert len(folder.episodes.read_text(encoding="utf-8").split("\n")) == 3


def test_an_episode_without_advantages_is_a_record_too():
    record = as_record(made_episode())
    assert all("advantage" not in step for step in record["steps"])
