"""ALFWorld as a Gymnasium environment: ``gymnasium.make("onelayer/ALFWorld-v0")``."""

import copy
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from onelayer.envs.alfworld.games import load_games, parsed
from onelayer.envs.alfworld.native_engine import Engine
from onelayer.envs.alfworld.records import VERBS, GameRecord
from onelayer.envs.text import FreeText, Outcome, TextEnv

BACKENDS = ("native", "textworld")


class _PlaysGame(Protocol):
    """What the two engines have in common."""

    def reset(self) -> str: ...
    def step(self, command: str) -> tuple[str, int, bool]: ...
    def admissible(self) -> tuple[str, ...]: ...
    def is_admissible(self, command: str) -> bool: ...
    def anchor(self) -> Hashable: ...
    def copy(self) -> Self: ...


class ALFWorldEnv(TextEnv):
    """Household tasks in text, word for word those of alfworld 0.4.2.

    The episode is won, and ends, when the goal holds. Beyond ``TextEnv``'s entries, ``info["kind"]`` is the
    task type. An action is valid if it is an admissible command (``help`` counts as one); spaces around it
    are ignored.

    Args:
        games: a folder in the ``$ALFWORLD_DATA`` layout, a ``.jsonl[.xz]`` file, an environment variable that
            is set to such a path (``"$ALFWORLD_DATA"``), or ``"generated"``; None for ``$ALFWORLD_DATA``
            where it is set, else the default folder of ``alfworld-download``, else generated games (see
            ``load_games``).
        split: ``train``, ``valid_seen``, ``valid_unseen``, or what the data have; ``test`` means
            ``valid_unseen``.
        backend: ``"native"``, or ``"textworld"`` for the real engine (``pip install 'onelayer[alfworld]'``).
        room_size: receptacles in a generated room, 3 or more; None for ALFWorld's own size (23 on average).
        task_types: the task types to play; None for all six.
        max_steps: actions until the episode is truncated.
        count: number of generated tasks; None for 10,000.
        success_reward: reward of the winning action; all others get 0.
        include_help: keep ``help`` among ``info["admissible"]``.
        verb: ``"move"`` for the words of alfworld 0.4 (``move mug 1 to shelf 1``), ``"put"`` for those of
            0.3 (``put mug 1 in/on shelf 1``); None for those that the game was written in.
        render_mode: "ansi" lets ``render()`` return the last text.
    """

    splits: ClassVar[tuple[str, ...]] = ("train", "valid_seen", "valid_unseen")
    """those of ALFWorld's data and of generated games; other data may have others"""

    def __init__(
        self,
        games: str | Path | None = None,
        split: str = "train",
        backend: str = "native",
        room_size: int | None = None,
        task_types: Sequence[str] | None = None,
        max_steps: int = 50,
        count: int | None = None,
        success_reward: float = 1.0,
        include_help: bool = False,
        verb: str | None = None,
        render_mode: str | None = None,
    ):
        super().__init__(max_steps, render_mode)
        if backend not in BACKENDS:
            raise ValueError(f"unknown backend {backend!r}; possible are {', '.join(BACKENDS)}")
        if verb not in (None, *VERBS):
            raise ValueError(f"verb is {' or '.join(VERBS)}, got {verb!r}")
        if backend == "textworld":
            # Imported here, so that a missing extra is reported before any work.
            import onelayer.envs.alfworld.textworld_engine  # noqa: F401
        self.games = load_games(
            games, split, room_size=room_size, task_types=task_types, count=count
        )
        self.backend = backend
        self.success_reward = self.success_margin = success_reward
        self.include_help = include_help
        self.verb = verb
        self._record: GameRecord | None = None
        self._engine: _PlaysGame | None = None

    @property
    def tasks(self) -> Sequence[str]:
        """The ids of the games."""
        return self.games.ids

    def begin(self, task: str) -> str:
        """Start a game."""
        if self._record is None or self._record.id != task:
            record = self._written(task)
            self._record = None  # until the game is known to be sound
            self._engine = self._load(record)
            self._record = record
        return self._playing().reset()

    def act(self, action: str) -> Outcome:
        """Carry out a command; any other text makes nothing happen."""
        engine = self._playing()
        valid = engine.is_admissible(action)
        observation, _, won = engine.step(action)
        reward = self.success_reward if won else 0.0
        return Outcome(observation, reward, terminated=won, success=won, valid=valid)

    def anchor(self) -> Hashable:
        """Return the full state: where everything is, and what was done to it."""
        return self._playing().anchor()

    def admissible(self) -> tuple[str, ...]:
        """Return the commands that do something, in alfworld's order."""
        commands = self._playing().admissible()
        if self.include_help or "help" not in commands:
            return commands
        place = commands.index("help")
        return commands[:place] + commands[place + 1 :]

    def details(self) -> Mapping[str, Any]:
        """Return the task type as ``kind``, and what is asked for as ``goal``."""
        assert self._record is not None
        return {"kind": self._record.task_type, "goal": self._record.task}

    def solution(self, task: str) -> Sequence[str] | None:
        """Return the game's walkthrough, None where the data have none."""
        return self._written(task).walkthrough or None

    def report(self) -> Sequence[str]:
        """Return which games are played."""
        where = getattr(self.games, "source", None) or "generated games"
        return [f"games: {len(self.games):,} of {where}"]

    def clone(self) -> Self:
        """Return an independent environment in the same state.

        It takes microseconds; with ``backend="textworld"`` all actions are played again.
        """
        twin = copy.copy(self)
        twin.action_space, twin.observation_space = FreeText(), FreeText()
        if self._np_random is not None:
            twin._np_random = _copy_of(self._np_random)
        if self._engine is not None:
            twin._engine = self._engine.copy()
        return twin

    def _written(self, task: str) -> GameRecord:
        """Return a game in the words that are asked for."""
        record = self.games[task]
        return record if self.verb is None else record.with_verb(self.verb)

    def _load(self, record: GameRecord) -> _PlaysGame:
        """Return an engine that plays a game."""
        if self.backend == "native":
            return Engine(parsed(record))
        from onelayer.envs.alfworld.textworld_engine import TextWorldEngine

        if isinstance(self._engine, TextWorldEngine):
            self._engine.load(record)
            return self._engine
        return TextWorldEngine(record)

    def _playing(self) -> _PlaysGame:
        if self._engine is None:
            raise RuntimeError("call reset() first")
        return self._engine


def _copy_of(generator: np.random.Generator) -> np.random.Generator:
    """Return a generator in the same state; a deepcopy would take as long as three steps."""
    twin = type(generator.bit_generator)(0)
    twin.state = generator.bit_generator.state
    return np.random.Generator(twin)
