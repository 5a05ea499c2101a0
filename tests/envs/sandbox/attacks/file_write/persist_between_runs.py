"""Write wherever one can and see whether an earlier run's mark is still there.

kinds: stdio asserts
levels: full
"""

import os
import sys

for folder, names, _ in os.walk("/"):
    names[:] = [name for name in names if name not in ("proc", "sys", "site-packages")]
    if folder.count("/") >= 3:
        names.clear()
    path = os.path.join(folder, "mark_of_a_run")
    if os.path.lexists(path):
        print("LEAK found", path, file=sys.stderr)
    try:
        with open(path, "w") as file:
            file.write("here")
    except OSError:
        continue
