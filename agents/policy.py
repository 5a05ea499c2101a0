"""The agent that learns: a causal language model that plays through a prompt format."""

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from onelayer.agents.decoder import Decoder, Sampled, Sampling
from onelayer.agents.prompts import PromptFormat, Turn, format_for
from onelayer.agents.states import CapturedStates

ALL = "all"
"""``history``: the prompt grows and nothing is left out"""
_RESTART_WINDOW = 2
"""pairs kept when a growing history comes to the end of the model's context"""


@dataclass(frozen=True, slots=True)
class Trace:
    """How a model came to an action: the fields of ``Step`` that training needs."""

    reply: str
    cut: bool
    prompt_ids: tuple[int, ...]
    action_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    continues: bool

    def fields(self) -> dict[str, Any]:
        """Return the fields by name, for ``Step``."""
        return {name: getattr(self, name) for name in self.__slots__}


class SampledAction(str):
    """An action, as any agent returns it, with the tokens that a model sampled."""

    trace: Trace

    def __new__(cls, action: str, trace: Trace) -> "SampledAction":
        """Make the string and attach the trace."""
        self = super().__new__(cls, action)
        self.trace = trace
        return self


@dataclass(slots=True)
class _Memory:
    """What is known of a running episode."""

    key: tuple[int, ...]
    turns: list[Turn] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    """every token read and written, while the history grows"""
    ended: bool = True
    """the last reply ended with its stop token"""


class PolicyAgent:
    """Plays with a transformers model; follows ``Agent``.

    A reply that is cut by its limit, or that holds no action, is the empty action, which every environment
    counts as invalid.

    Args:
        model: a causal language model with a standard stack of decoder layers.
        tokenizer: with a chat template, or the tiny model's.
        sampling: temperature, top-p and response limit.
        history: "all" to let the prompt grow, or ``K`` to show the first turn and the last ``K`` pairs.
        prompt_format: how turns become tokens; by default chosen by the tokenizer.
        states: keeps what enters its layer at each token that is read.
        seed: with a task's name it decides an episode's random numbers.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        sampling: Sampling | None = None,
        history: int | str = ALL,
        prompt_format: PromptFormat | None = None,
        states: CapturedStates | None = None,
        seed: int = 0,
    ):
        if history != ALL and not (isinstance(history, int) and history >= 0):
            raise ValueError(f'history is "all" or a number of turns from 0 on, got {history!r}')
        self.model = model
        self.tokenizer = tokenizer
        self.format = prompt_format or format_for(tokenizer)
        self.sampling = sampling or Sampling()
        self.history = history
        self.decoder = Decoder(model, self.format.stop_ids, self.sampling, states)
        self._context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
        if not self._fits([0]):
            raise ValueError(
                f"a reply of {self.sampling.response_limit} tokens does not fit into the model's "
                f"{self._context} positions; lower response_limit"
            )
        self.reseed(seed)

    def reseed(self, seed: int) -> None:
        """Start the random numbers of all tasks afresh and forget all episodes."""
        self.seed = seed
        self._times_played: Counter[str] = Counter()
        self.reset()

    def reset(self, slots: Sequence[int] | None = None) -> None:
        """Forget these episodes; with None all of them and the cache, as new weights require."""
        if slots is None:
            self._memories: dict[int, _Memory] = {}
            self.decoder.forget()
            return
        self.decoder.release(slots)
        for slot in slots:
            self._memories.pop(slot, None)

    def act(
        self,
        observations: Sequence[str],
        infos: Sequence[Mapping[str, Any]] | None = None,
        slots: Sequence[int] | None = None,
    ) -> list[SampledAction]:
        """Sample one action for each observation.

        Raises:
            ValueError: a prompt and its reply do not fit into the model's context.
        """
        slots = range(len(observations)) if slots is None else slots
        infos = [{}] * len(observations) if infos is None else infos
        memories, prompts, continues = [], [], []
        for slot, observation, info in zip(slots, observations, infos, strict=True):
            memory = self._memories.get(slot) or self._begin(slot, str(info.get("task", "")))
            memory.turns.append(Turn(observation, info.get("admissible")))
            shown, follows = self._prompt(memory)
            memories.append(memory)
            prompts.append(shown)
            continues.append(follows)
        keys = [memory.key for memory in memories]
        replies = self.decoder.sample(slots, prompts, keys, known=continues)
        return [
            self._record(memory, prompt, follows, reply)
            for memory, prompt, follows, reply in zip(
                memories, prompts, continues, replies, strict=True
            )
        ]

    def _begin(self, slot: int, task: str) -> _Memory:
        key = (self.seed, zlib.crc32(task.encode()), self._times_played[task])
        self._times_played[task] += 1
        self._memories[slot] = _Memory(key)
        return self._memories[slot]

    def _prompt(self, memory: _Memory) -> tuple[list[int], int]:
        """Return the whole prompt and how many of its tokens the step before ended with (0: none)."""
        if self.history == ALL:
            if memory.ids:
                follow = self.format.continuation(memory.turns[-1])
                prompt = memory.ids + (follow[1:] if memory.ended else follow)
                if self._fits(prompt):
                    return prompt, len(memory.ids)
            window = len(memory.turns) if len(memory.turns) == 1 else _RESTART_WINDOW
        else:
            window = int(self.history)
        first_shown = max(1, len(memory.turns) - 1 - window)
        prompt = self.format.prompt(
            [memory.turns[0], *memory.turns[first_shown:]], skipped=first_shown - 1
        )
        if not self._fits(prompt):
            raise ValueError(
                f"a prompt of {len(prompt)} tokens and a reply of {self.sampling.response_limit} do not "
                f"fit into the model's {self._context} positions; lower history or response_limit"
            )
        return prompt, 0

    def _fits(self, prompt: Sequence[int]) -> bool:
        needed = len(prompt) + self.sampling.response_limit
        return self._context is None or needed <= self._context

    def _record(
        self, memory: _Memory, prompt: list[int], known: int, sampled: Sampled
    ) -> SampledAction:
        reply = self.tokenizer.decode(sampled.ids, skip_special_tokens=True)
        action = "" if sampled.cut else self.format.parse(reply)
        memory.ids = [*prompt, *sampled.ids]
        memory.ended = not sampled.cut
        turn = memory.turns[-1]
        memory.turns[-1] = Turn(turn.observation, turn.admissible, action)
        trace = Trace(
            reply=reply,
            cut=sampled.cut,
            prompt_ids=tuple(prompt[known:]),
            action_ids=sampled.ids,
            logprobs=sampled.logprobs,
            continues=known > 0,
        )
        return SampledAction(action, trace)
