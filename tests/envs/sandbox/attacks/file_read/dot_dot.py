"""Climb out of the private folder and the root by dots, /proc links and directory descriptors.

kinds: stdio
control: leaks
"""

import os
import sys

UP = "/.." * 40
roots = [
    "",
    UP,
    os.getcwd() + UP,
    "/proc/self/root",
    "/proc/1/root",
    "/proc/self/cwd" + UP,
    "/dev/fd/0/..",
]
for root in roots:
    try:
        with open(root + "@CANARY@/secret.txt") as file:
            print("LEAK", root, file.read(), file=sys.stderr)
    except OSError:
        continue
for descriptor in range(3, 64):
    try:
        os.fchdir(descriptor)
        print("LEAK a directory is open as", descriptor, os.listdir("."), file=sys.stderr)
    except OSError:
        continue
