"""What a rollout leaves behind: episodes made of steps, plain data that is never changed."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


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
    prompt_ids: tuple[int, ...] = ()
    """tokens the policy was given at this step: all of them, or the new ones if it ``continues``"""
    action_ids: tuple[int, ...] = ()
    """tokens the policy sampled, and nothing else"""
    logprobs: tuple[float, ...] = ()
    """log-probability of each action token under the softmax at the sampling temperature"""
    continues: bool = False
    """whether ``prompt_ids`` follow the tokens of the step before (append-only history)"""
    hidden_TD: NDArray[np.float32] | None = None
    """state entering the first trained layer, a row for each token that was read to write this action:
    all tokens of the step but its last, and the last one of the step it continues"""


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


_RECORDED = ("observation", "action", "reply", "reward", "valid", "cut")
"""the fields of a step that a reader wants"""


def as_record(episode: Episode) -> dict[str, Any]:
    """Return an episode as JSON holds it: texts and rewards, no tokens and no anchors."""
    return {
        "task": episode.task,
        "kind": episode.kind,
        "success": episode.success,
        "truncated": episode.truncated,
        "error": episode.error,
        "total_reward": episode.total_reward,
        "steps": [{name: getattr(step, name) for name in _RECORDED} for step in episode.steps],
    }


def as_episode(record: Mapping[str, Any]) -> Episode:
    """Return the episode of a record; its anchors are unknown."""
    return Episode(
        task=record["task"],
        steps=tuple(
            Step(anchor=None, **{name: step[name] for name in _RECORDED})
            for step in record["steps"]
        ),
        success=record["success"],
        error=record["error"],
        truncated=record["truncated"],
        kind=record["kind"],
    )
