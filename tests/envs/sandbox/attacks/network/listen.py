"""Open a port and wait for someone.

kinds: stdio
control: leaks
"""

import socket
import sys

for family, address in (
    (socket.AF_INET, ("127.0.0.1", 0)),
    (socket.AF_INET6, ("::1", 0)),
    (socket.AF_UNIX, "\0mine"),
):
    try:
        line = socket.socket(family)
        line.bind(address)
        line.listen()
        print("LEAK listens", line.getsockname(), file=sys.stderr)
    except OSError:
        continue
