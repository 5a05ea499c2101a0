"""One process in a folder: the second is refused, and the lock ends with the process that had it."""

import contextlib
import errno
import fcntl
import logging
import os
import signal
import subprocess
import sys

import pytest

from onelayer.lock import alone_in

HOLDER = r"""
import os, sys, time
from pathlib import Path
from onelayer.lock import alone_in
with alone_in(Path(sys.argv[1])):
    if sys.argv[2] == "forks" and os.fork() == 0:
        os.write(1, b"%d\n" % os.getpid())
        time.sleep(60)
        os._exit(0)
    os.write(1, b"%d\n" % os.getpid())
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Return ``holder("alone" or "forks") -> process, pids``: it works in the folder until it is killed."""
    pids = []

    def start(kind):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(tmp_path), kind], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2 if kind == "forks" else 1):
            pids.append(int(process.stdout.readline()))
        return process

    yield start
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_a_second_process_is_refused_and_told_who_works_there(holder, tmp_path):
    process = holder("alone")
    told = rf"process {process.pid} on .* works in .*another --out"
    with pytest.raises(ValueError, match=told), alone_in(tmp_path):
        pytest.fail("both work there")


@pytest.mark.parametrize("kind", ["alone", "forks"])
def test_a_process_that_is_killed_leaves_the_folder_free_even_if_its_children_live(
    holder, tmp_path, kind
):
    process = holder(kind)
    process.kill()
    process.wait()
    with alone_in(tmp_path):
        pass


def test_the_same_process_is_refused_too_until_it_is_done(tmp_path):
    refused = pytest.raises(ValueError, match="this process works in")
    with alone_in(tmp_path), refused, alone_in(tmp_path / "."):
        pytest.fail("twice")
    with alone_in(tmp_path):
        pass


def test_a_file_system_without_locks_is_said(tmp_path, monkeypatch, caplog):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", no_locks)
    with caplog.at_level(logging.WARNING), alone_in(tmp_path):
        pass
    assert "has no file locks (No locks available): let no other process" in caplog.text
