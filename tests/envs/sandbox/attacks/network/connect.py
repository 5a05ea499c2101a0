"""Reach the listeners of the machine by TCP, UDP and Unix sockets.

kinds: stdio asserts
control: leaks
"""

import socket
import sys


def reach(family, kind, address):
    with socket.socket(family, kind) as line:
        line.settimeout(1)
        line.connect(address)
        line.send(b"x")


for address in (
    (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", int("@TCP_PORT@"))),
    (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", int("@UDP_PORT@"))),
    (socket.AF_UNIX, socket.SOCK_STREAM, "\0@ABSTRACT@"),
    (socket.AF_UNIX, socket.SOCK_STREAM, "@CANARY@/sock"),
):
    try:
        reach(*address)
        print("LEAK", address, file=sys.stderr)
    except OSError:
        continue
