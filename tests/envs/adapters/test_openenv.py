"""Contract with a real OpenEnv server over its own client; skipped where it is not installed."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("openenv", reason="pip install 'onelayer[openenv]' to test the adapter")

from onelayer.agents.rollout import rollout
from onelayer.envs.check import check
from onelayer.envs.plugins import make

OPENENV = "onelayer/OpenEnv-v0"
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def server():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = subprocess.Popen([sys.executable, str(HERE / "openenv_server.py"), str(port)])
    for _ in range(600):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield {"url": f"http://127.0.0.1:{port}", "observation": "text"}
    running.kill()
    running.wait()


class Counting:
    """Says 1, 2, 3, ... in each episode."""

    def reset(self, slots=None):
        self.said = {} if slots is None else {**self.said, **dict.fromkeys(slots, 0)}

    def act(self, observations, infos=None, slots=None):
        for slot in slots:
            self.said[slot] = self.said.get(slot, 0) + 1
        return [str(self.said[slot]) for slot in slots]


def test_a_server_keeps_the_promises(server):
    assert [f for f in check(OPENENV, episodes=3, **server) if f.failed] == []


def test_many_episodes_run_at_once_and_repeat(server):
    def play(count):
        envs = [make(OPENENV, **server) for _ in range(count)]
        episodes = rollout(envs, Counting(), list(range(10)), 2)
        for env in envs:
            env.close()
        return [(e.task, e.success, len(e.steps), e.error) for e in episodes]

    together = play(8)
    assert all(success and error is None for _, success, _, error in together)
    assert together == play(1)


class Saying(Counting):
    def __init__(self, word):
        self.word = word

    def act(self, observations, infos=None, slots=None):
        return [self.word] * len(slots)


@pytest.mark.parametrize(
    ("word", "limit", "error"), [("sleep", {"timeout": 1.0}, "env: "), ("sleep", {}, "timeout: ")]
)
def test_a_server_that_hangs_ends_its_episode_only(server, word, limit, error):
    envs = [make(OPENENV, **server, **limit) for _ in range(2)]
    episodes = rollout(envs, Saying(word), [1, 2], step_timeout=None if limit else 1.0, retries=0)
    assert all(episode.error.startswith(error) for episode in episodes)
    again = rollout(envs, Counting(), [1, 2])
    assert all(episode.error is None for episode in again)


def test_a_server_that_is_down_is_an_error_of_the_episode():
    env = make(OPENENV, url="http://127.0.0.1:9", connect_timeout=0.5)
    [episode] = rollout([env], Counting(), [1], retries=0)
    assert episode.error.startswith("env: ")


def test_a_field_that_the_server_lacks_is_named(server):
    env = make(OPENENV, **{**server, "observation": "txt"})
    [episode] = rollout([env], Counting(), [1], retries=0)
    assert "the server's observation has no 'txt'" in episode.error
