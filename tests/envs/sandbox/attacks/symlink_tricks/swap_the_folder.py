"""Replace the private folder itself by a link outwards.

kinds: stdio
"""

import os
import shutil
import sys
import tempfile

here, temporary = os.getcwd(), tempfile.gettempdir()
for folder in {here, temporary}:
    for attempt in (
        lambda f: os.rename(f, f + ".old"),
        lambda f: shutil.rmtree(f),
        lambda f: os.rmdir(f),
        lambda f: os.symlink("@CANARY@", f),
    ):
        try:
            attempt(folder)
        except OSError:
            continue
    try:
        with open(os.path.join(folder, "writeme"), "a") as file:
            file.write("owned")
        if os.path.samefile(folder, "@CANARY@"):
            print("LEAK", folder, file=sys.stderr)
    except OSError:
        continue
