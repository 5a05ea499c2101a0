"""A server of OpenEnv as an environment (``pip install 'onelayer[openenv]'``): ``onelayer/OpenEnv-v0``."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import gymnasium as gym

from onelayer.envs.text import FreeText, Info


class OpenEnv(gym.Env[str, str]):
    """Plays on a server through OpenEnv's client; many instances can start and play at once.

    The server's ``reset`` gets the episode's seed; a seed is a task. An episode is solved where the server
    says so (``success`` in its observation), or where it ends with a positive return.

    Args:
        url: of the server.
        action: field of the server's action that takes the text.
        observation: field of its observation that holds the text; "" shows the whole observation as JSON.
        fields: further fields of every action.
        instructions: the rules, which a language model is told first.
        free_form: the whole reply is the action, not a command in tags.
        connect_timeout: seconds for connecting.
        timeout: seconds for an answer.
        max_steps: actions until the episode is truncated.

    Raises:
        gymnasium.error.DependencyNotInstalled: OpenEnv is not installed.
        ValueError: a field that the server's observation lacks.
        ConnectionError, TimeoutError: the server does not answer.
    """

    waits = True

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        action: str = "message",
        observation: str = "",
        fields: Mapping[str, Any] | None = None,
        instructions: str = "",
        free_form: bool = True,
        connect_timeout: float = 10.0,
        timeout: float = 60.0,
        max_steps: int = 50,
    ):
        try:
            from openenv.core import GenericEnvClient
        except ImportError as error:
            raise gym.error.DependencyNotInstalled(
                f"OpenEnv is not installed: pip install 'onelayer[openenv]' ({error})"
            ) from error
        if max_steps < 1:
            raise ValueError(f"max_steps must be at least 1, got {max_steps}")
        self.observation_space, self.action_space = FreeText(), FreeText()
        self.instructions, self.free_form, self.max_steps = instructions, free_form, max_steps
        self._action, self._observation, self._fields = action, observation, dict(fields or {})
        self._client = GenericEnvClient(
            base_url=url, connect_timeout_s=connect_timeout, message_timeout_s=timeout
        ).sync()
        self._is_connected = False
        self._steps = 0
        self._seed = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, Info]:
        """Start the server's episode of this seed; connect before the first one and after a failure."""
        super().reset(seed=seed)
        self._seed = int(self.np_random.integers(2**31)) if seed is None else seed
        self._steps = 0
        if not self._is_connected:
            self._is_connected = True  # also where it fails: the client's thread is to be closed
            self._ask(self._client.connect)
        result = self._ask(lambda: self._client.reset(seed=self._seed))
        return self._text(result), self._info(valid=True)

    def step(self, action: str) -> tuple[str, float, bool, bool, Info]:
        """Send the action and wait for the answer."""
        result = self._ask(lambda: self._client.step({**self._fields, self._action: action}))
        self._steps += 1
        done, reward = bool(result.done), float(result.reward or 0.0)
        truncated = not done and self._steps >= self.max_steps
        info = self._info(valid=True)
        if isinstance(result.observation, Mapping) and "success" in result.observation:
            info["success"] = bool(result.observation["success"]) and done
        return self._text(result), reward, done, truncated, info

    def close(self) -> None:
        """Leave the server."""
        if self._is_connected:
            self._is_connected = False
            self._client.close()

    def _ask(self, call: Any) -> Any:
        try:
            return call()
        except BaseException:  # the session is in an unknown state; the next reset begins another
            with suppress(Exception):
                self.close()
            raise

    def _text(self, result: Any) -> str:
        told = result.observation
        if not self._observation:
            return told if isinstance(told, str) else json.dumps(told, sort_keys=True, default=str)
        if not isinstance(told, Mapping) or self._observation not in told:
            raise ValueError(
                f"the server's observation has no {self._observation!r}: {told!r:.200}"
            )
        return str(told[self._observation])

    def _info(self, valid: bool) -> Info:
        return {"task": f"seed-{self._seed}", "valid": valid}
