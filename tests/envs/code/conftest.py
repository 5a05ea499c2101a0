"""A sandbox for a module's tests, at whatever level this machine allows."""

import pytest

from onelayer.envs.code.sandboxes import shared_sandbox


@pytest.fixture(scope="session")
def level():
    """Return the strongest level of isolation that works here; "unsafe" where none does.

    What is isolated is tested in tests/envs/sandbox; here programs are our own.
    """
    try:
        return shared_sandbox("auto").level
    except RuntimeError:
        return "unsafe"


@pytest.fixture(scope="session")
def sandbox(level):
    return shared_sandbox(level)
