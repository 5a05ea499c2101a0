"""The agent that learns: a causal language model that plays through a prompt format."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from onelayer.agents.decoder import Decoder
from onelayer.agents.engine import Engine, Ids, MakeEngine, Sampled
from onelayer.agents.episode_keys import EpisodeKeys
from onelayer.agents.models import end_ids
from onelayer.agents.prompts import PromptFormat, Turn, Unencoded, encode, format_for
from onelayer.agents.sampling import Sampling

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


class PromptTooLong(ValueError):
    """A prompt and its reply do not fit into the model's context."""


@dataclass(slots=True)
class _Memory:
    """What is known of a running episode."""

    key: tuple[int, ...]
    turns: list[Turn] = field(default_factory=list)
    ids: Ids = field(default_factory=lambda: _NOTHING)
    """every token read and written, while the history grows"""
    prompt: Ids = field(default_factory=lambda: _NOTHING)
    """what was submitted last"""
    known: int = 0
    """how many of its first tokens are those of the step before; 0 where it does not continue that step"""
    error: Exception | None = None
    """why there is no next prompt"""


_NOTHING: Ids = np.zeros(0, dtype=np.int64)


class PolicyAgent:
    """Plays with a transformers model; follows ``Agent`` and ``ContinuousAgent``.

    A reply that is cut by its limit, or that holds no action, is the empty action, which every environment
    counts as invalid.

    Args:
        model: a causal language model with a standard stack of decoder layers.
        tokenizer: with a chat template, or the tiny model's.
        sampling: temperature, top-p and response limit.
        history: "all" to let the prompt grow, or ``K`` to show the first turn and the last ``K`` pairs.
        prompt_format: how turns become tokens; by default chosen by the tokenizer.
        engine: makes the engine that writes the replies; None: a ``Decoder``, in this process.
        seed: together with task and attempt it decides an episode's random numbers.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        sampling: Sampling | None = None,
        history: int | str = ALL,
        prompt_format: PromptFormat | None = None,
        engine: MakeEngine | None = None,
        seed: int = 0,
    ):
        if history != ALL and not (isinstance(history, int) and history >= 0):
            raise ValueError(f'history is "all" or a number of turns from 0 on, got {history!r}')
        self.model = model
        self.tokenizer = tokenizer
        self.format = prompt_format or format_for(tokenizer)
        self.sampling = sampling or Sampling()
        self.history = history
        self.stop_ids = sorted({*self.format.stop_ids, *end_ids(model)})
        """tokens that end a reply"""
        self.engine: Engine = (engine or partial(Decoder, model))(self.stop_ids, self.sampling)
        if not self._fits([0]):
            raise ValueError(
                f"a reply of {self.sampling.response_limit} tokens does not fit into the model's "
                f"{self.engine.context} positions; lower response_limit"
            )
        self.reseed(seed)

    @property
    def answers_alone(self) -> bool:
        """See ``Engine``."""
        return self.engine.answers_alone

    def reseed(self, seed: int) -> None:
        """Start the random numbers of all tasks afresh and forget all episodes."""
        self._keys = EpisodeKeys(seed)
        self.reset()

    def reset(self, slots: Sequence[int] | None = None) -> None:
        """Forget these episodes; None: all episodes and the cache, as new weights require."""
        if slots is None:
            self._keys.begin_rollout()
            self._memories: dict[int, _Memory] = {}
            self._asked: list[int] = []
            self.engine.forget()
            return
        self.engine.release(slots)
        self._asked = [slot for slot in self._asked if slot not in slots]
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
            PromptTooLong: a prompt and its reply do not fit into the model's context.
        """
        slots = range(len(observations)) if slots is None else slots
        infos = [{}] * len(observations) if infos is None else infos
        for slot, observation, info in zip(slots, observations, infos, strict=True):
            self.submit(slot, observation, info)
        answers: dict[int, SampledAction] = {}
        while set(slots) - answers.keys():
            for slot, answer in self.step():
                if isinstance(answer, Exception):
                    raise answer
                answers[slot] = answer
        return [answers[slot] for slot in slots]

    def submit(self, slot: int, observation: str, info: Mapping[str, Any]) -> None:
        """Show a running episode's observation; ``step`` returns the action some time later."""
        memory = self._memories.get(slot) or self._begin(slot, info)
        memory.turns.append(Turn(observation, info.get("admissible")))
        self._asked.append(slot)

    def step(self) -> list[tuple[int, SampledAction | Exception]]:
        """Go on writing for a moment; return the slots that have an action, or cannot have one."""
        answers: list[tuple[int, SampledAction | Exception]] = []
        asked, self._asked = self._asked, []
        self._encode_prompts([self._memories[slot] for slot in asked])
        for slot in asked:
            memory = self._memories[slot]
            if memory.error is None:
                self.engine.submit(slot, memory.prompt, memory.key)
            else:
                answers.append((slot, memory.error))
        answers += [(slot, self._record(slot, reply)) for slot, reply in self.engine.step()]
        return answers

    def _begin(self, slot: int, info: Mapping[str, Any]) -> _Memory:
        self._memories[slot] = _Memory(self._keys.of(info))
        return self._memories[slot]

    def _encode_prompts(self, memories: Sequence[_Memory]) -> None:
        """Set the next prompts of these episodes: those that can grow, in one call, then the others."""
        growing = [memory for memory in memories if self.history == ALL and len(memory.ids)]
        rebuilt = {id(memory): memory for memory in memories}
        follows = self._encode(growing, lambda memory: self.format.continuation(memory.turns[-1]))
        for memory, follow in zip(growing, follows, strict=True):
            if isinstance(follow, Exception):
                continue
            ended = memory.ids[-1] == follow[0]  # else it was cut, or ended by another stop token
            prompt = np.append(memory.ids, follow[1:] if ended else follow)
            if self._fits(prompt):
                memory.prompt, memory.known = prompt, len(memory.ids)
                del rebuilt[id(memory)]
        left = list(rebuilt.values())
        for memory, ids in zip(left, self._encode(left, self._rebuilt), strict=True):
            if isinstance(ids, Exception):
                memory.error = ids
            elif not self._fits(ids):
                memory.error = self._too_long(ids)
            else:
                memory.prompt, memory.known = ids, 0

    def _encode(
        self, memories: Sequence[_Memory], show: Callable[[_Memory], Unencoded]
    ) -> list[Ids | Exception]:
        """Return the tokens of what is shown in each episode, or why there are none."""
        try:
            shown = [show(memory) for memory in memories]
            return [np.array(ids, dtype=np.int64) for ids in encode(self.tokenizer, shown)]
        except (ValueError, TypeError, OverflowError) as error:  # a text it cannot encode
            if len(memories) == 1:
                return [error]
            return [self._encode([memory], show)[0] for memory in memories]

    def _rebuilt(self, memory: _Memory) -> Unencoded:
        """Return a prompt that shows the first turn and the last ones."""
        turns = memory.turns
        if self.history == ALL:
            window = len(turns) if len(turns) == 1 else _RESTART_WINDOW
        else:
            window = int(self.history)
        first_shown = max(1, len(turns) - 1 - window)
        return self.format.prompt([turns[0], *turns[first_shown:]], skipped=first_shown - 1)

    def _too_long(self, prompt: Ids) -> PromptTooLong:
        return PromptTooLong(
            f"a prompt of {len(prompt)} tokens and a reply of {self.sampling.response_limit} do not "
            f"fit into the model's {self.engine.context} positions; lower history or response_limit"
        )

    def _fits(self, prompt: Sequence[int] | Ids) -> bool:
        needed = len(prompt) + self.sampling.response_limit
        return self.engine.context is None or needed <= self.engine.context

    def _record(self, slot: int, sampled: Sampled) -> SampledAction:
        memory = self._memories[slot]
        said = sampled.ids if sampled.cut else sampled.ids[:-1]
        reply = self.tokenizer.decode(said, skip_special_tokens=True)
        action = "" if sampled.cut else self.format.parse(reply)
        memory.ids = np.append(memory.prompt, sampled.ids)
        turn = memory.turns[-1]
        memory.turns[-1] = Turn(turn.observation, turn.admissible, action)
        trace = Trace(
            reply=reply,
            cut=sampled.cut,
            prompt_ids=tuple(memory.prompt[memory.known :].tolist()),
            action_ids=sampled.ids,
            logprobs=sampled.logprobs,
            continues=memory.known > 0,
        )
        return SampledAction(action, trace)
