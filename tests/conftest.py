"""Fixtures that every area's tests may use. torch is imported inside them: most tests need none."""

import os
import signal
from typing import Any

import pytest
from helpers import word_tokenizer

# Before torch is imported: workers of pytest-xdist share the cores, and idle threads leave theirs to others.
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // _WORKERS)))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# In a script `pytest &` starts with Ctrl-C ignored, under nohup with hang-ups, and so would what tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

DATA_AT_START = os.environ.get("ALFWORLD_DATA")


@pytest.fixture(autouse=True)
def data_folder_as_the_user_set_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo that importing alfworld, by any test, sets $ALFWORLD_DATA for the whole process."""
    if DATA_AT_START is None:
        monkeypatch.delenv("ALFWORLD_DATA", raising=False)


@pytest.fixture(scope="session")
def plain_tokenizer() -> Any:
    """Return a word-level tokenizer of the plain format for onelayer/Counting-v0, 64 words."""
    return word_tokenizer()


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
