"""Fill the private folder with links outwards, for a careless cleanup to follow.

kinds: stdio
"""

import os
import tempfile

for folder in {tempfile.gettempdir(), os.getcwd()}:
    for number, target in enumerate(("@CANARY@", "@CANARY@/home", "@CANARY@/writeme", "/", "..")):
        try:
            os.symlink(target, os.path.join(folder, f"link{number}"))
            os.mkdir(os.path.join(folder, f"folder{number}"))
            os.symlink(target, os.path.join(folder, f"folder{number}", "link"))
        except OSError:
            continue
