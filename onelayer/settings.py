"""Settings: fields that become flags, the YAML that they are written as, and hints for a misspelt name.

Commands, training and evaluation share these, so that a setting means, reads and fails the same everywhere.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import field, fields
from pathlib import Path
from typing import Any

import yaml

import onelayer
from onelayer.files import write_atomically


def option(default: Any, help: str, **metadata: Any) -> Any:  # noqa: A002  (argparse's word)
    """Return a field of a dataclass of settings, which ``onelayer.commands.configuration`` makes a flag of.

    Args:
        default: its value; a list is copied for each instance.
        help: what ``--help`` says about it.
        metadata: ``positional=True`` for an argument without a flag; ``section="model"`` for the part of
            ``--help`` that this field is in, and the following ones up to the next that names a section.
    """
    about = {"help": help, **metadata}
    if isinstance(default, list):
        return field(default_factory=default.copy, metadata=about)
    return field(default=default, metadata=about)


def require(
    config: Any,
    *names: str,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
) -> None:
    """Check fields of ``config`` that are numbers; one that is None is not set and passes.

    Raises:
        ValueError: a number is out of range, or not a number at all (nan).
    """
    for name in names:
        value = getattr(config, name)
        if value is None:
            continue
        if at_least is not None and not value >= at_least:
            raise ValueError(f"{name} must be at least {at_least}, got {value}")
        if above is not None and not value > above:
            raise ValueError(f"{name} must be above {above}, got {value}")
        if at_most is not None and not value <= at_most:
            raise ValueError(f"{name} must be at most {at_most}, got {value}")


def as_mapping(config: Any) -> dict[str, Any]:
    """Return the fields of a dataclass by name; unlike ``asdict`` it copies no values."""
    return {f.name: getattr(config, f.name) for f in fields(config)}


def write_settings(config: Any, path: Path | str) -> None:
    """Write a mapping, or all fields of a dataclass, as YAML; ``--config PATH`` repeats the command."""
    values = dict(config) if isinstance(config, Mapping) else as_mapping(config)
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
    write_atomically(path, f"# onelayer {onelayer.__version__}\n{text}")


def read_settings(path: Path | str) -> dict[str, Any]:
    """Return the mapping that a YAML file holds.

    Raises:
        ValueError: the file holds something else.
        OSError: it cannot be read.
    """
    try:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a YAML file: {error}") from error
    if not isinstance(values, Mapping):
        raise ValueError(f"{path} must hold a YAML mapping of fields to values")
    return {str(name): value for name, value in values.items()}


def known_fields(config_class: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of ``values`` that are fields of ``config_class``: other versions have others."""
    names = {f.name for f in fields(config_class)}
    return {name: value for name, value in values.items() if name in names}


def parse_mapping(text: str, name: str, example: str = "{room_size: 5}") -> dict[str, Any]:
    """Read a YAML or JSON mapping such as ``{room_size: 5}``; an empty text is an empty mapping.

    Raises:
        ValueError: ``text`` is no mapping of names to values; the message begins with ``name``.
    """
    try:
        value = yaml.safe_load(text) if text.strip() else {}
    except yaml.YAMLError:
        value = None
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ValueError(f"{name} takes a mapping such as '{example}', got {text!r}")
    return value


def run_folder(out: str, *words: str) -> Path:
    """Return the folder that a command writes to: ``out``, or one below ``runs/`` named by these words."""
    name = "-".join(words).replace("/", "_").replace(":", "-")
    return Path(out or f"runs/{name}")


def world_of(env: str) -> str:
    """Return a short name of an environment for folders: ``alfworld`` of ``onelayer/ALFWorld-v0``."""
    if env.lstrip().startswith("["):  # a YAML list of several
        return "mixture"
    return env.rpartition("/")[2].rpartition(":")[2].partition("-v")[0].lower()


def did_you_mean(
    word: str, possible: Iterable[str], *, otherwise: str | None = None, most: int = 1
) -> str:
    """Return the end of an error about a name that does not exist.

    Args:
        word: the name; case does not matter.
        possible: the names that there are.
        otherwise: what to return where none is near; by default a list of all.
        most: how many near names to show.

    Returns:
        ``; did you mean 'x'?``, or ``; there are: x, y, z``.
    """
    possible = list(possible)
    lowered = {name.lower(): name for name in possible}
    close = difflib.get_close_matches(word.lower(), lowered, n=most)
    if close:
        return f"; did you mean {' or '.join(repr(lowered[name]) for name in close)}?"
    return f"; there are: {', '.join(possible)}" if otherwise is None else otherwise
