"""The decoder must sample from the very distribution that a plain forward pass gives."""

import gc
import weakref

import pytest
import torch
from helpers import tiny_model

from onelayer.agents.decoder import Decoder, Sampling
from onelayer.agents.engine import sample
from onelayer.agents.sampling import exact_device, inverse_cdf
from onelayer.agents.states import CapturedStates

STOP = 1
PROMPTS = [[5, 6, 7], [8, 9], [3, 4, 5, 6, 7, 8, 9]]
KEYS = [[0, 1], [0, 2], [0, 3]]


def plain_logprobs(model, prompt, reply, temperature=1.0):
    ids = torch.tensor([[*prompt, *reply]])
    with torch.no_grad():
        logits = model(input_ids=ids).logits[0, len(prompt) - 1 : -1].float() / temperature
    return torch.log_softmax(logits, -1).gather(-1, torch.tensor(reply)[:, None])[:, 0]


def entering(model, ids):
    """What a plain forward pass hands to layer 1."""
    with torch.no_grad():
        output = model(input_ids=torch.tensor([ids]), output_hidden_states=True)
    return output.hidden_states[1][0]


@pytest.mark.parametrize("architecture", ["qwen3", "qwen2", "llama"])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_recorded_logprobs_equal_a_plain_forward_pass(architecture, temperature):
    model = tiny_model(architecture)
    decoder = Decoder(model, [STOP], Sampling(temperature=temperature, response_limit=12))
    prompts = [list(p) for p in PROMPTS]
    for _ in range(3):  # three turns that grow, so that the cache is used
        replies = sample(decoder, [0, 1, 2], prompts, KEYS)
        for prompt, reply in zip(prompts, replies, strict=True):
            expected = plain_logprobs(model, prompt, list(reply.ids), temperature)
            torch.testing.assert_close(torch.tensor(reply.logprobs), expected, atol=1e-5, rtol=0)
        prompts = [[*p, *r.ids, 2, 3] for p, r in zip(prompts, replies, strict=True)]


def test_an_episode_is_the_same_whichever_others_run_beside_it():
    model = tiny_model("qwen3")
    together = sample(Decoder(model, [STOP], Sampling(response_limit=10)), [0, 1, 2], PROMPTS, KEYS)
    alone = sample(
        Decoder(model, [STOP], Sampling(response_limit=10)), [7], PROMPTS[1:2], KEYS[1:2]
    )
    assert together[1].ids == alone[0].ids


def test_episodes_that_end_leave_the_others_undisturbed():
    model = tiny_model("qwen3")
    decoder = Decoder(model, [STOP], Sampling(response_limit=6))
    first = sample(decoder, [0, 1, 2], PROMPTS, KEYS)
    grown = [*PROMPTS[2], *first[2].ids, 4]
    reply = sample(decoder, [2], [grown], KEYS[2:])[0]
    torch.testing.assert_close(
        torch.tensor(reply.logprobs),
        plain_logprobs(model, grown, list(reply.ids)),
        atol=1e-5,
        rtol=0,
    )


def test_a_rebuilt_prompt_reads_only_what_differs():
    model = tiny_model("qwen3")
    decoder = Decoder(model, [STOP], Sampling(response_limit=4))
    sample(decoder, [0], [[3, 4, 5, 6]], KEYS[:1])
    fed = []
    hook = model.register_forward_pre_hook(
        lambda _, args, kwargs: fed.append(kwargs["input_ids"].shape[1]), with_kwargs=True
    )
    rebuilt = [3, 4, 5, 9, 9]
    reply = sample(decoder, [0], [rebuilt], KEYS[:1])[0]
    hook.remove()
    assert fed[0] == 2
    torch.testing.assert_close(
        torch.tensor(reply.logprobs),
        plain_logprobs(model, rebuilt, list(reply.ids)),
        atol=1e-5,
        rtol=0,
    )


def test_finished_rows_leave_the_forward_pass():
    model = tiny_model("qwen3")
    sizes = []
    hook = model.register_forward_pre_hook(
        lambda _, args, kwargs: sizes.append(kwargs["input_ids"].shape[0]), with_kwargs=True
    )
    decoder = Decoder(model, range(20), Sampling(response_limit=30))
    replies = sample(decoder, range(8), [[5 + i] for i in range(8)], [[0, i] for i in range(8)])
    hook.remove()
    written = sum(len(reply.ids) for reply in replies)
    assert len({len(reply.ids) for reply in replies}) > 3
    assert written <= sum(sizes) <= 4 / 3 * written  # a quarter of a step's rows may be idle


def test_captured_states_are_those_of_a_plain_forward_pass():
    model = tiny_model("qwen3")
    states = CapturedStates(model.model.layers[1], 1 << 20)
    decoder = Decoder(model, [STOP], Sampling(response_limit=8), states)
    ids = [5, 6, 7]
    for _ in range(3):
        [reply] = sample(decoder, [0], [ids], KEYS[:1])
        read = [*ids, *reply.ids[:-1]]  # nothing reads the last token
        torch.testing.assert_close(states.get(read), entering(model, read), atol=1e-5, rtol=0)
        ids = [*ids, *reply.ids, 2, 3]
    assert len(states) == len(read)


def test_captured_states_of_a_rebuilt_prompt_hold_what_the_cache_knew():
    model = tiny_model("qwen3")
    states = CapturedStates(model.model.layers[1], 1 << 20)
    decoder = Decoder(model, [], Sampling(response_limit=4), states)
    for prompt in ([3, 4, 5, 6], [3, 4, 5, 9, 9], [3, 4]):
        [reply] = sample(decoder, [0], [prompt], KEYS[:1])
        read = [*prompt, *reply.ids[:-1]]
        torch.testing.assert_close(states.get(read), entering(model, read), atol=1e-5, rtol=0)


def test_buffers_that_are_not_kept_are_freed_at_once(monkeypatch):
    """A cycle would keep them until Python looks for cycles: on a GPU that is memory that others need."""
    decoder = Decoder(tiny_model("qwen3"), [STOP], Sampling(response_limit=4))
    sample(decoder, [0, 1, 2], PROMPTS, KEYS)
    monkeypatch.setattr("onelayer.agents.decoder.bytes_to_keep", lambda device: 0)
    held = weakref.ref(decoder._buffers.cache.layers[0].keys)
    gc.disable()
    try:
        decoder.forget()
        assert held() is None
    finally:
        gc.enable()


def test_a_reply_without_a_stop_token_is_cut_at_the_limit():
    decoder = Decoder(tiny_model("qwen3"), [], Sampling(response_limit=5))
    [reply] = sample(decoder, [0], [[5]], [[0]])
    assert reply.cut
    assert len(reply.ids) == 5


def test_temperature_zero_takes_the_likeliest_token():
    model = tiny_model("qwen3")
    sampling = Sampling(temperature=0, response_limit=5)
    [reply] = sample(Decoder(model, [STOP], sampling), [0], [[5, 6]], [[0]])
    ids = [5, 6]
    for token in reply.ids:
        with torch.no_grad():
            assert model(input_ids=torch.tensor([ids])).logits[0, -1].argmax() == token
        ids.append(token)


def test_draws_follow_the_probabilities():
    probability = torch.tensor([[0.2, 0.5, 0.0, 0.3]]).repeat(1000, 1)
    draws = [(i + 0.5) / 1000 for i in range(1000)]
    counts = torch.bincount(
        inverse_cdf(probability, torch.tensor(draws, dtype=torch.float64), 1.0), minlength=4
    )
    assert counts.tolist() == [200, 500, 0, 300]


def test_top_p_keeps_the_smallest_set_that_holds_it():
    probability = torch.tensor([[0.2, 0.5, 0.0, 0.3]]).repeat(1000, 1)
    draws = [(i + 0.5) / 1000 for i in range(1000)]
    counts = torch.bincount(
        inverse_cdf(probability, torch.tensor(draws, dtype=torch.float64), 0.75), minlength=4
    )
    assert counts.tolist() == [0, 625, 0, 375]  # 0.5 and 0.3 of 0.8


@pytest.mark.parametrize(
    "bad", [{"temperature": -1}, {"top_p": 0}, {"top_p": 1.5}, {"response_limit": 0}]
)
def test_senseless_sampling_is_refused(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        Sampling(**bad)


@pytest.mark.parametrize("architecture", ["gpt2", "opt"])
def test_padding_stays_within_a_table_of_learned_positions(architecture):
    """One row reads 1 new token from position 26 on, the other 31: padding would stand at 26 + 30."""
    model = tiny_model(architecture, max_position_embeddings=40, **LEARNED_POSITIONS[architecture])
    decoder = Decoder(model, [STOP], Sampling(response_limit=2))
    sample(decoder, [0, 1], [[1] + [5] * 25, [1, 3]], KEYS[:2])
    prompts = [[1] + [5] * 25 + [6], [1] + [7] * 30]
    replies = sample(decoder, [0, 1], prompts, KEYS[:2])
    for prompt, reply in zip(prompts, replies, strict=True):
        expected = plain_logprobs(model, prompt, list(reply.ids))
        torch.testing.assert_close(torch.tensor(reply.logprobs), expected, atol=1e-5, rtol=0)


LEARNED_POSITIONS = {
    "gpt2": {"n_embd": 32, "n_layer": 4, "n_head": 4},
    "opt": {"ffn_dim": 48, "word_embed_proj_dim": 32},
}


@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
@pytest.mark.parametrize(
    ("architecture", "config"),
    [
        ("llama", {}),
        ("mistral", {"sliding_window": 5}),
        ("qwen3", {"use_sliding_window": True, "sliding_window": 5, "max_window_layers": 2}),
        ("gemma3_text", {"head_dim": 8, "sliding_window": 5}),
        ("llama4_text", {"head_dim": 8, "num_local_experts": 2, "attention_chunk_size": 5}),
    ],
)
def test_windows_of_all_kinds_hold_for_rows_of_different_progress(
    architecture, config, implementation
):
    model = tiny_model(
        architecture, initializer_range=0.2, attn_implementation=implementation, **config
    )
    decoder = Decoder(model, [STOP], Sampling(response_limit=4))
    prompts = [list(p) for p in PROMPTS]
    for _ in range(4):  # from below the window to far beyond it
        replies = sample(decoder, [0, 1, 2], prompts, KEYS)
        for prompt, reply in zip(prompts, replies, strict=True):
            expected = plain_logprobs(model, prompt, list(reply.ids))
            torch.testing.assert_close(torch.tensor(reply.logprobs), expected, atol=1e-5, rtol=0)
        prompts = [[*p, *r.ids, 2, 3] for p, r in zip(prompts, replies, strict=True)]


def test_apples_gpus_have_no_float64_so_the_cpu_draws_for_them():
    assert exact_device(torch.device("mps")) == torch.device("cpu")
    assert exact_device(torch.device("cuda", 1)) == torch.device("cuda", 1)
    assert exact_device(torch.device("cpu")) == torch.device("cpu")
