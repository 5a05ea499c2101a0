"""Parts of a forward pass: it starts at any layer, exactly."""

import pytest
import torch
from helpers import tiny_model

from onelayer.agents.forward import decoder_layers, entering, hidden_entering

SCALES_OR_ADDS = {
    "granite": {"embedding_multiplier": 3.0},
    "gemma": {"head_dim": 8},
    "gpt2": {"n_embd": 32, "n_layer": 4, "n_head": 4},  # adds its learned positions
    "opt": {"ffn_dim": 48, "word_embed_proj_dim": 32},
    "gptj": {"n_embd": 32, "n_layer": 4, "n_head": 4, "rotary_dim": 4},  # layers return tuples
}


@pytest.mark.parametrize("architecture", SCALES_OR_ADDS)
@pytest.mark.parametrize("first", [1, 3])
def test_what_happens_to_the_embeddings_matters_no_more_above(architecture, first):
    model = tiny_model(architecture, **SCALES_OR_ADDS[architecture])
    layers = list(decoder_layers(model))
    ids = torch.arange(3, 15).reshape(2, 6)
    with torch.no_grad():
        whole = model(ids, use_cache=False).logits
        hidden = hidden_entering(model, layers[first], input_ids=ids)
        with entering(layers, first, hidden):
            torch.testing.assert_close(model(ids, use_cache=False).logits, whole, atol=0, rtol=0)
