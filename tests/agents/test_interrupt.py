"""Ctrl-C while environments hang: once is enough."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import threading
from onelayer.agents.rollout import rollout
from onelayer.envs.text import TextEnv

class Hanging(TextEnv):
    waits = {waits}
    tasks = ("a", "b")

    def begin(self, task):
        if {at_reset}:
            hang()
        return "start"

    def act(self, action):
        hang()

    def anchor(self):
        return 0

def hang():
    print("hanging", flush=True)
    threading.Event().wait()

class Agent:
    def reset(self, slots=None):
        pass

    def act(self, observations, infos=None, slots=None):
        return ["go"] * len(observations)

rollout([Hanging(3), Hanging(3)], Agent(), ["a", "b"], step_timeout={timeout})
"""


@pytest.mark.parametrize("at_reset", [True, False], ids=["reset", "step"])
@pytest.mark.parametrize(
    ("waits", "timeout"),
    [(True, None), (True, 0), (False, 3600)],
    ids=["waits", "no limit", "limit"],
)
def test_one_interrupt_ends_a_rollout_whose_environments_hang(waits, timeout, at_reset):
    program = PROGRAM.format(waits=waits, timeout=timeout, at_reset=at_reset)
    running = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout.readline().startswith("hanging")
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode != 0
    assert errors.rstrip().endswith("KeyboardInterrupt")
