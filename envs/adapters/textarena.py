"""Single-player games of TextArena (``pip install 'onelayer[textarena]'``): ``onelayer/TextArena-v0``."""

import random
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import gymnasium as gym
import numpy as np

from onelayer.envs.text import Outcome, TextEnv

T = TypeVar("T")


class TextArenaEnv(TextEnv):
    """A single-player game of TextArena; the whole reply is the move.

    A task is a seed of the game: ``train-17``. An episode is solved where the game's own reward is 1.

    Args:
        game: its id in TextArena's registry; the ``-raw`` variants leave the game's text unchanged.
        split: "train" or "test", which have other seeds.
        count: tasks of the split.
        max_steps: moves until the episode is truncated, if the game has not ended before.
        render_mode: "ansi" lets ``render()`` return the last text.
        game_args: further arguments of ``textarena.make``.

    Raises:
        gymnasium.error.DependencyNotInstalled: TextArena is not installed.
        ValueError: there is no such game, or it takes more than one player.
    """

    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    free_form = True

    def __init__(
        self,
        game: str = "GuessTheNumber-v0-raw",
        split: str = "train",
        count: int = 1_000,
        max_steps: int = 30,
        render_mode: str | None = None,
        game_args: Mapping[str, Any] | None = None,
    ):
        super().__init__(max_steps, render_mode)
        if split not in self.splits:
            raise ValueError(f"split must be one of {', '.join(self.splits)}, got {split!r}")
        if not 1 <= count <= _SEEDS_PER_SPLIT:
            raise ValueError(f"count must be from 1 to {_SEEDS_PER_SPLIT}, got {count}")
        self._chance = _OwnChance()
        self._game = self._chance.call(lambda: _make(game, game_args or {}))
        self._first = self.splits.index(split) * _SEEDS_PER_SPLIT
        self._tasks = tuple(f"{split}-{i}" for i in range(count))
        self._said: tuple[str, ...] = ()

    @property
    def tasks(self) -> Sequence[str]:
        """The ids of the tasks of this split."""
        return self._tasks

    def begin(self, task: str) -> str:
        """Start the game with the seed of the task."""
        seed = self._first + int(task.rpartition("-")[2])
        self._said = ()
        self._chance.seed(seed)
        self._chance.call(lambda: self._game.reset(num_players=1, seed=seed))
        return self._read()

    def act(self, action: str) -> Outcome:
        """Make a move."""
        done, _ = self._chance.call(lambda: self._game.step(action=action))
        if not done:
            return Outcome(self._read())
        rewards, told = self._game.close()
        reward = float(rewards[0])
        reason = str(told.get(0, {}).get("reason", "")) if isinstance(told, Mapping) else ""
        return Outcome(reason or "The game is over.", reward, True, success=reward >= 1)

    def anchor(self) -> Hashable:
        """Return all that was said: the game's own state can't be compared."""
        return self._said

    def _read(self) -> str:
        messages = self._chance.call(self._game.get_observation)[1]
        text = messages if isinstance(messages, str) else "\n".join(said for _, said, _ in messages)
        self._said = (*self._said, text)
        return text


_SEEDS_PER_SPLIT = 1_000_000


def _make(game: str, arguments: Mapping[str, Any]) -> Any:
    try:
        import textarena
    except ImportError as error:
        raise gym.error.DependencyNotInstalled(
            f"TextArena is not installed: pip install 'onelayer[textarena]' ({error})"
        ) from error
    known = textarena.envs.registration.ENV_REGISTRY
    if game not in known:
        from onelayer.settings import did_you_mean

        raise ValueError(f"TextArena has no game {game!r}{did_you_mean(game, known)}"[:500])
    made = textarena.make(game, **arguments)
    try:
        made.reset(num_players=1, seed=0)
    except AssertionError as error:
        raise ValueError(f"{game} is not for one player: {error}") from error
    return made


class _OwnChance:
    """The random state of one game: TextArena draws from the global one of the process."""

    def __init__(self) -> None:
        self.seed(0)

    def seed(self, seed: int) -> None:
        """Restart the random state from a seed."""
        self._python = random.Random(seed).getstate()
        self._numpy = np.random.RandomState(seed).get_state()

    def call(self, call: Callable[[], T]) -> T:
        """Return what ``call()`` returns, drawing from this state and not from the process's."""
        python, numpy = random.getstate(), np.random.get_state()
        random.setstate(self._python)
        np.random.set_state(self._numpy)
        try:
            return call()
        finally:
            self._python, self._numpy = random.getstate(), np.random.get_state()
            random.setstate(python)
            np.random.set_state(numpy)
