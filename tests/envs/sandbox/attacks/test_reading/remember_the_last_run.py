"""Leave notes for the next run in modules, files and descriptors, and read the last run's.

kinds: io_call asserts stdio
control: none
"""

import builtins
import os
import sys
import tempfile

if hasattr(builtins, "notes_of_a_run"):
    print("LEAK notes in memory", file=sys.stderr)
builtins.notes_of_a_run = os.__dict__["notes_of_a_run"] = "here"

paths = {
    os.path.join(os.path.realpath(folder), "notes_of_a_run")
    for folder in (tempfile.gettempdir(), "/var/tmp", "/dev/shm", os.getcwd(), sys.prefix, "/")
}
for path in paths:
    if os.path.exists(path):
        print("LEAK notes in", path, file=sys.stderr)
    try:
        with open(path, "w") as file:
            file.write("here")
    except OSError:
        continue


def solve(n):
    return 0
