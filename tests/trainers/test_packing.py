"""Rows that share their prompt in a forward pass give what separate rows give."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from onelayer.agents.episodes import Episode, Step
from onelayer.trainers import packing
from onelayer.trainers.layers import decoder_layers, train_only, trained_parameters
from onelayer.trainers.packing import by_beginning, pack
from onelayer.trainers.rows import collate, rows
from onelayer.trainers.scoring import score

CLOSE = {"atol": 1e-5, "rtol": 0}


def episode(prompt, *replies, hidden=False):
    """Replies are joined by one token, 5, that the policy did not write."""
    steps = []
    for i, reply in enumerate(replies):
        shown = prompt if i == 0 else [5]
        read = len(shown) + len(reply) - (1 if i == 0 else 0)
        steps.append(
            Step(
                observation="",
                action="",
                reward=0.0,
                anchor=0,
                prompt_ids=tuple(shown),
                action_ids=tuple(reply),
                logprobs=tuple(-0.1 * (i + 1) for i in range(len(reply))),
                continues=i > 0,
                hidden_TD=np.full((read, 2), len(reply), np.float32) if hidden else None,
            )
        )
    return Episode("task", tuple(steps), success=False)


def rows_of(*episodes):
    steps = sum(len(e.steps) for e in episodes)
    return rows(episodes, np.arange(1.0, steps + 1))


def random_rows(seed=0, groups=3):
    """Groups of four with a prompt each; replies of 1 to 5 tokens, some episodes of two turns."""
    rng = np.random.default_rng(seed)
    made = []
    for group in range(groups):
        prompt = rng.integers(6, 60, size=20 + 3 * group).tolist()
        for _ in range(4):
            replies = [
                rng.integers(6, 60, size=rng.integers(1, 6)).tolist()
                for _ in range(rng.integers(1, 3))
            ]
            made.append(episode(prompt, *replies))
    return rows_of(*made)


def gradients(model, batch, below=()):
    parameters = trained_parameters(model, [1])
    scores = score(model, batch, below=below)
    (scores.logp_N * batch.advantage_N).mean().backward()
    found = {name: p.grad.clone() for name, p in parameters.items()}
    model.zero_grad()
    return scores, found


def test_a_pack_by_hand():
    # Read: 7 8 9 | 3 4 | nothing | 6 5 6, where the last token of each row is read by nobody.
    made = rows_of(
        episode([7, 8, 9], [3, 4, 2]), episode([7, 8, 9], [2]), episode([7, 8, 9], [6], [6, 2])
    )
    batch = pack(made)
    assert batch.ids_BT.tolist() == [[7, 8, 9, 3, 4, 6, 5, 6]]
    assert batch.positions_BT.tolist() == [[0, 1, 2, 3, 4, 3, 4, 5]]
    assert batch.target_N.tolist() == [3, 4, 2, 2, 6, 6, 2]
    assert batch.packing.predicting_N[1].tolist() == [2, 3, 4, 2, 2, 6, 7]
    assert batch.advantage_N.tolist() == [1, 1, 1, 2, 3, 4, 4]
    assert batch.packing.part_BT.tolist() == [[0, 0, 0, 1, 1, 3, 3, 3]]  # 2 has nothing of its own
    assert batch.predicts_BT.int().tolist() == [[0, 0, 1, 1, 1, 0, 1, 1]]


@pytest.mark.parametrize("architecture", ["qwen3", "qwen2", "llama"])
def test_log_probabilities_and_gradients_are_those_of_separate_rows(tiny_model, architecture):
    model = tiny_model(architecture, tied=False, initializer_range=0.2)
    train_only(model, [1])
    made = random_rows()
    packed, apart = pack(made), collate(made)
    assert packed.packing is not None
    assert packed.ids_BT.numel() < apart.ids_BT.numel() / 2
    together, theirs = gradients(model, packed)
    separate, expected = gradients(model, apart)
    torch.testing.assert_close(together.logp_N, separate.logp_N, **CLOSE)
    torch.testing.assert_close(together.entropy_N, separate.entropy_N, **CLOSE)
    largest = max(gradient.abs().max() for gradient in expected.values())
    assert largest > 1e-3
    for name, gradient in theirs.items():
        torch.testing.assert_close(gradient, expected[name], atol=1e-5 * largest, rtol=0)


@pytest.mark.parametrize("first", [0, 1, 2])
@pytest.mark.parametrize("history", ["all", 2])
def test_played_episodes_score_as_they_were_sampled_from_every_layer_on(
    tiny_model, chat_tokenizer, play, advantages, first, history, monkeypatch
):
    monkeypatch.setattr(packing, "_WORTH_IT", 0.8)
    model = tiny_model(
        layers=3,
        tied=False,
        vocab_size=len(chat_tokenizer),
        max_position_embeddings=2048,
        initializer_range=0.2,
    )
    episodes = play(model, chat_tokenizer, history=history, env_args={"max_steps": 2})
    [made] = by_beginning(rows(episodes, advantages(episodes)), 100)
    batch = pack(made)
    assert batch.packing is not None
    with torch.no_grad():
        scores = score(model, batch, below=decoder_layers(model)[:first])
    torch.testing.assert_close(scores.logp_N, batch.logp_N, **CLOSE)


def test_what_is_recorded_of_tokens_keeps_its_place():
    made = rows_of(*[episode([7, 8, 9], [3] * n, hidden=True) for n in (4, 2, 2)])
    made = [
        replace(row, reference_T=np.where(row.sampled_T, -float(i), 0).astype(np.float32))
        for i, row in enumerate(made)
    ]
    batch = pack(made)
    assert batch.reference_N.tolist() == [0] * 4 + [-1] * 2 + [-2] * 2
    assert batch.hidden_BTD[0, :, 0].tolist() == [4] * 6 + [2] * 2


def test_rows_with_little_in_common_stay_apart():
    made = rows_of(*[episode([7 + i], [3] * 9) for i in range(4)])
    assert pack(made).packing is None
    assert pack(rows_of(episode([7, 8], [3]))).packing is None


def test_a_group_that_would_be_too_wide_becomes_several_packs(monkeypatch):
    monkeypatch.setattr(packing, "_WIDEST", 30)
    batch = pack(rows_of(*[episode([7] * 20, [3] * 4)] * 8))  # 20 + 3 + 3 + 3
    assert batch.ids_BT.shape == (3, 29)
    assert batch.read_BT.sum(1).tolist() == [29, 29, 26]


def test_rows_are_taken_longest_first_by_groups_and_none_is_lost():
    prompts = ([1] * 9, [2] * 3, [3] * 5)
    made = rows_of(*[episode(p, [2] * n) for n in (1, 3, 2) for p in prompts])
    parts = list(by_beginning(made, 4))
    found = [[(int(row.ids_T[0]), row.tokens) for row in part] for part in parts]
    assert found == [[(1, 3), (1, 2), (1, 1), (3, 3)], [(3, 2), (3, 1), (2, 3), (2, 2)], [(2, 1)]]
    assert list(by_beginning([], 2)) == []
