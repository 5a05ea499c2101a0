"""States are found by the tokens that they belong to, and stay within their budget."""

import numpy as np
import pytest
import torch
from torch import nn

from onelayer.agents import states as module
from onelayer.agents.states import CapturedStates

WIDTH = 4
STATE_BYTES = 4 * WIDTH


def state(ids):
    """A state that tells the last token and the sum of those before it: it depends on the prefix."""
    return [float(ids[-1]), float(sum(ids[:-1])), float(len(ids)), 1.0]


def states(ids, start=0, end=None):
    end = len(ids) if end is None else end
    return torch.tensor([state(ids[: t + 1]) for t in range(start, end)]).reshape(-1, WIDTH)


def store(budget=1 << 20):
    return CapturedStates(nn.Identity(), budget)


def test_an_episode_that_grows_is_found_as_one_text():
    kept = store()
    first, second = [3, 4, 5, 6], [3, 4, 5, 6, 7, 8, 9]
    kept.put(first, 0, states(first, 0, 3))  # the reply's last token is read with the next turn
    kept.put(second, 3, states(second, 3, 6))
    assert torch.equal(kept.get(second[:-1]), states(second, 0, 6))
    assert torch.equal(kept.get(first[:-1]), states(first, 0, 3))
    assert kept.get(second) is None


def test_a_rebuilt_prompt_is_found_and_costs_only_what_is_new():
    kept = store()
    one, other = [1, 2, 3, 4], [1, 2, 9, 4]
    kept.put(one, 0, states(one))
    kept.put(other, 0, states(other))
    assert len(kept) == 6
    assert torch.equal(kept.get(one), states(one))
    assert torch.equal(kept.get(other), states(other))
    assert kept.get([1, 2, 3, 9]) is None
    assert kept.get([2, 3]) is None
    assert kept.get([]) is None


def test_replies_to_one_prompt_share_it():
    kept = store()
    prompt = [5, 6, 7]
    kept.put(prompt, 0, states(prompt, 0, 3))
    for reply in ([1, 2], [1, 3, 4], [2]):
        text = prompt + reply
        kept.put(text, 3, states(text, 3))
    assert len(kept) == 3 + 2 + 2 + 1
    assert torch.equal(kept.get([5, 6, 7, 1, 3, 4]), states([5, 6, 7, 1, 3, 4]))


def test_the_order_of_tokens_and_their_places_count():
    texts = [[1, 2, 3], [2, 1, 3], [1, 3, 2], [0, 1, 2, 3], [0, 0, 0], [0, 0, 0, 0], [1 << 20, 2]]
    kept = store()
    for ids in texts:
        kept.put(ids, 0, states(ids))
    for ids in texts:
        assert torch.equal(kept.get(ids), states(ids))


def test_what_exceeds_the_budget_is_dropped(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK_BYTES", 4 * STATE_BYTES)
    kept = store(10 * STATE_BYTES + 3)
    first, second = list(range(6)), list(range(10, 16))
    kept.put(first, 0, states(first))
    assert not kept.full
    kept.put(second, 0, states(second))
    assert kept.full
    assert len(kept) == 10
    assert kept.nbytes == 10 * STATE_BYTES
    assert torch.equal(kept.get(first), states(first))
    assert kept.get(second) is None
    assert torch.equal(kept.get(second[:4]), states(second, 0, 4))
    kept.clear()
    assert (len(kept), kept.nbytes, kept.full) == (0, 0, False)
    assert kept.get(first) is None
    kept.put(second, 0, states(second))
    assert torch.equal(kept.get(second), states(second))


@pytest.mark.parametrize("budget", [0, STATE_BYTES - 1])
def test_a_budget_without_room_for_a_state_keeps_none(budget):
    kept = store(budget)
    kept.put([1, 2], 0, states([1, 2]))
    assert kept.full
    assert len(kept) == 0
    assert kept.get([1]) is None


def test_many_texts_over_many_blocks(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK_BYTES", 7 * STATE_BYTES)
    draw, kept, texts = np.random.default_rng(0), store(), []
    for _ in range(60):
        text = draw.integers(0, 3, size=draw.integers(1, 12)).tolist()
        cut = int(draw.integers(0, len(text)))
        kept.put(text, 0, states(text, 0, cut))
        kept.put(text, cut, states(text, cut))
        texts.append(text)
    assert len(kept) == len(
        {tuple(text[:end]) for text in texts for end in range(1, len(text) + 1)}
    )
    for text in texts:
        assert torch.equal(kept.get(text), states(text))


def test_states_are_copies_without_gradient_in_their_own_dtype():
    kept = store()
    hidden = torch.ones((2, WIDTH), dtype=torch.bfloat16, requires_grad=True)
    whole = hidden * 2
    kept.put([1, 2], 0, whole)
    with torch.no_grad():
        whole.zero_()
    found = kept.get([1, 2])
    assert found.dtype == torch.bfloat16
    assert not found.requires_grad
    assert (found == 2).all()


def test_states_of_tokens_that_the_text_lacks_are_refused():
    with pytest.raises(ValueError, match="states of tokens 1 to 3 of a text of 2 tokens"):
        store().put([1, 2], 1, torch.zeros((2, WIDTH)))
