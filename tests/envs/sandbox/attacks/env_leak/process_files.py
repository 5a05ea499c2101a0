"""Read environment and arguments from /proc, own and others'.

kinds: stdio
control: leaks
"""

import os
import sys

for process in (
    "self",
    "thread-self",
    "1",
    str(os.getpid()),
    str(os.getppid()),
    "@VICTIM@",
    "@PARENT@",
):
    for name in ("environ", "cmdline", "maps", "mountinfo"):
        try:
            with open(f"/proc/{process}/{name}", "rb") as file:
                print("LEAK", process, name, file.read(200), file=sys.stderr)
        except OSError:
            continue
