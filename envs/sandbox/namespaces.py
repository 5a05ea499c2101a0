"""Namespaces and the jail: a root directory that holds Python, a few devices and nothing else.

The fork server builds the jail once, around itself. Every run then gets its own processes, users and
``/tmp``. Everything here works without privileges wherever the kernel lets users make namespaces.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Mapping, Sequence

from onelayer.envs.sandbox.syscalls import (
    CAPSET,
    MOUNT_SETATTR,
    MOVE_MOUNT,
    OPEN_TREE,
    PIVOT_ROOT,
    machine_index,
)

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x20000, 0x2000000, 0x4000000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x8000000,
    0x10000000,
    0x20000000,
    0x40000000,
)

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE, AT_EMPTY_PATH = -100, 0x8000, 0x1000
OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC, MOVE_MOUNT_F_EMPTY_PATH = 1, os.O_CLOEXEC, 4
ATTRIBUTE_RDONLY, ATTRIBUTE_NOSUID, ATTRIBUTE_NODEV = 1, 2, 4

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
SIGKILL = 9

PRIVATE_TMP = "/private/tmp"
"""The target of ``/tmp``. Its parent directory is the same in all runs, so that one set of Landlock rules,
which name directories and not mounts, serves them all."""
HOST_NAME = b"sandbox"
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")

libc = ctypes.CDLL(None, use_errno=True)


def checked(what: str, result: int) -> int:
    """Return ``result`` unless it reports a failure of ``what``.

    Raises:
        OSError: it does.
    """
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option: int, value: int) -> None:
    """Set one attribute of this process, with the system call of that name."""
    checked("prctl", libc.prctl(option, value, 0, 0, 0))


def become(uid: int) -> None:
    """Change from root to ``uid``, keeping the right to write this process's user map."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    prctl(PR_SET_DUMPABLE, 1)


def unshare(flags: int) -> None:
    """Leave some of the namespaces of the parent."""
    checked("unshare", libc.unshare(flags))


def new_user_namespace(flags: int, proc_fd: int) -> None:
    """Enter new namespaces as the same user and group, with all rights inside them.

    ``proc_fd`` is an open ``/proc``, which may lie outside the jail.
    """
    uid, gid = os.getuid(), os.getgid()
    unshare(CLONE_NEWUSER | flags)
    _write("self/setgroups", "deny", proc_fd)
    _write("self/uid_map", f"{uid} {uid} 1", proc_fd)
    _write("self/gid_map", f"{gid} {gid} 1", proc_fd)


def _write(path: str, text: str, directory_fd: int) -> None:
    fd = os.open(path, os.O_WRONLY, dir_fd=directory_fd)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def new_pid_namespace_for_children(own_namespace_fd: int) -> None:
    """Make the next fork the first process of a new pid namespace; may be called any number of times.

    A process may unshare only once, unless it first sets its children's namespace back to its own.
    """
    checked("setns", libc.setns(own_namespace_fd, CLONE_NEWPID))
    unshare(CLONE_NEWPID)


def drop_capabilities() -> None:
    """Give up all capabilities of this thread."""
    machine = machine_index()
    header = struct.pack("=Ii", 0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this thread
    checked("capset", libc.syscall(CAPSET[machine], header, bytes(24)))


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Mount a file system, with the system call of that name."""
    encode = os.fsencode
    result = libc.mount(
        encode(source) if source else None,
        encode(target),
        encode(kind) if kind else None,
        ctypes.c_ulong(flags),
        encode(options) if options else None,
    )
    checked(f"mount on {target}", result)


def mount_private_tmp(path: str, megabytes: float, inodes: int) -> None:
    """Mount an empty file system of bounded size, which vanishes with its namespace."""
    options = f"size={int(megabytes * (1 << 20))},nr_inodes={inodes},mode=0700"
    mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options)


def open_sources(readable: Mapping[str, str]) -> dict[str, int | str]:
    """Open what the jail will show, read-only, while this user may still see it.

    Args:
        readable: path in the jail -> path outside.

    Returns:
        For each path in the jail a detached mount, or the target of a link, which stays a link.
    """
    shown = {**readable, **{path: path for path in DEVICES}}
    return {
        inside: os.readlink(path) if os.path.islink(path) else _read_only_copy(path)
        for inside, path in shown.items()
    }


def _read_only_copy(path: str) -> int:
    """Return a new detached mount of what lies at ``path``."""
    flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE
    fd = int(libc.syscall(OPEN_TREE[0], AT_FDCWD, os.fsencode(path), flags))
    checked(f"open_tree of {path}", fd)
    set_read_only(fd, "", devices=path in DEVICES)
    return fd


def enter_jail(sources: Mapping[str, int | str], hidden: Sequence[str], scratch: str) -> None:
    """Change the root to an empty directory in which ``sources`` lie read-only, at the paths given.

    Args:
        sources: the result of ``open_sources``.
        hidden: directories that appear empty except for the sources within them.
        scratch: any directory; the new root is mounted on it, in this mount namespace only.
    """
    checked("sethostname", libc.sethostname(HOST_NAME, len(HOST_NAME)))
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", scratch, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m")
    covered = [h for h in hidden if any(_is_within(h, path) for path in sources)]
    to_cover = set(covered)
    for path in sorted(sources):  # a directory comes before its contents
        source, target = sources[path], scratch + path
        for h in [h for h in to_cover if _is_within(path, h)]:
            _cover(scratch + h)
            to_cover.remove(h)
        if isinstance(source, str):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.symlink(source, target)
        else:
            _attach(source, target)
            os.close(source)
    for h in to_cover:
        _cover(scratch + h)
    for h in covered:  # a writable one would carry files from run to run
        if os.path.isdir(scratch + h):
            set_read_only(AT_FDCWD, scratch + h, devices=False)
    os.makedirs(scratch + PRIVATE_TMP)
    os.symlink(PRIVATE_TMP, scratch + "/tmp")
    os.symlink("/tmp", scratch + "/dev/shm")  # where libc makes semaphores
    _pivot(scratch)


def _is_within(path: str, directory: str) -> bool:
    return path.startswith(directory.rstrip("/") + "/")


def _cover(directory: str) -> None:
    """Mount an empty file system over a directory, if there is one."""
    if os.path.isdir(directory):
        mount("tmpfs", directory, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m")


def _attach(tree_fd: int, target: str) -> None:
    """Put a detached mount at ``target``, which is made."""
    if stat.S_ISDIR(os.fstat(tree_fd).st_mode):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o444))
    result = libc.syscall(
        MOVE_MOUNT[0], tree_fd, b"", AT_FDCWD, os.fsencode(target), MOVE_MOUNT_F_EMPTY_PATH
    )
    checked(f"move_mount to {target}", result)


def set_read_only(directory_fd: int, path: str, devices: bool) -> None:
    """Forbid writing beneath a mount; unlike a remount this keeps the flags that are locked."""
    flags = ATTRIBUTE_RDONLY | ATTRIBUTE_NOSUID | (0 if devices else ATTRIBUTE_NODEV)
    attributes = struct.pack("=QQQQ", flags, 0, 0, 0)
    at = AT_RECURSIVE | (0 if path else AT_EMPTY_PATH)
    result = libc.syscall(
        MOUNT_SETATTR[0], directory_fd, os.fsencode(path), at, attributes, len(attributes)
    )
    checked(f"mount_setattr on {path or 'a source'}", result)


def _pivot(new_root: str) -> None:
    os.chdir(new_root)
    machine = machine_index()
    checked("pivot_root", libc.syscall(PIVOT_ROOT[machine], b".", b"."))
    # The old root now lies on top of the new one: unmount it.
    checked("umount", libc.umount2(b".", MNT_DETACH))
    os.chdir("/")
    mount(None, "/", None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
