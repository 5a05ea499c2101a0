"""What an environment reports about this machine, such as its isolation: printed first, kept with results."""

from pathlib import Path
from typing import Any

from onelayer.envs.attributes import attribute
from onelayer.errors import EnvironmentFailed
from onelayer.files import write_atomically

FILE_NAME = "machine.txt"


def report_of(env: Any) -> list[str]:
    """Return the environment's report, no lines where it has none.

    Raises:
        EnvironmentFailed: the environment cannot work on this machine.
    """
    try:
        return list(attribute(env, "report", list)())
    except RuntimeError as error:
        raise EnvironmentFailed(str(error)) from error


def keep_report(lines: list[str], folder: Path) -> None:
    """Print the first line and write all of them into ``folder``."""
    if lines:
        print(lines[0])
        write_atomically(folder / FILE_NAME, "".join(f"{line}\n" for line in lines))
