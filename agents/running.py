"""An episode while it is played, and the steps that are made of it."""

from dataclasses import dataclass, field

from onelayer.agents.boundary import Answer, View
from onelayer.agents.episodes import Episode, Step


@dataclass(frozen=True, slots=True)
class Place:
    """An episode that is to be played."""

    index: int
    """its place in the result"""
    task: str | int
    seed: int
    attempt: int = 0
    """how many episodes of its task came before it"""
    tries: int = 0
    """how often it has failed"""


@dataclass(slots=True)
class Running:
    """An episode that is being played in one environment."""

    place: Place
    view: View | None = None
    """what the agent read last; None until the episode has begun"""
    action: str = ""
    """what the agent did last"""
    steps: list[Step] = field(default_factory=list)


def step_of(view: View, action: str, answer: Answer) -> Step:
    """Return the step in which ``action`` was taken; an action of a model brings the tokens it is made of."""
    trace = getattr(action, "trace", None)
    return Step(
        observation=view.observation,
        action=str(action),
        reward=answer.reward,
        anchor=view.anchor,
        valid=answer.valid and (trace is None or action != ""),
        admissible=view.admissible,
        answer=answer.extracted,
        fallback=answer.fallback,
        timeouts=answer.timeouts,
        reward_parts=answer.reward_parts,
        **({} if trace is None else {"reply_tokens": len(trace.action_ids), **trace.fields()}),
    )


def episode_of(running: Running, last: Answer) -> Episode:
    """Return the episode that ends with this answer."""
    success = last.solved(sum(step.reward for step in running.steps))
    return Episode(
        task=last.view.task,
        steps=tuple(running.steps),
        success=success,
        truncated=last.truncated and not last.terminated,
        env=str(last.view.info.get("env", "")),
        kind=last.view.kind,
    )
