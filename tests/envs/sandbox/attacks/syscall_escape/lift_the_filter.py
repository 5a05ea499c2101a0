"""Loosen the filters that are in force: seccomp, Landlock, no_new_privs, personality.

kinds: stdio
expected: failed error killed
"""

import ctypes
import sys

libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(38, 0, 0, 0, 0) == 0:  # PR_SET_NO_NEW_PRIVS
    print("LEAK no_new_privs lifted", file=sys.stderr)
if libc.prctl(22, 0, 0, 0, 0) == 0:  # PR_SET_SECCOMP
    print("LEAK seccomp lifted", file=sys.stderr)
if libc.prctl(39, 0, 0, 0, 0) == 0:  # PR_GET_NO_NEW_PRIVS
    print("LEAK no_new_privs is off", file=sys.stderr)
if libc.personality(0x0400000) >= 0 and libc.personality(0xFFFFFFFF) & 0x0400000:
    print("LEAK personality changed", file=sys.stderr)
