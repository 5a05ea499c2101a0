"""Models for measuring: the tiny one, a folder, or random weights of a well-known size without a download."""

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerBase

QWEN25 = {"model_type": "qwen2", "vocab_size": 151_936, "rope_theta": 1e6}
QWEN3 = {"model_type": "qwen3", "vocab_size": 151_936, "rope_theta": 1e6}
SIZES = {
    "qwen2.5-0.5b": {
        **QWEN25,
        "hidden_size": 896,
        "intermediate_size": 4864,
        "num_hidden_layers": 24,
        "num_attention_heads": 14,
        "num_key_value_heads": 2,
        "tie_word_embeddings": True,
    },
    "qwen2.5-1.5b": {
        **QWEN25,
        "hidden_size": 1536,
        "intermediate_size": 8960,
        "num_hidden_layers": 28,
        "num_attention_heads": 12,
        "num_key_value_heads": 2,
        "tie_word_embeddings": True,
    },
    "qwen2.5-7b": {
        **QWEN25,
        "vocab_size": 152_064,
        "hidden_size": 3584,
        "intermediate_size": 18_944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "tie_word_embeddings": False,
    },
    "qwen3-8b": {
        **QWEN3,
        "hidden_size": 4096,
        "intermediate_size": 12_288,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "tie_word_embeddings": False,
    },
    "qwen3-14b": {
        **QWEN3,
        "hidden_size": 5120,
        "intermediate_size": 17_408,
        "num_hidden_layers": 40,
        "num_attention_heads": 40,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "tie_word_embeddings": False,
    },
}
"""the published configurations, except for fields that change neither speed nor memory"""


def model_of(name: str, dtype: str, device: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return the model and a tokenizer.

    Args:
        name: one of ``SIZES`` for random weights, else what ``onelayer train --model`` takes. Random weights
            come with the tiny model's tokenizer, whose ids are all within their vocabularies.
        dtype: ``float32`` or ``bfloat16``.
        device: ``cpu`` or ``cuda``.
    """
    from onelayer.agents.models import load_model

    if name not in SIZES:
        return load_model(name, dtype, device)
    from transformers import CONFIG_MAPPING

    _, tokenizer = load_model("tiny")
    fields = dict(SIZES[name])
    config = CONFIG_MAPPING[fields.pop("model_type")](**fields, max_position_embeddings=32_768)
    torch.manual_seed(0)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=getattr(torch, dtype))
    return model.eval(), tokenizer


def number_of_layers(name: str) -> int:
    """Return how many decoder layers a model has, without loading its weights."""
    from transformers import AutoConfig

    from onelayer.agents.models import model_folder

    if name in SIZES:
        return int(str(SIZES[name]["num_hidden_layers"]))
    return int(AutoConfig.from_pretrained(model_folder(name)).get_text_config().num_hidden_layers)
