"""What is learned is what was played, whatever the model does between its embeddings and its logits."""

import pytest
import torch
from helpers import gradients_of, make_learner, play_counting, random_advantages, tiny_model

ARCHITECTURES = {
    "granite": {"embedding_multiplier": 3.0, "logits_scaling": 2.0, "residual_multiplier": 0.5},
    "gpt2": {"n_embd": 32, "n_layer": 4, "n_head": 4},
    "opt": {"ffn_dim": 48, "word_embed_proj_dim": 32},
    "gptj": {"n_embd": 32, "n_layer": 4, "n_head": 4, "rotary_dim": 4},
    "mistral": {"sliding_window": 4},
    "gemma2": {"head_dim": 8, "sliding_window": 4, "final_logit_softcapping": 3.0},
    "gpt_oss": {
        "head_dim": 8,
        "sliding_window": 4,
        "num_local_experts": 4,
        "num_experts_per_tok": 2,
    },
}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("layers", ["0", "2", "-1"])
def test_learning_starts_at_any_layer_with_the_policy_that_played(
    plain_tokenizer, architecture, layers
):
    model = tiny_model(architecture, initializer_range=0.2, **ARCHITECTURES[architecture])
    learner = make_learner(model, layers)
    episodes = play_counting(model, plain_tokenizer, states=learner.states)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    assert learner.update(episodes, random_advantages(episodes), 0)["logp_drift"] < 2e-5
    moved = {n for n, p in model.named_parameters() if not torch.equal(p, before[n])}
    assert moved
    assert moved <= set(learner.parameters)


@pytest.mark.parametrize("architecture", ["granite", "mistral", "gemma2"])
def test_gradients_from_recorded_states_are_those_of_whole_passes(plain_tokenizer, architecture):
    found = []
    for recorded in (True, False):
        model = tiny_model(architecture, initializer_range=0.2, **ARCHITECTURES[architecture])
        learner = make_learner(model, "2")
        seen = gradients_of(learner)
        episodes = play_counting(model, plain_tokenizer, states=learner.states)
        if not recorded:
            learner.states = None
        learner.update(episodes, random_advantages(episodes), 0)
        found.append(seen[0])
    largest = max(float(gradient.abs().max()) for gradient in found[1].values())
    for name, gradient in found[1].items():
        torch.testing.assert_close(found[0][name], gradient, atol=1e-5 * largest, rtol=1e-4)
