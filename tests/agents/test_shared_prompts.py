"""What episodes have in common is read once, and nothing that is sampled or recorded changes by it."""

from contextlib import contextmanager

import numpy as np
import pytest
import torch
from helpers import tiny_model

from onelayer.agents.decoder import Decoder, Sampling
from onelayer.agents.engine import sample
from onelayer.agents.states import CapturedStates

STOP = 1
INSTRUCTIONS = [(7 * i) % 50 + 10 for i in range(30)]


@contextmanager
def tokens_read(model):
    """Collect how many tokens, padding too, each forward pass reads."""
    read = []
    hook = model.register_forward_pre_hook(
        lambda _, args, kwargs: read.append(kwargs["input_ids"].numel()), with_kwargs=True
    )
    yield read
    hook.remove()


def assert_as_a_plain_forward_pass(decoder, prompt, reply):
    """Check log-probabilities, and the states that enter layer 1 where they are kept, token by token."""
    ids = torch.tensor([[*prompt, *reply.ids]])
    with torch.no_grad():
        output = decoder.model(input_ids=ids, output_hidden_states=True)
    logp = torch.log_softmax(output.logits[0, len(prompt) - 1 : -1].float(), -1)
    expected = logp.gather(-1, torch.tensor(reply.ids)[:, None])[:, 0]
    torch.testing.assert_close(torch.tensor(reply.logprobs), expected, atol=1e-5, rtol=0)
    hidden = output.hidden_states[1][0, :-1]
    kept = decoder.states.get(ids[0, :-1].tolist())
    torch.testing.assert_close(kept, hidden, atol=1e-5, rtol=0)


def decoder_of(model, limit=6):
    states = CapturedStates(model.model.layers[1], 1 << 20)
    return Decoder(model, [STOP], Sampling(response_limit=limit), states)


def keys_of(slots):
    return [[0, slot] for slot in slots]


@pytest.mark.parametrize("architecture", ["qwen3", "qwen2", "llama"])
def test_the_equal_prompts_of_a_group_are_read_once(architecture):
    model = tiny_model(architecture)
    # two tasks, four episodes of each, mixed
    decoder, prompts = decoder_of(model), [[5, 6, 7, 8, 9], [20, 21, 22]] * 4
    with tokens_read(model) as read:
        replies = sample(decoder, range(8), prompts, keys_of(range(8)))
    assert read[0] == 2 * 5
    assert len({reply.ids for reply in replies}) > 2  # each still draws for itself
    for prompt, reply in zip(prompts, replies, strict=True):
        assert_as_a_plain_forward_pass(decoder, prompt, reply)


def test_the_instructions_of_all_tasks_are_read_once():
    model = tiny_model("llama")
    tasks = [[2, 3], [2, 4, 5], [6], [6, 7, 8, 9]]
    decoder, prompts = (
        decoder_of(model),
        [[*INSTRUCTIONS, *task] for task in tasks for _ in range(2)],
    )
    with tokens_read(model) as read:
        replies = sample(decoder, range(8), prompts, keys_of(range(8)))
    assert read[:2] == [len(INSTRUCTIONS), 4 * 4]  # then the four tasks, padded to four tokens
    for prompt, reply in zip(prompts, replies, strict=True):
        assert_as_a_plain_forward_pass(decoder, prompt, reply)


def test_a_prompt_that_is_nothing_but_the_beginning_of_the_others_keeps_its_last_token():
    model = tiny_model("llama")
    decoder = decoder_of(model)
    prompts = [INSTRUCTIONS, *([*INSTRUCTIONS, task] for task in range(2, 9))]
    replies = sample(decoder, range(8), prompts, keys_of(range(8)))
    for prompt, reply in zip(prompts, replies, strict=True):
        assert_as_a_plain_forward_pass(decoder, prompt, reply)


def test_little_in_common_is_not_worth_a_forward_pass_of_its_own():
    model = tiny_model("llama")
    decoder = decoder_of(model)
    with tokens_read(model) as read:
        sample(decoder, [0, 1], [[5, 6, 7], [5, 6, 8]], keys_of([0, 1]))
    assert read[0] == 6


def test_the_next_episode_of_a_slot_does_not_read_the_instructions_again():
    model = tiny_model("llama")
    decoder = decoder_of(model)
    sample(decoder, [0], [[*INSTRUCTIONS, 2, 3]], keys_of([0]))
    decoder.release([0])
    with tokens_read(model) as read:
        (reply,) = sample(decoder, [0], [[*INSTRUCTIONS, 4, 5]], [[0, 9]])
    assert read[0] == 2
    assert_as_a_plain_forward_pass(decoder, [*INSTRUCTIONS, 4, 5], reply)


def test_a_new_episode_takes_the_instructions_from_one_that_runs():
    model = tiny_model("llama")
    states = CapturedStates(model.model.layers[1], 1 << 20)
    decoder = Decoder(model, [], Sampling(response_limit=3), states)
    sample(decoder, [0, 1], [[*INSTRUCTIONS, 2], [*INSTRUCTIONS, 3]], keys_of([0, 1]))
    decoder.release([1])
    decoder._held.length_R[1] = 0  # as if its last prompt had been another
    running = [*INSTRUCTIONS, 2, *[4] * 5]
    with tokens_read(model) as read:
        replies = sample(decoder, [0, 2], [running, [*INSTRUCTIONS, 9]], keys_of([0, 2]))
    assert read[0] <= 2 * 8  # the running episode's new tokens; the new one's, padded to as many
    assert_as_a_plain_forward_pass(decoder, running, replies[0])
    assert_as_a_plain_forward_pass(decoder, [*INSTRUCTIONS, 9], replies[1])


def test_episodes_that_come_go_and_grow_are_each_read_right():
    model = tiny_model("qwen3")
    decoder = decoder_of(model, limit=4)
    rng = np.random.default_rng(0)
    prompts, next_slot = {}, 0
    for _ in range(12):
        for slot in [slot for slot in prompts if rng.random() < 0.3]:
            decoder.release([slot])
            del prompts[slot]
        while len(prompts) < 7:  # tasks come in groups
            task = [*INSTRUCTIONS, *rng.integers(2, 6, size=rng.integers(1, 3)).tolist()]
            for _ in range(3):
                prompts[next_slot] = task
                next_slot += 1
        slots = [int(slot) for slot in rng.permutation(list(prompts))]
        shown = [prompts[slot] for slot in slots]
        replies = sample(decoder, slots, shown, keys_of(slots))
        for slot, prompt, reply in zip(slots, shown, replies, strict=True):
            assert_as_a_plain_forward_pass(decoder, prompt, reply)
            prompts[slot] = [*prompt, *reply.ids, 2, 3]


def test_new_weights_make_the_decoder_read_everything_again():
    model = tiny_model("llama")
    decoder = decoder_of(model)
    sample(decoder, [0], [[*INSTRUCTIONS, 2]], keys_of([0]))
    decoder.forget()
    with tokens_read(model) as read:
        sample(decoder, [0], [[*INSTRUCTIONS, 2]], keys_of([0]))
    assert read[0] == len(INSTRUCTIONS) + 1
