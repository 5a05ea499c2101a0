"""What training computes is what playing computed, wherever the forward pass starts."""

import numpy as np
import pytest
import torch

from onelayer.agents.forward import entering, hidden_entering
from onelayer.trainers.layers import decoder_layers, train_only, trained_parameters
from onelayer.trainers.rows import collate, rows
from onelayer.trainers.scoring import check_split, score, weights_of

ARCHITECTURES = ["qwen3", "qwen2", "llama"]
CLOSE = {"atol": 1e-5, "rtol": 0}


@pytest.fixture
def tokenizers(plain_tokenizer, chat_tokenizer):
    return {"plain": plain_tokenizer, "chat": chat_tokenizer}


def made(tiny_model, tokenizer, architecture="qwen3"):
    """A model whose weights are large enough for every token and every layer to count."""
    return tiny_model(
        architecture,
        layers=3,
        tied=False,
        vocab_size=len(tokenizer),
        max_position_embeddings=2048,
        initializer_range=0.2,
    )


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("kind", ["plain", "chat"])
@pytest.mark.parametrize("history", ["all", 2])
@pytest.mark.parametrize("first", [0, 1, 2])
def test_log_probabilities_are_those_of_sampling_from_every_layer_on(
    tiny_model, tokenizers, play, advantages, architecture, kind, history, first
):
    model = made(tiny_model, tokenizers[kind], architecture)
    episodes = play(model, tokenizers[kind], history=history, first=first, tasks=1)
    batch = collate(rows(episodes, advantages(episodes)))
    with torch.no_grad():
        split = score(model, batch, below=decoder_layers(model)[:first])
        whole = score(model, batch)
    torch.testing.assert_close(split.logp_N, batch.logp_N, **CLOSE)
    torch.testing.assert_close(whole.logp_N, batch.logp_N, **CLOSE)
    torch.testing.assert_close(split.entropy_N, whole.entropy_N, **CLOSE)


def test_the_temperature_of_sampling_counts(tiny_model, plain_tokenizer, play, advantages):
    model = made(tiny_model, plain_tokenizer)
    episodes = play(model, plain_tokenizer, temperature=0.5)
    batch = collate(rows(episodes, advantages(episodes)))
    with torch.no_grad():
        cold, warm = score(model, batch, temperature=0.5), score(model, batch)
    torch.testing.assert_close(cold.logp_N, batch.logp_N, **CLOSE)
    assert (warm.logp_N - batch.logp_N).abs().max() > 0.1
    assert cold.entropy_N.mean() < warm.entropy_N.mean()


def test_entropy_by_hand(tiny_model, plain_tokenizer, play, advantages):
    model = tiny_model()
    episodes = play(model, plain_tokenizer, tasks=1)
    batch = collate(rows(episodes, advantages(episodes)))
    scores = score(model, batch)
    with torch.no_grad():
        logits = model(input_ids=batch.ids_BT, attention_mask=batch.read_BT.long()).logits
    expected = torch.distributions.Categorical(logits=logits[batch.predicts_BT]).entropy()
    torch.testing.assert_close(scores.entropy_N, expected, **CLOSE)
    assert not scores.entropy_N.requires_grad


def test_padding_and_neighbours_do_not_matter(tiny_model, plain_tokenizer, play, advantages):
    model = made(tiny_model, plain_tokenizer)
    episodes = play(model, plain_tokenizer, first=2)
    made_rows = rows(episodes, advantages(episodes))
    assert len({len(row.ids_T) for row in made_rows}) > 2
    below = model.model.layers[:2]
    with torch.no_grad():
        together = score(model, collate(made_rows), below=below).logp_N
        alone = [score(model, collate([row]), below=below).logp_N for row in made_rows]
        backwards = score(model, collate(made_rows[::-1]), below=below).logp_N
    torch.testing.assert_close(together, torch.cat(alone), **CLOSE)
    counts = [row.tokens for row in made_rows[::-1]]
    torch.testing.assert_close(torch.cat(backwards.split(counts)[::-1]), together, **CLOSE)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("first", [1, 2])
def test_gradients_from_recorded_states_are_those_of_the_whole_forward_pass(
    tiny_model, plain_tokenizer, play, advantages, architecture, first
):
    model = made(tiny_model, plain_tokenizer, architecture)
    episodes = play(model, plain_tokenizer, first=first)
    batch = collate(rows(episodes, advantages(episodes)))
    train_only(model, [first])
    parameters = trained_parameters(model, [first])
    gradients = []
    for below in (decoder_layers(model)[:first], ()):
        (score(model, batch, below=below).logp_N * batch.advantage_N).mean().backward()
        gradients.append({name: p.grad.clone() for name, p in parameters.items()})
        model.zero_grad()
    largest = max(gradient.abs().max() for gradient in gradients[1].values())
    assert largest > 1e-2
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradient, gradients[1][name], atol=1e-5 * largest, rtol=0)


def test_frozen_layers_below_do_not_run(tiny_model, plain_tokenizer, play, advantages):
    model = tiny_model()
    episodes = play(model, plain_tokenizer, first=2, tasks=1)
    batch = collate(rows(episodes, advantages(episodes)))
    ran = []
    for i, layer in enumerate(model.model.layers):
        layer.mlp.register_forward_pre_hook(lambda *_, i=i: ran.append(i))
    score(model, batch, below=model.model.layers[:2])
    assert ran == [2, 3]
    ran.clear()
    score(model, batch)
    assert ran == [0, 1, 2, 3]


def test_other_weights_stand_in_for_a_while_only(tiny_model, plain_tokenizer, play, advantages):
    model = tiny_model()
    episodes = play(model, plain_tokenizer, tasks=1)
    batch = collate(rows(episodes, advantages(episodes)))
    parameters = trained_parameters(model, [1])
    start = {name: p.detach().clone() for name, p in parameters.items()}
    with torch.no_grad():
        before = score(model, batch).logp_N
        for parameter in parameters.values():
            parameter.add_(torch.randn(parameter.shape) * 0.3)
        moved = score(model, batch).logp_N
        with weights_of(parameters, start):
            assert torch.equal(score(model, batch).logp_N, before)
        assert torch.equal(score(model, batch).logp_N, moved)
        with pytest.raises(OSError), weights_of(parameters, start):
            raise OSError
        assert torch.equal(score(model, batch).logp_N, moved)
    assert not torch.allclose(moved, before)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("first", [0, 1, 3])
def test_models_that_can_start_in_the_middle_pass(tiny_model, architecture, first):
    model = tiny_model(architecture)
    check_split(model, list(model.model.layers), first)
    assert all("forward" not in vars(layer) for layer in model.model.layers)


SCALES_OR_ADDS = {
    "granite": {"embedding_multiplier": 3.0},
    "gemma": {"head_dim": 8},
    "gpt2": {"n_embd": 32, "n_layer": 4, "n_head": 4},  # adds its learned positions
    "opt": {"ffn_dim": 48, "word_embed_proj_dim": 32},
    "gptj": {"n_embd": 32, "n_layer": 4, "n_head": 4, "rotary_dim": 4},  # layers return tuples
}


@pytest.mark.parametrize("architecture", SCALES_OR_ADDS)
@pytest.mark.parametrize("first", [1, 3])
def test_what_happens_to_the_embeddings_matters_no_more_above(tiny_model, architecture, first):
    model = tiny_model(architecture, **SCALES_OR_ADDS[architecture])
    layers = list(decoder_layers(model))
    ids = torch.arange(3, 15).reshape(2, 6)
    with torch.no_grad():
        whole = model(ids, use_cache=False).logits
        hidden = hidden_entering(model, layers[first], input_ids=ids)
        with entering(layers, first, hidden):
            torch.testing.assert_close(model(ids, use_cache=False).logits, whole, atol=0, rtol=0)


def test_a_model_whose_upper_layers_read_lower_ones_is_refused(tiny_model):
    model = tiny_model()
    layers = list(model.model.layers)
    kept = []
    layers[0].register_forward_hook(lambda _, inputs, output: kept.append(output))
    layers[3].register_forward_pre_hook(
        lambda _, inputs: (inputs[0] + (kept.pop() if kept else 0), *inputs[1:])
    )
    check_split(model, layers, 0)
    with pytest.raises(ValueError, match="computes something else when it starts at layer 2"):
        check_split(model, layers, 2)
    assert all("forward" not in vars(layer) for layer in layers)


def test_a_model_whose_states_are_not_finite_is_refused(tiny_model):
    model = tiny_model()
    with torch.no_grad():
        model.model.layers[0].mlp.down_proj.weight[0, 0] = np.nan
    with pytest.raises(ValueError, match="starts at layer 2"):
        check_split(model, list(model.model.layers), 2)
