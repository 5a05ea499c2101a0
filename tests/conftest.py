"""Fixtures that every area's tests may use. torch is imported inside them: most tests need none."""

from collections.abc import Callable
from typing import Any

import pytest

TINY = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}


@pytest.fixture(scope="session")
def tiny_model() -> Callable[..., Any]:
    """Return ``make(architecture="qwen3", *, layers=4, tied=True, seed=0, **config) -> model``.

    A random causal LM in evaluation mode, fp32, width 32, vocabulary 64; the architecture is
    "qwen3", "qwen2" or "llama". Equal arguments give equal weights.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    def make(
        architecture: str = "qwen3",
        *,
        layers: int = 4,
        tied: bool = True,
        seed: int = 0,
        **config: Any,
    ) -> Any:
        settings = {**TINY, "num_hidden_layers": layers, "tie_word_embeddings": tied, **config}
        if architecture != "qwen2":
            settings.setdefault("head_dim", 8)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = AutoModelForCausalLM.from_config(
                AutoConfig.for_model(architecture, **settings), dtype=torch.float32
            )
        return model.eval()

    return make
