"""Fixtures that every area's tests may use. torch is imported inside them: most tests need none."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

# Before torch is imported: workers of pytest-xdist share the cores, and idle threads leave theirs to others.
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // _WORKERS)))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# `pytest &` in a script starts with Ctrl-C ignored, and so would every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

DATA_AT_START = os.environ.get("ALFWORLD_DATA")


@pytest.fixture(autouse=True)
def data_folder_as_the_user_set_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo that importing alfworld, by any test, sets $ALFWORLD_DATA for the whole process."""
    if DATA_AT_START is None:
        monkeypatch.delenv("ALFWORLD_DATA", raising=False)


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

    A random causal LM in evaluation mode, fp32, width 32, vocabulary 64; the architecture is a
    transformers model type. Equal arguments give equal weights.
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
        if architecture in ("qwen3", "llama", "mistral"):
            settings.setdefault("head_dim", 8)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = AutoModelForCausalLM.from_config(
                AutoConfig.for_model(architecture, **settings), dtype=torch.float32
            )
        return model.eval()

    return make


@pytest.fixture(scope="session")
def plain_tokenizer() -> Any:
    """Return a word-level tokenizer of the plain format for onelayer/Counting-v0, 64 words."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["<pad>", "<bos>", "<eos>", "<act>", "<unk>", *map(str, range(20)), "+", "=", "?", "."]
    words += [f"word{i}" for i in range(64 - len(words))]
    bare = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    bare.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=bare,
        pad_token="<pad>",
        bos_token="<bos>",
        eos_token="<eos>",
        unk_token="<unk>",
        additional_special_tokens=["<act>"],
    )


@pytest.fixture(scope="session")
def chat_tokenizer() -> Any:
    """Return a tokenizer of single characters with a chat template of the ChatML kind, 128 tokens."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["<unk>", "<|im_start|>", "<|im_end|>", "\n", *map(chr, range(32, 127))]
    words += [f"<extra{i}>" for i in range(128 - len(words))]
    bare = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    bare.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    bare.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=bare,
        unk_token="<unk>",
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        additional_special_tokens=["<|im_start|>"],
        chat_template=(
            "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n"
            "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
        ),
    )
