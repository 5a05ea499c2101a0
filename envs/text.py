"""What every onelayer environment is: a Gymnasium environment that reads and writes text.

A subclass says what a task is, how it begins and what an action does; ``TextEnv`` turns that into
Gymnasium's ``reset`` and ``step`` and fills the ``info`` dictionary that agents, credit assignment
and evaluation read.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np

from onelayer.errors import UnknownName

Info = dict[str, Any]


class FreeText(gym.Space[str]):
    """Any string. ``gymnasium.spaces.Text`` would bound its length and its characters."""

    def __init__(self, seed: int | np.random.Generator | None = None):
        super().__init__(shape=None, dtype=None, seed=seed)

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        """Return a short random string of printable ASCII."""
        return "".join(chr(c) for c in self.np_random.integers(32, 127, size=8))

    def contains(self, x: Any) -> bool:
        """Return whether ``x`` is a string."""
        return isinstance(x, str)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FreeText)

    def __hash__(self) -> int:
        return hash(FreeText)

    def __repr__(self) -> str:
        return "FreeText()"


class NotText(ValueError):
    """An environment of numbers, where one of text is needed."""


def require_text(env: gym.Env[Any, Any]) -> None:
    """Refuse an environment whose spaces say that it shows or takes anything but text.

    Raises:
        NotText: its observations or actions are numbers; the message says how to wrap it.
    """
    for what, space in (("observations", env.observation_space), ("actions", env.action_space)):
        of_gymnasium = type(space).__module__.startswith("gymnasium.spaces")
        if of_gymnasium and not isinstance(space, gym.spaces.Text):
            name = env.spec.id if env.spec is not None else type(env.unwrapped).__name__
            raise NotText(
                f"the {what} of {name} are {space}, and not text: wrap it with "
                "onelayer.envs.adapters.GymText, which takes a function that describes an observation and "
                "one that reads an action"
            )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action led to."""

    observation: str
    reward: float = 0.0
    terminated: bool = False
    """the task is solved or lost"""
    success: bool = False
    """the task is solved; read only when the episode ends"""
    valid: bool = True
    """whether the environment understood the action"""


class TextEnv(gym.Env[str, str]):
    """Base class of text environments: implement ``tasks``, ``begin``, ``act`` and ``anchor``.

    ``reset(seed=s)`` always starts the same task; ``reset(options={"task": id})`` starts that task.
    ``info`` holds after every ``reset`` and ``step``:

    * ``task``: str, the stable id of the task;
    * ``anchor``: hashable, the true state of the episode (GiGPO's step groups); differs between tasks;
    * ``admissible``: tuple of legal actions, or None where they are not listed;
    * ``valid``: bool, whether the last action was understood;
    * ``success``: bool, at the end of an episode only;

    and whatever ``details`` adds. An environment that uses ``self.np_random`` gets a generator that
    ``reset(seed=...)`` seeds, also where the task is chosen by ``options``.

    Args:
        max_steps: actions until the episode is truncated.
        render_mode: "ansi" lets ``render()`` return the text that was read last.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 1}  # noqa: RUF012  (Gymnasium's)
    instructions = ""
    """what a language model is told before its first observation: the rules of the world"""
    free_form = False
    """the whole reply is the action (a program, a derivation), not a short command in tags"""
    waits = False
    """a step mostly waits for another process: a rollout takes such steps in threads, many at once"""
    max_steps: int
    """actions until the episode is truncated"""
    success_margin: float | None = None
    """the smallest gap between the returns of a solved and an unsolved episode of a task; None: not known"""

    def __init__(self, max_steps: int, render_mode: str | None = None):
        if isinstance(max_steps, bool) or not isinstance(max_steps, int):
            raise ValueError(f"max_steps must be a whole number from 1, got {max_steps!r}")
        if max_steps < 1:
            raise ValueError(f"max_steps must be at least 1, got {max_steps}")
        if render_mode not in (None, "ansi"):
            raise ValueError(f'render_mode must be "ansi" or None, got {render_mode!r}')
        self.observation_space = FreeText()
        self.action_space = FreeText()
        self.max_steps = max_steps
        self.render_mode = render_mode
        self._task: str | None = None
        self._steps = 0
        self._is_over = False
        self._shown = ""

    @property
    def tasks(self) -> Sequence[str]:
        """The ids of the tasks of this split, in a fixed order; may be lazy."""
        raise self._lacks("tasks, the ids of its tasks")

    def begin(self, task: str) -> str:
        """Start ``task`` and return its first observation."""
        raise self._lacks("begin(task), which starts a task and returns its first observation")

    def act(self, action: str) -> Outcome:
        """Carry out ``action``."""
        raise self._lacks("act(action), which carries an action out and returns an Outcome")

    def anchor(self) -> Hashable:
        """Return a name of the current state, equal for equal states of one task."""
        raise self._lacks("anchor(), which names the state the episode is in")

    def admissible(self) -> tuple[str, ...] | None:
        """Return the legal actions, or None where they can't be listed."""
        return None

    def details(self) -> Mapping[str, Any]:
        """Return further entries for ``info``, such as the kind of the task."""
        return {}

    def report(self) -> Sequence[str]:
        """Return lines on what this machine gives the environment, for ``onelayer envs check``.

        Raises:
            RuntimeError: the environment cannot work here.
        """
        return ()

    def solution(self, task: str) -> Sequence[str] | None:
        """Return actions that solve ``task`` from its start, or None where none are known."""
        return None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, Info]:
        """Start a task: the one in ``options["task"]``, else one drawn with the seeded generator.

        Raises:
            UnknownName: the split has no such task.
        """
        super().reset(seed=seed)
        if options is not None and not isinstance(options, Mapping):
            raise TypeError(f'options is a dict such as {{"task": id}}, got {options!r}')
        self._task = None  # until the next one has begun
        task = (options or {}).get("task")
        if task is None:
            task = self._draw_task()
        else:
            self._require_task(task)
        observation = self.begin(task)
        self._task, self._steps, self._is_over = task, 0, False
        self._shown = observation
        return observation, self._info(valid=True)

    def step(self, action: str) -> tuple[str, float, bool, bool, Info]:
        """Take one action; see ``gymnasium.Env.step``.

        Raises:
            RuntimeError: no task was started, or the episode is over.
            TypeError: the action is not a string, or ``act`` returned no ``Outcome``.
        """
        if self._task is None:
            raise RuntimeError("call reset() before step()")
        if self._is_over:
            raise RuntimeError("the episode is over; call reset() to start another")
        if not isinstance(action, str):
            raise TypeError(f"an action is a str, got {type(action).__name__}")
        outcome = self.act(action)
        if not isinstance(outcome, Outcome):
            raise TypeError(
                f"{type(self).__name__}.act() must return an Outcome, got {outcome!r:.80}"
            )
        self._steps += 1
        truncated = not outcome.terminated and self._steps >= self.max_steps
        self._is_over = outcome.terminated or truncated
        self._shown = outcome.observation
        info = self._info(valid=outcome.valid)
        if self._is_over:
            info["success"] = outcome.success
        return outcome.observation, float(outcome.reward), outcome.terminated, truncated, info

    def render(self) -> str | None:
        """Return the text that was read last, None without ``render_mode="ansi"``."""
        return self._shown if self.render_mode == "ansi" else None

    def _require_task(self, task: object) -> None:
        if not isinstance(task, str):
            raise UnknownName(f"the id of a task is a str, got {task!r}")
        # A lazy sequence is not searched here: `begin` fails for a task that it lacks.
        if isinstance(self.tasks, list | tuple) and task not in self.tasks:
            first = f"; one is {self.tasks[0]!r}" if self.tasks else ""
            raise UnknownName(f"there is no task {task!r} here{first}")

    def _lacks(self, what: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__} must define {what}")

    def _draw_task(self) -> str:
        if not len(self.tasks):
            raise UnknownName(f"{type(self).__name__} has no tasks in this split")
        return self.tasks[int(self.np_random.integers(len(self.tasks)))]

    def _info(self, valid: bool) -> Info:
        return {
            "task": self._task,
            "anchor": (self._task, self.anchor()),
            "admissible": self.admissible(),
            "valid": valid,
            **self.details(),
        }
