"""How the tests talk to the program: requests, answers, and values in both directions.

Whatever a program raises becomes an ordinary exception here. So it can neither end a loop of the tests with
StopIteration nor a test with SystemExit.
"""

import builtins
import sys
import threading
import types
from collections.abc import Callable, Mapping
from typing import Any

from onelayer.envs.sandbox import frames
from onelayer.envs.sandbox.borrowed import Borrowed
from onelayer.envs.sandbox.changes import overwrite
from onelayer.envs.sandbox.codec import CodecError, decode, encode
from onelayer.envs.sandbox.execution import PEER_FD, describe
from onelayer.envs.sandbox.handle_classes import class_of_program
from onelayer.envs.sandbox.handles import (
    TESTS_FILE,
    Handle,
    HandleType,
    number_of,
    number_of_class,
)

ENDS: dict[str, type[Exception]] = {"next": StopIteration, "anext": StopAsyncIteration}
"""operation -> the exception by which it says that there are no more items. From any other operation the
exception would end a loop of the tests before they compared anything; PEP 479 guards generators likewise"""
PROTOCOLS = {"__getitem__": IndexError, "__getattr__": AttributeError}
"""method of a class of the tests -> the exception that Python takes as an answer from it"""


class ProgramGone(BaseException):
    """The program ended, or stopped speaking the protocol, while the tests still needed it."""


class Bench:
    """Exchanges messages with the program: sends requests, and answers calls of the tests' functions."""

    def __init__(self) -> None:
        self.gone = ""
        self.borrowed = Borrowed(lambda message: self.decode(message))
        self.callbacks: list[Callable[..., Any]] = []
        self.exceptions: dict[int, type[Exception]] = {}
        self.classes: dict[int, HandleType] = {}
        self.handles: dict[tuple[int, bool, str], Handle] = {}
        self.turn = threading.RLock()
        """held during a request: tests may ask from several threads; callbacks run in the asking one"""

    def names(self) -> Mapping[str, Any]:
        """Wait until the program has run and return what it defines."""
        message = self._receive()
        if isinstance(message, dict) and isinstance(message.get("names"), dict):
            names: Mapping[str, Any] = message["names"]
            return names
        raise self._give_up("the program raised an exception before the tests began")

    def ask(
        self,
        operation: str,
        *arguments: Any,
        made: bool = False,
        attribute: str = "",
        ends: bool = False,
    ) -> Any:
        """Have the program carry out an operation and return its result.

        Args:
            operation: see ``operations.OPERATIONS``.
            arguments: its arguments.
            made: whether objects in the result count as made by the tests, see ``handles.is_made``.
            attribute: the name under which the result was found.
            ends: whether the call is of a generator, which may signal its end.
        """
        with self.turn:
            self._send([operation, self.encode(list(arguments))])
            while True:
                reply = self._receive()
                if isinstance(reply, list) and len(reply) == 3 and reply[0] == "printed":
                    sys.stdout.write(str(reply[1]))
                    reply = reply[2]
                if not isinstance(reply, list) or len(reply) < 2:
                    raise self._give_up("the program broke the protocol")
                if reply[0] == "changed" and operation == "call" and len(reply) == 2:
                    self._take_over(arguments[1], reply[1])
                    return None
                if reply[0] == "value":
                    return self.decode(reply[1], made, attribute)
                if reply[0] == "raised" and len(reply) == 7:
                    end = StopIteration if ends else ENDS.get(operation)
                    raise self._exception(end, *reply[1:])
                if reply[0] == "input":
                    self._send(self._answer(input, str(reply[1])))
                elif reply[0] == "callback" and len(reply) == 3:
                    self._send(self._answer(self._call_back, reply[1], reply[2]))
                else:
                    raise self._give_up("the program broke the protocol")

    def _take_over(self, own: list[Any], message: Any) -> None:
        """Copy into the tests' objects what a function that returned None changed in its arguments."""
        changed = self.decode(message)
        if isinstance(changed, list) and len(changed) == len(own):
            for value, new in zip(own, changed, strict=True):
                overwrite(value, new)

    def _call_back(self, number: Any, message: Any) -> Any:
        function = self.callbacks[abs(number)]
        arguments, keywords = self.decode(message)
        return function(*arguments, **keywords)

    def _answer(self, function: Callable[..., Any], *arguments: Any) -> list[Any]:
        """Return what a function of the tests returned or raised; even a SystemExit goes to the program."""
        try:
            return ["returned", self.encode(function(*arguments))]
        except ProgramGone:
            raise
        except BaseException as error:
            return ["threw", *self._exported(error)]

    def _exported(self, error: BaseException) -> list[Any]:
        kind = next(k for k in type(error).__mro__ if vars(builtins).get(k.__name__) is k)
        try:
            return [kind.__name__, self.encode(list(error.args))]
        except Exception:
            return [kind.__name__, self.encode([describe(error)])]

    def encode(self, value: Any) -> Any:
        """Return a value of the tests for the program."""
        return encode(value, self._export)

    def decode(self, message: Any, made: bool = False, attribute: str = "") -> Any:
        """Return what the program sent: plain data and handles.

        Raises:
            ProgramGone: it is neither.
        """
        try:
            return decode(message, lambda m: self._resolve(m, made, attribute))
        except CodecError as error:
            raise self._give_up(f"the program broke the protocol: {error}") from None

    def _export(self, value: Any) -> list[Any]:
        if isinstance(value, HandleType):
            return ["handle", number_of_class(value)]
        if isinstance(type(value), HandleType):
            return ["handle", number_of(value)]
        kind: type = type(value)
        if kind is _Error:
            return ["handle", value.number]
        for number, exception in self.exceptions.items():
            if value is exception:
                return ["handle", number]
        if isinstance(value, BaseException):
            origin = vars(value).get("_program")
            return ["handle", origin[1]] if origin else ["error", *self._exported(value)]
        if kind is slice:
            return ["slice", self.encode([value.start, value.stop, value.step])]
        name = getattr(value, "__name__", "")
        if callable(value) and vars(builtins).get(name) is value:
            return ["builtin", name]
        if callable(value):
            self.callbacks.append(value)
            return ["callback", len(self.callbacks) - 1, str(name)]
        if hasattr(value, "__next__"):
            self.callbacks.append(value.__next__)
            return ["iterator", len(self.callbacks) - 1]
        if self.borrowed.classes.get(kind.__name__) is kind and hasattr(value, "__dict__"):
            return ["instance", kind.__name__, self.encode(dict(vars(value)))]
        if isinstance(value, types.ModuleType):
            raise TypeError(f"the module {value.__name__} can't be passed to the program")
        raise TypeError(f"a {kind.__name__} object of the tests can't be passed to the program")

    def _resolve(self, message: list[Any], made: bool, attribute: str) -> Any:
        tag, rest = message[0], message[1:]
        if tag == "object" and len(rest) == 2 and type(rest[0]) is int:
            kind = self._class(rest[1])
            # What a method may be asked depends on the name under which it was found, so that is in the key.
            key = (rest[0], made, attribute if not made and kind.__dict__.get("__call__") else "")
            if key not in self.handles:
                self.handles[key] = type.__call__(kind, self.ask, *key)
            return self.handles[key]
        if tag == "class" and len(rest) == 1:
            return self._class(rest[0])
        if tag == "exception" and len(rest) == 3 and type(rest[0]) is int:
            return self._exception_class(*rest)
        if tag == "instance" and len(rest) == 2:
            return self.borrowed.instance(*rest)
        raise CodecError(f"unknown tag {tag[:40]!r}")

    def _class(self, message: Any) -> Any:
        """Return the class that stands for one of the program's, made where it is first described."""
        number = message[0] if isinstance(message, list) and len(message) == 6 else message
        if type(number) is not int:
            raise CodecError("no class")
        if number not in self.classes:
            if number is message:
                raise CodecError("a class that was not described")
            _, name, bases, *more = message
            self.classes[number] = class_of_program(
                self.ask, number, str(name)[:80], [self._class(b) for b in bases], *more
            )
        return self.classes[number]

    def _exception_class(self, number: int, name: Any, bases: Any) -> type[Exception]:
        if number not in self.exceptions:
            kind = built_in_exception(bases)
            self.exceptions[number] = type(
                str(name)[:80], (kind,), {"__getattr__": _attribute_of_error}
            )
        return self.exceptions[number]

    def _exception(
        self,
        end: type[Exception] | None,
        number: Any,
        name: Any,
        bases: Any,
        text: Any,
        arguments: Any,
        more: Any,
    ) -> BaseException:
        """Return an exception of this process like the program's.

        ``end`` is the type by which the operation may signal its end.
        """
        if end is not None and isinstance(bases, list) and end.__name__ in bases:
            return end(*(self.decode(arguments) if arguments is not None else ()))
        kind = self.borrowed.exception(name) or built_in_exception(bases)
        if type(number) is int:
            kind = self._exception_class(number, name, bases)
        if _would_be_an_answer(kind):
            kind = RuntimeError
        try:
            error = kind(*self.decode(arguments)) if arguments is not None else kind(str(text))
        except Exception:
            error = RuntimeError(str(text)[:500])
        if isinstance(more, list) and len(more) == 2 and type(more[0]) is int:
            vars(error)["_program"] = (self.ask, more[0])
            if more[1] is not None:
                error.__cause__ = built_in_exception(more[1])()
        return error

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


def _attribute_of_error(self: Any, name: str) -> Any:
    origin = vars(self).get("_program")
    if origin is None or name.startswith("__"):
        raise AttributeError(name)
    ask, number = origin
    return ask("getattr", _Error(number), name)


class _Error:
    """Names an exception of the program in a request."""

    def __init__(self, number: int):
        self.number = number


def _would_be_an_answer(kind: type[Exception]) -> bool:
    """Return whether Python would take the exception for an answer, from the method that a test is in."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if code.co_filename == TESTS_FILE and issubclass(kind, PROTOCOLS.get(code.co_name, ())):
            return True
        frame = frame.f_back
    return False


def built_in_exception(bases: Any) -> type[Exception]:
    """Return the first built-in exception of a list of names, RuntimeError where there is none.

    A program cannot send exits, nor the exceptions that end a loop (see ``ENDS``).

    Args:
        bases: what a program sent.
    """
    for name in bases if isinstance(bases, list) else ():
        kind = getattr(builtins, name, None) if isinstance(name, str) else None
        if isinstance(kind, type) and issubclass(kind, Exception):
            return RuntimeError if kind in ENDS.values() else kind
    return RuntimeError
