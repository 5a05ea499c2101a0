"""What a rollout leaves behind: episodes made of steps, plain data that is never changed."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One turn: what the agent read, what it did, what it earned."""

    observation: str
    action: str
    reward: float
    anchor: Hashable
    """the state in which the action was taken; steps with equal anchors are compared with each other"""
    valid: bool = True
    """the agent's reply held an action, and the environment understood it"""
    admissible: tuple[str, ...] | None = None
    """the legal actions when the action was chosen"""
    reply: str = ""
    """the whole text a language model wrote, the action in it"""
    cut: bool = False
    """the reply was stopped by its length limit"""
    answer: str | None = None
    """what the environment read as the answer (``info["extracted"]``)"""
    fallback: bool = False
    """the answer did not stand where the task asked for it, and was found elsewhere (``info["fallback"]``)"""
    timeouts: int = 0
    """how many things ran out of time in this episode so far while it was judged (``info["timeouts"]``)"""
    reward_parts: Mapping[str, float] = field(default_factory=dict)
    """the parts that the reward is the sum of, such as correctness and format (``info["reward_parts"]``)"""
    reply_tokens: int = 0
    """tokens of the reply; 0 where no language model wrote it"""
    prompt_tokens: int = 0
    """tokens that were read to write the reply; 0 where this is not known"""
    tokens: tuple[str, ...] = ()
    """the reply token by token, where this was asked for; ``logprobs`` belong to them"""
    prompt_ids: tuple[int, ...] = ()
    """tokens the policy was given at this step: all of them, or the new ones if it ``continues``"""
    action_ids: tuple[int, ...] = ()
    """tokens the policy sampled, and nothing else"""
    logprobs: tuple[float, ...] = ()
    """log-probability of each action token under the softmax at the sampling temperature"""
    continues: bool = False
    """whether ``prompt_ids`` follow the tokens of the step before (append-only history)"""


@dataclass(frozen=True, slots=True, eq=False)
class Episode:
    """One attempt at one task, from reset to its end."""

    task: str
    steps: tuple[Step, ...]
    success: bool
    error: str | None = None
    """why it could not be played to its end; such an episode is counted and teaches nothing"""
    truncated: bool = False
    """ended by the step limit (or by an error), not by the task"""
    env: str = ""
    """the environment it was played in, where there are several (``info["env"]``)"""
    kind: str = ""
    """what kind of task it is (``info["kind"]``), the rows of an evaluation table"""
    attempt: int = 0
    """which of the attempts at its task, from 0"""
    part: str = ""
    """the part of a suite of several environments that it belongs to"""

    @property
    def rewards(self) -> list[float]:
        """The reward of each step."""
        return [step.reward for step in self.steps]

    @property
    def total_reward(self) -> float:
        """The undiscounted return."""
        return float(sum(self.rewards))

    @property
    def answer(self) -> str | None:
        """The last answer that the environment read, None where it read none."""
        return self.steps[-1].answer if self.steps else None

    @property
    def reward_parts(self) -> dict[str, float]:
        """The sum of each part of the reward over the steps; empty where no parts are told."""
        names = dict.fromkeys(name for step in self.steps for name in step.reward_parts)
        return {
            name: sum(step.reward_parts.get(name, 0.0) for step in self.steps) for name in names
        }


_RECORDED = ("observation", "action", "reply", "reward", "valid", "cut")
"""the fields of a step that a reader wants"""
_RECORDED_IF_SET: Mapping[str, Any] = {
    "answer": None,
    "fallback": False,
    "timeouts": 0,
    "reward_parts": {},
    "reply_tokens": 0,
    "prompt_tokens": 0,
    "tokens": (),
}
"""fields that many environments or agents leave at these values"""


def as_record(episode: Episode) -> dict[str, Any]:
    """Return an episode as JSON holds it: texts and rewards, no token ids and no anchors."""
    record = {
        "task": episode.task,
        "kind": episode.kind,
        "success": bool(episode.success),
        "truncated": episode.truncated,
        "error": episode.error,
        "total_reward": episode.total_reward,
        **({"env": episode.env} if episode.env else {}),
        "steps": [_step_record(step) for step in episode.steps],
    }
    if episode.attempt:
        record["attempt"] = episode.attempt
    if episode.part:
        record["part"] = episode.part
    return record


def as_episode(record: Mapping[str, Any]) -> Episode:
    """Return the episode of a record; its anchors are unknown.

    Raises:
        ValueError: the record is not that of an episode; the message says what is wrong with it.
    """
    wrong = _wrong_field(record, _KINDS_OF_EPISODE)
    if wrong is None:
        wrong = next((w for s in record["steps"] if (w := _wrong_field(s, _KINDS_OF_STEP))), None)
    if wrong is not None:
        raise ValueError(f"no record of an episode: {wrong}")
    return Episode(
        task=record["task"],
        steps=tuple(_step_of(step) for step in record["steps"]),
        success=bool(record["success"]),
        error=record["error"],
        truncated=record["truncated"],
        env=record.get("env", ""),
        kind=record["kind"],
        attempt=record.get("attempt", 0),
        part=record.get("part", ""),
    )


_KINDS_OF_EPISODE: Mapping[str, tuple[type, ...]] = {
    "task": (str,),
    "kind": (str,),
    "success": (bool, int),
    "truncated": (bool,),
    "error": (str, type(None)),
    "steps": (list,),
}
_KINDS_OF_STEP: Mapping[str, tuple[type, ...]] = {
    "observation": (str,),
    "action": (str,),
    "reply": (str,),
    "reward": (float, int, type(None)),
    "valid": (bool,),
    "cut": (bool,),
}


def _wrong_field(record: Any, kinds: Mapping[str, tuple[type, ...]]) -> str | None:
    """Return what is wrong with a record, None for nothing."""
    if not isinstance(record, Mapping):
        return f"{record!r:.60} is not an object"
    for name, possible in kinds.items():
        if name not in record:
            return f"{name} is missing"
        if not isinstance(record[name], possible):
            return f"{name} is {record[name]!r:.60}"
    return None


def _step_of(record: Mapping[str, Any]) -> Step:
    reward = record["reward"]
    optional = {name: record[name] for name in _RECORDED_IF_SET if name in record}
    if "tokens" in optional:
        optional["tokens"] = tuple(optional["tokens"])
        optional["logprobs"] = tuple(record.get("logprobs", ()))
    return Step(
        observation=record["observation"],
        action=record["action"],
        reply=record["reply"],
        reward=math.nan if reward is None else float(reward),  # JSON has no number for NaN
        valid=record["valid"],
        cut=record["cut"],
        anchor=None,
        **optional,
    )


def _step_record(step: Step) -> dict[str, Any]:
    record = {name: getattr(step, name) for name in _RECORDED}
    for name, unset in _RECORDED_IF_SET.items():
        value = getattr(step, name)
        if value != unset:
            record[name] = dict(value) if isinstance(value, Mapping) else value
    if step.tokens:
        record["tokens"] = list(step.tokens)
        record["logprobs"] = [round(logprob, 4) for logprob in step.logprobs]
    return record
