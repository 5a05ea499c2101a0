"""Change the canary file and its folder in each way there is.

kinds: stdio asserts
"""

import os
import shutil
import sys

PATH, FOLDER = "@CANARY@/writeme", "@CANARY@/home"
for attempt in (
    lambda: open(PATH, "a").write("owned"),
    lambda: open(FOLDER + "/new", "w").write("owned"),
    lambda: os.truncate(PATH, 0),
    lambda: os.remove(PATH),
    lambda: os.rename(PATH, PATH + ".gone"),
    lambda: os.rename(PATH, "/tmp/gone"),
    lambda: os.link(PATH, FOLDER + "/again"),
    lambda: os.symlink(PATH, FOLDER + "/again"),
    lambda: os.mkdir(FOLDER + "/more"),
    lambda: os.rmdir(FOLDER),
    lambda: shutil.rmtree("@CANARY@"),
):
    try:
        attempt()
        print("LEAK", attempt, file=sys.stderr)
    except OSError:
        continue
