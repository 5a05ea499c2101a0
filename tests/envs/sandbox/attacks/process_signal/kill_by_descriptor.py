"""Send signals by process descriptors and raw calls.

kinds: stdio
expected: failed error killed
"""

import ctypes
import os
import signal
import sys

libc = ctypes.CDLL(None, use_errno=True)
tkill, tgkill, sigqueue = {"x86_64": (200, 234, 129), "aarch64": (130, 131, 138)}[
    os.uname().machine
]
for target, number in ((int("@VICTIM@"), 15), (int("@PARENT@"), 0)):
    try:
        signal.pidfd_send_signal(os.pidfd_open(target), number)
        print("LEAK signalled", target, file=sys.stderr)
    except OSError:
        pass
    information = ctypes.create_string_buffer(128)
    for arguments in (
        (tkill, target, number),
        (tgkill, target, target, number),
        (sigqueue, target, number, information),
    ):
        if libc.syscall(*arguments) == 0:
            print("LEAK signalled", target, arguments, file=sys.stderr)
