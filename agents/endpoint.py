"""The agent that asks a served model for its actions, many requests at once."""

import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from threading import Semaphore
from typing import Any

from onelayer.agents.calls import in_thread
from onelayer.agents.chat import ChatMessages, Turn
from onelayer.agents.chat_answers import Reply
from onelayer.agents.chat_server import ChatServer
from onelayer.agents.episode_keys import EpisodeKeys
from onelayer.agents.request_pauses import RequestFailed
from onelayer.agents.slots import slots_of

ALL = "all"
"""value of ``history``: the chat grows and nothing is left out"""
_SHORT_WINDOW = 2
"""pairs shown when a growing chat has become too long for the model"""
_LONGEST_STEP_S = 0.5
"""seconds after which ``step`` returns with no action, so that the caller can attend to the environments"""


@dataclass(frozen=True, slots=True)
class Exchange:
    """How a served model came to an action: the fields of ``Step`` that are known of it."""

    reply: str
    cut: bool
    prompt_tokens: int
    reply_tokens: int
    tokens: tuple[str, ...]
    logprobs: tuple[float, ...]

    action_ids: tuple[int, ...] = ()

    def fields(self) -> dict[str, Any]:
        """Return the fields by name, for ``Step``."""
        return {name: getattr(self, name) for name in self.__slots__}


class ServedAction(str):
    """An action with what was written to reach it."""

    trace: Exchange

    def __new__(cls, action: str, trace: Exchange) -> "ServedAction":
        """Make the string and attach the rest."""
        self = super().__new__(cls, action)
        self.trace = trace
        return self


@dataclass(slots=True)
class _Memory:
    """What is known of a running episode."""

    key: tuple[int, ...]
    turns: list[Turn] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)


class EndpointAgent:
    """Plays with any OpenAI-compatible server; follows ``Agent`` and ``ContinuousAgent``.

    An episode goes on as soon as its own reply is there. A request that fails for good ends its episode
    with an error, which does not count as the model's failure. A reply that is cut by its limit, or holds
    no action, gives the empty action, as in ``PolicyAgent``.

    Args:
        server: asked for every action; its ``connections`` requests are under way at once.
        chat: how turns become messages and a reply an action.
        temperature: of sampling; None leaves it to the server.
        top_p: of sampling; None leaves it to the server.
        response_limit: most tokens of a reply.
        history: "all" to let the chat grow, or ``K`` to show the first turn and the last ``K`` pairs.
        keep_tokens: ask for each token with its log-probability.
        seed: together with task, attempt and turn it decides the ``seed`` that a request carries; None sends
            none.
    """

    answers_alone = True
    """an answer does not depend on which other requests are under way"""

    def __init__(
        self,
        server: ChatServer,
        chat: ChatMessages,
        *,
        temperature: float | None = None,
        top_p: float | None = None,
        response_limit: int = 512,
        history: int | str = ALL,
        keep_tokens: bool = False,
        seed: int | None = 0,
    ):
        if history != ALL and not (isinstance(history, int) and history >= 0):
            raise ValueError(f'history is "all" or a number of turns from 0 on, got {history!r}')
        self.server = server
        self.chat = chat
        self.history = history
        self._options = {
            "temperature": temperature,
            "top_p": top_p,
            "max_tokens": response_limit,
            "logprobs": True if keep_tokens else None,
        }
        self._sends_seed = seed is not None
        self._free = Semaphore(server.connections)
        self.reseed(seed or 0)

    def reseed(self, seed: int) -> None:
        """Start the random numbers of all tasks afresh and forget all episodes."""
        self._keys = EpisodeKeys(seed)
        self._memories: dict[int, _Memory] = {}
        self._asked: dict[Future[ServedAction], int] = {}

    def reset(self, slots: Sequence[int] | None = None) -> None:
        """See ``Agent.reset``."""
        if slots is None:
            self._keys.begin_rollout()
        for slot in list(self._memories) if slots is None else slots:
            self._memories.pop(slot, None)

    def close(self) -> None:
        """Drop the connections; requests under way fail, and nobody waits for them."""
        self.server.close()

    def act(
        self,
        observations: Sequence[str],
        infos: Sequence[Mapping[str, Any]] | None = None,
        slots: Sequence[int] | None = None,
    ) -> list[ServedAction]:
        """Return one action for each observation.

        Raises:
            ServerRefused: the server will not answer any request.
            RequestFailed: it did not answer one of these; see ``step`` for a way to have the others.
        """
        infos = [{}] * len(observations) if infos is None else infos
        slots = slots_of(observations, slots)
        for slot, observation, info in zip(slots, observations, infos, strict=True):
            self.submit(slot, observation, info)
        of_slot = {slot: future for future, slot in self._asked.items()}
        self._asked = {}
        return [of_slot[slot].result() for slot in slots]

    def submit(self, slot: int, observation: str, info: Mapping[str, Any]) -> None:
        """Ask for the next action of an episode; its request starts at once."""
        memory = self._remember(slot, observation, info)
        self._asked[in_thread(self._answer_in_turn, memory)] = slot

    def step(self) -> list[tuple[int, str | Exception]]:
        """Wait for the next reply; return the actions that are there, or why there is none.

        Raises:
            ServerRefused: the server will not answer any request.
        """
        done, _ = wait(self._asked, timeout=_LONGEST_STEP_S, return_when=FIRST_COMPLETED)
        ready: list[tuple[int, str | Exception]] = []
        for future in [future for future in self._asked if future in done]:
            slot = self._asked.pop(future)
            try:
                ready.append((slot, future.result()))
            except RequestFailed as error:
                ready.append((slot, error))
        return ready

    def _remember(self, slot: int, observation: str, info: Mapping[str, Any]) -> _Memory:
        memory = self._memories.get(slot)
        if memory is None:
            memory = self._memories[slot] = _Memory(self._keys.of(info))
        memory.turns.append(Turn(observation, info.get("admissible")))
        return memory

    def _answer_in_turn(self, memory: _Memory) -> ServedAction:
        with self._free:
            return self._answer(memory)

    def _answer(self, memory: _Memory) -> ServedAction:
        """Ask for the action of an episode's last turn; an episode has at most one thread."""
        try:
            reply = self._ask(memory, self.history)
        except RequestFailed as error:
            if not (error.too_long and self.history == ALL and len(memory.turns) > 1):
                raise
            reply = self._ask(memory, _SHORT_WINDOW)
        action = "" if reply.cut else self.chat.parse(reply.text)
        turn = memory.turns[-1]
        memory.turns[-1] = Turn(turn.observation, turn.admissible, action)
        memory.replies.append(reply.text)
        exchange = Exchange(
            *(reply.text, reply.cut, reply.prompt_tokens, reply.reply_tokens),
            *(reply.tokens, reply.logprobs),
        )
        return ServedAction(action, exchange)

    def _ask(self, memory: _Memory, history: int | str) -> Reply:
        if history == ALL:
            messages = self.chat.messages(memory.turns, replies=memory.replies)
        else:
            first_shown = max(1, len(memory.turns) - 1 - int(history))
            shown = [memory.turns[0], *memory.turns[first_shown:]]
            messages = self.chat.messages(shown, skipped=first_shown - 1)
        return self.server.ask(messages, seed=self._seed_of(memory), **self._options)

    def _seed_of(self, memory: _Memory) -> int | None:
        if not self._sends_seed:
            return None
        named = ",".join(map(str, (*memory.key, len(memory.turns))))
        return zlib.crc32(named.encode()) >> 1  # 31 bits: some servers keep seeds in an int32
