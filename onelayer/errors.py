"""Errors whose message is meant for a user. The command line prints it as one line and exits with 2.

Each type says at which boundary something went wrong: with a name that was given, in an environment, or in
the course of a run. ``ValueError`` and ``OSError`` are for the user too: a value or a file that cannot work.
Every other error is a bug and keeps its traceback. What ends a single episode is no error but data, see
``Episode.error``.
"""


class UnknownName(KeyError):
    """There is nothing of this name: no such environment, suite, task or metric."""

    def __str__(self) -> str:
        return str(self.args[0])  # a KeyError shows the repr of a key


class EnvironmentFailed(RuntimeError):
    """An environment, or something that it needs, does not work on this machine."""


class RunFailed(RuntimeError):
    """Training or an evaluation cannot go on. What was done before is saved."""
