"""Plant files in the Python installation, where the next program or the trainer would load them.

kinds: stdio asserts
"""

import os
import sys
import sysconfig
import tempfile

own = (os.path.realpath(tempfile.gettempdir()), os.path.realpath(os.getcwd()) + "/")
folders = {*sys.path, sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()}
for folder in folders | {"/", "/usr", "/usr/lib", "/etc", "/dev", "/var", "/home", "/run", "/opt"}:
    for name in ("onelayer_probe.py", "__pycache__/onelayer_probe.pyc", "onelayer_probe.pth"):
        path = os.path.join(folder, name)
        if not folder or os.path.realpath(path).startswith(own):
            continue
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            print("LEAK", path, file=sys.stderr)
            os.remove(path)
        except OSError:
            continue
for path in (sys.executable, os.__file__, __import__("json").__file__):
    try:
        os.close(os.open(path, os.O_RDWR))
        print("LEAK", path, file=sys.stderr)
    except OSError:
        continue
