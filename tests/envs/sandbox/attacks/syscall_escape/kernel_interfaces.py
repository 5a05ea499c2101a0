"""Open the interfaces through which most kernels have been broken.

kinds: stdio
expected: failed error killed
"""

import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
TABLE = {
    "x86_64": {
        "bpf": 321,
        "userfaultfd": 323,
        "perf_event_open": 298,
        "keyctl": 250,
        "add_key": 248,
        "quotactl": 179,
        "kcmp": 312,
        "io_setup": 206,
        "vmsplice": 278,
        "modify_ldt": 154,
        "msgget": 68,
        "semget": 64,
        "shmget": 29,
        "mq_open": 240,
        "fanotify_init": 300,
        "inotify_init1": 294,
    },
    "aarch64": {
        "bpf": 280,
        "userfaultfd": 282,
        "perf_event_open": 241,
        "keyctl": 219,
        "add_key": 217,
        "quotactl": 60,
        "kcmp": 272,
        "io_setup": 0,
        "vmsplice": 75,
        "msgget": 186,
        "semget": 190,
        "shmget": 194,
        "mq_open": 180,
        "fanotify_init": 262,
        "inotify_init1": 26,
    },
}[os.uname().machine]
memory = ctypes.create_string_buffer(256)
attempts = {
    "bpf": (0, memory, 128),
    "userfaultfd": (1,),
    "perf_event_open": (memory, 0, -1, -1, 0),
    "keyctl": (0, -3, 1),
    "add_key": (b"user", b"name", b"value", 5, -3),
    "io_setup": (8, memory),
    "msgget": (0, 0o1666),
    "semget": (0, 1, 0o1666),
    "shmget": (0, 4096, 0o1666),
    "mq_open": (b"name", 0o102, 0o666, 0),
    "fanotify_init": (0, 0),
    "kcmp": (int("@PARENT@"), int("@VICTIM@"), 0, 0, 0),
    "modify_ldt": (0, memory, 16),
}
for name, arguments in attempts.items():
    if name in TABLE and libc.syscall(TABLE[name], *arguments) >= 0:
        print("LEAK", name, file=sys.stderr)
for name, number, arguments in (
    ("io_uring_setup", 425, (8, memory)),
    ("memfd_secret", 447, (0,)),
    ("landlock_restrict_self", 446, (-1, 0)),
):
    if libc.syscall(number, *arguments) >= 0:
        print("LEAK", name, file=sys.stderr)
