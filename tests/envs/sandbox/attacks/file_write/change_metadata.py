"""Change mode, owner, times and attributes of files outside.

Files that everybody needs are set to what they are already, which takes the same right.

kinds: stdio
"""

import os
import sys


def attempt(name, change, path):
    try:
        change(path)
        print("LEAK", name, path, file=sys.stderr)
    except OSError:
        return


for path in ("@CANARY@/writeme", "@CANARY@"):
    attempt("chmod", lambda p: os.chmod(p, 0o777), path)
    attempt("chown", lambda p: os.chown(p, 65533, 65533), path)
    attempt("utime", lambda p: os.utime(p, (1, 1)), path)
    attempt("setxattr", lambda p: os.setxattr(p, "user.owned", b"1"), path)

for path in ("/dev/null", "/dev/urandom", sys.executable, os.__file__, "/"):
    try:
        now = os.stat(path)
    except OSError:
        continue
    attempt("chmod", lambda p, now=now: os.chmod(p, now.st_mode & 0o7777), path)
    attempt("chown", lambda p, now=now: os.chown(p, now.st_uid, now.st_gid), path)
    attempt("utime", lambda p, now=now: os.utime(p, ns=(now.st_atime_ns, now.st_mtime_ns)), path)
