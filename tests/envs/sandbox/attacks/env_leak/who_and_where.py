"""Learn the names of the machine, of the user and of the trainer's folders.

kinds: stdio
control: leaks
levels: full
"""

import os
import socket
import sys

known = {"@HOST@", "@CANARY@"}
told = [
    os.uname().nodename,
    socket.gethostname(),
    os.getcwd(),
    *sys.argv,
    *sys.path,
    *os.environ.values(),
]
for thing in told:
    if any(name and name in thing for name in known):
        print("LEAK", thing, file=sys.stderr)
