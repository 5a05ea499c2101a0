"""Says in one sentence where an error was raised, for authors of environments: file, line and function."""

import sysconfig
from pathlib import Path
from traceback import extract_tb
from types import CodeType

_BETWEEN = {("agents", "boundary.py"), ("agents", "calls.py"), ("envs", "text.py")}
_LIBRARIES = tuple(
    str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "purelib", "platlib")
)


def place_of_error(error: BaseException) -> str:
    """Return the type and message of an error, and the innermost line that is no library's."""
    message = " ".join(str(error).split())
    said = f"{type(error).__name__}: {message}" if message else type(error).__name__
    frames = [f for f in extract_tb(error.__traceback__) if not _is_between(f.filename)]
    own = [frame for frame in frames if not _is_of_library(frame.filename)]
    if not frames:
        return said
    frame = (own or frames)[-1]
    return f"{said} ({_place(frame.filename, frame.lineno or 0, frame.name)})"


def place_of_code(code: CodeType) -> str:
    """Return where a function begins."""
    return _place(code.co_filename, code.co_firstlineno, code.co_qualname)


def _place(file: str, line: int, function: str) -> str:
    path = Path(file)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"{shown}, line {line}, in {function}"


def _is_of_library(file: str) -> bool:
    path = str(Path(file).resolve())
    return file.startswith("<") or "site-packages" in path or path.startswith(_LIBRARIES)


def _is_between(file: str) -> bool:
    """Return whether a file is one of ours that only passes calls on to the environment."""
    path = Path(file)
    return path.parent.name == "check" or path.parts[-2:] in _BETWEEN
