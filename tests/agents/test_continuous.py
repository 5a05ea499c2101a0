"""Episodes go on while others still write, and stay what they are whichever others run beside them."""

import threading
import time
from functools import partial

import numpy as np
import pytest
import torch
from helpers import tiny_model

from onelayer.agents import decoder as decoder_module
from onelayer.agents import devices, reading
from onelayer.agents.decoder import Decoder, Sampling
from onelayer.agents.engine import sample
from onelayer.agents.policy import PolicyAgent
from onelayer.agents.rollout import rollout
from onelayer.agents.states import CapturedStates
from onelayer.envs.plugins import make

STOP = 1


class InTurns:
    """The barrier: every episode waits for the longest reply of all that run."""

    def __init__(self, agent):
        self.act, self.reset = agent.act, agent.reset


def played(model, tokenizer, parallel, *, barrier=False, order=1, history="all"):
    envs = [make("onelayer/Counting-v0") for _ in range(parallel)]
    agent = PolicyAgent(model, tokenizer, sampling=Sampling(response_limit=6), history=history)
    tasks = list(envs[0].unwrapped.tasks)[:4][::order]
    episodes = rollout(envs, InTurns(agent) if barrier else agent, tasks, group_size=4)
    return sorted(episodes, key=lambda episode: episode.task)  # stable: a group keeps its order


def assert_same(found, expected):
    assert [e.task for e in found] == [e.task for e in expected]
    for episode, other in zip(found, expected, strict=True):
        steps = list(zip(episode.steps, other.steps, strict=True))
        assert all(a.prompt_ids == b.prompt_ids and a.action_ids == b.action_ids for a, b in steps)
        assert [a.reward for a, _ in steps] == [b.reward for _, b in steps]
        for a, b in steps:
            np.testing.assert_allclose(a.logprobs, b.logprobs, atol=1e-5)


@pytest.mark.parametrize(("kind", "history"), [("plain", "all"), ("chat", 2)])
def test_episodes_are_those_of_the_barrier_whichever_others_run_beside_them(
    plain_tokenizer, chat_tokenizer, history, kind
):
    tokenizer = plain_tokenizer if kind == "plain" else chat_tokenizer
    model = tiny_model("qwen3", vocab_size=len(tokenizer), max_position_embeddings=2048)
    barrier = played(model, tokenizer, 24, barrier=True, history=history)
    lengths = {len(step.action_ids) for episode in barrier for step in episode.steps}
    assert len(lengths) > 2
    for parallel, order in ((1, 1), (3, -1), (64, 1)):
        found = played(model, tokenizer, parallel, order=order, history=history)
        assert_same(found, barrier)


def test_a_short_reply_is_answered_while_a_long_one_goes_on():
    model, stop = (
        tiny_model("qwen3"),
        range(1, 9),
    )  # an eighth of the vocabulary: some replies are short
    keys, sampling = [[0, i] for i in range(40)], Sampling(response_limit=40)
    replies = sample(Decoder(model, stop, sampling), range(40), [[5]] * 40, keys)
    lengths = [len(reply.ids) for reply in replies]
    short, long = int(np.argmin(lengths)), int(np.argmax(lengths))
    decoder = Decoder(model, stop, sampling)
    decoder.submit(0, [5], keys[long])
    decoder.submit(1, [5], keys[short])
    prompt, order = [5], []
    while 0 not in order:
        for slot, reply in decoder.step():
            order.append(slot)
            if slot == 1:  # it asks again at once
                prompt = [*prompt, *reply.ids, 7]
                decoder.submit(1, prompt, keys[short])
    assert order.count(1) >= 2


def test_rows_that_come_and_go_at_any_time_are_each_read_right():
    """Prompts at random moments, episodes that end while others write, one of them in its reply."""
    model = tiny_model("llama")
    rng = np.random.default_rng(0)
    states = CapturedStates(model.model.layers[1], 1 << 24)
    decoder = Decoder(model, [STOP], Sampling(response_limit=7), states)
    texts, asked, checked, next_slot = {}, set(), 0, 0
    for _ in range(150):
        for slot in [slot for slot in texts if rng.random() < 0.05]:
            decoder.release([slot])
            asked.discard(slot)
            del texts[slot]
        while len(texts) < 6:
            texts[next_slot] = [9, 8, 7, *rng.integers(2, 6, size=rng.integers(1, 12)).tolist()]
            next_slot += 1
        for slot in texts:
            if slot not in asked and rng.random() < 0.5:
                decoder.submit(slot, texts[slot], [3, slot])
                asked.add(slot)
        for slot, reply in decoder.step():
            ids = torch.tensor([[*texts[slot], *reply.ids]])
            with torch.no_grad():
                output = model(input_ids=ids, output_hidden_states=True)
            logp = torch.log_softmax(output.logits[0, len(texts[slot]) - 1 : -1], -1)
            expected = logp.gather(-1, torch.tensor(reply.ids)[:, None])[:, 0]
            torch.testing.assert_close(torch.tensor(reply.logprobs), expected, atol=1e-5, rtol=0)
            kept = states.get(ids[0, :-1].tolist())
            torch.testing.assert_close(kept, output.hidden_states[1][0, :-1], atol=1e-5, rtol=0)
            texts[slot] = [*texts[slot], *reply.ids, *rng.integers(2, 6, size=2).tolist()]
            asked.discard(slot)
            checked += 1
    assert checked > 60


@pytest.mark.parametrize("quickly_read", [0, 1 << 16])
def test_the_padded_shapes_of_a_gpu_change_nothing(plain_tokenizer, monkeypatch, quickly_read):
    model = tiny_model("qwen3")
    expected = played(model, plain_tokenizer, 16)
    shapes = set()
    cuda = torch.device("cuda")
    monkeypatch.setattr(devices, "_QUICKLY_READ", quickly_read)
    for module in (decoder_module, reading):
        for name in vars(devices):
            if hasattr(module, name) and name.startswith(("padded", "step", "pass_tokens")):
                on_cuda = partial(getattr(devices, name), device=cuda)
                monkeypatch.setattr(module, name, lambda *a, as_on=on_cuda: as_on(*a[:-1]))
    hook = model.register_forward_pre_hook(
        lambda _, args, kwargs: shapes.add(tuple(kwargs["input_ids"].shape)), with_kwargs=True
    )
    for parallel in (3, 16):
        assert_same(played(model, plain_tokenizer, parallel), expected)
    hook.remove()
    assert {width for _, width in shapes} <= {1, 32, 64}
    assert {rows for rows, _ in shapes} <= {1, 2, 4, 8, 16}


def test_a_slot_that_waits_cannot_ask_again_and_an_empty_prompt_is_none():
    decoder = Decoder(tiny_model("qwen3"), [STOP], Sampling(response_limit=4))
    decoder.submit(0, [5], [0])
    with pytest.raises(ValueError, match="slot 0 already waits"):
        decoder.submit(0, [5], [0])
    with pytest.raises(ValueError, match="at least one token"):
        decoder.submit(1, [], [0])
    assert Decoder(tiny_model("qwen3"), [STOP], Sampling()).step() == []


@pytest.mark.parametrize("reproducible", [False, True])
def test_environments_that_wait_come_to_the_same_episodes(plain_tokenizer, reproducible):
    class Counting(type(make("onelayer/Counting-v0").unwrapped)):
        waits = True

        def act(self, action):
            time.sleep(0.002 * (len(action) % 3))
            threads.add(threading.get_ident())
            return super().act(action)

    threads = set()
    model = tiny_model("qwen3")
    expected = played(model, plain_tokenizer, 24, barrier=True)
    agent = PolicyAgent(model, plain_tokenizer, sampling=Sampling(response_limit=6))
    envs = [Counting() for _ in range(8)]
    tasks = list(envs[0].tasks)[:4]
    found = rollout(envs, agent, tasks, 4, reproducible=reproducible)
    assert_same(sorted(found, key=lambda episode: episode.task), expected)
    assert threading.get_ident() not in threads


def test_the_order_in_which_environments_begin_decides_nothing(plain_tokenizer):
    class Counting(type(make("onelayer/Counting-v0").unwrapped)):
        waits = True
        begun = 0

        def begin(self, task):
            Counting.begun += 1
            time.sleep(0.05 * (5 - Counting.begun) if Counting.begun < 5 else 0)
            return super().begin(task)

    model = tiny_model("qwen3")
    expected = played(model, plain_tokenizer, 4, barrier=True)
    agent = PolicyAgent(model, plain_tokenizer, sampling=Sampling(response_limit=6))
    envs = [Counting() for _ in range(4)]
    found = rollout(envs, agent, list(envs[0].tasks)[:4], 4)
    assert_same(sorted(found, key=lambda episode: episode.task), expected)


def test_an_environment_that_waits_does_not_hold_up_the_others(plain_tokenizer):
    """One step lasts until another episode has ended, which only goes on if the agent does."""
    ended = threading.Event()

    class Counting(type(make("onelayer/Counting-v0").unwrapped)):
        waits = True

        def act(self, action):
            if self.is_slow:
                assert ended.wait(60)
            return super().act(action)

        is_slow = False

    envs = [Counting() for _ in range(3)]
    envs[0].is_slow = True
    agent = PolicyAgent(tiny_model("qwen3"), plain_tokenizer, sampling=Sampling(response_limit=6))
    episodes = rollout(envs, agent, list(envs[0].tasks)[:3], on_episode=lambda _: ended.set())
    assert [episode.error for episode in episodes] == [None] * 3


def test_a_reproducible_rollout_reads_the_same_prompts_together_however_long_environments_wait(
    plain_tokenizer,
):
    class Counting(type(make("onelayer/Counting-v0").unwrapped)):
        waits = True

        def act(self, action):
            time.sleep(float(rng.random()) * 0.01)
            return super().act(action)

    model, rng, passes = tiny_model("qwen3"), np.random.default_rng(), []
    hook = model.register_forward_pre_hook(
        lambda _, args, kwargs: passes[-1].append(kwargs["input_ids"].tolist()), with_kwargs=True
    )
    for _ in range(2):
        passes.append([])
        agent = PolicyAgent(model, plain_tokenizer, sampling=Sampling(response_limit=6))
        envs = [Counting() for _ in range(5)]
        rollout(envs, agent, list(envs[0].tasks)[:6], 2, reproducible=True)
    hook.remove()
    assert passes[0] == passes[1]
