"""What training computes is what playing computed, wherever the forward pass starts."""

import pytest
import torch

from onelayer.trainers.layers import decoder_layers, train_only, trained_parameters
from onelayer.trainers.rows import collate, rows
from onelayer.trainers.scoring import score, weights_of

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
    episodes = play(model, tokenizers[kind], history=history, tasks=1)
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
    episodes = play(model, plain_tokenizer)
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
    episodes = play(model, plain_tokenizer)
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
    episodes = play(model, plain_tokenizer, tasks=1)
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
