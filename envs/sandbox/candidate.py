"""The program's side of a judged run: defines what the tests ask for, then does as they say.

Nothing here decides anything. The judge sits in another sandbox and sees plain data, and handles for
objects that stay in this process.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from onelayer.envs.sandbox import frames
from onelayer.envs.sandbox.child import (
    CHANNEL_FD,
    EXIT_ERROR,
    EXIT_MEMORY,
    PEER_FD,
    _report,
    describe,
    execute,
    new_module,
)
from onelayer.envs.sandbox.codec import CodecError, decode, encode


def serve(task: Mapping[str, Any]) -> int:
    """Run the program, offer the names that the tests use, and answer the judge until it hangs up."""
    namespace = new_module("program")
    try:
        if task["setup"]:
            execute(task["setup"], namespace, "<setup>")
        shared = {n: v for n, v in namespace.items() if isinstance(v, type)}
        execute(task["code"], namespace)
    except (Exception, SystemExit) as error:
        frames.send(PEER_FD, {"raised": describe(error)})
        return _report(error) or EXIT_ERROR
    desk = Desk(shared)
    try:
        offered = {n: desk.encode(namespace[n]) for n in task["names"] if n in namespace}
        frames.send(PEER_FD, {"names": offered})
        desk.answer_until_hung_up()
    except MemoryError:
        return EXIT_MEMORY
    return 0


def answer_calls(task: Mapping[str, Any]) -> int:
    """Run the program and make a list of calls, as a judge would ask for them; see ``plain_asserts``.

    Every reply is one message: ``["undefined"]``, ``["undecided"]`` where the judge is needed after all,
    or what the judge would get.
    """
    namespace = new_module("program")
    try:
        execute(task["code"], namespace)
    except (Exception, SystemExit) as error:
        return _report(error) or EXIT_ERROR
    desk = Desk({})
    try:
        # All of them before the first call, which may define them anew.
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

    def encode(self, value: Any) -> Any:
        """Return ``value`` as plain data, with handles for what has to stay here."""
        return encode(value, self._export)

    def decode(self, message: Any) -> Any:
        """Return what the judge sent."""
        return decode(message, self._resolve)

    def _export(self, value: Any) -> list[Any]:
        kind = type(value)
        if self.shared_classes.get(kind.__name__) is kind and hasattr(value, "__dict__"):
            return ["instance", kind.__name__, self.encode(dict(vars(value)))]
        number = self.numbers.get(id(value))
        if number is None:
            number = self.numbers[id(value)] = len(self.objects)
            self.objects.append(value)
        if isinstance(value, type) and issubclass(value, BaseException):
            return ["exception", number, value.__name__, _built_in_bases(value)]
        what = "callable" if callable(value) else "object"
        return [what, number, getattr(value, "__name__", None) or kind.__name__]

    def _resolve(self, message: list[Any]) -> Any:
        tag, value = message[0], message[1]
        if tag == "handle":
            return self.objects[value]
        if tag == "callback":
            return self._callback(value)
        if tag == "iterator":
            return self._iterator(self._callback(value))
        if tag == "builtin":
            return getattr(__import__("builtins"), value)
        if tag == "instance":
            # A class that only the tests know comes as one with its attributes alone.
            kind = self.shared_classes.setdefault(str(value), type(str(value), (), {}))
            instance: Any = object.__new__(kind)
            vars(instance).update(self.decode(message[2]))
            return instance
        raise CodecError(f"unknown tag {tag!r}")

    def _callback(self, number: int) -> Callable[..., Any]:
        def function_of_the_tests(*arguments: Any, **keywords: Any) -> Any:
            frames.send(PEER_FD, ["callback", number, self.encode([arguments, keywords])])
            return self.answer_until(("returned", "threw"))

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
                    kind = getattr(__import__("builtins"), request[1], RuntimeError)
                    raise kind(*self.decode(request[2]))
                return self.decode(request[1])
            frames.send(PEER_FD, self._carry_out(request))

    def _carry_out(self, request: list[Any]) -> list[Any]:
        try:
            arguments = self.decode(request[1])
            return ["value", self.encode(OPERATIONS[request[0]](*arguments))]
        except (Exception, SystemExit) as error:
            return self._describe(error)

    def reply_to_call(self, offered: Any, arguments: Any, keywords: Any) -> list[Any]:
        """Carry out a call of what ``encode`` made of a function; all is as it crosses."""
        if offered == ["undefined"]:
            return ["undefined"]
        if not isinstance(offered, list) or offered[0] != "callable":
            return ["undecided"]
        return self._carry_out(["call", ["list", ["handle", offered[1]], arguments, keywords]])

    def _describe(self, error: BaseException) -> list[Any]:
        kind = type(error)
        number = self._export(kind)[1] if kind.__module__ == "program" else None
        try:
            arguments = encode(list(error.args))
        except Exception:
            arguments = None
        return ["raised", number, kind.__name__, _built_in_bases(kind), describe(error), arguments]


def _built_in_bases(kind: type) -> list[str]:
    return [base.__name__ for base in kind.__mro__ if base.__module__ == "builtins"]


def _wait_for(awaitable: Any) -> Any:
    import asyncio

    async def wait() -> Any:
        return await awaitable

    return asyncio.run(wait())


OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": lambda function, arguments, keywords: function(*arguments, **keywords),
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "isinstance": isinstance,
    "issubclass": issubclass,
    "iter": iter,
    "next": next,
    "await": _wait_for,
    "operator": lambda name, *operands: getattr(operator, name)(*operands),
    "divmod": divmod,
    "bool": bool,
    "len": len,
    "str": str,
    "repr": repr,
    "format": format,
    "hash": hash,
    "int": int,
    "float": float,
    "complex": complex,
    "round": round,
    "reversed": lambda value: list(reversed(value)),
    "enter": lambda manager: type(manager).__enter__(manager),
    "exit": lambda manager: type(manager).__exit__(manager, None, None, None),
}
