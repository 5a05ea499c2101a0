"""One update: its gradient against a slow and plain one, and which tensors it moves."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import gradients_of, make_learner, play_counting, random_advantages, tiny_model

from onelayer.trainers import gradient as gradient_module
from onelayer.trainers.advantages import gigpo, grpo
from onelayer.trainers.batch import batch
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.gradient import Gradients
from onelayer.trainers.layers import frozen_checksum
from onelayer.trainers.score import Scorer
from onelayer.trainers.token_rows import rows

ARCHITECTURES = ["qwen3", "qwen2", "llama"]
CHOICES = {"0": [0], "mid": [2], "-1": [3], "1,3": [1, 3], "random:2:seed0": None}
BOLD = {"initializer_range": 0.2}
"""weights so large that every token and every layer counts"""


def rewarded(episodes):
    """The episodes with other rewards: random models earn none."""
    draw = np.random.default_rng(0)
    return [
        replace(e, steps=tuple(replace(s, reward=draw.normal()) for s in e.steps)) for e in episodes
    ]


def assert_same(found, expected, relative):
    """Compare gradients, with the largest of all as the measure."""
    assert found.keys() == expected.keys()
    largest = max(float(gradient.abs().max()) for gradient in expected.values())
    assert largest > 0
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, atol=relative * largest, rtol=0)


def naive_gradients(model, start, episodes, advantages_N, config, divisor=None):
    """The loss as the papers write it: a forward pass of the whole model for every single token."""
    total, count, advantages = 0.0, 0, iter(advantages_N)
    for episode in episodes:
        ids = []
        for step in episode.steps:
            advantage = float(next(advantages))
            if episode.error is not None:
                continue
            ids = [*(ids if step.continues else []), *step.prompt_ids]
            for token, old in zip(step.action_ids, step.logprobs, strict=True):
                read = torch.tensor([ids])
                logp = torch.log_softmax(model(read).logits[0, -1] / config.temperature, -1)[token]
                ratio = torch.exp(logp - old)
                low, high = 1 - config.clip_low, 1 + config.clip_high
                clipped = min(max(ratio, torch.tensor(low)), torch.tensor(high))
                total = total - min(ratio * advantage, clipped * advantage)
                if config.beta:
                    with torch.no_grad():
                        reference = torch.log_softmax(
                            start(read).logits[0, -1] / config.temperature, -1
                        )[token]
                    kl = torch.exp(reference - logp) - (reference - logp) - 1
                    total = total + config.beta * min(kl, torch.tensor(10.0))
                ids.append(token)
                count += 1
    model.zero_grad()
    (total / (divisor or count)).backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize(
    ("architecture", "layers", "history", "beta"),
    [
        ("qwen3", "mid", "all", 0.3),
        ("qwen3", "mid", 2, 0.3),
        ("qwen3", "0", "all", 0.0),
        ("qwen3", "all", "all", 0.3),
        ("qwen2", "1,3", "all", 0.3),
        ("llama", "-1", 2, 0.0),
    ],
)
def test_the_gradient_is_that_of_a_plain_loop_over_tokens(
    plain_tokenizer,
    architecture,
    layers,
    history,
    beta,
):
    model = tiny_model(architecture, **BOLD)
    networks = [copy.deepcopy(model)]
    learner = make_learner(
        model,
        layers,
        beta=beta,
        temperature=0.8,
        learning_rate=0.05,
        tokens_per_forward=60,
        epochs=2,  # in the second one, away from the policy that sampled, so that it clips
    )
    episodes = play_counting(
        model,
        plain_tokenizer,
        states=learner.states,
        history=history,
        temperature=0.8,
        tasks=1,
    )
    episodes[1] = replace(episodes[1], error="it broke")
    advantages_N = random_advantages(episodes)
    seen = gradients_of(learner)
    learner.optimizer.register_step_post_hook(lambda *_: networks.append(copy.deepcopy(model)))
    metrics = learner.update(episodes, advantages_N, 0)
    assert 0.05 < metrics["clip_fraction"] < 0.5
    assert metrics["kl"] > 0.01 or beta == 0
    for network, found in zip(networks[:2], seen, strict=True):
        expected = naive_gradients(network, networks[0], episodes, advantages_N, learner.config)
        assert_same(found, {name: expected[name] for name in learner.parameters}, 1e-5)


@pytest.mark.parametrize("history", ["all", 2])
def test_the_tokens_of_a_forward_pass_do_not_change_the_gradient(plain_tokenizer, history):
    found = []
    for tokens in (None, 60, 111):
        model = tiny_model(**BOLD)
        learner = make_learner(model, tokens_per_forward=tokens, beta=0.1)
        episodes = play_counting(model, plain_tokenizer, states=learner.states, history=history)
        seen = gradients_of(learner)
        learner.update(episodes, random_advantages(episodes), 0)
        found += seen
    assert_same(found[1], found[0], 1e-6)
    assert_same(found[2], found[0], 1e-6)


@pytest.mark.parametrize(("epochs", "minibatches"), [(1, 1), (3, 1), (1, 4), (2, 3)])
def test_every_minibatch_of_every_epoch_is_an_optimizer_step(plain_tokenizer, epochs, minibatches):
    model = tiny_model()
    learner = make_learner(model, epochs=epochs, minibatches=minibatches)
    episodes = play_counting(model, plain_tokenizer, states=learner.states)
    seen = gradients_of(learner)
    metrics = learner.update(episodes, random_advantages(episodes), 0)
    assert len(seen) == epochs * minibatches
    assert metrics["tokens"] == sum(len(s.action_ids) for e in episodes for s in e.steps)
    assert metrics["logp_drift"] < 1e-5


def test_minibatches_share_the_rows_out(plain_tokenizer):
    """Weighted by their tokens, the gradients of the minibatches add up to that of the batch."""
    sizes = []
    for minibatches in (1, 4):
        model = tiny_model(**BOLD)
        learner = make_learner(model, minibatches=minibatches, beta=0.0, learning_rate=1e-30)
        episodes = play_counting(model, plain_tokenizer, states=learner.states)
        seen = gradients_of(learner)
        learner.update(episodes, random_advantages(episodes), 0)
        sizes.append(seen)
    tokens = [sum(len(s.action_ids) for s in e.steps) for e in episodes]
    order = np.random.default_rng([0, 0, 0]).permutation(len(tokens))
    weights = [sum(tokens[i] for i in part) for part in np.array_split(order, 4)]
    joined = {
        name: sum(w * g[name] for w, g in zip(weights, sizes[1], strict=True)) / sum(weights)
        for name in sizes[0][0]
    }
    assert_same(joined, sizes[0][0], 1e-5)


@pytest.mark.parametrize("algorithm", ["gigpo", "dr_grpo"])
def test_minibatches_of_so_many_rows_are_those_of_their_number(plain_tokenizer, algorithm):
    runs = []
    for parts in ({"minibatches": 3}, {"minibatch_rows": 3}, {"minibatch_rows": 4}):
        learner = make_learner(tiny_model(**BOLD), algorithm=algorithm, epochs=2, **parts)
        episodes = play_counting(learner.model, plain_tokenizer, states=learner.states)
        assert len(episodes) == 9  # rows, while the history grows
        runs.append(gradients_of(learner))
        learner.update(episodes, random_advantages(episodes), 0)
    assert [len(run) for run in runs] == [6, 6, 6]
    for one, other in zip(runs[0], runs[1], strict=True):
        assert_same(one, other, 1e-7)


def test_weights_decay_by_their_learning_rate(plain_tokenizer):
    learner = make_learner(tiny_model(), weight_decay=0.1, learning_rate=0.5, beta=1e-9)
    before = {name: p.detach().clone() for name, p in learner.parameters.items()}
    episodes = play_counting(learner.model, plain_tokenizer, states=learner.states)

    def without_gradient(*_):
        for parameter in learner.parameters.values():
            parameter.grad.zero_()

    learner.optimizer.register_step_pre_hook(without_gradient)
    learner.update(episodes, np.zeros(sum(len(e.steps) for e in episodes)), 0)
    for name, parameter in learner.parameters.items():
        torch.testing.assert_close(parameter.detach(), before[name] * (1 - 0.5 * 0.1))


def test_two_ways_to_say_how_many_minibatches_are_refused():
    with pytest.raises(ValueError, match="say the same thing in two ways; leave one out"):
        TrainConfig(minibatches=2, minibatch_rows=8)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("layers", CHOICES)
def test_only_the_chosen_layers_change(plain_tokenizer, architecture, layers):
    model = tiny_model(architecture, **BOLD)  # its head is tied to its embedding
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    learner = make_learner(model, layers, epochs=3, minibatches=2, beta=0.1)
    frozen = frozen_checksum(model, learner.parameters.values())
    assert CHOICES[layers] in (None, learner.layers)
    for iteration in range(2):
        episodes = play_counting(model, plain_tokenizer, states=learner.states, seed=iteration)
        learner.update(episodes, random_advantages(episodes), iteration)
    changed = {n for n, tensor in model.state_dict().items() if not torch.equal(tensor, before[n])}
    chosen = {name for name in before if name.startswith(tuple(_prefixes(learner.layers)))}
    assert changed == chosen == set(learner.parameters)
    assert frozen_checksum(model, learner.parameters.values()) == frozen


def _prefixes(layers):
    return [f"model.layers.{layer}." for layer in layers]


@pytest.mark.parametrize("tied", [True, False])
def test_embedding_and_head_learn_only_when_asked(plain_tokenizer, tied):
    model = tiny_model(tied=tied)
    before = {name: p.clone() for name, p in model.named_parameters()}
    learner = make_learner(model, "1", train_embeddings=True)
    episodes = play_counting(model, plain_tokenizer, states=learner.states)
    learner.update(episodes, random_advantages(episodes), 0)
    changed = {n for n, p in model.named_parameters() if not torch.equal(p, before[n])}
    ends = {"model.embed_tokens.weight"} | (set() if tied else {"lm_head.weight"})
    assert changed - {n for n in changed if n.startswith("model.layers.1.")} == ends


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_all_changes_every_tensor(plain_tokenizer, architecture):
    model = tiny_model(architecture, **BOLD)
    before = {name: p.clone() for name, p in model.named_parameters()}
    learner = make_learner(model, "all")
    episodes = play_counting(model, plain_tokenizer)
    learner.update(episodes, random_advantages(episodes), 0)
    assert [n for n, p in model.named_parameters() if torch.equal(p, before[n])] == []


def test_gigpo_without_the_step_advantage_is_grpo_bit_for_bit(plain_tokenizer):
    weights = []
    for estimate, omega in ((gigpo, 0.0), (grpo, 1.0)):
        model = tiny_model(**BOLD)
        learner = make_learner(model)
        episodes = rewarded(play_counting(model, plain_tokenizer, states=learner.states))
        advantages_N = estimate(episodes, gamma=0.95, omega=omega, divide_by_std=True)
        assert advantages_N.any()
        learner.update(episodes, advantages_N, 0)
        weights.append({name: p.clone() for name, p in learner.parameters.items()})
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_without_kl_rows_without_an_advantage_are_not_run_and_not_missed(
    plain_tokenizer, monkeypatch
):
    found, tokens = [], []
    for skips in (True, False):
        model = tiny_model(**BOLD)
        learner = make_learner(model, beta=0.0, tokens_per_forward=60)
        episodes = play_counting(model, plain_tokenizer, states=learner.states)
        advantages_N = random_advantages(episodes)
        advantages_N[: sum(len(e.steps) for e in episodes[:4])] = 0
        if not skips:
            monkeypatch.setattr(Gradients, "_worth_a_pass", lambda _, rows: list(rows))
        read = []
        model.register_forward_pre_hook(
            lambda _, __, inputs, read=read: read.append(inputs["input_ids"].numel()),
            with_kwargs=True,
        )
        seen = gradients_of(learner)
        learner.update(episodes, advantages_N, 0)
        found += seen
        tokens.append(sum(read))
    assert tokens[0] < 0.7 * tokens[1]
    assert_same(found[0], found[1], 1e-6)


def test_dr_grpo_divides_by_a_constant(plain_tokenizer):
    found, sums = {}, {}
    for algorithm in ("grpo", "dr_grpo"):
        for tasks in (3, 1):
            model = tiny_model(**BOLD)
            learner = make_learner(
                model, algorithm=algorithm, tasks_per_iteration=5, group_size=7, response_limit=11
            )
            episodes = play_counting(model, plain_tokenizer, states=learner.states, tasks=tasks)
            seen = gradients_of(learner)
            metrics = learner.update(episodes, random_advantages(episodes), 0)
            found[algorithm, tasks], sums[tasks] = seen[0], metrics["tokens"]
    assert sums[1] != sums[3]
    for tasks, tokens in sums.items():
        by_tokens = found["grpo", tasks]
        expected = {name: g * tokens / (5 * 7 * 11) for name, g in by_tokens.items()}
        assert_same(found["dr_grpo", tasks], expected, 1e-5)


def test_dr_grpo_has_the_same_divisor_in_every_minibatch(plain_tokenizer):
    runs = []
    for minibatches in (1, 3):
        model = tiny_model(**BOLD)
        learner = make_learner(
            model, algorithm="dr_grpo", beta=0.0, minibatches=minibatches, learning_rate=1e-30
        )
        episodes = play_counting(model, plain_tokenizer, states=learner.states)
        seen = gradients_of(learner)
        learner.update(episodes, random_advantages(episodes), 0)
        runs.append(seen)
    mean = {name: sum(g[name] for g in runs[1]) / 3 for name in runs[0][0]}
    assert_same(mean, runs[0][0], 1e-5)


def test_gradients_are_scaled_down_to_the_norm_and_logged_before_it(plain_tokenizer):
    model = tiny_model()
    learner = make_learner(model, max_grad_norm=1e-3)
    episodes = play_counting(model, plain_tokenizer, states=learner.states)
    seen = gradients_of(learner)
    metrics = learner.update(episodes, random_advantages(episodes), 0)
    norm = sum(float(g.square().sum()) for g in seen[0].values()) ** 0.5
    assert norm == pytest.approx(1e-3, rel=1e-3)
    assert metrics["gradient_norm"] > 2e-3


def test_the_learning_rate_rises_in_the_warmup(plain_tokenizer):
    model = tiny_model()
    learner = make_learner(model, warmup=4, learning_rate=0.004)
    episodes = play_counting(model, plain_tokenizer, states=learner.states, tasks=1)
    rates = [
        learner.update(episodes, random_advantages(episodes), i)["learning_rate"] for i in range(6)
    ]
    assert rates == pytest.approx([0.001, 0.002, 0.003, 0.004, 0.004, 0.004])


def test_the_reference_is_the_policy_before_training(plain_tokenizer):
    model = tiny_model()
    learner = make_learner(model, beta=0.1)
    episodes = play_counting(model, plain_tokenizer, states=learner.states)
    divergences = [learner.update(episodes, random_advantages(episodes), i)["kl"] for i in range(4)]
    assert divergences[0] == pytest.approx(0, abs=1e-8)
    assert divergences[0] < divergences[1] < divergences[2] < divergences[3]


def test_the_kl_alone_pulls_the_layer_back(plain_tokenizer):
    model = tiny_model()
    learner = make_learner(model, beta=1.0, learning_rate=3e-4)
    episodes = play_counting(model, plain_tokenizer, states=learner.states)
    with torch.no_grad():
        for parameter in learner.parameters.values():
            parameter.add_(torch.randn(parameter.shape) * 0.05)
    nothing = np.zeros_like(random_advantages(episodes))
    divergences = [learner.update(episodes, nothing, i)["kl"] for i in range(30)]
    assert divergences[-1] < 0.2 * divergences[0]


@pytest.mark.parametrize("beta", [0.0, 0.1])
def test_a_batch_of_errors_alone_teaches_nothing(plain_tokenizer, beta):
    model = tiny_model()
    learner = make_learner(model, beta=beta)
    before = {name: p.clone() for name, p in learner.parameters.items()}
    episodes = [
        replace(e, error="broken")
        for e in play_counting(model, plain_tokenizer, states=learner.states)
    ]
    metrics = learner.update(episodes, random_advantages(episodes), 0)
    assert all(torch.equal(before[name], p) for name, p in learner.parameters.items())
    assert (metrics["tokens"], metrics["loss"], metrics["gradient_norm"]) == (0, 0, 0)


def test_better_actions_become_likelier_and_worse_ones_less(plain_tokenizer):
    model = tiny_model(**BOLD)
    learner = make_learner(model, beta=0.0)
    episodes = play_counting(model, plain_tokenizer, states=learner.states)
    learner.update(episodes, random_advantages(episodes), 0)
    made = batch(rows(episodes, random_advantages(episodes)))
    change_N = Scorer(model, list(model.model.layers)).score(made).logp_N - made.logp_N
    assert (change_N * made.advantage_N).mean() > 0.005
    assert change_N[made.advantage_N > 0.5].mean() > 0 > change_N[made.advantage_N < -0.5].mean()


def test_a_layer_that_the_model_lacks_is_refused():
    with pytest.raises(ValueError, match="7"):
        make_learner(tiny_model(), "7")


def shifted(episodes, nats):
    """The episodes as if they had been sampled by a policy that thought otherwise of every token."""
    return [
        replace(
            e,
            steps=tuple(
                replace(s, logprobs=tuple(value + nats for value in s.logprobs)) for s in e.steps
            ),
        )
        for e in episodes
    ]


@pytest.mark.parametrize(
    ("nats", "cap", "factor"),
    [
        (np.log(2), 0.0, 1.0),  # one step: the pass itself is the old policy, whatever was sampled
        (np.log(2), 2.0, 0.5),  # pi_learn / pi_play = 1 / 2
        (-np.log(4), 2.0, 2.0),  # 4, cut off
        (-np.log(4), 8.0, 4.0),
    ],
)
@pytest.mark.parametrize("minibatches", [1, 2])
def test_importance_weights_scale_the_gradient_of_the_surrogate(
    plain_tokenizer,
    nats,
    cap,
    factor,
    minibatches,
):
    if minibatches > 1 and cap == 0:
        pytest.skip("then the policy that sampled is the old one")
    found = []
    for change, weight in ((0.0, 0.0), (nats, cap)):
        model = tiny_model(**BOLD)
        learner = make_learner(
            model,
            beta=0.0,
            importance_cap=weight,
            minibatches=minibatches,
            learning_rate=1e-30,
        )
        episodes = shifted(play_counting(model, plain_tokenizer, states=learner.states), change)
        seen = gradients_of(learner)
        metrics = learner.update(episodes, random_advantages(episodes), 0)
        assert metrics["clip_fraction"] == 0
        found.append(seen)
    for plain, weighted in zip(*found, strict=True):
        expected = {name: factor * gradient for name, gradient in plain.items()}
        assert_same(weighted, expected, 1e-4)
    assert metrics["logp_drift"] == pytest.approx(abs(nats), abs=1e-3)
    assert metrics["ratio"] == pytest.approx(np.exp(-nats), rel=1e-3)
    assert metrics["effective_samples"] == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("history", ["all", 1])
def test_replies_that_the_learner_finds_too_likely_have_no_gradient(plain_tokenizer, history):
    """The same gradient as where the advantages of their steps are 0, over as many tokens."""
    found = []
    for mask in (0.0, 1.5):
        learner = make_learner(
            tiny_model(**BOLD), beta=0.0, sequence_mask=mask, learning_rate=1e-30, minibatches=2
        )
        episodes = play_counting(learner.model, plain_tokenizer, history=history)
        advantages_N = random_advantages(episodes)
        steps = [step for episode in episodes for step in episode.steps]
        # Of every third step one token is twice as likely to the learner as it was to the player.
        doubtful_N = np.arange(len(steps)) % 3 == 0
        changed = iter(
            replace(s, logprobs=(s.logprobs[0] - np.log(2) * doubt, *s.logprobs[1:]))
            for s, doubt in zip(steps, doubtful_N, strict=True)
        )
        episodes = [replace(e, steps=tuple(next(changed) for _ in e.steps)) for e in episodes]
        if mask == 0:
            advantages_N = np.where(doubtful_N, 0.0, advantages_N)
        seen = gradients_of(learner)
        metrics = learner.update(episodes, advantages_N, 0)
        found.append(seen)
    for plain, masked in zip(*found, strict=True):
        assert_same(masked, plain, 1e-5)
    left_out = sum(len(s.action_ids) for s, doubt in zip(steps, doubtful_N, strict=True) if doubt)
    assert metrics["masked_fraction"] == pytest.approx(left_out / metrics["tokens"])


def test_with_several_steps_the_old_policy_is_the_one_that_sampled(plain_tokenizer):
    model = tiny_model(**BOLD)
    learner = make_learner(model, beta=0.0, epochs=2, learning_rate=1e-30)
    episodes = shifted(play_counting(model, plain_tokenizer, states=learner.states), np.log(2))
    # Every ratio is 1 / 2: all tokens with a bad advantage are clipped.
    advantages_N = -np.abs(random_advantages(episodes))
    assert learner.update(episodes, advantages_N, 0)["clip_fraction"] == 1


@pytest.mark.parametrize("minibatches", [1, 4])
def test_minibatches_without_any_advantage_do_not_hide_how_far_sampling_was_off(
    plain_tokenizer, minibatches
):
    model = tiny_model(**BOLD)
    learner = make_learner(model, beta=0.0, minibatches=minibatches)
    episodes = shifted(play_counting(model, plain_tokenizer, states=learner.states), np.log(2))
    only_last = np.zeros_like(random_advantages(episodes))
    only_last[-1] = 1.0
    metrics = learner.update(episodes, only_last, 0)
    assert metrics["logp_drift"] == pytest.approx(np.log(2), abs=1e-3)
    assert metrics["gradient_norm"] > 0


def test_an_iteration_without_any_advantage_moves_nothing_by_momentum(plain_tokenizer):
    model = tiny_model(**BOLD)
    learner = make_learner(model, beta=0.0)
    episodes = play_counting(model, plain_tokenizer, states=learner.states)
    learner.update(episodes, random_advantages(episodes), 0)
    before = {name: p.detach().clone() for name, p in learner.parameters.items()}
    metrics = learner.update(episodes, np.zeros_like(random_advantages(episodes)), 1)
    assert all(torch.equal(before[name], p) for name, p in learner.parameters.items())
    assert metrics["gradient_norm"] == 0
    assert metrics["tokens"] > 0


def test_a_process_without_a_gradient_takes_the_step_that_another_one_has(
    plain_tokenizer, monkeypatch
):
    model = tiny_model(**BOLD)
    learner = make_learner(model, beta=0.0)
    episodes = play_counting(model, plain_tokenizer, states=learner.states)
    seen, nothing = gradients_of(learner), np.zeros_like(random_advantages(episodes))
    learner.update(episodes, nothing, 0)
    assert len(seen) == 0
    monkeypatch.setattr(gradient_module, "summed", lambda _, mine: [value + 1 for value in mine])
    learner.update(episodes, nothing, 1)
    assert len(seen) == 1


def test_an_update_runs_without_cudnn_attention(plain_tokenizer):
    model, on = tiny_model(), []
    note = lambda *_: on.append(torch.backends.cuda.cudnn_sdp_enabled())  # noqa: E731
    model.model.layers[2].register_forward_pre_hook(note)
    learner = make_learner(model)
    episodes = play_counting(model, plain_tokenizer, states=learner.states)
    learner.update(episodes, random_advantages(episodes), 0)
    assert not any(on)
    model(torch.tensor([[3, 4]]))
    assert on[-1] == torch.backends.cuda.cudnn_sdp_enabled()


def test_without_kl_no_reference_is_kept():
    assert make_learner(tiny_model(), beta=0.0).start == {}
    assert (
        make_learner(tiny_model(), beta=0.1).start.keys() == make_learner(tiny_model()).start.keys()
    )


def test_states_are_forgotten_after_an_update(plain_tokenizer):
    model = tiny_model()
    learner = make_learner(model)
    episodes = play_counting(model, plain_tokenizer, states=learner.states)
    assert len(learner.states) > 0
    learner.update(episodes, random_advantages(episodes), 0)
    assert len(learner.states) == 0
    assert make_learner(tiny_model(), "all").states is None
