"""Runs of several real processes, started as a user starts them."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "counting_run.py"


@pytest.fixture(scope="session")
def settings(counting_folder):
    """What a run needs but its folder."""
    return {
        "model": str(counting_folder),
        "env": "onelayer/Counting-v0",
        "iterations": 3,
        "tasks_per_iteration": 3,
        "group_size": 4,
        "epochs": 2,
        "minibatches": 2,
        "learning_rate": 1e-4,
        "beta": 0.05,
        "response_limit": 3,
        "eval_every": 1,
        "eval_tasks": 3,
        "checkpoint_every": 10,
    }


class Launched:
    """Processes that a launcher started."""

    def __init__(self, command, log):
        self.log = log
        environment = {**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
        with open(log, "w") as file:
            self.process = subprocess.Popen(
                command, env=environment, stdout=file, stderr=subprocess.STDOUT
            )

    @property
    def said(self):
        return self.log.read_text()

    def code(self, seconds=300):
        try:
            return self.process.wait(seconds)
        finally:
            self.process.kill()


@pytest.fixture
def launch(tmp_path):
    """Return ``launch(processes, settings, *strike) -> Launched``."""

    def start(count, settings, *strike):
        command = [sys.executable, str(SCRIPT), json.dumps(settings), *map(str, strike)]
        if count > 1:
            launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
            command[1:1] = launcher
        return Launched(command, tmp_path / f"log-{time.monotonic_ns()}")

    return start


@pytest.fixture
def finished(launch):
    """Return ``finished(processes, settings, *strike) -> what was said`` of a run that ends well."""

    def run(*arguments):
        started = launch(*arguments)
        assert started.code() == 0, started.said
        return started.said

    return run
