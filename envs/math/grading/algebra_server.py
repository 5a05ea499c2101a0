"""The process that compares expressions for others: started once, forks a child for every question.

``algebra_client`` starts it with one end of a socket pair. For every question the server receives the
descriptor of another socket and forks; the child answers on that socket and ends. So each question is decided
by a fresh copy of the same process: no question can influence another, and nothing else is lost when a child
that needs too much time or memory is ended. The server itself has one thread and reads nothing a model wrote.

As many children run at once as there are processors. Other questions wait in the socket; waiting does not
count, since a child is limited by the processor time that it uses itself. A question whose asker has closed
its socket is dropped, even while a child works on it.
"""

import contextlib
import gc
import json
import logging
import os
import resource
import select
import signal
import socket
from dataclasses import asdict, dataclass
from typing import Any

CHILD_SECONDS = 0.8
"""processor time after which a child is ended"""
CHILD_MEMORY = 512 << 20
"""bytes that a child may use beyond the memory of the server"""
TIMEOUT = "timeout"
WARM_UP = (
    (r"\frac{3\sqrt{5}}{7}+\pi^2 x_1", r"\sin^2(2x)+\ln{3}-|y|e^{-x}"),
    (r"\int_0^1 x^2\,dx", r"\sum_{k=0}^{n-1} a_k b_{n-k-1}"),
    (r"\lim_{x\to\infty} \frac{x+1}{2x}", r"\prod_{i=1}^{3} (2i+1)"),
    (r"\sum_{n=0}^{\infty} \frac{x^n}{n!}", "e^x"),
    (r"\int \cos(x) e^{-x} dx", r"\frac{d}{dx} x^3"),
    (r"\sqrt{5+2\sqrt{6}}", r"\sqrt{2}+\sqrt{3}"),
    (r"(a-b)(a+b)", r"a^2-b^2"),
    (r"\sqrt{2}", "1.4142136"),
    ("y=2x+1", "2y=4x+2"),
    (r"(-\infty,\sqrt{2})", r"x<2^{1/2}"),
    (r"\lfloor x\rfloor", r"\lceil x\rceil-1"),
)
"""compared before the first fork, so that every child finds tables, caches and modules ready"""


@dataclass(frozen=True, slots=True)
class _Child:
    """A running child; ``end`` is a pipe that closes when the child ends."""

    pid: int
    connection: socket.socket
    end: int


def serve(control: socket.socket) -> None:
    """Answer questions until the other end is closed by everybody who holds it."""
    try:
        _prepare()
    except Exception as error:
        control.sendall(b"!" + str(error).encode()[:500])
        return
    control.sendall(b"+")
    at_once = len(os.sched_getaffinity(0))
    children: dict[int, _Child] = {}
    while True:
        events = select.poll()
        if len(children) < at_once:
            events.register(control, select.POLLIN)
        for end, child in children.items():
            events.register(end, select.POLLIN)
            events.register(child.connection, 0)  # reports a hang-up only
        ready = {descriptor for descriptor, _ in events.poll()}
        for end, child in list(children.items()):
            if end in ready:
                _reap(children.pop(end))
            elif child.connection.fileno() in ready:
                os.kill(child.pid, signal.SIGKILL)
                _reap(children.pop(end))
        if control.fileno() in ready:
            connection = _next_question(control)
            if connection is None:
                break
            if not _is_abandoned(connection):
                child = _fork(control, connection)
                children[child.end] = child
    for child in children.values():
        os.kill(child.pid, signal.SIGKILL)


def _next_question(control: socket.socket) -> socket.socket | None:
    """Return the socket on which a question waits, None where nobody can ask any more."""
    message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
    return socket.socket(fileno=descriptors[0]) if message else None


def _is_abandoned(connection: socket.socket) -> bool:
    """Return whether the asker has closed the other end; the socket is closed then."""
    hang_up = select.poll()
    hang_up.register(connection, 0)
    abandoned = bool(hang_up.poll(0))
    if abandoned:
        connection.close()
    return abandoned


def _fork(control: socket.socket, connection: socket.socket) -> _Child:
    end, held = os.pipe()
    pid = os.fork()
    if pid == 0:
        control.close()
        _answer(connection)
    os.close(held)
    return _Child(pid, connection, end)


def _reap(child: _Child) -> None:
    """Wait for an ended child; if a signal ended it, tell the asker why."""
    _, status = os.waitpid(child.pid, 0)
    os.close(child.end)
    with child.connection as connection:
        if os.WIFSIGNALED(status):
            out_of_time = os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGXCPU)
            reason = TIMEOUT if out_of_time else f"ended by signal {os.WTERMSIG(status)}"
            with contextlib.suppress(OSError):  # nobody may wait for it any more
                connection.sendall(reason.encode())


def _prepare() -> None:
    from onelayer.envs.math.grading.conventions import Conventions

    logging.disable(logging.CRITICAL)
    for gold, answer in WARM_UP:
        _decide({"gold": gold, "answer": answer, "conventions": asdict(Conventions())})
    gc.collect()
    gc.freeze()  # a collection in a child would touch, and so copy, every page


def _answer(connection: socket.socket) -> None:
    """Read one question, write its answer, end the process."""
    try:
        _limit()
        question = b""
        while chunk := connection.recv(65536):
            question += chunk
        connection.sendall(_decide(json.loads(question)).encode())
    finally:
        os._exit(0)


def _limit() -> None:
    """Limit the memory and the processor time of this process."""
    with open("/proc/self/statm") as pages:
        size = int(pages.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + CHILD_MEMORY, size + CHILD_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.setitimer(signal.ITIMER_PROF, CHILD_SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (2, 2))


def _decide(question: dict[str, Any]) -> str:
    from onelayer.envs.math.grading.conventions import Conventions
    from onelayer.envs.math.grading.grader import compare
    from onelayer.envs.math.grading.symbolic import SympyAlgebra

    try:
        conventions = Conventions(**question["conventions"])
        return (
            "equal"
            if compare(question["gold"], question["answer"], conventions, SympyAlgebra())
            else "different"
        )
    except (MemoryError, RecursionError) as error:
        return "out of memory" if isinstance(error, MemoryError) else "nested too deeply"
    except Exception as error:
        return f"not comparable: {type(error).__name__}"
