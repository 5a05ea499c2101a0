"""The tests' side of a judged run: executes test code in a sandbox of its own.

The program is in another process; here its functions and objects are handles. The trainer believes what
is reported here, because nothing of the program ever runs here.
"""

import builtins
import importlib
import sys
import traceback
import types
from collections.abc import Callable, Mapping
from typing import Any

from onelayer.envs.sandbox import frames
from onelayer.envs.sandbox.child import CHANNEL_FD, PEER_FD, describe, execute, new_module
from onelayer.envs.sandbox.codec import CodecError, decode, encode
from onelayer.envs.sandbox.handles import CallableHandle, Handle

TESTS_FILE = "<tests>"

# Never the program's: a module of its own would answer the tests' questions as it likes.
TRUSTED_MODULES = {
    **{name: name for name in ("bisect", "cmath", "collections", "copy", "datetime", "decimal")},
    **{name: name for name in ("fractions", "functools", "heapq", "itertools", "json", "math")},
    **{name: name for name in ("numpy", "operator", "random", "re", "statistics", "string")},
    **{"typing": "typing", "np": "numpy"},
}


class ProgramGone(BaseException):
    """The program ended, or stopped speaking the protocol, while the tests still needed it."""


def judge(task: Mapping[str, Any]) -> int:
    """Run the pieces of a test in order and report each case; see ``tests.plan``."""
    bench = Bench()
    namespace = new_module("__main__")
    try:
        offered = bench.names()
        for name, message in offered.items():
            if name in task["names"]:
                namespace[name] = bench.decode(message)
        namespace.update(_trusted_modules(task["modules"]))
        sys.argv = ["tests"]
        for piece in task["pieces"]:
            _run_piece(piece, namespace, bench)
            if bench.gone:
                break
    except ProgramGone:
        pass
    # Asked of the bench, not of the exception: tests with a bare "except" swallow that.
    frames.send(CHANNEL_FD, {"gone": bench.gone} if bench.gone else {"done": True})
    return 0


def _trusted_modules(names: list[str]) -> dict[str, Any]:
    found = {}
    for name in names:
        if name in TRUSTED_MODULES:
            try:
                found[name] = importlib.import_module(TRUSTED_MODULES[name])
            except ImportError:
                continue
    return found


def _run_piece(piece: Mapping[str, Any], namespace: dict[str, Any], bench: "Bench") -> None:
    case = piece["case"]
    status, detail = "passed", ""
    try:
        execute(piece["source"], namespace, TESTS_FILE)
        bench.shared_classes.update(
            {n: v for n, v in namespace.items() if case is None and isinstance(v, type)}
        )
    except AssertionError as error:
        status, detail = "failed", _failing_line(error)
    except SystemExit as error:  # unittest.main() ends so
        status = "failed" if error.code else "passed"
        detail = "the tests ended with a failure" if error.code else ""
    except MemoryError:
        status, detail = "memory", "out of memory"
    except Exception as error:
        status, detail = "error", f"{_failing_line(error)}\n{describe(error)}"
    if bench.gone:
        return
    if case is not None:
        frames.send(CHANNEL_FD, {"case": case, "status": status, "detail": detail[:2000]})
    elif status != "passed":
        frames.send(CHANNEL_FD, {"case": 0, "status": status, "detail": detail[:2000]})


def _failing_line(error: BaseException) -> str:
    """Return the line of the tests at which they stopped, and the message of the assert."""
    lines = [
        frame.line
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == TESTS_FILE and frame.line
    ]
    text = str(error) if isinstance(error, AssertionError) else ""
    return "\n".join([*lines[-1:], *([text] if text else [])])


class Bench:
    """Speaks with the program: asks, and answers when it calls functions of the tests."""

    def __init__(self) -> None:
        self.gone = ""
        self.shared_classes: dict[str, type] = {}
        self.callbacks: list[Callable[..., Any]] = []
        self.exceptions: dict[int, type[Exception]] = {}

    def names(self) -> Mapping[str, Any]:
        """Wait until the program has run and return what it defines."""
        message = self._receive()
        if isinstance(message, dict) and isinstance(message.get("names"), dict):
            names: Mapping[str, Any] = message["names"]
            return names
        raise self._give_up("the program raised an exception before the tests began")

    def ask(self, operation: str, *arguments: Any) -> Any:
        """Have the program carry out an operation and return its result."""
        self._send([operation, self.encode(list(arguments))])
        while True:
            reply = self._receive()
            if not isinstance(reply, list) or len(reply) < 2:
                raise self._give_up("the program broke the protocol")
            if reply[0] == "value":
                return self.decode(reply[1])
            if reply[0] == "raised" and len(reply) == 6:
                raise self._exception(*reply[1:])
            if reply[0] != "callback" or len(reply) != 3:
                raise self._give_up("the program broke the protocol")
            self._send(self._call_back(reply[1], reply[2]))

    def _call_back(self, number: Any, message: Any) -> list[Any]:
        try:
            function = self.callbacks[abs(number)]
            arguments, keywords = self.decode(message)
            return ["returned", self.encode(function(*arguments, **keywords))]
        except Exception as error:
            return ["threw", type(error).__name__, self.encode([str(error)])]

    def encode(self, value: Any) -> Any:
        """Return a value of the tests for the program."""
        return encode(value, self._export)

    def decode(self, message: Any) -> Any:
        """Return what the program sent: plain data and handles.

        Raises:
            ProgramGone: it is neither.
        """
        try:
            return decode(message, self._resolve)
        except CodecError as error:
            raise self._give_up(f"the program broke the protocol: {error}") from None

    def _export(self, value: Any) -> list[Any]:
        if isinstance(value, Handle):
            return ["handle", value._number]
        kind: type = type(value)
        for number, exception in self.exceptions.items():
            if value is exception:
                return ["handle", number]
        name = getattr(value, "__name__", "")
        if isinstance(value, type) and vars(builtins).get(name) is value:
            return ["builtin", name]
        if callable(value):
            self.callbacks.append(value)
            return ["callback", len(self.callbacks) - 1]
        if hasattr(value, "__next__"):
            self.callbacks.append(value.__next__)
            return ["iterator", len(self.callbacks) - 1]
        if self.shared_classes.get(kind.__name__) is kind and hasattr(value, "__dict__"):
            return ["instance", kind.__name__, self.encode(dict(vars(value)))]
        if isinstance(value, types.ModuleType):
            raise TypeError(f"the module {value.__name__} can't be passed to the program")
        raise TypeError(f"a {kind.__name__} object of the tests can't be passed to the program")

    def _resolve(self, message: list[Any]) -> Any:
        tag, rest = message[0], message[1:]
        if tag in ("callable", "object") and len(rest) == 2 and type(rest[0]) is int:
            kind = CallableHandle if tag == "callable" else Handle
            return kind(self.ask, rest[0], str(rest[1])[:80])
        if tag == "exception" and len(rest) == 3 and type(rest[0]) is int:
            return self._exception_class(*rest)
        if tag == "instance" and len(rest) == 2:
            kind_of_tests = self.shared_classes.get(str(rest[0]))
            attributes = self.decode(rest[1])
            if kind_of_tests is not None and isinstance(attributes, dict):
                instance: Any = object.__new__(kind_of_tests)
                vars(instance).update(attributes)
                return instance
        raise CodecError(f"unknown tag {tag[:40]!r}")

    def _exception_class(self, number: int, name: Any, bases: Any) -> type[Exception]:
        if number not in self.exceptions:
            self.exceptions[number] = type(str(name)[:80], (built_in_exception(bases),), {})
        return self.exceptions[number]

    def _exception(
        self, number: Any, name: Any, bases: Any, text: Any, arguments: Any
    ) -> Exception:
        kind = built_in_exception(bases)
        if type(number) is int:
            kind = self._exception_class(number, name, bases)
        try:
            return kind(*self.decode(arguments)) if arguments is not None else kind(str(text))
        except Exception:
            return RuntimeError(str(text)[:500])

    def _give_up(self, reason: str) -> ProgramGone:
        self.gone = self.gone or reason
        return ProgramGone(reason)

    def _send(self, message: Any) -> None:
        try:
            frames.send(PEER_FD, message)
        except OSError:
            raise self._give_up("the program ended while the tests needed it") from None

    def _receive(self) -> Any:
        try:
            return frames.receive(PEER_FD)
        except frames.FrameError as error:
            raise self._give_up(f"the program broke the protocol: {error}") from None
        except (EOFError, OSError):
            raise self._give_up("the program ended while the tests needed it") from None


def built_in_exception(bases: Any) -> type[Exception]:
    """Return the first built-in exception of a list of names; exits are none of the program's.

    ``bases`` is what a program sent.
    """
    for name in bases if isinstance(bases, list) else ():
        kind = getattr(builtins, name, None) if isinstance(name, str) else None
        if isinstance(kind, type) and issubclass(kind, Exception):
            return kind
    return RuntimeError
