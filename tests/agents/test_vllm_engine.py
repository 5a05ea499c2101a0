"""The engine that asks servers, against servers of its protocol that answer well, badly or not at all."""

import threading

import numpy as np
import pytest
import torch
from helpers import tiny_model
from vllm_servers import VLLMServerForTests

from onelayer.agents.engine import sample
from onelayer.agents.json_server import ServerRefused
from onelayer.agents.policy import PolicyAgent, PromptTooLong
from onelayer.agents.request_pauses import RequestFailed
from onelayer.agents.rollout import rollout
from onelayer.agents.sampling import Sampling
from onelayer.agents.vllm_engine import VLLMEngine, VLLMServers
from onelayer.agents.vllm_server import VLLMServer, WeightsNotTaken
from onelayer.agents.weight_files import write_weights
from onelayer.envs.plugins import make

STOP = 2
PROMPTS = [[3, 9, 4], [3, 9, 4], [5, 6, 7, 8, 9]]
KEYS = [[0, 0], [0, 1], [0, 2]]


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch):
    monkeypatch.setattr("onelayer.agents.json_server._FIRST_WAIT_S", 0.01)


@pytest.fixture
def model():
    return tiny_model(initializer_range=0.3)


def engine_of(*servers, context=512, **sampling):
    at = VLLMServers.at(",".join(server.url for server in servers))
    for server in at.servers:
        server.describe()
    return VLLMEngine(at, context, [STOP], Sampling(**{"response_limit": 12, **sampling}))


def assert_that_logprobs_are_the_models(model, prompts, replies, temperature=1.0):
    for prompt, reply in zip(prompts, replies, strict=True):
        with torch.no_grad():
            logits = model(torch.tensor([[*prompt, *reply.ids]])).logits[0, len(prompt) - 1 : -1]
        logp = torch.log_softmax(logits / temperature, -1)
        expected = logp.gather(-1, torch.tensor(reply.ids)[:, None])[:, 0]
        np.testing.assert_allclose(reply.logprobs, expected, atol=1e-5)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_replies_come_as_tokens_with_the_log_probabilities_of_the_model(model, temperature):
    with VLLMServerForTests(model) as server:
        replies = sample(engine_of(server, temperature=temperature), range(3), PROMPTS, KEYS)
    assert_that_logprobs_are_the_models(model, PROMPTS, replies, temperature)
    assert len(set(replies)) == 3
    for reply in replies:
        assert reply.cut == (reply.ids[-1] != STOP)
        assert STOP not in reply.ids[:-1]
        assert not reply.cut or len(reply.ids) == 12


def test_the_whole_distribution_is_asked_for_whatever_the_server_has_by_default(model):
    with VLLMServerForTests(model) as server:
        sample(engine_of(server), [0], [np.array(PROMPTS[2])], KEYS[:1])
    [body] = server.asked
    assert body["prompt"] == PROMPTS[2]
    assert (body["top_p"], body["top_k"], body["min_p"], body["repetition_penalty"]) == (1, 0, 0, 1)
    assert (body["ignore_eos"], body["stop_token_ids"], body["logprobs"]) == (True, [STOP], 0)


def test_an_episode_is_drawn_with_seeds_of_its_own(model):
    def seeds(keys):
        with VLLMServerForTests(model) as server:
            engine = engine_of(server)
            for _ in range(2):
                sample(engine, [4], PROMPTS[:1], keys)
            engine.release([4])
            sample(engine, [4], PROMPTS[:1], keys)
        return [body["seed"] for body in server.asked]

    first, second, again = seeds([[0, 5]])
    assert first != second
    assert again == first  # a new episode with the same key
    assert seeds([[0, 6]])[0] not in (first, second)


def test_an_episode_keeps_its_server_and_all_servers_play(model):
    with VLLMServerForTests(model) as one, VLLMServerForTests(model) as other:
        engine = engine_of(one, other)
        for turn in range(3):
            sample(
                engine,
                range(4),
                [[slot + 3, turn] for slot in range(4)],
                [[0, s] for s in range(4)],
            )
        assert sorted({body["prompt"][0] for body in one.asked}) == [3, 5]
        assert sorted({body["prompt"][0] for body in other.asked}) == [4, 6]


def test_a_request_that_fails_is_sent_again(model):
    with VLLMServerForTests(model) as server:
        engine = engine_of(server)
        server.wrong = lambda path, count: {1: 503, 2: 0, 3: 429}.get(count)
        [reply] = sample(engine, [0], PROMPTS[:1], KEYS[:1])
        server.wrong = lambda path, count: None
        assert reply == sample(engine_of(server), [0], PROMPTS[:1], KEYS[:1])[0]


def test_an_answer_to_another_prompt_is_none(model):
    with VLLMServerForTests(model) as server:
        engine, complete = engine_of(server), server.v1_completions

        def changed(**body):
            status, answer = complete(**body)
            if len(server.asked) == 1:
                answer["choices"][0]["prompt_token_ids"] = [1, *body["prompt"]]
            return status, answer

        server.v1_completions = changed
        sample(engine, [0], PROMPTS[:1], KEYS[:1])
        assert len(server.asked) == 2


def test_a_server_that_is_gone_ends_the_rollout(model, monkeypatch):
    monkeypatch.setattr("onelayer.agents.vllm_server.RETRIES", 2)
    with VLLMServerForTests(model) as server:
        engine = engine_of(server)
        server.wrong = lambda path, count: 500
        with pytest.raises(RequestFailed, match="gave no answer in 3 tries: status 500"):
            sample(engine, [0], PROMPTS[:1], KEYS[:1])


def test_a_long_silence_is_said_once(model, monkeypatch, caplog):
    monkeypatch.setattr("onelayer.agents.vllm_engine._SILENCE_S", 0.2)
    monkeypatch.setattr("onelayer.agents.vllm_engine._LONGEST_STEP_S", 0.05)
    hold = threading.Event()
    with VLLMServerForTests(model) as server:
        engine = engine_of(server)
        server.wrong = lambda path, count: hold.wait(60) and None
        engine.submit(0, PROMPTS[0], KEYS[0])
        while "no reply has come" not in caplog.text:
            assert engine.step() == []
        for _ in range(8):
            assert engine.step() == []
        hold.set()
        while not engine.step():
            pass
    assert caplog.text.count("no reply has come") == 1


def test_a_slot_waits_for_one_reply_at_a_time(model):
    with VLLMServerForTests(model) as server:
        engine = engine_of(server)
        engine.submit(0, PROMPTS[0], KEYS[0])
        with pytest.raises(ValueError, match="already waits"):
            engine.submit(0, PROMPTS[0], KEYS[0])
        with pytest.raises(ValueError, match="at least one token"):
            engine.submit(1, [], KEYS[1])
        engine.release([0])
        assert engine.step() == []
        assert len(sample(engine, [0], PROMPTS[:1], KEYS[:1])) == 1


@pytest.mark.parametrize("history", ["all", 1])
def test_an_agent_plays_whole_episodes_through_servers(plain_tokenizer, history):
    model = tiny_model(initializer_range=0.3)
    with VLLMServerForTests(model) as one, VLLMServerForTests(model) as other:
        agent = PolicyAgent(
            model,
            plain_tokenizer,
            sampling=Sampling(response_limit=4),
            history=history,
            engine=lambda stop, sampling: VLLMEngine(
                engine_of(one, other).servers, 512, stop, sampling
            ),
        )
        envs = [make("onelayer/Counting-v0") for _ in range(5)]
        episodes = rollout(envs, agent, list(envs[0].unwrapped.tasks)[:4], group_size=3)
        assert one.asked
        assert other.asked
    assert [e.task for e in episodes[::3]] == list(envs[0].unwrapped.tasks)[:4]
    for episode in episodes:
        ids = []
        for step in episode.steps:
            ids = [*(ids if step.continues else []), *step.prompt_ids]
            with torch.no_grad():
                logits = model(torch.tensor([[*ids, *step.action_ids]])).logits[
                    0, len(ids) - 1 : -1
                ]
            said = torch.tensor(step.action_ids)
            logp = torch.log_softmax(logits, -1).gather(-1, said[:, None])[:, 0]
            np.testing.assert_allclose(step.logprobs, logp, atol=1e-5)
            ids += step.action_ids


def test_a_prompt_that_does_not_fit_a_server_is_refused_here(plain_tokenizer):
    model = tiny_model()
    with VLLMServerForTests(model) as server:
        agent = PolicyAgent(
            model,
            plain_tokenizer,
            sampling=Sampling(response_limit=4),
            engine=lambda stop, sampling: VLLMEngine(engine_of(server).servers, 10, stop, sampling),
        )
        with pytest.raises(PromptTooLong, match="do not fit into the model's 10 positions"):
            agent.act(["1 + 1 + 1 + 1 + 1 + 1 + 1"])
        assert not server.asked


@pytest.fixture
def changed_file(model, tmp_path):
    """A file of the model's layer 1, changed, and the model with it."""
    with torch.no_grad():
        for weight in model.model.layers[1].parameters():
            weight.mul_(1.5)
    weights = {n: p.detach() for n, p in model.named_parameters() if ".layers.1." in n}
    write_weights(tmp_path / "sent.safetensors", weights, "test", "weights", {})
    return tmp_path / "sent.safetensors"


def test_new_weights_reach_all_servers_and_nothing_old_is_read(model, changed_file):
    before = tiny_model(initializer_range=0.3)
    with VLLMServerForTests(before) as one, VLLMServerForTests(before) as other:
        engine = engine_of(one, other)
        replies = sample(engine, range(3), PROMPTS, KEYS)
        assert_that_logprobs_are_the_models(before, PROMPTS, replies)
        engine.servers.take(changed_file, "1")
        assert engine.servers.that_lost_the_weights() == []
        engine.forget()
        replies = sample(engine, range(3), PROMPTS, KEYS)
        assert_that_logprobs_are_the_models(model, PROMPTS, replies)


def test_even_where_a_reset_did_nothing_the_prefix_cache_is_not_used(model, changed_file):
    with VLLMServerForTests(tiny_model(initializer_range=0.3)) as server:
        engine = engine_of(server)
        sample(engine, range(3), PROMPTS, KEYS)
        server.reset_prefix_cache = lambda: (200, {"success": True})  # a lie
        engine.servers.take(changed_file, "1")
        engine.forget()
        assert_that_logprobs_are_the_models(model, PROMPTS, sample(engine, range(3), PROMPTS, KEYS))


def test_a_server_that_was_started_again_alone_gets_the_weights_again(model, changed_file):
    base = tiny_model(initializer_range=0.3)
    with VLLMServerForTests(base) as server, VLLMServerForTests(base) as other:
        engine = engine_of(server, other)
        engine.servers.take(changed_file, "1")
        server.restart()
        lost = engine.servers.that_lost_the_weights()
        assert [one.url for one in lost] == [server.url]
        engine.servers.take(changed_file, "1", lost)
        assert engine.servers.that_lost_the_weights() == []
        assert other.paths.count("/update_weights") == 1
        assert_that_logprobs_are_the_models(model, PROMPTS, sample(engine, range(3), PROMPTS, KEYS))


def test_a_server_that_another_run_gave_weights_is_not_taken_from_it(model, changed_file):
    with VLLMServerForTests(model) as server:
        engine = engine_of(server)
        engine.servers.take(changed_file, "mine-1")
        server.version = "other-7"
        with pytest.raises(WeightsNotTaken, match="holds weights 'other-7' instead of 'mine-1'"):
            engine.servers.that_lost_the_weights()


@pytest.mark.parametrize(
    "path", ["init_weight_transfer_engine", "start_weight_update", "update_weights"]
)
def test_an_update_that_fails_is_the_end_of_the_server(model, changed_file, path):
    with VLLMServerForTests(model) as server:
        server.wrong = lambda asked, count: 500 if asked == f"/{path}" else None
        with pytest.raises(
            WeightsNotTaken, match=r"status 500: as the test wished.* is broken now"
        ):
            engine_of(server).servers.take(changed_file, "1")
        assert server.paths.count(f"/{path}") == 1  # it is not tried again
        assert server.version == "default"


def test_an_update_waits_for_a_server_that_starts_again(model, changed_file):
    with VLLMServerForTests(tiny_model(initializer_range=0.3)) as server:
        engine = engine_of(server)
        server.wrong = lambda path, count: 0 if path == "/weight_info" and count < 4 else None
        engine.servers.take(changed_file, "1")
        assert server.paths.count("/weight_info") == 4
        assert_that_logprobs_are_the_models(model, PROMPTS, sample(engine, range(3), PROMPTS, KEYS))


def test_a_file_that_the_server_does_not_see_is_not_sent(model, changed_file):
    with VLLMServerForTests(model) as server:
        server.collective_rpc = lambda **_: (200, {"results": [{"bytes": -1}]})
        with pytest.raises(WeightsNotTaken, match="--server-files"):
            VLLMServer(server.url).take(changed_file, "1")
        assert "/start_weight_update" not in server.paths


def test_a_cache_that_is_never_reset_is_said(model, changed_file, monkeypatch):
    monkeypatch.setattr("onelayer.agents.vllm_server._RESET_S", 0.2)
    with VLLMServerForTests(model) as server:
        server.busy = True
        with pytest.raises(WeightsNotTaken, match="did not reset its prefix cache"):
            engine_of(server).servers.take(changed_file, "1")


def test_a_server_without_our_extension_and_none_at_all(model):
    with VLLMServerForTests(model) as server:
        server.extension = False
        with pytest.raises(
            ServerRefused, match="runs without onelayer's extension; start one with"
        ):
            VLLMServer(server.url).describe()
        url = server.url
    with pytest.raises(
        ServerRefused, match=r"no vLLM server answers at .* start one with `onelayer"
    ):
        VLLMServer(url).describe()


@pytest.mark.parametrize("url", ["ftp://host", "http://"])
def test_what_is_no_url_is_refused(url):
    with pytest.raises(ValueError, match="--server takes URLs"):
        VLLMServer(url)


def test_a_server_named_twice_is_refused():
    with pytest.raises(ValueError, match="names a server twice"):
        VLLMServers.at("localhost:1,http://localhost:1/v1")
