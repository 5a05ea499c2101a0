"""Levels of isolation: chosen, tested by canaries, refused where they do not hold."""

import os
import subprocess
import sys
from typing import Any

import pytest

from onelayer.envs.sandbox import Canary, Sandbox, api, selftest
from onelayer.envs.sandbox.confinement import LEVELS
from onelayer.envs.sandbox.pool import ForkServer, Pool, ServerGone

HELLO = {"kind": "stdio", "cases": [{"input": "", "output": "hello"}]}
ASSERTS = {"kind": "asserts", "asserts": ["assert f(2) == 4"]}
NAMES = {
    "network",
    "read_outside",
    "write_outside",
    "environment",
    "other_processes",
    "trace",
    "new_processes",
    "privileges",
    "memory",
    "private_directory",
}


def available(level: str) -> Sandbox:
    try:
        return Sandbox(level, servers=1)
    except RuntimeError as error:
        pytest.skip(f"not on this machine: {error}")


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_judges_and_names_itself_in_the_verdict(level: str) -> None:
    with available(level) as box:
        assert box.level == level
        verdict = box.check("print('hello')", HELLO)
        assert verdict.passed and verdict.level == level
        assert box.check("def f(x): return x * x", ASSERTS).passed
        always = "class E:\n    __eq__ = lambda s, o: True\ndef f(x): return E()"
        assert box.check(always, ASSERTS).status == "failed"
        for leaving in ("import os; os._exit(0)", "import sys; sys.exit(0)"):
            assert box.check(leaving, ASSERTS).status == "error"


@pytest.mark.parametrize("level", LEVELS[:2])
def test_the_canaries_of_a_claimed_level_all_held(level: str) -> None:
    with available(level) as box:
        names = {canary.name for canary in box.canaries}
        assert names == NAMES | ({"disk"} if level == "full" else set())
        assert all(canary.held and canary.detail for canary in box.canaries)


def test_the_canaries_see_what_an_unconfined_program_can_do() -> None:
    # The self-test itself: without confinement it must report what gets through.
    with Sandbox("unsafe", servers=1) as box:
        through = {canary.name: canary.detail for canary in box.canaries if not canary.held}
    expected = {"read_outside", "write_outside", "other_processes", "new_processes"}
    assert expected <= set(through), through
    assert "secret.txt" in through["read_outside"]


def test_automatic_choice_takes_the_strongest_level_that_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    available("no-namespaces").close()
    start = ForkServer.__init__

    def no_namespaces(self: ForkServer, level: str, packages: Any, modules: Any) -> None:
        if level == "full":
            raise ServerGone("unshare: Operation not permitted")
        start(self, level, packages, modules)

    monkeypatch.setattr(ForkServer, "__init__", no_namespaces)
    with Sandbox(servers=1) as box:
        assert box.level == "no-namespaces"


def test_where_nothing_holds_the_sandbox_refuses_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(self: Pool, level: str, servers: int, packages: Any) -> None:
        raise ServerGone(f"the {level} layer is missing")

    monkeypatch.setattr(Pool, "__init__", refuse)
    with pytest.raises(RuntimeError) as caught:
        Sandbox()
    for part in ("full: the full layer", "no-namespaces: the no-", 'level="unsafe"'):
        assert part in str(caught.value)


def test_a_level_that_lets_a_canary_through_is_not_claimed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    available("full").close()
    closed: list[str] = []
    close = Pool.close
    monkeypatch.setattr(Pool, "close", lambda self: (closed.append(self.level), close(self)))
    monkeypatch.setattr(
        api, "run_canaries", lambda server, level: (Canary("network", False, "reached the world"),)
    )
    with pytest.raises(RuntimeError, match="network: reached the world"):
        Sandbox("full", servers=1)
    assert closed == ["full"]


def test_a_self_test_that_can_not_run_is_a_canary_that_fell() -> None:
    def gone(text: str) -> ForkServer:
        raise ServerGone("no server")

    (canary,) = selftest.run_canaries(gone, "full")
    assert not canary.held and "no server" in canary.detail


def test_landlock_too_old_is_a_refusal_not_a_weaker_level() -> None:
    code = (
        "from onelayer.envs.sandbox import confinement, landlock\n"
        "landlock.abi_version = lambda libc: 2\n"
        "config = {'level': 'no-namespaces', 'scratch': '/tmp', 'uid': None,\n"
        "          'readable': [], 'hidden': []}\n"
        "try:\n    confinement.prepare(config)\n"
        "except OSError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "version 2" in done.stdout, done.stderr


def test_packages_are_importable_only_where_they_were_named() -> None:
    with available("full") as box:
        assert box.check("import numpy\nprint('hello')", HELLO).passed
        for name in ("pytest", "gymnasium", "onelayer.envs.text"):
            assert box.check(f"import {name}\nprint('hello')", HELLO).status == "error"
    with Sandbox(box.level, servers=1, preload=()) as bare:
        assert bare.check("import numpy\nprint('hello')", HELLO).status == "error"
    with Sandbox(box.level, servers=1, preload=("no_such_package",)) as odd:
        assert odd.check("print('hello')", HELLO).passed


def test_the_environment_of_the_trainer_stays_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("PYTHONSTARTUP", os.devnull)
    with available("full") as box:
        program = "import os\nprint(os.environ.get('HF_TOKEN', 'hello'))"
        assert box.check(program, HELLO).passed
