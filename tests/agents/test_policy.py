"""A model plays: what it read and wrote is recorded exactly, whatever the history."""

from functools import partial

import pytest
import torch
from helpers import tiny_model

from onelayer.agents.decoder import Decoder, Sampling
from onelayer.agents.policy import PolicyAgent, PromptTooLong
from onelayer.agents.rollout import rollout
from onelayer.agents.states import CapturedStates
from onelayer.envs.plugins import make


def play(model, tokenizer, *, history="all", states=None, seed=0, envs=6, **sampling):
    agent = PolicyAgent(
        model,
        tokenizer,
        sampling=Sampling(**{"response_limit": 4, **sampling}),
        history=history,
        engine=partial(Decoder, model, states=states),
        seed=seed,
    )
    worlds = [make("onelayer/Counting-v0") for _ in range(envs)]
    return rollout(worlds, agent, list(worlds[0].unwrapped.tasks)[:4], group_size=3)


def recomputed(model, ids, first):
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids])).logits[0, first - 1 : -1]
    return torch.log_softmax(logits, -1).gather(-1, torch.tensor(ids[first:])[:, None])[:, 0]


@pytest.mark.parametrize("history", ["all", 0, 2])
@pytest.mark.parametrize("kind", ["plain", "chat"])
def test_recorded_logprobs_are_those_of_the_recorded_tokens(
    plain_tokenizer, chat_tokenizer, history, kind
):
    tokenizer = plain_tokenizer if kind == "plain" else chat_tokenizer
    model = tiny_model("qwen3", vocab_size=len(tokenizer), max_position_embeddings=2048)
    for episode in play(model, tokenizer, history=history):
        ids = []
        for step in episode.steps:
            assert step.continues == (history == "all" and bool(ids))
            ids = [*(ids if step.continues else []), *step.prompt_ids]
            expected = recomputed(model, [*ids, *step.action_ids], len(ids))
            torch.testing.assert_close(torch.tensor(step.logprobs), expected, atol=1e-5, rtol=0)
            ids += step.action_ids


def test_a_cut_reply_is_an_invalid_action_and_gets_its_end_token_as_prompt(plain_tokenizer):
    episodes = play(tiny_model("qwen3"), plain_tokenizer, response_limit=1)
    cut = [(e, i) for e in episodes for i, s in enumerate(e.steps) if s.cut]
    assert cut
    for episode, i in cut:
        step = episode.steps[i]
        assert not step.valid
        assert step.action == ""
        assert plain_tokenizer.eos_token_id not in step.action_ids
        if i + 1 < len(episode.steps):
            assert episode.steps[i + 1].prompt_ids[0] == plain_tokenizer.eos_token_id


def test_a_reply_also_ends_where_the_models_generation_config_says(chat_tokenizer):
    """As Qwen2.5's <|endoftext|>; the template's own end token then follows, put there by hand."""
    model = tiny_model("qwen3", vocab_size=128, max_position_embeddings=2048)
    other = chat_tokenizer.convert_tokens_to_ids("a")
    model.generation_config.eos_token_id = [chat_tokenizer.eos_token_id, other]
    episodes = play(model, chat_tokenizer, response_limit=40)
    ended = [
        (episode, i)
        for episode in episodes
        for i, step in enumerate(episode.steps)
        if step.action_ids[-1] == other
    ]
    assert ended
    for episode, i in ended:
        step = episode.steps[i]
        assert not step.cut and other not in step.action_ids[:-1]
        assert not step.reply.endswith("a")
        if i + 1 < len(episode.steps):
            assert episode.steps[i + 1].prompt_ids[0] == chat_tokenizer.eos_token_id


def test_a_chat_reply_without_tags_is_an_invalid_action(chat_tokenizer):
    model = tiny_model("qwen3", vocab_size=128, max_position_embeddings=2048)
    for episode in play(model, chat_tokenizer):
        for step in episode.steps:
            assert (step.action, step.valid) == ("", False)  # random letters make no tags
            assert step.reply or step.action_ids


def test_the_same_seed_plays_the_same_whatever_runs_at_once(plain_tokenizer):
    model = tiny_model("qwen3")
    a, b, other = (
        play(model, plain_tokenizer, envs=12),
        play(model, plain_tokenizer, envs=1),
        play(model, plain_tokenizer, seed=1),
    )
    actions = [[[s.action_ids for s in e.steps] for e in run] for run in (a, b, other)]
    assert actions[0] == actions[1]
    assert actions[0] != actions[2]


def test_members_of_a_group_differ(plain_tokenizer):
    episodes = play(tiny_model("qwen3"), plain_tokenizer)
    assert len({tuple(s.action_ids for s in e.steps) for e in episodes[:3]}) > 1


def test_a_growing_history_starts_anew_at_the_end_of_the_context(plain_tokenizer):
    model = tiny_model("qwen3", max_position_embeddings=56)
    episodes = play(model, plain_tokenizer)
    longest = max(episodes, key=lambda e: len(e.steps))
    assert any(not step.continues for step in longest.steps[1:])


def test_a_prompt_that_cannot_fit_ends_its_episode_with_the_way_out(plain_tokenizer):
    model = tiny_model("qwen3", max_position_embeddings=12)
    for episode in play(model, plain_tokenizer):
        assert "do not fit into the model's 12 positions; lower history" in episode.error
    agent = PolicyAgent(model, plain_tokenizer, sampling=Sampling(response_limit=4))
    with pytest.raises(PromptTooLong, match="12 positions"):
        agent.act(["1 + 1 + 1 + 1 + 1 + 1"])


@pytest.mark.parametrize("history", ["some", -1, None])
def test_a_senseless_history_is_refused(plain_tokenizer, history):
    with pytest.raises(ValueError, match="history"):
        PolicyAgent(tiny_model("qwen3"), plain_tokenizer, history=history)


def test_one_agent_answers_plain_observations_too(plain_tokenizer):
    agent = PolicyAgent(tiny_model("qwen3"), plain_tokenizer, sampling=Sampling(response_limit=3))
    assert len(agent.act(["1 + 1 = ?", "2 + 2 = ?"])) == 2


@pytest.mark.parametrize(("history", "positions"), [("all", 512), ("all", 56), (0, 512), (2, 512)])
@pytest.mark.parametrize("first", [0, 1, 3])
def test_the_states_of_every_token_that_was_read_are_kept(
    plain_tokenizer, history, positions, first
):
    model = tiny_model("qwen3", max_position_embeddings=positions)  # 56: the history begins anew
    states = CapturedStates(model.model.layers[first], 1 << 24)
    # fewer environments than episodes: places in the cache are used again
    episodes = play(model, plain_tokenizer, history=history, states=states, envs=4)
    assert max(len(episode.steps) for episode in episodes) > 4
    for episode in episodes:
        ids = []
        for step in episode.steps:
            ids = [*(ids if step.continues else []), *step.prompt_ids, *step.action_ids]
            with torch.no_grad():
                output = model(input_ids=torch.tensor([ids[:-1]]), output_hidden_states=True)
            expected = output.hidden_states[first][0]
            torch.testing.assert_close(states.get(ids[:-1]), expected, atol=1e-5, rtol=0)
