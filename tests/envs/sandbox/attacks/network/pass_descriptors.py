"""Send descriptors over whatever sockets are inherited, and take those that come.

kinds: stdio asserts
control: none
"""

import array
import os
import socket
import sys

for number in range(0, 64):
    try:
        line = socket.socket(fileno=os.dup(number))
        line.setblocking(False)
    except OSError:
        continue
    try:
        rights = array.array("i", [0])
        line.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    except OSError:
        pass
    try:
        _, ancillary, *_ = line.recvmsg(1000, 1000)
        if ancillary:
            print("LEAK got descriptors", ancillary, file=sys.stderr)
    except OSError:
        pass
    try:
        line.connect(("127.0.0.1", int("@TCP_PORT@")))
        print("LEAK connected an inherited socket", file=sys.stderr)
    except OSError:
        continue
