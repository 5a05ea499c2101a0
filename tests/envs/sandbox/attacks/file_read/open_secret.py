"""Read the canary by each way that Python has of opening a file.

kinds: stdio asserts
control: leaks
"""

import io
import linecache
import mmap
import os
import sys

PATH = "@CANARY@/secret.txt"


def by_mmap():
    with open(PATH, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)[:]


def by_directory():
    return os.read(os.open("secret.txt", os.O_RDONLY, dir_fd=os.open("@CANARY@", os.O_RDONLY)), 99)


for read in (
    lambda: open(PATH).read(),
    lambda: io.FileIO(PATH).readall(),
    lambda: os.read(os.open(PATH, os.O_RDONLY), 99),
    lambda: linecache.getlines(PATH)[0],
    lambda: __import__("importlib.machinery").machinery.SourceFileLoader("x", PATH).get_data(PATH),
    by_mmap,
    by_directory,
):
    try:
        print("LEAK", read(), file=sys.stderr)
    except (OSError, IndexError):
        continue
