"""Training that is played on servers: the right weights at every rollout, or an error that says why not."""

import copy
import json
import logging

import pytest
import torch
from helpers import (
    counting_model,
    gradients_of,
    make_learner,
    play_counting,
    random_advantages,
    tiny_model,
)
from vllm_servers import VLLMServerForTests

from onelayer.agents.vllm_server import WeightsNotTaken
from onelayer.cli import main
from onelayer.trainers.whole_layers import whole_layers


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch):
    monkeypatch.setattr("onelayer.agents.json_server._FIRST_WAIT_S", 0.01)


@pytest.fixture
def server():
    with VLLMServerForTests(counting_model()) as one:
        yield one


@pytest.fixture
def trainer_on(make_trainer):
    """Return ``trainer_on(*servers, out="run", **config) -> Trainer``."""

    def make_one(*servers, out="run", **config):
        urls = ",".join(server.url for server in servers)
        small = {"layers": "1", "iterations": 3, "tasks_per_iteration": 2, "group_size": 3}
        return make_trainer(out, engine="vllm", server=urls, **{**small, **config})

    return make_one


def metrics_of(trainer):
    return [line for line in trainer.folder.history() if "loss" in line]


def assert_that_all_was_played_with_what_was_learned(trainer):
    for line in metrics_of(trainer):
        assert line["logp_drift"] < 1e-5
        assert line["effective_samples"] > 0.999


def assert_same_weights(server, trainer):
    theirs = server.weights()
    for name, weight in whole_layers(trainer.model, [0, 1, 2, 3], everything=True).items():
        torch.testing.assert_close(theirs[name], weight, atol=1e-6, rtol=0, msg=name)


CHOICES = [
    {"layers": "1"},
    {"layers": "0,2", "dtype": "float32", "minibatches": 2, "epochs": 2},
    {"layers": "all"},
    {"layers": "2", "train_embeddings": True},
    {"layers": "1,3", "lora_rank": 2},
]
FIRST, *OTHERS = CHOICES
OTHERS = [pytest.param(choice, marks=pytest.mark.slow) for choice in OTHERS]


@pytest.mark.parametrize(
    "choice", [FIRST, *OTHERS], ids=lambda choice: " ".join(map(str, choice.values()))
)
def test_whatever_learns_is_what_is_played_with(trainer_on, server, choice):
    if "lora_rank" in choice:
        pytest.importorskip("peft")
    trainer = trainer_on(server, eval_every=3, **choice)
    before = {name: weight.clone() for name, weight in server.weights().items()}
    assert trainer.train()
    assert len(metrics_of(trainer)) == 3
    assert_that_all_was_played_with_what_was_learned(trainer)
    merged = whole_layers(trainer.model, range(4), everything=True)
    moved = [name for name, weight in merged.items() if not torch.equal(weight, before[name])]
    assert moved
    if "lora_rank" not in choice:
        assert set(moved) <= set(trainer.learner.parameters)
    # The last evaluation was played with the last weights.
    assert_same_weights(server, trainer)
    assert "seconds/transfer" in metrics_of(trainer)[-1]


def test_the_update_is_the_one_that_states_kept_while_playing_give(plain_tokenizer):
    """No states come back from servers, so the layers below run once in the update."""
    found = []
    for keeps in (True, False):
        learner = make_learner(tiny_model(initializer_range=0.3), "2", epochs=2)
        states = learner.states if keeps else None
        episodes = play_counting(learner.model, plain_tokenizer, states=states)
        seen = gradients_of(learner)
        learner.update(episodes, random_advantages(episodes), 0)
        found.append(seen)
    for kept, computed in zip(*found, strict=True):
        for name, gradient in kept.items():
            torch.testing.assert_close(gradient, computed[name], atol=1e-6, rtol=1e-4)


def test_all_servers_play_with_the_same_weights(trainer_on, server):
    with VLLMServerForTests(counting_model()) as other:
        trainer = trainer_on(server, other, eval_every=3)
        assert trainer.train()
        assert_that_all_was_played_with_what_was_learned(trainer)
        assert_same_weights(server, trainer)
        assert_same_weights(other, trainer)
        assert min(len(server.asked), len(other.asked)) > 10


def test_a_restart_in_the_middle_of_a_rollout_is_noticed_and_the_rollout_played_again(
    trainer_on, server, caplog
):
    trainer = trainer_on(server)
    count = 0

    def after(_):
        nonlocal count
        count += trainer.iteration == 2
        if count == 5:
            server.restart()

    server.after = after
    assert trainer.train()
    assert caplog.text.count("all is played again") == 1
    assert caplog.text.count("it gets the trained weights again") == 1
    assert len(metrics_of(trainer)) == 3
    assert_that_all_was_played_with_what_was_learned(trainer)


def test_a_restart_between_rollouts_is_mended(trainer_on, server, caplog):
    trainer = trainer_on(server)
    take = trainer.engines.take

    def then_restart(iteration):
        moved = take(iteration)
        if iteration == 2:
            server.restart()
        return moved

    trainer.engines.take = then_restart
    assert trainer.train()
    assert "it gets the trained weights again" in caplog.text
    assert "played again" not in caplog.text
    assert_that_all_was_played_with_what_was_learned(trainer)


@pytest.mark.slow
def test_a_server_that_keeps_starting_again_ends_the_run_with_a_checkpoint(trainer_on, server):
    trainer = trainer_on(server)
    server.after = lambda _: server.restart() if trainer.iteration == 1 else None
    with pytest.raises(WeightsNotTaken, match="started again in 3 rollouts running"):
        trainer.train()
    assert trainer.folder.last().iteration == 1


@pytest.mark.slow
def test_a_run_that_ends_with_its_server_goes_on_with_another(trainer_on, server):
    trainer = trainer_on(server, checkpoint_every=4)

    def wrong(path, _):
        return 500 if path == "/update_weights" and trainer.iteration == 2 else None

    server.wrong = wrong
    with pytest.raises(WeightsNotTaken, match="is broken now: start it again, and go on with"):
        trainer.train()
    assert trainer.folder.last().iteration == 2
    with VLLMServerForTests(counting_model()) as fresh:
        again = trainer_on(fresh, checkpoint_every=4, resume=True)
        assert again.train()
        assert [line["iteration"] for line in metrics_of(again)] == [0, 1, 2]
        assert_that_all_was_played_with_what_was_learned(again)


@pytest.mark.slow
def test_two_runs_on_one_server_notice_each_other(trainer_on, server):
    first = trainer_on(server)

    def after(_):
        if first.iteration == 2 and server.version.endswith("-2"):
            server.version = "another-0"

    server.after = after
    with pytest.raises(WeightsNotTaken, match="another run uses it"):
        first.train()


@pytest.mark.slow
def test_nothing_is_left_in_the_folder_of_files(trainer_on, server, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    seen = []
    update = server.update_weights

    def noted(update_info):
        seen.append(update_info["path"])
        return update(update_info)

    server.update_weights = noted
    trainer_on(server, server_files=str(shared)).train()
    assert {str(shared)} == {path.rpartition("/")[0] for path in seen}
    assert list(shared.iterdir()) == []


def test_a_check_that_fails_leaves_no_file(trainer_on, server, tmp_path):
    server.deaf = True
    with pytest.raises(ValueError, match="was sent a changed layer"):
        trainer_on(server, server_files=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_full_or_missing_folder_of_files_is_said(trainer_on, server, tmp_path):
    with pytest.raises(OSError, match=r"cannot be written: .* name a folder with room"):
        (tmp_path / "file").write_text("")
        trainer_on(server, server_files=str(tmp_path / "file" / "shared"))


# What a server has that cannot play for this run, and what is said; nothing is played.
@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"dtype": "bfloat16"}, "computes in bfloat16, and --dtype is float32; start it with"),
        ({"logprobs_mode": "raw_logprobs"}, "tells log-probabilities as raw_logprobs"),
        ({"backend": "nccl"}, "takes weights by nccl, not by onelayer_file"),
        ({"context": 3}, "reads 3 tokens, and a reply alone has up to 3"),
        (
            {"shape": {"hidden_size": 64}},
            "another model than counting: its hidden_size is 64, not 32",
        ),
    ],
)
def test_a_server_that_says_that_it_is_another_is_refused(trainer_on, told, message):
    with VLLMServerForTests(counting_model(), **told) as server:
        with pytest.raises(ValueError, match=message):
            trainer_on(server)
        assert not server.asked


def test_other_weights_behind_a_server_are_refused(trainer_on, tmp_path):
    other = copy.deepcopy(counting_model())
    with torch.no_grad():
        other.model.layers[3].mlp.down_proj.weight.mul_(1.2)
    with VLLMServerForTests(other) as server:
        with pytest.raises(ValueError, match=r"has other weights than counting: log-prob.* differ"):
            trainer_on(server)
        assert "/start_weight_update" not in server.paths
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_layers_that_another_run_left_are_refused_and_ours_are_replaced(trainer_on, server):
    assert trainer_on(server, eval_every=3, learning_rate=0.3).train()
    with pytest.raises(ValueError, match="or layers that another run trained"):
        trainer_on(server, out="other", layers="2")
    trainer_on(server, out="same")  # which sends its own layer 1


def test_a_server_that_does_not_play_with_what_it_is_sent_is_refused(trainer_on, server):
    server.deaf = True
    with pytest.raises(ValueError, match="was sent a changed layer 1, and its log-probabilities"):
        trainer_on(server)


def test_another_tokenizer_is_refused_and_the_same_one_is_not(
    trainer_on, plain_tokenizer, chat_tokenizer
):
    with VLLMServerForTests(counting_model(), tokenizer=plain_tokenizer) as server:
        trainer_on(server)
    with (
        VLLMServerForTests(counting_model(), tokenizer=chat_tokenizer) as server,
        pytest.raises(ValueError, match="has another tokenizer than counting"),
    ):
        trainer_on(server, out="other")


def test_the_check_leaves_the_model_and_the_server_as_they_were(trainer_on, server):
    trainer = trainer_on(server)
    for name, weight in counting_model().named_parameters():
        assert torch.equal(trainer.model.get_parameter(name), weight)
        assert torch.equal(server.weights()[name], weight)
    assert "check" in server.version


ONE_LINE = [
    (["--server", "http://127.0.0.1:9"], "no vLLM server answers at http://127.0.0.1:9"),
    (["--server", "somewhere:1"], "name a folder that it shares with this machine"),
    (
        ["--server", "http://127.0.0.1:9", "--server-files", "/no/such"],
        "no folder that can be written",
    ),
    ([], "engine vllm needs --server URL"),
]


@pytest.mark.parametrize(("flags", "message"), ONE_LINE)
def test_the_command_line_says_in_one_line_what_to_start(flags, message, tmp_path, capsys):
    arguments = ["train", "--env", "onelayer/Counting-v0", "--engine", "vllm", *flags]
    assert main([*arguments, "--out", str(tmp_path / "run")]) == 2
    [line] = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert message in line
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("architecture", ["qwen3", "llama", "phi3", "gpt_neox"])
@pytest.mark.parametrize("tied", [True, False])
def test_weights_go_over_with_the_names_that_they_have_in_a_checkpoint(
    tmp_path, architecture, tied
):
    assert_names_of_a_checkpoint(tiny_model(architecture, tied=tied), tmp_path)


def test_experts_that_transformers_joins_go_over_apart(tmp_path):
    model = tiny_model(
        "qwen3_moe",
        num_experts=4,
        num_experts_per_tok=2,
        moe_intermediate_size=16,
        decoder_sparse_step=1,
    )
    assert_names_of_a_checkpoint(model, tmp_path)
    assert any(".experts.3.down_proj.weight" in name for name in whole_layers(model, [1]))


def assert_names_of_a_checkpoint(model, folder):
    from safetensors.torch import load_file

    model.save_pretrained(folder)
    saved = load_file(folder / "model.safetensors")
    found = whole_layers(model, [0], everything=True)
    assert found.keys() == saved.keys()
    assert all(torch.equal(found[name], saved[name]) for name in saved)
    layer = whole_layers(model, [1])
    assert layer.keys() == {name for name in saved if ".1." in name.partition("layers")[2][:3]}


def test_what_is_sent_is_in_the_dtype_of_the_base():
    sent = whole_layers(tiny_model(), [2], dtype=torch.bfloat16)
    assert {tensor.dtype for tensor in sent.values()} == {torch.bfloat16}


def test_the_log_of_a_run_is_json_and_says_how_long_sending_took(trainer_on, server, caplog):
    caplog.set_level(logging.WARNING)
    trainer = trainer_on(server, iterations=1)
    trainer.train()
    [line] = [json.loads(text) for text in trainer.folder.metrics.read_text().splitlines()]
    assert line["seconds/transfer"] > 0
    assert "server" not in caplog.text
