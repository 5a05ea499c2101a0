"""From episodes to rows: every sampled token once, with what belongs to it, and nothing else."""

import numpy as np
import pytest

from onelayer.agents.episodes import Episode, Step
from onelayer.trainers.rows import collate, rows


def step(prompt, action, *, continues=False, first=0.5):
    """A step whose log-probabilities are -first, -(first + 1), ..."""
    return Step(
        observation="",
        action="",
        reward=0.0,
        anchor=0,
        prompt_ids=tuple(prompt),
        action_ids=tuple(action),
        logprobs=tuple(-(first + i) for i in range(len(action))),
        continues=continues,
    )


def episode(*steps, error=None):
    return Episode("task", steps, success=False, error=error)


def test_steps_that_continue_are_joined_into_one_row():
    played = episode(
        step([7, 8], [3, 2]), step([9], [4, 5, 2], continues=True), step([6], [2], continues=True)
    )
    [row] = rows([played], np.array([0.5, -1.0, 2.0]))
    assert row.ids_T.tolist() == [7, 8, 3, 2, 9, 4, 5, 2, 6, 2]
    assert row.sampled_T.tolist() == [bool(i) for i in (0, 0, 1, 1, 0, 1, 1, 1, 0, 1)]
    assert row.logp_T.tolist() == [0, 0, -0.5, -1.5, 0, -0.5, -1.5, -2.5, 0, -0.5]
    assert row.advantage_T.tolist() == [0, 0, 0.5, 0.5, 0, -1, -1, -1, 0, 2]
    assert (row.steps, row.tokens) == (3, 6)


def test_a_step_that_does_not_continue_begins_a_row():
    played = episode(
        step([7], [2]), step([7, 2, 8], [3]), step([9], [4], continues=True), step([5], [6])
    )
    made = rows([played], np.arange(4.0))
    assert [row.ids_T.tolist() for row in made] == [[7, 2], [7, 2, 8, 3, 9, 4], [5, 6]]
    assert [row.steps for row in made] == [1, 2, 1]
    assert [row.advantage_T.max() for row in made] == [0, 2, 3]


def test_an_episode_with_an_error_is_left_out_and_takes_its_advantages_with_it():
    broken = episode(step([7], [2]), step([8], [2], continues=True), error="OSError()")
    nothing = episode(error="no start")
    sound = episode(step([9], [3]))
    made = rows([sound, broken, nothing, sound], np.array([1.0, 2.0, 3.0, 4.0]))
    assert [row.advantage_T.tolist() for row in made] == [[0, 1], [0, 4]]


def test_steps_without_sampled_tokens_are_refused():
    by_a_script = Episode("by-1-from-0", (Step("1 + 1 =", "2", 1.0, 0),), success=True)
    with pytest.raises(ValueError, match="a step of task by-1-from-0 has no sampled tokens"):
        rows([by_a_script], np.zeros(1))


def test_an_advantage_for_every_step_is_required():
    with pytest.raises(ValueError):
        rows([episode(step([7], [2]), step([7], [2]))], np.zeros(1))


@pytest.mark.parametrize("kind", ["plain", "chat"])
@pytest.mark.parametrize("history", ["all", 2])
def test_played_rows_hold_every_sampled_token_once(
    tiny_model, plain_tokenizer, chat_tokenizer, play, advantages, history, kind
):
    tokenizer = plain_tokenizer if kind == "plain" else chat_tokenizer
    model = tiny_model(vocab_size=len(tokenizer), max_position_embeddings=2048)
    episodes = play(model, tokenizer, history=history)
    advantages_N = advantages(episodes)
    made = rows(episodes, advantages_N)
    steps = [s for e in episodes for s in e.steps]
    assert len(made) == (len(episodes) if history == "all" else len(steps))
    sampled = np.concatenate([row.ids_T[row.sampled_T] for row in made])
    assert sampled.tolist() == [token for s in steps for token in s.action_ids]
    logp = np.concatenate([row.logp_T[row.sampled_T] for row in made])
    assert logp.tolist() == pytest.approx([value for s in steps for value in s.logprobs])
    advantage = np.concatenate([row.advantage_T[row.sampled_T] for row in made])
    expected = np.repeat(advantages_N, [len(s.action_ids) for s in steps])
    np.testing.assert_allclose(advantage, expected, rtol=1e-6)
    for row in made:
        assert not row.advantage_T[~row.sampled_T].any()
        assert not row.logp_T[~row.sampled_T].any()
        assert not row.sampled_T[0]


@pytest.mark.parametrize("kind", ["plain", "chat"])
def test_an_end_token_that_was_put_after_a_cut_reply_carries_no_loss(
    tiny_model, plain_tokenizer, chat_tokenizer, play, advantages, kind
):
    tokenizer = plain_tokenizer if kind == "plain" else chat_tokenizer
    model = tiny_model(vocab_size=len(tokenizer), max_position_embeddings=2048)
    episodes = play(model, tokenizer, response_limit=2)
    made = rows(episodes, advantages(episodes))
    by_hand = by_model = 0
    for row, played in zip(made, episodes, strict=True):
        end = 0
        for s, following in zip(played.steps, played.steps[1:], strict=False):
            end += len(s.prompt_ids) + len(s.action_ids)
            if s.cut:
                assert row.ids_T[end] == tokenizer.eos_token_id
                assert not row.sampled_T[end]
                assert following.prompt_ids[0] == tokenizer.eos_token_id
                by_hand += 1
            else:
                assert row.ids_T[end - 1] == tokenizer.eos_token_id
                assert row.sampled_T[end - 1]
                by_model += 1
    assert by_hand
    assert by_model or kind == "chat"  # of 128 letters a random model seldom takes the last


def test_a_batch_reads_all_tokens_but_the_last_and_predicts_the_sampled_ones():
    played = [
        episode(
            step([7, 8], [3, 2]),
            step([9], [4], continues=True, first=3),
        ),
        episode(step([5], [6])),
    ]
    batch = collate(rows(played, np.array([1.0, -1.0, 0.5])))
    assert batch.ids_BT.tolist() == [[7, 8, 3, 2, 9], [5, 0, 0, 0, 0]]
    assert batch.read_BT.tolist() == [[True] * 5, [True] + [False] * 4]
    assert batch.predicts_BT.int().tolist() == [[0, 1, 1, 0, 1], [1, 0, 0, 0, 0]]
    assert batch.target_N.tolist() == [3, 2, 4, 6]
    assert batch.logp_N.tolist() == [-0.5, -1.5, -3, -0.5]
    assert batch.advantage_N.tolist() == [1, 1, -1, 0.5]
    assert batch.positions_BT.tolist() == [[0, 1, 2, 3, 4]] * 2
    assert batch.reference_N is None
