"""The process that compares expressions for others: started once, forks a child for every question.

``worker`` starts it with one end of a socket pair. For every question it receives the descriptor of another
socket, forks, and the child answers there and ends. So each question is decided by a fresh copy of
the same process: no question can influence another, and a child that takes too long or too much memory
is killed without loss. The server itself has one thread and reads nothing a model wrote.
"""

import gc
import json
import logging
import os
import resource
import select
import signal
import socket
import time
from dataclasses import asdict
from typing import Any

CHILD_SECONDS = 0.8
"""wall-clock time until a child is killed"""
CHILD_MEMORY = 512 << 20
"""bytes a child may take on top of what the server has"""
MAX_CHILDREN = 32
WARM_UP = (
    (r"\frac{3\sqrt{5}}{7}+\pi^2 x_1", r"\sin^2(2x)+\ln{3}-|y|e^{-x}"),
    (r"\int_0^1 x^2\,dx", r"\sum_{k=0}^{n-1} a_k b_{n-k-1}"),
    (r"\lim_{x\to\infty} \frac{x+1}{2x}", r"\prod_{i=1}^{3} (2i+1)"),
    (r"\int \cos(x) e^{-x} dx", r"\frac{d}{dx} x^3"),
    (r"\sqrt{5+2\sqrt{6}}", r"\sqrt{2}+\sqrt{3}"),
    (r"(a-b)(a+b)", r"a^2-b^2"),
    (r"\sqrt{2}", "1.4142136"),
    ("y=2x+1", "2y=4x+2"),
    (r"(-\infty,\sqrt{2})", r"x<2^{1/2}"),
    (r"\lfloor x\rfloor", r"\lceil x\rceil-1"),
)
"""compared before the first fork, so that every child finds tables, caches and modules ready"""


def serve(control: socket.socket) -> None:
    """Answer questions until the other end is closed by everybody who holds it."""
    try:
        _prepare()
    except Exception as error:
        control.sendall(b"!" + str(error).encode()[:500])
        return
    control.sendall(b"+")
    children: dict[int, float] = {}
    while True:
        wait = max(0.0, min(children.values()) - time.monotonic()) if children else None
        arrived = select.select([control] if len(children) < MAX_CHILDREN else [], [], [], wait)[0]
        _reap(children)
        if not arrived:
            continue
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            break
        pid = os.fork()
        if pid == 0:
            control.close()
            _answer(descriptors[0])
        os.close(descriptors[0])
        children[pid] = time.monotonic() + CHILD_SECONDS
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _prepare() -> None:
    from onelayer.envs.math.grading.conventions import Conventions

    logging.disable(logging.CRITICAL)
    for gold, answer in WARM_UP:
        _decide({"gold": gold, "answer": answer, "conventions": asdict(Conventions())})
    gc.collect()
    gc.freeze()  # a collection in a child would touch, and so copy, every page


def _reap(children: dict[int, float]) -> None:
    now = time.monotonic()
    for pid, deadline in list(children.items()):
        if os.waitpid(pid, os.WNOHANG)[0]:
            del children[pid]
        elif now >= deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            del children[pid]


def _answer(descriptor: int) -> None:
    """Read one question, write its answer, end the process."""
    try:
        _limit_memory()
        with socket.socket(fileno=descriptor) as connection:
            question = b""
            while chunk := connection.recv(65536):
                question += chunk
            connection.sendall(_decide(json.loads(question)).encode())
    finally:
        os._exit(0)


def _limit_memory() -> None:
    with open("/proc/self/statm") as pages:
        size = int(pages.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + CHILD_MEMORY, size + CHILD_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
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
