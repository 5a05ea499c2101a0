"""Suites by name: those that ship, those of installed packages, and YAML files.

A package brings its suites by entry points in the group ``onelayer.suites``. Each is a ``Suite``, a
function that returns one, or the path of a YAML file::

    [project.entry-points."onelayer.suites"]
    mazes = "maze.suites:mazes"
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from onelayer.errors import UnknownName
from onelayer.evals.definition import AGENT_FIELDS, METRICS, AnySuite, Collection, Suite
from onelayer.evals.figures import PART, majority_k, pass_k
from onelayer.settings import did_you_mean

__all__ = [
    "AGENT_FIELDS",
    "METRICS",
    "PART",
    "AnySuite",
    "Collection",
    "Suite",
    "load_single_suite",
    "load_suite",
    "majority_k",
    "pass_k",
    "plugin_suites",
    "shipped_suites",
    "suite_of",
]

GROUP = "onelayer.suites"
_OF_COLLECTION = ("name", "description", "version", "agent", "parts")


def load_suite(name: str) -> AnySuite:
    """Return a suite by its name, or by the path of its YAML file.

    Raises:
        UnknownName: there is no such suite or file; the message names the nearest.
        ValueError: the file holds something that cannot work.
    """
    shipped, plugins = shipped_suites(), plugin_suites()
    if name in shipped:
        return _parse(shipped[name].read_text(encoding="utf-8"), name)
    if name in plugins:
        return _of_plugin(name, plugins[name])
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        if not path.is_file():
            raise UnknownName(f"there is no suite file {name}")
        return _parse(_text(path), path.stem)
    hint = did_you_mean(name, [*shipped, *plugins])
    raise UnknownName(f"there is no suite {name!r}{hint} (or give the path of a .yaml file)")


def load_single_suite(name: str) -> Suite:
    """Return a suite of one environment; see ``load_suite``.

    Raises:
        ValueError: the suite is of several environments.
    """
    suite = load_suite(name)
    if isinstance(suite, Collection):
        parts = ", ".join(part.name for part in suite.parts)
        raise ValueError(f"suite {name} is of several environments; name one of {parts}")
    return suite


def shipped_suites() -> dict[str, Traversable]:
    """Return the files of the suites that ship, by name."""
    folder = files("onelayer.evals.suites")
    found = [file for file in folder.iterdir() if file.name.endswith(".yaml")]
    return {file.name.removesuffix(".yaml"): file for file in sorted(found, key=lambda f: f.name)}


def plugin_suites() -> dict[str, EntryPoint]:
    """Return the entry points of the suites that installed packages bring, by name."""
    return {entry.name: entry for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name)}


def suite_of(values: Mapping[str, Any], name: str = "") -> AnySuite:
    """Return the suite that a mapping describes, as in a YAML file or from ``Suite.as_dict``.

    Raises:
        ValueError: a key is unknown or missing, or a value cannot work.
    """
    values = {"name": name, **values}
    if "parts" in values:
        return _collection_of(values)
    _require_known(values, [field.name for field in fields(Suite)])
    if "env" not in values:
        raise ValueError(f"suite {values['name']}: env is missing (or parts, several suites)")
    lists = {k: tuple(v) for k, v in values.items() if isinstance(v, list)}
    return Suite(**{**values, **lists})


def _collection_of(values: Mapping[str, Any]) -> Collection:
    """Return a suite of several: each part a name, ``{suite: NAME, ...}`` with changes, or a whole suite."""
    _require_known(values, _OF_COLLECTION)
    name, parts = str(values["name"]), values["parts"]
    if not isinstance(parts, list | tuple):
        raise ValueError(f"suite {name}: parts is {parts!r}, not a list of suites")
    found: list[Suite] = []
    for number, part in enumerate(parts, start=1):
        if not isinstance(part, str | Mapping):
            raise ValueError(f"suite {name}: part {number} is {part!r}, not a suite")
        given = {"suite": part} if isinstance(part, str) else dict(part)
        base = given.pop("suite", None)
        whole = suite_of(given, f"part-{number}") if base is None else load_suite(str(base))
        if base is not None and given:
            whole = suite_of({**whole.as_dict(), **given})
        found += whole.parts
    description = str(values.get("description", ""))
    version = values.get("version", 1)
    if not isinstance(version, int) or isinstance(version, bool):
        raise ValueError(f"suite {name}: version is {version!r}, not a whole number")
    return Collection(name, tuple(found), description, version, values.get("agent") or {})


def _require_known(values: Mapping[str, Any], known: Iterable[str]) -> None:
    known = list(known)
    for key in values:
        if key not in known:
            hint = did_you_mean(str(key), known)
            raise ValueError(f"suite {values['name']}: unknown key {str(key)!r}{hint}")


def _of_plugin(name: str, entry: EntryPoint) -> AnySuite:
    package = entry.dist.name if entry.dist is not None else entry.value
    try:
        found = entry.load()
        found = found() if callable(found) else found
    except Exception as error:
        raise ValueError(
            f"suite {name} of the package {package} failed: {type(error).__name__}: {error}"
        ) from error
    if isinstance(found, str | Path):
        found = _parse(_text(Path(found)), name)
    if not isinstance(found, Suite | Collection):
        raise ValueError(
            f"suite {name} of the package {package} is {found!r}, not a Suite or a path"
        )
    return replace(found, name=name)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"suite {path} is not a text file") from error


def _parse(text: str, name: str) -> AnySuite:
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"suite {name} is not a YAML file: {error}") from error
    if not isinstance(values, Mapping):
        raise ValueError(f"suite {name} must hold a YAML mapping")
    return suite_of(values, name)
