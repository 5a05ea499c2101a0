"""What training computes is what playing computed, and what a plain loss would send back."""

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from helpers import play_counting, random_advantages, tiny_model

from onelayer.agents.states import CapturedStates
from onelayer.trainers import score as module
from onelayer.trainers.batch import batch, parts
from onelayer.trainers.layers import decoder_layers, train_only, trained_parameters
from onelayer.trainers.passes import Passes
from onelayer.trainers.placement import Replicated
from onelayer.trainers.score import Scorer, check_scoring, weights_of
from onelayer.trainers.token_rows import Row, rows

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


def scorer(model, **settings):
    return Scorer(model, list(decoder_layers(model)), **settings)


def captured(model, first):
    return CapturedStates(decoder_layers(model)[first], 1 << 30) if first else None


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("kind", ["plain", "chat"])
@pytest.mark.parametrize("history", ["all", 2])
@pytest.mark.parametrize("first", [0, 1, 2])
def test_log_probabilities_are_those_of_sampling_from_every_layer_on(
    tokenizers, architecture, kind, history, first
):
    model = made(tiny_model, tokenizers[kind], architecture)
    states = captured(model, first)
    episodes = play_counting(model, tokenizers[kind], history=history, states=states, tasks=1)
    scores = scorer(model)
    scores.states = None  # nothing is run again: all was captured
    passes = Passes(
        scores, first, states, 4096, again=False, placement=Replicated(Accelerator(cpu=True))
    )
    for one, entering_MD in passes.batches(rows(episodes, random_advantages(episodes))):
        found = scores.score(one, first, entering_MD)
        torch.testing.assert_close(found.logp_N, one.logp_N, **CLOSE)
        whole = scorer(model).score(one)
        torch.testing.assert_close(whole.logp_N, one.logp_N, **CLOSE)
        torch.testing.assert_close(found.entropy_N, whole.entropy_N, **CLOSE)


def test_the_temperature_of_sampling_counts(plain_tokenizer):
    model = made(tiny_model, plain_tokenizer)
    episodes = play_counting(model, plain_tokenizer, temperature=0.5)
    one = batch(rows(episodes, random_advantages(episodes)))
    cold, warm = scorer(model, temperature=0.5).score(one), scorer(model).score(one)
    torch.testing.assert_close(cold.logp_N, one.logp_N, **CLOSE)
    assert (warm.logp_N - one.logp_N).abs().max() > 0.1
    assert cold.entropy_N.mean() < warm.entropy_N.mean()


def test_entropy_by_hand(plain_tokenizer):
    model = tiny_model()
    episodes = play_counting(model, plain_tokenizer, tasks=1)
    made_rows = rows(episodes, random_advantages(episodes))
    found = scorer(model).score(batch(made_rows)).entropy_N
    expected = []
    for row in made_rows:
        with torch.no_grad():
            logits = model(input_ids=torch.from_numpy(row.ids_T[None, :-1])).logits[0]
        expected.append(torch.distributions.Categorical(logits=logits[row.sampled_T[1:]]).entropy())
    torch.testing.assert_close(found, torch.cat(expected), **CLOSE)


def test_padding_and_neighbours_do_not_matter(plain_tokenizer):
    model = made(tiny_model, plain_tokenizer)
    episodes = play_counting(model, plain_tokenizer)
    made_rows = rows(episodes, random_advantages(episodes))
    assert len({len(row.ids_T) for row in made_rows}) > 2
    together = scorer(model).score(batch(made_rows)).logp_N
    alone = [scorer(model).score(batch([row])).logp_N for row in made_rows]
    backwards = scorer(model).score(batch(made_rows[::-1])).logp_N
    torch.testing.assert_close(together, torch.cat(alone), **CLOSE)
    counts = [row.tokens for row in made_rows[::-1]]
    torch.testing.assert_close(torch.cat(backwards.split(counts)[::-1]), together, **CLOSE)


def test_frozen_layers_below_do_not_run(plain_tokenizer):
    model = tiny_model()
    episodes = play_counting(model, plain_tokenizer, tasks=1)
    one = batch(rows(episodes, random_advantages(episodes)))
    entering_MD = scorer(model).states(one, 2)
    ran = []
    for i, layer in enumerate(model.model.layers):
        layer.mlp.register_forward_pre_hook(lambda *_, i=i: ran.append(i))
    scorer(model).score(one, 2, entering_MD)
    assert set(ran) == {2, 3}
    ran.clear()
    scorer(model).score(one)
    assert set(ran) == {0, 1, 2, 3}


def test_states_that_were_not_captured_are_computed_once(plain_tokenizer):
    model = tiny_model()
    episodes = play_counting(model, plain_tokenizer)
    made_rows = rows(episodes, random_advantages(episodes))
    ran = []
    model.model.layers[0].mlp.register_forward_pre_hook(lambda *_: ran.append(1))
    for budget, again, most in ((1 << 30, True, 2), (1 << 30, False, 4), (0, True, 4)):
        ran.clear()
        states = CapturedStates(model.model.layers[2], budget)
        passes = Passes(
            scorer(model), 2, states, 4096, again, placement=Replicated(Accelerator(cpu=True))
        )
        (one, first_MD), (_, second_MD) = [next(passes.batches(made_rows)) for _ in range(2)]
        assert 0 < len(ran) <= most
        for piece in one.pieces:
            torch.testing.assert_close(first_MD[piece.places], second_MD[piece.places], **CLOSE)


def test_other_weights_stand_in_for_a_while_only(plain_tokenizer):
    model = tiny_model()
    episodes = play_counting(model, plain_tokenizer, tasks=1)
    one = batch(rows(episodes, random_advantages(episodes)))
    parameters = trained_parameters(model, [1])
    start = {name: p.detach().clone() for name, p in parameters.items()}
    with torch.no_grad():
        before = scorer(model).score(one).logp_N
        for parameter in parameters.values():
            parameter.add_(torch.randn(parameter.shape) * 0.3)
        moved = scorer(model).score(one).logp_N
        with weights_of(parameters, start):
            assert torch.equal(scorer(model).score(one).logp_N, before)
        assert torch.equal(scorer(model).score(one).logp_N, moved)
        with pytest.raises(OSError), weights_of(parameters, start):
            raise OSError
        assert torch.equal(scorer(model).score(one).logp_N, moved)
        with weights_of(parameters, {}):
            assert torch.equal(scorer(model).score(one).logp_N, moved)
    assert not torch.allclose(moved, before)


SPECIAL = {
    "llama": {},
    "gemma2": {
        "sliding_window": 7,
        "final_logit_softcapping": 5.0,
        "attn_logit_softcapping": 9.0,
        "query_pre_attn_scalar": 8,
        "attn_implementation": "eager",
    },
    "granite": {
        "logits_scaling": 3.0,
        "embedding_multiplier": 4.0,
        "residual_multiplier": 0.5,
        "attention_multiplier": 0.3,
    },
    "cohere": {"logit_scale": 0.3},
    "gpt2": {"n_embd": 32, "n_layer": 4, "n_head": 4, "n_positions": 512},
    "mistral": {"sliding_window": 6},
}
"""what these models do to their embeddings, attention or logits"""


def random_rows(*, groups, alone):
    """Groups of four rows with a prompt each, and rows with nothing in common."""
    draw = np.random.default_rng(0)

    def row(prompt, written):
        ids = np.concatenate([prompt, draw.integers(3, 60, written)])
        sampled = np.arange(len(ids)) >= len(prompt)
        sampled[-3] &= written < 6
        return Row(
            ids_T=ids,
            sampled_T=sampled,
            logp_T=np.where(sampled, -1.5, 0).astype(np.float32),
            advantage_T=np.where(sampled, draw.normal(), 0).astype(np.float32),
            steps=1,
        )

    made_rows = []
    for group in range(groups):
        prompt = draw.integers(3, 60, 20 + 5 * group)
        made_rows += [row(prompt, int(n)) for n in draw.integers(1, 9, size=4)]
    return made_rows + [row(draw.integers(3, 60, 5), 7) for _ in range(alone)]


def plainly(model, made_rows, parameters):
    """Log-probabilities and gradients by a whole forward pass of each row and all of its logits."""
    model.zero_grad()
    logps = []
    for row in made_rows:
        logits = model(input_ids=torch.from_numpy(row.ids_T[None, :-1]), use_cache=False).logits[0]
        logp_TV = torch.log_softmax(logits / 0.9, dim=-1)
        logps.append(logp_TV[np.flatnonzero(row.sampled_T) - 1, row.ids_T[row.sampled_T]])
    logp_N = torch.cat(logps)
    (torch.exp(0.3 * logp_N) * advantage_of(made_rows)).sum().backward()
    found = {name: p.grad.clone() for name, p in parameters.items()}
    model.zero_grad()
    return logp_N.detach(), found


def advantage_of(made_rows):
    return torch.from_numpy(np.concatenate([row.advantage_T[row.sampled_T] for row in made_rows]))


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("layers", ["upper", "all"])
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("architecture", SPECIAL)
def test_the_gradient_in_chunks_is_that_of_a_plain_loss(
    monkeypatch, architecture, tied, layers, checkpointing
):
    monkeypatch.setattr(module, "_LOGITS_BYTES", {"cpu": 4 * 64 * 16})  # 16 tokens at once
    model = tiny_model(architecture, tied=tied, initializer_range=0.2, **SPECIAL[architecture])
    model.double()  # what is left of a difference is rounding in norms, and in Gemma's softmax
    relative = 5e-6 if architecture == "gemma2" else 1e-6
    everything, first = layers == "all", 0 if layers == "all" else 2
    parameters = trained_parameters(model, [2, 3], everything=everything)
    train_only(model, [2, 3], everything=everything)
    for made_rows in (
        random_rows(groups=3, alone=0),
        random_rows(groups=0, alone=3),
        random_rows(groups=3, alone=2),
    ):
        logp_N, expected = plainly(model, made_rows, parameters)
        advantage_N = advantage_of(made_rows)

        def slope(logp_C, chunk, advantage_N=advantage_N):
            return 0.3 * torch.exp(0.3 * logp_C) * advantage_N[chunk]

        one = batch(made_rows)
        scores = scorer(model, temperature=0.9, checkpointing=checkpointing)
        entering_MD = scores.states(one, first) if first else None
        found = scores.backward(one, slope, first, entering_MD)
        torch.testing.assert_close(found.logp_N, logp_N, **CLOSE)
        torch.testing.assert_close(scores.score(one, first, entering_MD).logp_N, logp_N, **CLOSE)
        largest = max(gradient.abs().max() for gradient in expected.values())
        assert largest > 1e-3
        for name, gradient in expected.items():
            grad = parameters[name].grad
            torch.testing.assert_close(grad, gradient, atol=relative * largest, rtol=0)
        model.zero_grad()


def test_the_logits_of_a_batch_never_exist_at_once(monkeypatch):
    monkeypatch.setattr(module, "_LOGITS_BYTES", {"cpu": 4 * 64 * 16})
    model = tiny_model()
    train_only(model, [2])
    sizes = []
    model.get_output_embeddings().register_forward_hook(
        lambda _, __, logits: sizes.append(logits.numel() // 64)
    )
    one = batch(random_rows(groups=3, alone=3))
    scorer(model).backward(one, lambda logp_C, _: torch.ones_like(logp_C))
    assert sum(sizes) == len(one.target_N) > 32
    assert max(sizes) == 16


def test_checkpointing_keeps_less_for_the_backward_pass():
    kept = {}
    for checkpointing in (False, True):
        model = tiny_model(layers=6)
        train_only(model, [0])
        one, total = batch(random_rows(groups=3, alone=0)), []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda tensor, total=total: total.append(tensor.numel()) or tensor,
            lambda tensor: tensor,
        ):
            scorer(model, checkpointing=checkpointing).backward(
                one, lambda logp_C, _: torch.ones_like(logp_C)
            )
        kept[checkpointing] = sum(total)
        assert all("forward" not in vars(layer) for layer in model.model.layers)
    assert kept[True] < 0.5 * kept[False]


def test_a_pack_of_real_length_reads_its_prompt_once():
    """A group of eight behind a prompt of 2,048 tokens."""
    model = tiny_model(layers=2, max_position_embeddings=4096)
    draw = np.random.default_rng(0)
    prompt = draw.integers(3, 60, 2048)
    group = []
    for _ in range(8):
        ids = np.concatenate([prompt, draw.integers(3, 60, 32)])
        sampled = np.arange(len(ids)) >= len(prompt)
        zeros = np.zeros(len(ids), np.float32)
        group.append(Row(ids, sampled, zeros, zeros, 1))
    [(part, share)] = parts(group, 4096)
    assert share
    one = batch(part, share=share)
    assert one.places == 2048 + 8 * 31
    whole = scorer(model).score(batch(part[:1])).logp_N
    torch.testing.assert_close(scorer(model).score(one).logp_N[:32], whole, **CLOSE)


OWN_ATTENTION = {"n_embd": 32, "n_layer": 4, "n_head": 4, "rotary_dim": 4, "n_positions": 512}


def test_a_model_with_attention_of_its_own_reads_rows_whole_and_is_trained_all_the_same():
    model = tiny_model("gptj", **OWN_ATTENTION, initializer_range=0.2)
    scores = scorer(model, temperature=0.9)
    check_scoring(scores)
    assert not scores.shares
    parameters = trained_parameters(model, [2])
    train_only(model, [2])
    made_rows = random_rows(groups=1, alone=2)
    _, expected = plainly(model, made_rows, parameters)
    advantage_N = advantage_of(made_rows)
    passes = Passes(
        scores,
        2,
        captured(model, 2),
        4096,
        again=False,
        placement=Replicated(Accelerator(cpu=True)),
    )
    [(one, entering_MD)] = passes.batches(sorted(made_rows, key=lambda row: -row.read))
    order = {
        row: advantage
        for row, advantage in zip(
            made_rows, advantage_N.split([row.tokens for row in made_rows]), strict=True
        )
    }
    advantage_N = torch.cat([order[row] for row in one.rows])
    scores.backward(
        one,
        lambda logp_C, chunk: 0.3 * torch.exp(0.3 * logp_C) * advantage_N[chunk],
        2,
        entering_MD,
    )
    largest = max(gradient.abs().max() for gradient in expected.values())
    for name, gradient in expected.items():
        torch.testing.assert_close(parameters[name].grad, gradient, atol=1e-5 * largest, rtol=0)


@pytest.mark.parametrize("architecture", SPECIAL)
def test_models_with_the_usual_attention_share(architecture):
    scores = scorer(tiny_model(architecture, initializer_range=0.2, **SPECIAL[architecture]))
    check_scoring(scores)
    assert scores.shares


def test_a_model_that_does_more_between_its_layers_and_its_head_is_refused():
    model = tiny_model(initializer_range=0.2)
    plain, seen = model.model.norm.forward, []
    model.model.layers[0].register_forward_hook(lambda _, __, output: seen.append(output))
    model.model.norm.forward = lambda states: plain(states + seen[-1][:, : states.shape[1]].mean())
    with pytest.raises(ValueError, match="Qwen3ForCausalLM cannot be trained: with its head run"):
        check_scoring(scorer(model))
