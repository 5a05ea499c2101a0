"""What an engine is: token ids go in, sampled ids and their log-probabilities come out.

``PolicyAgent`` plays through one: ``Decoder`` runs the model in this process, ``VLLMEngine`` asks servers.
Replies end whenever they end, so an engine is asked again and again: ``submit`` any number of prompts at any
time, then ``step`` until the replies have come.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from onelayer.agents.sampling import Sampling

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sampled:
    """One reply, token by token."""

    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    """under the softmax at the sampling temperature (at 1 where that is 0), before ``top_p``"""
    cut: bool
    """stopped by the limit instead of a stop token"""


class Engine(Protocol):
    """Writes replies of many episodes at once; a slot is the number of an episode that runs."""

    context: int | None
    """tokens that a prompt and its reply may have together; None: any number"""
    answers_alone: bool
    """an episode's replies do not depend on how many steps are taken while others are awaited"""

    def submit(self, slot: int, prompt_ids: Sequence[int] | Ids, key: Sequence[int]) -> None:
        """Ask for a reply to a prompt.

        Args:
            slot: one whose last reply has been returned.
            prompt_ids: the whole prompt. What it shares with earlier ones need not be read again.
            key: seeds the random numbers of the episode; used at its first prompt only.
        """

    def step(self) -> list[tuple[int, Sampled]]:
        """Go on writing for a moment; return the replies that ended, with their slots.

        An empty list says that none has ended yet, or that nothing was submitted.
        """
        ...

    def release(self, slots: Sequence[int]) -> None:
        """End these episodes. A reply that is still being written is dropped."""

    def forget(self) -> None:
        """End all episodes, and drop whatever depends on the weights: they have changed."""


MakeEngine = Callable[[Sequence[int], Sampling], Engine]
"""makes an engine from the ids that end a reply (and are its last token) and from the sampling settings"""


def sample(
    engine: Engine,
    slots: Sequence[int],
    prompts: Sequence[Sequence[int] | Ids],
    keys: Sequence[Sequence[int]],
) -> list[Sampled]:
    """Submit a prompt for each slot and wait for all replies; return them in the order of the slots."""
    for slot, prompt, key in zip(slots, prompts, keys, strict=True):
        engine.submit(slot, prompt, key)
    replies: dict[int, Sampled] = {}
    while len(replies) < len(slots):
        replies.update(engine.step())
    return [replies[slot] for slot in slots]
