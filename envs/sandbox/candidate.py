"""The program's side of a judged run: runs the program, then carries out what the tests request.

Nothing is decided here. The judge is in another sandbox. It gets plain data, and handles for objects that
stay in this process.
"""

import ast
import builtins
import contextlib
import io
import linecache
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from onelayer.envs.sandbox import frames
from onelayer.envs.sandbox.changes import changes
from onelayer.envs.sandbox.codec import CodecError, decode, encode
from onelayer.envs.sandbox.execution import (
    CHANNEL_FD,
    EXIT_ERROR,
    EXIT_MEMORY,
    PEER_FD,
    describe,
    execute,
    new_module,
    report,
)
from onelayer.envs.sandbox.handle_classes import METHODS
from onelayer.envs.sandbox.operations import OPERATIONS

DEEP = 10_000
"""how deeply a value may be nested"""
MOST_PRINTED = 1 << 16
"""characters printed in one call that tests can capture"""


def serve(task: Mapping[str, Any]) -> int:
    """Run the program, offer the names that the tests use, and answer the judge until it hangs up."""
    namespace = new_module("program")
    shared = define_types(task["setup"], namespace) if task["setup"] else {}
    try:
        execute(task["code"], namespace)
    except BaseException as error:
        frames.send(PEER_FD, {"raised": describe(error)})
        return report(error) or EXIT_ERROR
    desk = Desk(shared)
    desk.printed = sys.stdout = io.StringIO()
    builtins.input = desk.input
    try:
        offered = {n: desk.encode(namespace[n]) for n in task["names"] if n in namespace}
        frames.send(PEER_FD, {"names": offered})
        desk.answer_until_hung_up()
    except MemoryError:
        return EXIT_MEMORY
    return 0


def define_types(setup: str, namespace: dict[str, Any]) -> dict[str, type]:
    """Run the part of the tests' setup that a program may see: its imports and its classes.

    The values and functions of a setup may give away what the tests expect.

    Returns:
        The classes, by name.
    """
    linecache.cache["<setup>"] = (len(setup), None, setup.splitlines(True), "<setup>")
    classes = {}
    for node in ast.parse(setup).body:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.ClassDef):
            with contextlib.suppress(Exception):  # the class may need what is left out here
                exec(compile(ast.Module([node], []), "<setup>", "exec"), namespace)
                if isinstance(node, ast.ClassDef):
                    classes[node.name] = namespace[node.name]
    return {name: kind for name, kind in classes.items() if isinstance(kind, type)}


def answer_calls(task: Mapping[str, Any]) -> int:
    """Run the program and make a list of calls, as a judge would ask for them; see ``plain_asserts``.

    Every reply is one message: ``["undefined"]``, ``["undecided"]`` where the judge is needed after all,
    or the reply that the judge would get.
    """
    namespace = new_module("program")
    try:
        execute(task["code"], namespace)
    except BaseException as error:
        return report(error) or EXIT_ERROR
    desk = Desk({})
    try:
        # Look all of them up before the first call, which may redefine them.
        offered = {n: desk.encode(namespace[n]) for n, *_ in task["calls"] if n in namespace}
        for name, arguments, keywords in task["calls"]:
            reply = desk.reply_to_call(offered.get(name, ["undefined"]), arguments, keywords)
            body = frames.pack(reply)
            if len(body) > task["longest"]:
                body = frames.pack(["undecided"])
            frames.send_packed(CHANNEL_FD, body)
    except MemoryError:
        return EXIT_MEMORY
    return 0


class Desk:
    """Keeps the objects that the judge holds handles of, and carries out its requests."""

    def __init__(self, shared_classes: Mapping[str, type]):
        self.shared_classes = dict(shared_classes)
        self.objects: list[Any] = []
        self.numbers: dict[int, int] = {}  # id(object) -> its place in objects
        self.described: set[int] = set()
        """numbers of the classes that the judge knows"""
        self.printed = io.StringIO()

    def encode(self, value: Any) -> Any:
        """Return ``value`` as plain data, with handles for what has to stay here."""
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(max(before, DEEP))
        try:
            return encode(value, self._export)
        finally:
            sys.setrecursionlimit(before)

    def decode(self, message: Any) -> Any:
        """Return what the judge sent."""
        return decode(message, self._resolve)

    def _export(self, value: Any) -> list[Any]:
        kind = type(value)
        if self.shared_classes.get(kind.__name__) is kind and hasattr(value, "__dict__"):
            return ["instance", kind.__name__, self.encode(dict(vars(value)))]
        number = self._number(value)
        if isinstance(value, type):
            if issubclass(value, BaseException):
                return ["exception", number, value.__name__, _built_in_bases(value)]
            return ["class", self._class(value)]
        return ["object", number, self._class(kind)]

    def _number(self, value: Any) -> int:
        number = self.numbers.get(id(value))
        if number is None:
            number = self.numbers[id(value)] = len(self.objects)
            self.objects.append(value)
        return number

    def _class(self, kind: type) -> Any:
        """Return a class's number and, the first time, what the judge must know of it."""
        number = self._number(kind)
        if number in self.described:
            return number
        self.described.add(number)
        bases = [self._class(base) for base in kind.__bases__ if base.__module__ == "program"]
        special = [name for name in METHODS if _has(kind, name)]
        doc = kind.__doc__ if isinstance(kind.__doc__, str) else None
        fields = getattr(kind, "__dataclass_fields__", None)
        names = list(fields) if isinstance(fields, dict) else None
        return [number, kind.__name__, bases, special, doc, names]

    def _resolve(self, message: list[Any]) -> Any:
        tag, value = message[0], message[1]
        if tag == "handle":
            return self.objects[value]
        if tag == "callback":
            return self._callback(value, message[2])
        if tag == "iterator":
            return self._iterator(self._callback(value, "next"))
        if tag == "builtin":
            return getattr(builtins, value)
        if tag == "slice":
            return slice(*self.decode(value))
        if tag == "error":
            return _built_in_error(value, self.decode(message[2]))
        if tag == "instance":
            # A class that only the tests know arrives here with its attributes but no methods.
            kind = self.shared_classes.setdefault(str(value), type(str(value), (), {}))
            instance: Any = object.__new__(kind)
            vars(instance).update(self.decode(message[2]))
            return instance
        raise CodecError(f"unknown tag {tag!r}")

    def _callback(self, number: int, name: str) -> Callable[..., Any]:
        def function_of_the_tests(*arguments: Any, **keywords: Any) -> Any:
            frames.send(PEER_FD, ["callback", number, self.encode([arguments, keywords])])
            return self.answer_until(("returned", "threw"))

        if name:  # which decorators of the program pass on
            function_of_the_tests.__name__ = function_of_the_tests.__qualname__ = name
        return function_of_the_tests

    def _iterator(self, pull: Callable[[], Any]) -> Iterator[Any]:
        while True:
            try:
                item = pull()
            except StopIteration:
                return
            yield item

    def answer_until_hung_up(self) -> None:
        """Carry out requests until the judge closes the connection."""
        try:
            self.answer_until(())
        except EOFError:
            return

    def answer_until(self, last: tuple[str, ...]) -> Any:
        """Carry out requests until one of these messages comes, and return what it brings."""
        while True:
            request = frames.receive(PEER_FD)
            if request[0] in last:
                if request[0] == "threw":
                    raise _built_in_error(request[1], self.decode(request[2]))
                return self.decode(request[1])
            frames.send(PEER_FD, self._carry_out(request))

    def input(self, prompt: Any = "") -> Any:
        """Read a line in the tests' process, where tests may have put lines to read."""
        frames.send(PEER_FD, ["input", str(prompt)])
        return self.answer_until(("returned", "threw"))

    def _carry_out(self, request: list[Any]) -> list[Any]:
        try:
            arguments = self.decode(request[1])
            result = OPERATIONS[request[0]](*arguments)
            reply = ["value", self.encode(result)]
            if result is None and request[0] == "call":
                changed = changes(request[1][2], arguments[1], self.encode)
                reply = ["changed", changed] if changed else reply
        except BaseException as error:
            reply = self._describe(error)
        if self.printed.tell():
            reply = ["printed", self.printed.getvalue()[:MOST_PRINTED], reply]
            self.printed.seek(0)
            self.printed.truncate()
        return reply

    def reply_to_call(self, offered: Any, arguments: Any, keywords: Any) -> list[Any]:
        """Carry out a call of a function; the function, the arguments and the reply are encoded messages."""
        if offered == ["undefined"]:
            return ["undefined"]
        if not isinstance(offered, list) or offered[0] not in ("object", "class"):
            return ["undecided"]
        number = offered[1][0] if isinstance(offered[1], list) else offered[1]
        if not callable(self.objects[number]):
            return ["undecided"]
        return self._carry_out(["call", ["list", ["handle", number], arguments, keywords]])

    def _describe(self, error: BaseException) -> list[Any]:
        """Return what the judge may know of an exception, from which it makes its own."""
        kind = type(error)
        bases = _built_in_bases(kind)
        name = kind.__name__
        number = None
        if self.shared_classes.get(name) is not kind and kind.__module__ == "program":
            number = self._number(kind)
        try:
            arguments = encode(list(error.args))
        except Exception:
            arguments = None
        cause = None if error.__cause__ is None else _built_in_bases(type(error.__cause__))
        more = [self._number(error), cause]
        return ["raised", number, name, bases, describe(error), arguments, more]


def _has(kind: type, name: str) -> bool:
    """Return whether a class has a special method that not every class has."""
    owner = next((base for base in kind.__mro__ if name in vars(base)), object)
    return owner is not object and vars(owner)[name] is not None


def _built_in_bases(kind: type) -> list[str]:
    return [base.__name__ for base in kind.__mro__ if base.__module__ == "builtins"]


def _built_in_error(name: Any, arguments: Any) -> BaseException:
    kind = getattr(builtins, str(name), None)
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        kind = RuntimeError
    try:
        return kind(*arguments)
    except Exception:
        return RuntimeError(*arguments)
