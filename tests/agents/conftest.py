"""How tests let an engine write: prompts in, whole replies out."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def write() -> Callable[..., Any]:
    """Return ``write(engine, slots, prompts, keys) -> replies``, in the order of the slots."""

    def sample(engine: Any, slots: Any, prompts: Any, keys: Any) -> Any:
        for slot, prompt, key in zip(slots, prompts, keys, strict=True):
            engine.submit(slot, prompt, key)
        replies: dict[int, Any] = {}
        while len(replies) < len(slots):
            replies.update(engine.step())
        return [replies[slot] for slot in slots]

    return sample
