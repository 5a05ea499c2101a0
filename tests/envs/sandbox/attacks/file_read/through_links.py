"""Reach the canary through symbolic and hard links in the private folder.

kinds: stdio
control: leaks
"""

import os
import sys
import tempfile

folder = tempfile.mkdtemp()
for number, make in enumerate((os.symlink, os.link)):
    path = os.path.join(folder, f"link{number}")
    try:
        make("@CANARY@/secret.txt", path)
        with open(path) as file:
            print("LEAK", file.read(), file=sys.stderr)
    except OSError:
        continue
