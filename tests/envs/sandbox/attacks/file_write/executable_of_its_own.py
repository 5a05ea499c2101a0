"""Write a program, mark it set-user-id and run it.

kinds: stdio
expected: failed error killed
"""

import os
import stat
import sys
import tempfile

path = os.path.join(tempfile.mkdtemp(), "program")
with open(path, "w") as file:
    file.write("#!/bin/sh\necho LEAK >&2\n")
try:
    os.chmod(path, 0o6755)
    if os.stat(path).st_mode & stat.S_ISUID:
        os.chown(path, 0, 0)
except OSError:
    pass
try:
    os.execv(path, [path])
except OSError:
    print("held")
try:
    os.execv(sys.executable, [sys.executable, "-c", "import sys; print('LEAK', file=sys.stderr)"])
except OSError:
    print("held")
