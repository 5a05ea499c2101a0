"""The boundary to environments: whatever one does ends a single episode at most, never a run.

``begin`` starts an episode and ``advance`` takes an action. Both check all that the environment returns. They
return what a rollout needs, or a ``Failure`` that says why the episode ended. The caller decides whether to
play the episode again in a fresh environment (``renewed``).
"""

import inspect
import logging
import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import gymnasium as gym

from onelayer.agents.calls import TookTooLong, limited
from onelayer.envs.places import place_of_code, place_of_error

logger = logging.getLogger(__name__)

ENV, CONTEXT, TIMEOUT = "env", "context", "timeout"
WAITING_TIMEOUT = 600.0
"""seconds that a reset or step of an environment that waits for others (``waits``) may take by default"""
CLOSE_TIMEOUT = 5.0
"""seconds that closing an environment may take"""
LARGEST_REWARD = 1e9
"""a larger reward is refused: in float32, its sums with others would lose the differences between episodes"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an episode ended early."""

    where: str
    """"env": the environment raised an error or returned something malformed; "context": a text that the
    model can't read; "timeout": the environment did not answer in time"""
    what: str
    """the reason in words, with file and line where they are known"""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class View:
    """What an agent is to read next, checked."""

    task: str
    observation: str
    anchor: Hashable
    """the state: ``info["anchor"]``, or task and observation"""
    admissible: tuple[str, ...] | None
    kind: str
    info: dict[str, Any]
    """a copy: an environment may use one dictionary again and again"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an action led to, checked."""

    view: View
    reward: float
    terminated: bool
    truncated: bool
    valid: bool
    success: bool | None
    """None where the environment does not tell"""
    extracted: str | None
    """what the environment read as the answer"""
    fallback: bool
    """the answer did not stand where the task asked for it, and was found elsewhere"""
    timeouts: int
    """how many things ran out of time in the episode so far, such as programs that were judged"""
    reward_parts: dict[str, float]

    @property
    def is_last(self) -> bool:
        """Whether the episode is over."""
        return self.terminated or self.truncated

    def solved(self, earned: float) -> bool:
        """Return whether the episode that ends here solved its task.

        Where the environment does not report success, a positive return, ``earned``, counts as success.
        """
        return self.terminated and earned > 0 if self.success is None else self.success


def begin(
    env: gym.Env[Any, Any], task: str | int, seed: int, timeout: float | None = None
) -> View | Failure:
    """Start an episode.

    Args:
        env: the environment.
        task: an id, for ``options``, or a seed of an environment that has no ids.
        seed: of the world's random numbers in this episode; not used where the task is a seed itself.
        timeout: seconds it may take; None for no limit.
    """
    name = task if isinstance(task, str) else f"seed-{task}"

    def reset() -> View:
        if isinstance(task, str):
            answer = env.reset(seed=seed, options={"task": task})
        else:
            answer = env.reset(seed=task)
        observation, info = _parts(answer, "reset", ("observation", "info"))
        return _view(observation, info, name)

    return _guarded(reset, env, "reset", timeout)


def advance(
    env: gym.Env[Any, Any], view: View, action: str, timeout: float | None = None
) -> Answer | Failure:
    """Take an action in the episode that ``view`` shows."""

    def step() -> Answer:
        names = ("observation", "reward", "terminated", "truncated", "info")
        observation, reward, terminated, truncated, info = _parts(env.step(action), "step", names)
        seen = _view(observation, info, view.task, view.kind, begun=view.task)
        success, extracted = info.get("success"), info.get("extracted")
        return Answer(
            view=seen,
            reward=_reward(reward, "a reward"),
            terminated=_truth(terminated, "terminated"),
            truncated=_truth(truncated, "truncated"),
            valid=_truth(info.get("valid", True), "info['valid']"),
            success=None if success is None else _truth(success, "info['success']"),
            extracted=None if extracted is None else str(extracted),
            fallback=bool(info.get("fallback", False)),
            timeouts=int(info.get("timeouts", 0)),
            reward_parts=_reward_parts(info.get("reward_parts")),
        )

    return _guarded(step, env, "step", timeout)


def close(env: gym.Env[Any, Any]) -> None:
    """Close an environment; log a warning if that fails or takes too long."""
    try:
        limited(env.close, CLOSE_TIMEOUT)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        logger.warning("an environment did not close: %s", place_of_error(error))


def renewed(env: gym.Env[Any, Any]) -> gym.Env[Any, Any] | None:
    """Close ``env`` and return a fresh environment that is made in the same way.

    None if ``env`` did not come from ``gymnasium.make``, which alone knows how it was made, or if making
    another one fails.
    """
    spec = env.spec
    if spec is None:
        return None
    close(env)
    try:
        return gym.make(spec, disable_env_checker=True)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        logger.warning("no fresh environment can be made: %s", place_of_error(error))
        return None


class _Malformed(Exception):
    """An environment returned something that its contract does not allow; the message says what."""


class Unreadable(_Malformed):
    """A text that UTF-8 cannot encode, so that no model can read it."""


def _guarded(
    call: Callable[[], T], env: gym.Env[Any, Any], method: str, timeout: float | None
) -> T | Failure:
    try:
        return limited(call, timeout)
    except KeyboardInterrupt:
        raise
    except TookTooLong:
        return Failure(TIMEOUT, f"{method} took more than {timeout:g} s ({_method(env, method)})")
    except Unreadable as error:
        return Failure(CONTEXT, f"{error} ({_method(env, method)})")
    except _Malformed as error:
        return Failure(ENV, f"{error} ({_method(env, method)})")
    except BaseException as error:  # an environment may raise SystemExit or CancelledError
        return Failure(ENV, place_of_error(error))


def _method(env: gym.Env[Any, Any], method: str) -> str:
    """Return file and line of the environment's own code for ``reset`` or ``step``, else its class."""
    own = {"reset": "begin", "step": "act"}[method]
    world = type(env.unwrapped)
    function = getattr(world, own, None) or getattr(world, method)
    code = getattr(inspect.unwrap(function), "__code__", None)
    return world.__qualname__ if code is None else place_of_code(code)


def _parts(answer: object, method: str, names: Sequence[str]) -> tuple[Any, ...]:
    if not isinstance(answer, tuple) or len(answer) != len(names):
        raise _Malformed(f"{method} returns ({', '.join(names)}), and not {answer!r:.100}")
    if not isinstance(answer[-1], Mapping):
        raise _Malformed(f"an info is a dict, and not {answer[-1]!r:.100}")
    return answer


def _view(
    observation: object,
    info: Mapping[str, Any],
    task: str,
    kind: str = "",
    begun: str | None = None,
) -> View:
    observation = _text(observation, "an observation")
    task = _text(info.get("task", task), "info['task']")
    if begun is not None:
        task = begun  # a task that changes its name in an episode would fall into another group
    anchor = info.get("anchor", (task, observation))
    try:
        hash(anchor)
    except TypeError:
        raise _Malformed(f"info['anchor'] can't be hashed: {anchor!r:.100}") from None
    admissible = _admissible(info.get("admissible"))
    own = {**info, "task": task, "admissible": admissible}
    return View(task, observation, anchor, admissible, str(info.get("kind", kind)), own)


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise _Malformed(f"{what} is a str, and not {value!r:.100} ({type(value).__name__})")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Unreadable(f"{what} holds {value[error.start]!r}, which is no character") from None
    return value


def _admissible(listed: object) -> tuple[str, ...] | None:
    if listed is None:
        return None
    if isinstance(listed, str | bytes | Mapping) or not isinstance(listed, Iterable):
        raise _Malformed(f"info['admissible'] is a tuple of actions, and not {listed!r:.100}")
    return tuple(_text(action, "an admissible action") for action in listed)


def _reward(value: Any, what: str) -> float:
    if value is None or isinstance(value, str | bytes):
        raise _Malformed(f"{what} is a number, and not {value!r:.100}")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise _Malformed(f"{what} is a number, and not {value!r:.100}") from None
    if not math.isfinite(number):
        raise _Malformed(f"{what} is {number}")
    if abs(number) > LARGEST_REWARD:
        raise _Malformed(f"{what} is {number:g}, beyond what can be compared ({LARGEST_REWARD:g})")
    return number


def _reward_parts(parts: object) -> dict[str, float]:
    if parts is None:
        return {}
    if not isinstance(parts, Mapping):
        raise _Malformed(f"info['reward_parts'] is a dict of numbers, and not {parts!r:.100}")
    return {
        str(name): _reward(part, f"the part {name!r} of a reward") for name, part in parts.items()
    }


def _truth(value: Any, what: str) -> bool:
    if value is None or isinstance(value, str | bytes):
        raise _Malformed(f"{what} is a bool, and not {value!r:.100}")
    try:
        return bool(value)
    except (TypeError, ValueError, RuntimeError):  # such as an array of several bools
        raise _Malformed(f"{what} is a bool, and not {value!r:.100}") from None
