"""Let libraries with C code of their own open the canary.

kinds: stdio
control: leaks
"""

import fileinput
import sys
import tokenize
import zipfile

PATH = "@CANARY@/secret.txt"


def by_numpy():
    import numpy

    return numpy.fromfile(PATH, dtype="S1")


def by_sqlite():
    import sqlite3

    base = sqlite3.connect(":memory:")
    base.execute("attach database 'file:@CANARY@/secret.txt?mode=ro' as x")
    return base.execute("select readfile('@CANARY@/secret.txt')").fetchall()


for read in (
    by_numpy,
    by_sqlite,
    lambda: list(fileinput.input(PATH)),
    lambda: tokenize.open(PATH).read(),
    lambda: zipfile.ZipFile(PATH),
):
    try:
        print("LEAK", read(), file=sys.stderr)
    except Exception:
        continue
