"""A model that is not played as it is gets refused, with its name and the size of the difference."""

import pytest
import torch
from helpers import tiny_model

from onelayer.agents.forward import decoder_layers
from onelayer.agents.model_check import check_model

MODELS = {
    "qwen3": {},
    "mistral": {"sliding_window": 8},
    "phi3": {"sliding_window": 4096, "pad_token_id": 0},
    "gemma2": {"head_dim": 8, "sliding_window": 8},
    "gpt_oss": {"head_dim": 8, "num_local_experts": 4, "num_experts_per_tok": 2},
    "gpt2": {"n_embd": 32, "n_layer": 4, "n_head": 4},
}


@pytest.mark.parametrize("architecture", MODELS)
@pytest.mark.parametrize("first", [0, 1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_models_that_are_right_pass(architecture, first, dtype):
    model = tiny_model(architecture, initializer_range=0.2, **MODELS[architecture]).to(dtype)
    own = model.config._attn_implementation
    check_model(model, first)
    assert model.config._attn_implementation == own
    assert all("forward" not in vars(layer) for layer in decoder_layers(model))


def test_a_model_whose_upper_layers_read_lower_ones_starts_at_layer_0_only():
    model = tiny_model()
    layers = decoder_layers(model)
    kept = []
    layers[0].register_forward_hook(lambda _, inputs, output: kept.append(output))
    layers[3].register_forward_pre_hook(
        lambda _, inputs: (inputs[0] + (kept.pop() if kept else 0), *inputs[1:])
    )
    check_model(model)
    with pytest.raises(ValueError, match="Qwen3ForCausalLM computes something else when it starts"):
        check_model(model, 2)
    assert all("forward" not in vars(layer) for layer in layers)


def test_a_model_whose_states_are_not_finite_is_refused():
    model = tiny_model()
    with torch.no_grad():
        model.model.layers[0].mlp.down_proj.weight[0, 0] = torch.nan
    with pytest.raises(ValueError, match=r"Qwen3ForCausalLM is not played right.* by nan nats"):
        check_model(model)


def test_masks_are_compared_at_the_edge_of_a_window_that_no_short_sequence_reaches(monkeypatch):
    """A model whose window holds one token more than transformers' is refused, at any window."""
    from onelayer.agents import model_check

    right = model_check.additive_mask

    def one_more(*, mask_function, **arguments):
        def later(row, head, query, key):
            return mask_function(row, head, query - 1, key) | (key == query)

        return right(mask_function=later, **arguments)

    model = tiny_model("mistral", sliding_window=100_000, max_position_embeddings=200_000)
    check_model(model)
    monkeypatch.setattr(model_check, "additive_mask", one_more)
    with pytest.raises(ValueError, match="its attention masks differ from those of transformers"):
        check_model(model)


def test_a_model_that_builds_its_own_masks_is_refused():
    model = tiny_model("openai-gpt", n_embd=32, n_layer=2, n_head=4, n_positions=64)
    with pytest.raises(ValueError, match="OpenAIGPTLMHeadModel cannot be played"):
        check_model(model)


def test_what_the_model_raises_becomes_one_line():
    model = tiny_model()

    def fails(*_, **__):
        raise IndexError("index 7 is out of range\nand more")

    model.model.layers[1].mlp.forward = fails
    with pytest.raises(
        ValueError, match=r"^Qwen3ForCausalLM cannot be played: index 7 is out of range$"
    ):
        check_model(model)


def test_a_model_in_bfloat16_that_seems_to_differ_is_looked_at_in_float32(monkeypatch):
    """Rounding may send a token to another expert; the weights come back as they were."""
    from onelayer.agents import model_check

    monkeypatch.setattr(model_check, "_ROUNDING", {torch.bfloat16: 0.0, torch.float32: 1e-4})
    monkeypatch.setattr(model_check, "_TIMES_ROUNDING", 0)
    model = tiny_model("qwen3", initializer_range=0.2).bfloat16()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    check_model(model, 2)
    after = model.state_dict()
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())
    assert all(tensor.dtype == after[name].dtype for name, tensor in before.items())
    monkeypatch.setattr(model_check, "_ROUNDING", {torch.bfloat16: 0.0, torch.float32: 0.0})
    with pytest.raises(ValueError, match="Qwen3ForCausalLM is not played right"):
        check_model(model)


@pytest.mark.parametrize("window", [1, 2, 11, 12, 13, 64, 65, 510, 4096])
@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
def test_windows_of_every_width_pass(window, implementation):
    model = tiny_model("mistral", sliding_window=window, attn_implementation=implementation)
    check_model(model, 1)


def test_a_window_as_wide_as_the_table_of_positions_is_no_window():
    """Looking behind its edge would run past the table."""
    model = tiny_model("gpt2", n_embd=32, n_layer=4, n_head=4, max_position_embeddings=40)
    model.config.sliding_window = 40
    check_model(model)
