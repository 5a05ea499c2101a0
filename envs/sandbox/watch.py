"""Serving the runs of one check until they are over."""

import select
import time
from collections.abc import Callable, Sequence
from typing import Any

from onelayer.envs.sandbox.pool import ServerGone
from onelayer.envs.sandbox.session import REAP_SECONDS, Crowded, Run, SandboxFailure

QUIET_SECONDS = 0.02
"""How long a run is left alone at first. Most are over by then, and what they sent is read at once; waking
for each message would double the cost."""


def watch(runs: Sequence[Run], on_message: Callable[[Run, Any], None]) -> None:
    """Read, feed and limit runs until all of them are over.

    Raises:
        SandboxFailure: the sandbox failed.
        ServerGone: the fork server did.
    """
    poll = select.poll()
    registered: dict[int, int] = {}
    deadline = None
    listen_at = time.monotonic() + QUIET_SECONDS
    while not all(run.over for run in runs):
        now = time.monotonic()
        quiet = now < listen_at
        owners = {fd: run for run in runs if not run.over for fd in run.watched(quiet)}
        for fd in [fd for fd in registered if fd not in owners]:
            poll.unregister(fd)
            del registered[fd]
        for fd, run in owners.items():
            events = run.events(fd)
            if registered.get(fd) != events:
                poll.register(fd, events)
                registered[fd] = events
        wake = min(run.enforce(now) for run in runs if not run.over)
        wake = min(wake, listen_at) if quiet else wake
        if any(run.failure for run in runs):
            break
        for fd, _ in poll.poll(max(0, int(1000 * (wake - now)) + 1)):
            run = owners[fd]
            if fd in run.files:
                run.files[fd](fd)
        for run in runs:
            while run.messages:
                message = run.messages.pop(0)
                try:
                    on_message(run, message)
                except Exception as error:  # caused by the message, which the program wrote
                    run.broken = f"{type(error).__name__} while it was read"
                    run.kill("error")
        if all(run.over or run.ended_by for run in runs):
            deadline = deadline or time.monotonic() + REAP_SECONDS
            if time.monotonic() > deadline:
                for run in runs:
                    run.server.broken = True
                raise ServerGone("the fork server did not end a run")
    for run in runs:
        if run.failure == "the fork server died":
            raise ServerGone(run.failure)
        if run.failure is not None:
            raise Crowded(run.failure) if run.crowded else SandboxFailure(run.failure)
