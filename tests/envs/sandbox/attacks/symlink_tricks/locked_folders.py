"""Leave folders that nobody may enter or empty.

kinds: stdio
"""

import os
import tempfile

here = tempfile.mkdtemp()
for number in range(20):
    folder = os.path.join(here, f"locked{number}")
    os.mkdir(folder)
    with open(os.path.join(folder, "file"), "w") as file:
        file.write("x")
    try:
        os.chmod(folder, 0)
    except OSError:
        continue
os.mkfifo(os.path.join(here, "fifo"))
