"""What a profile finds in a run's folder: nothing, a part of the run, all of it, or another run."""

from dataclasses import asdict, replace

import pytest

from onelayer.trainers.profile.existing_runs import differs, find
from onelayer.trainers.profile.failure import Failure, keep_failure
from onelayer.trainers.run_folder import RunFolder

DEPTH = 4


def test_an_empty_place_is_trained_from_the_start(make_trainer):
    config = make_trainer().config
    found = find(config, DEPTH)
    assert (found.finished, found.config) == (0, config)


def test_a_finished_run_is_found_and_a_longer_plan_goes_on_with_it(make_trainer):
    trainer = make_trainer(iterations=2, layers="mid")
    trainer.train()
    planned = replace(trainer.config, layers="2")
    assert find(planned, DEPTH).finished == 2
    longer = find(replace(planned, iterations=5, eval_temperature=1.0), DEPTH)
    assert longer.finished == 2
    assert longer.config.resume
    assert longer.config.iterations == 5
    assert longer.config.layers == "mid"  # the words of the checkpoint
    RunFolder(longer.config.folder).require_run(longer.config.resume_key())


def test_a_finished_run_with_adapters_is_found(make_trainer):
    trainer = make_trainer(iterations=2, layers="all", lora_rank=2)
    trainer.train()
    assert find(trainer.config, DEPTH).finished == 2
    with pytest.raises(ValueError, match="it was trained with lora_rank=2, not 3"):
        find(replace(trainer.config, lora_rank=3), DEPTH)


@pytest.mark.parametrize("changes", [{"layers": "mid"}, {"layers": "all", "lora_rank": 2}])
def test_weights_of_a_part_of_a_run_are_no_finished_run(make_trainer, changes):
    trainer = make_trainer(iterations=3, **changes)
    trainer.saving.save_layer(1)
    found = find(trainer.config, DEPTH)
    assert (found.finished, found.whole) == (1, False)
    keep_failure(trainer.config.folder, Failure(1, 1, "a weight is no finite number"))
    assert find(trainer.config, DEPTH).whole


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rate": 0.5}, "learning_rate=0.01, not 0.5"),
        ({"layers": "1"}, "layers='mid', not '1'"),
        ({"layers": "0-3"}, "layers='mid', not '0-3'"),
        ({"boost_layers": "2"}, "boost_layers='', not '2'"),
        ({"seed": 9}, "seed=0, not 9"),
        ({"env_args": "{digits: 3}"}, "env_args="),
        ({"iterations": 1}, "was trained for 2 iterations, more than the 1 of this profile"),
    ],
)
def test_another_run_is_refused_by_what_differs(make_trainer, changes, message):
    trainer = make_trainer(iterations=2, layers="mid")
    trainer.train()
    with pytest.raises(ValueError, match="name another --out") as caught:
        find(replace(trainer.config, **changes), DEPTH)
    assert message in str(caught.value)


def test_a_run_older_than_a_setting_had_its_default(make_trainer):
    config = make_trainer().config
    old = {
        k: v for k, v in asdict(config).items() if k not in ("lora_rank", "boost", "boost_layers")
    }
    assert differs(config, old, DEPTH) == ""
    assert differs(replace(config, lora_rank=3), old, DEPTH) == (
        "it was trained with lora_rank=0, not 3"
    )


def test_all_layers_in_a_list_are_not_everything(make_trainer):
    config = make_trainer(layers="all").config
    assert "layers='0-3'" in differs(config, asdict(replace(config, layers="0-3")), DEPTH)


def test_how_arguments_are_written_makes_no_difference(make_trainer):
    config = replace(make_trainer().config, env_args="{digits: 4, length: 1}")
    same = asdict(replace(config, env_args='{"length": 1, "digits": 4}'))
    assert differs(config, same, DEPTH) == ""


def test_a_run_killed_in_its_first_checkpoint_begins_anew(make_trainer):
    config = make_trainer().config
    folder = RunFolder(config.folder)
    draft = folder.checkpoints / ".draft-123"
    draft.mkdir(parents=True)
    (draft / "state.pt").write_bytes(b"torn")
    make_trainer().train()
    assert find(config, DEPTH).finished == config.iterations


def test_a_run_that_has_lost_its_weights_is_said(make_trainer):
    trainer = make_trainer(iterations=1)
    trainer.train()
    trainer.folder.saved.forget()
    assert find(trainer.config, DEPTH).whole
    (trainer.folder.path / "layer.safetensors").unlink()
    with pytest.raises(ValueError, match="without a checkpoint to go on from; move it away"):
        find(trainer.config, DEPTH)


def test_a_damaged_layer_is_said(make_trainer):
    trainer = make_trainer(iterations=1)
    trainer.train()
    (trainer.folder.path / "layer.safetensors").write_bytes(b"torn")
    with pytest.raises(ValueError, match="is damaged or no trained layer; remove it"):
        find(trainer.config, DEPTH)


def test_a_failed_run_that_lost_its_weights_is_said_before_training(make_trainer):
    trainer = make_trainer(iterations=2)
    trainer.train()
    keep_failure(trainer.folder.path, Failure(1, 1, "training diverged"))
    assert find(trainer.config, DEPTH).finished == 2
    (trainer.folder.path / "layer.safetensors").unlink()
    with pytest.raises(ValueError, match=r"lost the weights .*; move the folder away"):
        find(trainer.config, DEPTH)
