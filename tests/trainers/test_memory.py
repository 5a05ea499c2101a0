"""Memory that runs out in an update: half the tokens once, then the end, with the checkpoint kept."""

import numpy as np
import pytest
import torch
from helpers import gradients_of, make_learner, play_counting, random_advantages, tiny_model

from onelayer.agents.episodes import Episode, Step
from onelayer.trainers import memory
from onelayer.trainers.memory import OutOfMemory, default_tokens, is_out_of_memory

CPU_ERROR = "[enforce fail at alloc_cpu.cpp:121] . DefaultCPUAllocator: can't allocate memory"


def failing_backward(learner, failures, error):
    """Let the given calls of the gradient's pass fail, counted from 0, after they added gradients."""
    plain, calls = learner.scorer.backward, []

    def backward(*args, **kwargs):
        calls.append(1)
        found = plain(*args, **kwargs)
        if len(calls) - 1 in failures:
            raise error
        return found

    learner.scorer.backward = backward
    return calls


ERRORS = [torch.OutOfMemoryError("CUDA out of memory"), MemoryError(), RuntimeError(CPU_ERROR)]


@pytest.mark.parametrize("error", ERRORS, ids=["cuda", "python", "cpu"])
def test_a_step_that_ran_out_of_memory_is_taken_again_as_if_nothing_had_happened(
    plain_tokenizer, caplog, error
):
    found = {}
    for failures in ((), (2,)):
        model = tiny_model(initializer_range=0.2)
        learner = make_learner(model, tokens_per_forward=140, beta=0.1, epochs=2)
        episodes = play_counting(model, plain_tokenizer, states=learner.states)
        seen = gradients_of(learner)
        calls = failing_backward(learner, failures, error)
        metrics = learner.update(episodes, random_advantages(episodes), 0)
        found[failures] = (seen, metrics, len(calls))
    (plain, expected, _), (again, metrics, _) = found.values()
    assert found[2,][2] > found[()][2] + 2
    assert len(plain) == len(again) == 2  # no step was taken twice
    for name, gradient in plain[1].items():
        torch.testing.assert_close(again[1][name], gradient, atol=1e-5, rtol=1e-4)
    assert metrics == pytest.approx(expected, rel=1e-3, abs=1e-5)
    assert "going on with 70 tokens" in caplog.text or "goes on with 70 tokens" in caplog.text


def test_the_second_time_it_ends_and_names_the_way_out(plain_tokenizer):
    model = tiny_model()
    learner = make_learner(model, tokens_per_forward=140)
    episodes = play_counting(model, plain_tokenizer, states=learner.states)
    failing_backward(learner, (1, 4), MemoryError())
    with pytest.raises(OutOfMemory, match=r"with 70 tokens .*--tokens-per-forward.*--resume true"):
        learner.update(episodes, random_advantages(episodes), 0)


def test_the_next_update_begins_with_all_tokens_again_as_a_resumed_run_does(plain_tokenizer):
    model = tiny_model()
    learner = make_learner(model, tokens_per_forward=140)
    episodes = play_counting(model, plain_tokenizer, states=learner.states)
    failing_backward(learner, (1,), MemoryError())
    learner.update(episodes, random_advantages(episodes), 0)
    assert learner.passes.tokens_per_forward == 70
    learner.update(episodes, random_advantages(episodes), 1)
    assert learner.passes.tokens_per_forward == 140


def test_memory_that_runs_out_while_the_reference_is_scored_counts_too(plain_tokenizer):
    model = tiny_model()
    learner = make_learner(model, tokens_per_forward=140, beta=0.1)
    episodes = play_counting(model, plain_tokenizer, states=learner.states)
    plain, calls = learner.scorer.score, []

    def score(*args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise MemoryError
        return plain(*args, **kwargs)

    learner.scorer.score = score
    start = {name: p.detach().clone() for name, p in learner.parameters.items()}
    assert np.isfinite(learner.update(episodes, random_advantages(episodes), 0)["kl"])
    assert any(not torch.equal(start[name], p) for name, p in learner.parameters.items())


def test_another_error_is_not_taken_for_one_of_memory(plain_tokenizer):
    model = tiny_model()
    learner = make_learner(model)
    episodes = play_counting(model, plain_tokenizer, states=learner.states)
    calls = failing_backward(learner, (0,), RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes do not match"):
        learner.update(episodes, random_advantages(episodes), 0)
    assert len(calls) == 1
    assert not is_out_of_memory(ValueError("out of memory"))


@pytest.mark.parametrize("library", ["CUBLAS", "CUDNN"])
def test_libraries_that_found_no_memory_are_understood(library):
    said = f"CUDA error: {library}_STATUS_ALLOC_FAILED when calling `create(handle)`"
    assert is_out_of_memory(RuntimeError(said))
    assert not is_out_of_memory(RuntimeError(said.replace("ALLOC", "EXECUTION")))


def test_memory_that_runs_out_in_a_step_or_while_playing_ends_a_run_with_one_sentence(
    make_trainer, monkeypatch
):
    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    stepping, playing = make_trainer("stepping"), make_trainer("playing", checkpoint_every=50)
    monkeypatch.setattr(stepping.learner.optimizer, "step", full)
    with pytest.raises(OutOfMemory, match=r"^out of memory in an optimizer step; .*--resume true$"):
        stepping.train()
    assert stepping.folder.last().iteration == 0
    play = playing.games.play
    monkeypatch.setattr(playing.games, "play", lambda *now: full() if now[0] == 2 else play(*now))
    with pytest.raises(OutOfMemory, match=r"^out of memory while playing; lower --parallel"):
        playing.train()
    assert playing.folder.last().iteration == 2


def test_a_run_that_ends_for_memory_keeps_its_checkpoint_and_goes_on_like_one_that_never_stopped(
    make_trainer,
):
    whole = make_trainer("whole")
    whole.train()
    stopped = make_trainer("stopped")
    plain, calls = stopped.learner.update, []

    def update(*args):
        calls.append(1)
        if len(calls) == 4:
            raise OutOfMemory("no room")
        return plain(*args)

    stopped.learner.update = update
    with pytest.raises(OutOfMemory):
        stopped.train()
    resumed = make_trainer("stopped", resume=True)
    resumed.train()
    for name, parameter in whole.learner.parameters.items():
        assert torch.equal(parameter, resumed.learner.parameters[name])


def test_a_row_longer_than_the_tokens_of_a_pass_is_read_alone_and_named_once(
    plain_tokenizer, caplog
):
    found = []
    for tokens in (10, None):
        model = tiny_model(initializer_range=0.2)
        learner = make_learner(model, tokens_per_forward=tokens)
        episodes = play_counting(model, plain_tokenizer, states=learner.states)
        found.append(gradients_of(learner))
        for iteration in range(2):
            learner.update(episodes, random_advantages(episodes), iteration)
    for name, gradient in found[1][0].items():
        torch.testing.assert_close(found[0][0][name], gradient, atol=1e-5, rtol=1e-4)
    [told] = [record.message for record in caplog.records if "made a row of" in record.message]
    assert "more than --tokens-per-forward 10: such rows are read alone" in told


def test_an_update_makes_the_same_batches_whatever_was_read_before(monkeypatch):
    monkeypatch.setattr(memory, "TOKENS_ON_A_CPU", 32)
    draw = np.random.default_rng(0)

    def episodes(count, tokens):
        return [
            Episode(
                "task",
                (
                    Step(
                        "",
                        "",
                        0.0,
                        0,
                        prompt_ids=tuple(draw.integers(3, 12, tokens).tolist()),
                        action_ids=(4, 5, 2),
                        logprobs=(-2.0,) * 3,
                    ),
                ),
                success=False,
            )
            for _ in range(count)
        ]

    long, short = episodes(3, 90), episodes(8, 12)
    kept = []
    for before in ([long, short], [short]):
        learner = make_learner(tiny_model(initializer_range=0.2), beta=0.0)
        for played in before:
            learner.update(played, np.linspace(-1, 1, len(played)), 0)
        kept.append(learner.passes.tokens_per_forward)
    assert kept == [32, 32]


def test_a_budget_on_the_cpu_is_a_number_with_room_for_two_of_the_longest_row():
    assert default_tokens(tiny_model(), 0, torch.device("cpu"), 100) == 1024
    assert default_tokens(tiny_model(), 0, torch.device("cpu"), 2000) == 4000


def test_a_copied_key_costs_its_heads_next_to_the_activations_of_a_token():
    config = tiny_model().config
    heads = 2 * config.num_attention_heads * config.head_dim
    assert memory.key_cost(tiny_model()) == pytest.approx(heads / (16 * 32 + 4 * 48))


def test_a_budget_on_a_gpu_follows_its_free_memory_and_the_layers_that_learn(monkeypatch):
    def tokens(free, first=0, longest=100):
        monkeypatch.setattr(memory, "free_bytes", lambda _: free)
        return default_tokens(tiny_model(), first, torch.device("cuda"), longest)

    # 4 layers x (16 x 32 + 4 x 48) x 4 bytes a token
    of_a_token = 4 * (16 * 32 + 4 * 48) * 4
    assert tokens(2 * 1500 * of_a_token, longest=2000) == 1500
    assert tokens(1 << 40) == 65536
    assert tokens(2 * 1500 * of_a_token, first=2, longest=2000) == 3000
