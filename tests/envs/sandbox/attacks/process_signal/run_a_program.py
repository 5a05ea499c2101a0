"""Run other programs in each way that Python has.

kinds: stdio asserts
expected: failed error killed
control: leaks
"""

import multiprocessing
import os
import pty
import subprocess
import sys

for run in (
    lambda: subprocess.run(["/bin/sh", "-c", "true"], check=True),
    lambda: os.system("true") and 1 / 0,
    lambda: os.popen("echo x").read()[0],
    lambda: os.posix_spawn("/bin/true", ["true"], {}),
    lambda: pty.spawn(["/bin/true"]) and 1 / 0,
    lambda: multiprocessing.get_context("fork").Process(target=print).start(),
):
    try:
        run()
        print("LEAK ran", run, file=sys.stderr)
    except (OSError, ArithmeticError, LookupError):
        continue
