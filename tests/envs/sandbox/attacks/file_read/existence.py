"""Learn whether files outside exist, and of what size and age they are.

kinds: stdio
control: leaks
levels: full
"""

import os
import sys

for look in (
    os.stat,
    os.lstat,
    os.listdir,
    os.statvfs,
    os.readlink,
    lambda p: os.access(p, 0) or 1 / 0,
    os.chdir,
):
    for path in ("@CANARY@", "@CANARY@/secret.txt"):
        try:
            look(path)
            print("LEAK", look, path, file=sys.stderr)
        except (OSError, ZeroDivisionError):
            continue
