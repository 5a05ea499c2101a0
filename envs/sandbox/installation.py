"""Where the Python that runs programs is installed, and which files of the machine it must read."""

import importlib.util
import os
import sys
import sysconfig
from collections.abc import Sequence

ALTERNATIVES = "/etc/alternatives"
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo")


def interpreter() -> str:
    """Return the path of the interpreter itself, not of a virtual environment's link to it."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable) or sys.executable)


def standard_library() -> list[str]:
    """Return the directories of the standard library."""
    found = {sysconfig.get_path(name, vars={"base": sys.base_prefix}) for name in ("stdlib",)}
    found.add(os.path.dirname(os.path.realpath(os.__file__)))
    # Extension modules and libpython may lie beside it: <prefix>/lib64, <prefix>/lib.
    found.add(sysconfig.get_config_var("DESTSHARED") or "")
    return sorted(path for path in found if path and os.path.isdir(path))


def shared_libraries() -> list[str]:
    """Return the path of libpython where this Python uses it as a shared library, else nothing."""
    directory = sysconfig.get_config_var("LIBDIR") or ""
    name = sysconfig.get_config_var("INSTSONAME") or ""
    path = os.path.join(directory, name)
    return [path] if name.endswith(".so") or (".so." in name and os.path.exists(path)) else []


def libraries_of(packages: Sequence[str]) -> list[str]:
    """Return the libraries that packages need, except the system's and their own."""
    return [*_alternatives(), *_libraries_beside()] if packages else []


def _alternatives() -> list[str]:
    """Return Debian's links to one of several builds of a library, such as numpy's BLAS."""
    try:
        names = os.listdir(ALTERNATIVES)
    except OSError:
        return []
    paths = [os.path.join(ALTERNATIVES, name) for name in sorted(names)]
    return [p for p in paths if ".so" in os.path.basename(p) and os.path.exists(p)]


def _libraries_beside() -> list[str]:
    """Return libraries in the prefix that compiled packages are built against, as conda lays them out."""
    directory = os.path.join(sys.base_prefix, "lib")
    if not os.path.isdir(os.path.join(sys.base_prefix, "conda-meta")):
        return []
    found = [os.path.join(directory, name) for name in sorted(os.listdir(directory))]
    return [path for path in found if ".so" in os.path.basename(path) and os.path.isfile(path)]


def library_path(packages: Sequence[str]) -> dict[str, str]:
    """Return the environment variable for finding those libraries, since packages move in the jail."""
    beside = _libraries_beside() if packages else []
    return {"LD_LIBRARY_PATH": os.path.dirname(beside[0])} if beside else {}


def installed_packages(names: Sequence[str]) -> list[str]:
    """Return those of ``names`` that are packages and installed."""
    return [name for name in names if _folder(name)]


def _folder(name: str) -> str | None:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return os.path.realpath(next(iter(spec.submodule_search_locations)))


def locate_packages(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the directories that ``sys.path`` needs for packages, and what must be readable."""
    folders = [folder for folder in map(_folder, names) if folder]
    readable = []
    for folder in folders:
        # A wheel keeps the shared libraries beside the package.
        readable += [path for path in (folder, folder + ".libs") if os.path.isdir(path)]
    return list(dict.fromkeys(os.path.dirname(folder) for folder in folders)), readable


def readable_paths() -> list[str]:
    """Return what every level lets a program read, apart from packages."""
    paths = [path for path in LIBRARIES if os.path.exists(path)]
    paths += [*standard_library(), *shared_libraries()]
    kept: list[str] = []
    for path in sorted(dict.fromkeys(paths)):
        if not any(path.startswith(other.rstrip("/") + "/") for other in kept):
            kept.append(path)
    return kept


def hidden_paths() -> list[str]:
    """Return the directories of installed packages within those; a packaged data set may hold answers."""
    found = []
    for directory in (*standard_library(), "/usr/lib/python3", "/usr/lib64/python3"):
        found += [os.path.join(directory, name) for name in ("site-packages", "dist-packages")]
    return [path for path in dict.fromkeys(found) if os.path.isdir(path)]


def readable_by_others(paths: Sequence[str]) -> bool:
    """Return whether another user could read these paths, ignoring the directories above them."""
    modules = [os.path.join(path, "os.py") for path in paths]
    checked = [*paths, *(path for path in modules if os.path.exists(path))]
    return all(os.stat(path).st_mode & 0o004 for path in checked)
