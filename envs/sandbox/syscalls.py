"""The system calls a confined Python program may make, by name, and their numbers.

Left out on purpose: whatever makes processes (fork, execve), opens sockets, mounts, traces, loads code
into the kernel, changes identity, or reaches other processes. A denied call fails with EPERM.
"""

import platform

# name: (x86-64, aarch64); None where that machine lacks the call.
NUMBERS: dict[str, tuple[int | None, int | None]] = {
    # memory
    "brk": (12, 214),
    "madvise": (28, 233),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "msync": (26, 227),
    "munmap": (11, 215),
    # files that are open
    "close": (3, 57),
    "close_range": (436, 436),
    "copy_file_range": (326, 285),
    "dup": (32, 23),
    "dup2": (33, None),
    "dup3": (292, 24),
    "fadvise64": (221, 223),
    "fallocate": (285, 47),
    "fchdir": (81, 50),
    "fcntl": (72, 25),
    "fdatasync": (75, 83),
    "flock": (73, 32),
    "fstat": (5, 80),
    "fstatfs": (138, 44),
    "fsync": (74, 82),
    "ftruncate": (77, 46),
    "getdents": (78, None),
    "getdents64": (217, 61),
    "lseek": (8, 62),
    "pread64": (17, 67),
    "preadv": (295, 69),
    "preadv2": (327, 286),
    "pwrite64": (18, 68),
    "pwritev": (296, 70),
    "read": (0, 63),
    "readv": (19, 65),
    "sendfile": (40, 71),
    "write": (1, 64),
    "writev": (20, 66),
    # files by name: Landlock and the jail decide which
    "access": (21, None),
    "chdir": (80, 49),
    "creat": (85, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "getcwd": (79, 17),
    "link": (86, None),
    "linkat": (265, 37),
    "lstat": (6, None),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "newfstatat": (262, 79),
    "open": (2, None),
    "openat": (257, 56),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "rmdir": (84, None),
    "stat": (4, None),
    "statfs": (137, 43),
    "statx": (332, 291),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "truncate": (76, 45),
    "umask": (95, 166),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    # modes and times: Landlock does not see these, so only a private file system allows them
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "utime": (132, None),
    "utimensat": (280, 88),
    "utimes": (235, None),
    # waiting
    "alarm": (37, None),
    "clock_getres": (229, 114),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "epoll_create": (213, None),
    "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21),
    "epoll_pwait": (281, 22),
    "epoll_wait": (232, None),
    "eventfd2": (290, 19),
    "futex": (202, 98),
    "getitimer": (36, 102),
    "gettimeofday": (96, 169),
    "nanosleep": (35, 101),
    "pause": (34, None),
    "pipe": (22, None),
    "pipe2": (293, 59),
    "poll": (7, None),
    "ppoll": (271, 73),
    "pselect6": (270, 72),
    "sched_yield": (24, 124),
    "select": (23, None),
    "setitimer": (38, 103),
    "time": (201, None),
    "timer_create": (222, 107),
    "timer_delete": (226, 111),
    "timer_getoverrun": (225, 109),
    "timer_gettime": (224, 108),
    "timer_settime": (223, 110),
    "timerfd_create": (283, 85),
    "timerfd_gettime": (287, 87),
    "timerfd_settime": (286, 86),
    "times": (100, 153),
    # signals
    "kill": (62, 129),
    "restart_syscall": (219, 128),
    "rt_sigaction": (13, 134),
    "rt_sigpending": (127, 136),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "rt_sigsuspend": (130, 133),
    "rt_sigtimedwait": (128, 137),
    "sigaltstack": (131, 132),
    "signalfd4": (289, 74),
    "tgkill": (234, 131),
    "tkill": (200, 130),
    # this process and its threads
    "arch_prctl": (158, None),
    "clone": (56, 220),
    "clone3": (435, 435),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "get_robust_list": (274, 100),
    "getcpu": (309, 168),
    "getegid": (108, 177),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getgroups": (115, 158),
    "getpgid": (121, 155),
    "getpgrp": (111, None),
    "getpid": (39, 172),
    "getppid": (110, 173),
    "getpriority": (140, 141),
    "getrandom": (318, 278),
    "getresgid": (120, 150),
    "getresuid": (118, 148),
    "getrlimit": (97, 163),
    "getrusage": (98, 165),
    "getsid": (124, 156),
    "gettid": (186, 178),
    "getuid": (102, 174),
    "prctl": (157, 167),
    "prlimit64": (302, 261),
    "rseq": (334, 293),
    "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126),
    "sched_getaffinity": (204, 123),
    "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120),
    "set_robust_list": (273, 99),
    "set_tid_address": (218, 96),
    "setrlimit": (160, 164),
    "sysinfo": (99, 179),
    "uname": (63, 160),
    "wait4": (61, 260),
    "waitid": (247, 95),
    # devices and pairs of sockets: the arguments are checked
    "getpeername": (52, 205),
    "getsockname": (51, 204),
    "getsockopt": (55, 209),
    "ioctl": (16, 29),
    "recvfrom": (45, 207),
    "sendto": (44, 206),
    "setsockopt": (54, 208),
    "shutdown": (48, 210),
    "socketpair": (53, 199),
}

EXTENDED_ATTRIBUTES: dict[str, tuple[int | None, int | None]] = {
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "getxattr": (191, 8),
    "lgetxattr": (192, 9),
    "fgetxattr": (193, 10),
    "listxattr": (194, 11),
    "llistxattr": (195, 12),
    "flistxattr": (196, 13),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
}
"""Denied with the error of a file system that lacks them, which programs that copy files expect."""

RECEIVES_FILES: dict[str, tuple[int | None, int | None]] = {"recvmsg": (47, 212)}
"""Also allowed to a process that runs tests, which gets connections to one program after the other."""

CHANGES_FILE_ATTRIBUTES = frozenset(
    {"chmod", "fchmod", "fchmodat", "utime", "utimensat", "utimes"},
)

# Made by the fork server itself, through libc's syscall(); glibc wraps none of them.
PIVOT_ROOT = (155, 41)
OPEN_TREE = (428, 428)
MOVE_MOUNT = (429, 429)
MOUNT_SETATTR = (442, 442)
LANDLOCK_CREATE_RULESET = (444, 444)
LANDLOCK_ADD_RULE = (445, 445)
LANDLOCK_RESTRICT_SELF = (446, 446)
CAPSET = (126, 91)

MACHINES = ("x86_64", "aarch64")


def machine_index(machine: str | None = None) -> int:
    """Return the column of ``NUMBERS`` for ``machine`` (default: this one).

    Raises:
        OSError: no table for this machine.
    """
    name = machine or platform.machine()
    name = {"AMD64": "x86_64", "arm64": "aarch64"}.get(name, name)
    if name not in MACHINES:
        raise OSError(f"there is no system call table for {name!r}, only for {MACHINES}")
    return MACHINES.index(name)
