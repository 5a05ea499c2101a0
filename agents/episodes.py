"""What a rollout leaves behind: episodes made of steps, plain data that is never changed."""

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
    """the state the action was taken in; steps with equal anchors are peers"""
    valid: bool = True
    """the agent's reply held an action and the environment understood it"""
    admissible: tuple[str, ...] | None = None
    """the legal actions when the action was chosen"""
    reply: str = ""
    """the whole text a language model wrote, the action in it"""
    cut: bool = False
    """the reply was stopped by its length limit"""
    answer: str | None = None
    """what the environment read as the answer (``info["extracted"]``)"""
    reward_parts: Mapping[str, float] = field(default_factory=dict)
    """what the reward is made of (``info["reward_parts"]``), such as correctness and format"""
    reply_tokens: int = 0
    """tokens of the reply; 0 where no language model wrote it"""
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
    """what the environment raised; such an episode is counted and teaches nothing"""
    truncated: bool = False
    """ended by the step limit (or by an error), not by the task"""
    env: str = ""
    """which of several environments it is of (``info["env"]``)"""
    kind: str = ""
    """what kind of task it is (``info["kind"]``), the rows of an evaluation table"""

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
_RECORDED_IF_SET: Mapping[str, Any] = {"answer": None, "reward_parts": {}, "reply_tokens": 0}
"""fields that many environments or agents leave at these values"""


def as_record(episode: Episode) -> dict[str, Any]:
    """Return an episode as JSON holds it: texts and rewards, no tokens and no anchors."""
    return {
        "task": episode.task,
        "kind": episode.kind,
        "success": episode.success,
        "truncated": episode.truncated,
        "error": episode.error,
        "total_reward": episode.total_reward,
        **({"env": episode.env} if episode.env else {}),
        "steps": [_step_record(step) for step in episode.steps],
    }


def as_episode(record: Mapping[str, Any]) -> Episode:
    """Return the episode of a record; its anchors are unknown."""
    return Episode(
        task=record["task"],
        steps=tuple(
            Step(
                anchor=None,
                **{name: step[name] for name in _RECORDED},
                **{name: step[name] for name in _RECORDED_IF_SET if name in step},
            )
            for step in record["steps"]
        ),
        success=record["success"],
        error=record["error"],
        truncated=record["truncated"],
        env=record.get("env", ""),
        kind=record["kind"],
    )


def _step_record(step: Step) -> dict[str, Any]:
    record = {name: getattr(step, name) for name in _RECORDED}
    for name, unset in _RECORDED_IF_SET.items():
        value = getattr(step, name)
        if value != unset:
            record[name] = dict(value) if isinstance(value, Mapping) else value
    return record
