"""What becomes of an OpenEnv session whose server fails, with a client that stands in for OpenEnv's."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from onelayer.envs.adapters.openenv import OpenEnv


class Client:
    """Counts what is open; fails where ``failing`` says so."""

    def __init__(self, **_):
        self.open, self.opened, self.failing = 0, 0, ""

    def sync(self):
        return self

    def _call(self, name):
        if self.failing == name:
            raise ConnectionError(f"{name} failed")
        return SimpleNamespace(observation="told", done=False, reward=0.0)

    def connect(self):
        self.open += 1  # OpenEnv's thread runs from here on, also where connecting fails
        self.opened += 1
        self._call("connect")

    def reset(self, seed):
        return self._call("reset")

    def step(self, action):
        return self._call("step")

    def close(self):
        self.open -= 1
        self._call("close")


@pytest.fixture
def env(monkeypatch):
    core = ModuleType("openenv.core")
    core.GenericEnvClient = Client
    monkeypatch.setitem(sys.modules, "openenv", ModuleType("openenv"))
    monkeypatch.setitem(sys.modules, "openenv.core", core)
    return OpenEnv()


@pytest.mark.parametrize("failing", ["connect", "reset", "step"])
def test_a_session_that_failed_is_closed_and_the_next_reset_begins_another(env, failing):
    env._client.failing = failing
    with pytest.raises(ConnectionError, match=f"{failing} failed"):
        env.reset(seed=1)
        env.step("go")
    assert env._client.open == 0
    env._client.failing = ""
    assert env.reset(seed=2)[0] == "told"
    assert (env._client.open, env._client.opened) == (1, 2)
    env.close()
    env.close()
    assert env._client.open == 0


def test_the_first_error_is_told_where_closing_fails_too(env):
    env.reset(seed=1)
    env._client.failing = "step"
    close = env._client.close

    def failing_close():
        close()
        raise OSError("closing failed")

    env._client.close = failing_close
    with pytest.raises(ConnectionError, match="step failed"):
        env.step("go")
