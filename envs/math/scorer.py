"""Runs the scorers of reasoning-gym's families in a process of their own, which can be stopped.

Some scorers pass the answer to ``eval`` or to sympy's parser, so an answer could run code or compute for
ever. Therefore an answer that calls anything but elementary functions is not scored at all. All others are
scored in a child process with little memory, which is ended when an answer uses too much processor time.
Wall-clock time does not count, so a busy machine changes no verdict.
"""

import ast
import atexit
import base64
import os
import pickle
import re
import selectors
import signal
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Mapping
from typing import Any

from onelayer.errors import EnvironmentFailed

_ANSWER_SECONDS = 60.0
"""wall-clock limit, should a child hang; normally its own limit on processor time comes first"""
_START_SECONDS = 120.0
_ENDING_SECONDS = 5.0
_STILL_RUNNING = 1000
_FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT)
"""exit statuses of a child that another process ended; with any other, the answer exceeded its limits"""
_TRIES = 3
_CALL = re.compile(r"(?<!\w)([^\W\d]\w*+)\s*+\(")
_OTHER_CALL = re.compile(r"[)\]}'\"]\s*+\(")
_FUNCTIONS = frozenset(
    {
        "sqrt",
        "cbrt",
        "exp",
        "log",
        "ln",
        "sin",
        "cos",
        "tan",
        "sec",
        "csc",
        "cot",
        "asin",
        "acos",
        "atan",
    }
    | {"sinh", "cosh", "tanh", "abs", "Abs", "factorial"}
)
_ATTRIBUTE = re.compile(r"[\w)\]}'\"]\s*+\.\s*+[^\W\d]")
_NODES = (
    *(ast.Expression, ast.Load, ast.Constant, ast.Name, ast.List, ast.Tuple, ast.Set, ast.Dict),
    *(ast.UnaryOp, ast.unaryop, ast.BinOp, ast.operator, ast.BoolOp, ast.boolop),
    *(ast.Compare, ast.cmpop, ast.Call),
)
"""the syntax nodes that a harmless expression consists of"""
_lock = threading.Lock()
_children: dict[int, "_Child"] = {}
"""by process id, so that a forked process does not use its parent's pipes"""


def score_in_child(
    family: str, config: Mapping[str, Any], entry: Mapping[str, Any], answer: str
) -> float | None:
    """Return a family's own score of an answer; None where the answer is not scored or exceeds a limit."""
    if not is_harmless(answer):
        return None
    request = base64.b64encode(pickle.dumps((family, dict(config), dict(entry), answer))).decode()
    with _lock:
        for _ in range(_TRIES):
            child = _children.get(os.getpid())
            if child is None or not child.is_alive():
                child = _children[os.getpid()] = _Child()
            reply = child.ask(request)
            if reply is not None:
                return float(reply)
            if child.end() not in _FROM_OUTSIDE:
                return None
    raise EnvironmentFailed(
        f"the process that scores answers was ended from outside {_TRIES} times"
    )


def is_harmless(answer: str) -> bool:
    """Return whether the text has no attributes and no calls other than of elementary functions.

    A Python expression is judged by its syntax tree. Sympy's parser also accepts texts that are not Python,
    such as ``x!``; these must not contain anything that looks like a call.
    """
    text = unicodedata.normalize("NFKC", answer)  # as Python reads names
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return not (
            "__" in text
            or _ATTRIBUTE.search(text)
            or _OTHER_CALL.search(text)
            # A comment or a backslash may separate a name from its bracket.
            or ("(" in text and ("#" in text or "\\" in text))
            or re.search(r"\b(lambda|import|exec|eval)\b", text)
            or not all(name in _FUNCTIONS or len(name) == 1 for name in _CALL.findall(text))
        )
    return "__" not in text and all(_is_harmless_node(node) for node in ast.walk(tree))


def _is_harmless_node(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        named = isinstance(node.func, ast.Name) and (
            node.func.id in _FUNCTIONS or len(node.func.id) == 1
        )
        return named and not node.keywords
    return isinstance(node, _NODES)


class _Child:
    """A process that answers a line with a line."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "onelayer.envs.math.scorer_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if self._read(_START_SECONDS) != "ready":
            self.end()
            raise EnvironmentFailed("the process that scores answers does not start")

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, line: str) -> str | None:
        """Return the answer to a line, None where none comes in time."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            return None
        return self._read(_ANSWER_SECONDS)

    def end(self) -> int:
        """Wait for the process to end, kill it if it does not, and return its exit status."""
        try:
            return self._process.wait(timeout=_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return _STILL_RUNNING

    def close(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()

    def _read(self, seconds: float) -> str | None:
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                return None
        # One answer is one short line, which the child writes at once.
        return self._process.stdout.readline().decode().strip() or None


def _end() -> None:
    child = _children.pop(os.getpid(), None)
    if child is not None:
        child.close()


def _forget_parent() -> None:
    """After a fork, take a new lock (another thread may have held the old one) and leave the pipes alone."""
    global _lock
    _lock = threading.Lock()
    _children.clear()


atexit.register(_end)
os.register_at_fork(after_in_child=_forget_parent)
