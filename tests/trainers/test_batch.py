"""From episodes to rows and batches: every sampled token once, with what belongs to it, and nothing else."""

import numpy as np
import pytest
import torch
from helpers import play_counting, random_advantages, tiny_model

from onelayer.agents.attention import UNREAD
from onelayer.agents.episodes import Episode, Step
from onelayer.trainers.batch import batch, parts
from onelayer.trainers.token_rows import rows


def step(prompt, action, *, continues=False, first=0.5, cut=False):
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
        cut=cut,
    )


def episode(*steps, error=None):
    return Episode("task", steps, success=False, error=error)


def replies(prompt, *written):
    """An episode of several replies, joined by one token, 5, that the policy did not write."""
    shown = [prompt, *[[5]] * (len(written) - 1)]
    return episode(
        *[step(p, w, continues=i > 0) for i, (p, w) in enumerate(zip(shown, written, strict=True))]
    )


def rows_of(*episodes):
    return rows(episodes, np.arange(1.0, sum(len(e.steps) for e in episodes) + 1))


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


def test_a_cut_reply_is_read_and_carries_no_loss_on_request():
    played = episode(
        step([7], [3, 4], cut=True), step([9], [5, 2], continues=True), step([1, 8], [6], cut=True)
    )
    advantages = np.array([1.0, 2.0, 3.0])
    assert [row.tokens for row in rows([played], advantages)] == [4, 1]
    [row] = rows([played], advantages, without_cut=True)  # the second has nothing else
    assert row.ids_T.tolist() == [7, 3, 4, 9, 5, 2]
    assert row.sampled_T.tolist() == [False, False, False, False, True, True]
    assert row.logp_T.tolist() == [0, 0, 0, 0, -0.5, -1.5]
    assert row.advantage_T.tolist() == [0, 0, 0, 0, 2, 2]


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
def test_played_rows_hold_every_sampled_token_once(plain_tokenizer, chat_tokenizer, history, kind):
    tokenizer = plain_tokenizer if kind == "plain" else chat_tokenizer
    model = tiny_model(vocab_size=len(tokenizer), max_position_embeddings=2048)
    episodes = play_counting(model, tokenizer, history=history)
    advantages_N = random_advantages(episodes)
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
    plain_tokenizer, chat_tokenizer, kind
):
    tokenizer = plain_tokenizer if kind == "plain" else chat_tokenizer
    model = tiny_model(vocab_size=len(tokenizer), max_position_embeddings=2048)
    episodes = play_counting(model, tokenizer, response_limit=2)
    made = rows(episodes, random_advantages(episodes))
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
        episode(step([7, 8], [3, 2]), step([9], [4], continues=True, first=3)),
        episode(step([5], [6])),
    ]
    made = batch(rows(played, np.array([1.0, -1.0, 0.5])))
    assert not made.runs
    assert made.ids_BT.tolist() == [[7, 8, 3, 2, 9], [5, 0, 0, 0, 0]]
    assert made.places == 10
    assert made.predicting_N.tolist() == [1, 2, 4, 5]
    assert made.target_N.tolist() == [3, 2, 4, 6]
    assert made.logp_N.tolist() == [-0.5, -1.5, -3, -0.5]
    assert made.advantage_N.tolist() == [1, 1, -1, 0.5]
    assert [(p.ids_T.tolist(), p.start, p.place) for p in made.pieces] == [
        ([7, 8, 3, 2, 9], 0, 0),
        ([5], 0, 5),
    ]


def test_what_rows_have_in_common_stands_once_by_hand():
    # Read: 7 8 9 3 4 | nothing new | 6 5 6: the last token of each row is read by nobody.
    made = batch(
        rows_of(
            replies([7, 8, 9], [3, 4, 2]), replies([7, 8, 9], [2]), replies([7, 8, 9], [6], [6, 2])
        )
    )
    # In the order of a dictionary the second row comes first, the first one next.
    assert made.ids_BT.tolist() == [[7, 8, 9, 6, 5, 6, 3, 4]]
    [runs] = made.runs
    assert runs.query_RQ.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 7]]
    assert runs.key_RK.tolist() == [[0, 1, 2, 0, 0, 0], [0, 1, 2, 3, 4, 5], [0, 1, 2, 6, 7, 0]]
    assert runs.position_RQ.tolist() == [[0, 1, 2], [3, 4, 5], [3, 4, 4]]
    assert runs.key_position_RK.tolist() == [
        [0, 1, 2, UNREAD, UNREAD, UNREAD],
        [0, 1, 2, 3, 4, 5],
        [0, 1, 2, 3, 4, UNREAD],
    ]
    assert runs.real_X.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert made.target_N.tolist() == [3, 4, 2, 2, 6, 6, 2]
    assert made.predicting_N.tolist() == [2, 6, 7, 2, 2, 4, 5]
    assert made.advantage_N.tolist() == [1, 1, 1, 2, 3, 4, 4]
    assert [(p.ids_T.tolist(), p.start, p.place) for p in made.pieces] == [
        ([7, 8, 9, 3, 4], 3, 6),
        ([7, 8, 9], 0, 0),
        ([7, 8, 9, 6, 5, 6], 3, 3),
    ]


def test_steps_of_a_windowed_history_share_their_first_turn():
    first = [7] * 12
    texts = [[*first, 3], [*first, 4, 4], [*first, 4, 5]]
    made = batch(rows_of(*[replies(text, [2, 2]) for text in texts]))
    assert made.places == 12 + 2 + 3 + 2  # 4 of the third row stands with the second


def test_runs_of_very_different_lengths_are_attended_to_apart():
    made = batch(rows_of(*[replies([7] * 40, [n, 2, 2]) for n in range(5)]))
    assert [runs.query_RQ.shape for runs in made.runs] == [(1, 42), (4, 2)]
    assert [runs.key_RK.shape for runs in made.runs] == [(1, 42), (4, 42)]


def test_rows_with_little_in_common_are_read_whole():
    assert not batch(rows_of(*[replies([7, i], [3] * 20) for i in range(4)])).runs
    assert not batch(rows_of(replies([7, 8], [3]))).runs
    alike = rows_of(*[replies([7] * 9, [i]) for i in range(4)])
    assert batch(alike).runs
    assert not batch(rows_of(*[replies([7] * 9000, [i]) for i in range(2)])).runs
    assert not batch(alike, share=False).runs


@pytest.mark.parametrize("share", [True, False])
@pytest.mark.parametrize("most", [1, 30, 100, 10_000])
def test_no_batch_is_larger_than_it_may_be_but_for_a_row_alone(most, share):
    draw = np.random.default_rng(0)
    made = rows_of(
        *[
            replies([int(draw.integers(5))] * int(draw.integers(1, 30)), [int(n)] * int(n))
            for n in draw.integers(1, 9, size=60)
        ]
    )
    cut = list(parts(made, most, share=share))
    assert sorted(map(id, made)) == sorted(id(row) for part, _ in cut for row in part)
    for part, shares in cut:
        assert batch(part, share=shares).places <= most or len(part) == 1
    assert list(parts([], most)) == []


def of_lengths(draw, begin, count, length):
    """Rows of so many random tokens behind what they begin with."""
    return rows_of(
        *[replies([*begin, *draw.integers(9, 60, length).tolist()], [2]) for _ in range(count)]
    )


@pytest.mark.parametrize("tokens", [1024, 2048, 3000])
def test_a_few_long_rows_among_many_short_ones_do_not_widen_a_batch(tokens):
    draw = np.random.default_rng(2)
    begin = draw.integers(9, 60, 220).tolist()
    made = of_lengths(draw, begin, 8, 780) + of_lengths(draw, begin, 24, 30)
    for share in (0.21, 0.25, 0.3):  # of long rows, and of each pair of short ones
        one = draw.integers(9, 60, int(900 * share)).tolist()
        made += of_lengths(draw, one, 2, 900 - len(one))
        for _ in range(10):
            pair = draw.integers(9, 60, int(40 * share)).tolist()
            made += of_lengths(draw, pair, 2, 40 - len(pair))
    cut = [(part, batch(part, share=share)) for part, share in parts(made, tokens)]
    assert sum(len(part) for part, _ in cut) == len(made)
    assert all(one.places <= tokens for _, one in cut)
    assert any(one.runs for _, one in cut)
    assert any(not one.runs for _, one in cut)


def test_keys_that_are_copied_for_each_row_count_in_a_batch():
    draw = np.random.default_rng(3)
    made = of_lengths(draw, draw.integers(9, 60, 500).tolist(), 64, 10)
    for cost in (0.0, 0.05, 0.2):
        cut = [batch(part, share=share) for part, share in parts(made, 1400, key_cost=cost)]
        for one in cut:
            keys = sum(runs.key_RK.numel() for runs in one.runs)
            assert one.places + cost * keys <= 1400
        assert (len(cut) == 1) == (cost == 0)


def test_every_token_of_a_batch_is_found_where_its_piece_says():
    draw = np.random.default_rng(1)
    made = rows_of(
        *[
            replies([5] * 20 + [int(n % 3)], draw.integers(6, 60, n).tolist())
            for n in draw.integers(1, 9, size=30)
        ]
    )
    one = batch(made)
    assert one.runs
    ids_M, filled = one.ids_BT.flatten(), np.zeros(one.places, dtype=int)
    for piece in one.pieces:
        assert ids_M[piece.places].tolist() == piece.ids_T[piece.start :].tolist()
        filled[piece.places] += 1
    assert (filled == 1).all()
    before = iter(ids_M[one.predicting_N].tolist())
    for row in made:
        assert [next(before) for _ in range(row.tokens)] == row.ids_T[:-1][
            row.sampled_T[1:]
        ].tolist()


def test_tensors_are_of_the_asked_device():
    made = batch(rows_of(replies([7, 8], [3])), "meta")
    assert made.ids_BT.device == torch.device("meta")
