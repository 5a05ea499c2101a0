"""From the command line and a YAML file to one frozen dataclass.

``trl.TrlParser`` does the parsing: a field's default < the file of ``--config`` < a flag. Its
``parse_args_and_config`` is not used, for two reasons: it takes a top-level ``env:`` in the file
for environment variables, where ours is the id of an environment; and it copies the file's values
into the dataclass unchecked.

A command's ``Config`` has fields of bool, int, float, str, ``Literal``, a list of one of these, or
one of them ``| None``::

    iterations: int = option(60, "rollouts and updates")
    run: str = option("", "run folder", positional=True)
"""

import argparse
import dataclasses
import itertools
import re
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml

from onelayer.settings import as_mapping, did_you_mean, read_settings

C = TypeVar("C")
_NUMBERS = r"-?\d+(-\d+)?"
"""a whole number, or a range of them"""


def parse_config(
    config_class: type[C], arguments: Sequence[str], *, program: str, description: str
) -> C:
    """Build a ``config_class`` from a command's arguments.

    Raises:
        ValueError: an unknown flag or key, or a value of the wrong type; it says what is possible.
        OSError: the file of ``--config`` can't be read.
        SystemExit: ``--help`` was asked for and printed.
    """
    parser = parser_of(config_class, program, description)
    path = _config_path(arguments)
    if path is not None:
        parser.set_defaults_with_config(**_read(path, config_class))
    *parsed, unknown = parser.parse_args_into_dataclasses(
        args=_explicit(arguments, config_class),
        return_remaining_strings=True,
        look_for_args_file=False,
    )
    if unknown:
        raise ValueError(_unknown_argument(unknown[0], config_class, program))
    *sections, others = parsed  # the last holds what belongs to no dataclass
    values = {name: value for part in sections for name, value in as_mapping(part).items()}
    positionals = {name: getattr(others, name) for name in _positionals(config_class)}
    return config_class(**values, **positionals)


def own_folder(arguments: Sequence[str], *, beside: str) -> str:
    """Return the folder that holds the file of ``--config``, if that is the folder of the run itself.

    So a run folder that was copied or moved goes on where it is now, not where its ``config.yaml`` says.

    Args:
        arguments: the command's; ``--out`` among them wins.
        beside: a file or folder that lies beside ``config.yaml`` in a run folder.

    Returns:
        The folder; empty if the file lies elsewhere, or with ``--out``.
    """
    path = _config_path(arguments)
    named = any(a == "--out" or a.startswith("--out=") for a in arguments)
    return "" if path is None or named or not (path.parent / beside).exists() else str(path.parent)


def parser_of(config_class: type[Any], program: str, description: str) -> Any:
    """Return a ``TrlParser`` of the fields that are flags, with the positional ones added.

    The parser changes the ``type`` of the fields it is given and knows no positional arguments,
    hence the copy.
    """
    from trl import TrlParser

    class Parser(TrlParser):  # type: ignore[misc]
        def error(self, message: str) -> None:
            # argparse names both spellings: "argument --group_size/--group-size: expected ..."
            message = re.sub(r"argument (?:--\w+/)?(--[\w-]+)", r"\1", message)
            raise ValueError(f"{message} (see {program} --help)")

    hints = get_type_hints(config_class)
    sections = []
    for section, fields in _sections(config_class).items():
        flags = [(f.name, hints[f.name], _copy(f)) for f in fields]
        part = dataclasses.make_dataclass("Section", flags)
        setattr(part, "_argument_group_name", section)  # noqa: B010  (read by the parser's base class)
        sections.append(part)
    places = "".join(f"[{name.upper()}] " for name in _positionals(config_class))
    parser = Parser(
        sections,
        prog=program,
        usage=f"{program} {places}[OPTIONS]",
        description=description,
        formatter_class=_HelpFormatter,
        allow_abbrev=False,
    )
    for field in _fields(config_class):
        if _is_positional(field):
            _add_positional(parser, field, hints[field.name])
    parser.add_argument(
        "--config", metavar="FILE", help="YAML file of these fields; a flag wins over it"
    )
    parser.add_argument(
        "--debug",
        action="store_true",
        default=argparse.SUPPRESS,
        help="show the traceback of an error",
    )
    return parser


def _sections(config_class: type[Any]) -> dict[str, list[dataclasses.Field[Any]]]:
    """Return the flags by section; a field that names no section is in that of the field before it."""
    named = {
        field.name: field.metadata["section"]
        # A subclass that changes a default keeps the section.
        for base in reversed(config_class.__mro__)
        if dataclasses.is_dataclass(base)
        for field in _fields(base)
        if "section" in field.metadata
    }
    sections: dict[str, list[dataclasses.Field[Any]]] = {}
    section = "options of this command"
    for field in _fields(config_class):
        section = named.get(field.name, section)
        if not _is_positional(field):
            sections.setdefault(section, []).append(field)
    if "output" in sections:
        sections["output"] = sections.pop("output")  # it stands last
    return sections


def _copy(field: dataclasses.Field[Any]) -> Any:
    metadata = {"help": field.metadata.get("help", "").replace("%", "%%")}
    if field.default_factory is not dataclasses.MISSING:
        return dataclasses.field(default_factory=field.default_factory, metadata=metadata)
    return dataclasses.field(default=field.default, metadata=metadata)


def _add_positional(parser: Any, field: dataclasses.Field[Any], hint: Any) -> None:
    """Add one optional positional: all have defaults, so that a YAML file can stand for them."""
    many = get_origin(hint) is list
    default = field.default if field.default_factory is dataclasses.MISSING else None
    kind = _plain(get_args(hint)[0] if many else hint)
    parser.add_argument(
        field.name,
        metavar=field.name.upper(),
        nargs="*" if many else "?",
        type=kind,
        default=[] if many else default,
        help=field.metadata.get("help", "").replace("%", "%%"),
    )


class _HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows ``--group-size`` once, not again as ``--group_size``, and no default where none is."""

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings:
            return super()._format_action_invocation(action)
        shown = [o for o in action.option_strings if "_" not in o]
        value = ""
        if action.nargs != 0 and action.nargs != "?":
            value = " " + self._format_args(action, action.dest.rsplit("_", 1)[-1].upper())
        return ", ".join(shown) + value

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default is None or action.default in ("", False) or action.default == []:
            return action.help
        if any(option.startswith("--no-") for option in action.option_strings):
            return "turn it off"
        return super()._get_help_string(action)


def _explicit(arguments: Sequence[str], config_class: type[Any]) -> list[str]:
    """Write a lone ``--random`` as ``--random=true``: argparse would take the next word as its value."""
    hints = get_type_hints(config_class)
    switches = {f"--{f.name}" for f in _fields(config_class) if hints[f.name] is bool}
    words = {"yes", "true", "t", "y", "1", "no", "false", "f", "n", "0"}
    result = []
    for argument, following in itertools.zip_longest(arguments, arguments[1:], fillvalue=""):
        is_switch = "--" + argument[2:].replace("-", "_") in switches
        lone = is_switch and following.lower() not in words
        result.append(f"{argument}=true" if lone else argument)
    return result


def _config_path(arguments: Sequence[str]) -> Path | None:
    finder = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    finder.add_argument("--config")
    try:
        found, _ = finder.parse_known_args(list(arguments))
    except argparse.ArgumentError as error:
        raise ValueError("--config takes the path of a YAML file") from error
    return None if found.config is None else Path(found.config)


def _read(path: Path, config_class: type[Any]) -> dict[str, Any]:
    """Return the checked values of a YAML file by field name."""
    hints = get_type_hints(config_class)
    names = [f.name for f in _fields(config_class)]
    outdated = getattr(config_class, "OUTDATED", {})
    values = {}
    for key, value in read_settings(path).items():
        name = key.replace("-", "_")
        if name not in names and name in outdated and value == outdated[name]:
            continue  # an older version wrote it, and it means nothing
        if name not in names:
            raise ValueError(f"{path}: unknown key {key!r}{did_you_mean(name, names)}")
        values[name] = _checked(value, hints[name], f"{path}: {key}")
    return values


def _checked(value: Any, hint: Any, where: str) -> Any:
    """Return a YAML value as the field's type, which argparse would not check."""
    if value is None and type(None) in get_args(hint):
        return None
    kind = _plain(hint)
    if get_origin(kind) is Literal:
        if value in get_args(kind):
            return value
        raise ValueError(f"{where} must be one of {', '.join(map(str, get_args(kind)))}: {value!r}")
    if get_origin(kind) is list:
        if not isinstance(value, list):
            raise ValueError(f"{where} must be a list, got {value!r}")
        return [_checked(item, get_args(kind)[0], where) for item in value]
    if (
        kind is str
        and isinstance(value, list)
        and all(re.fullmatch(_NUMBERS, str(i)) for i in value)
    ):
        return ",".join(map(str, value))  # layers: [3, 10-14]
    if kind is str and isinstance(value, Mapping | list):
        return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10**6).strip()
    if kind is bool and isinstance(value, bool):
        return value
    if kind is not bool and isinstance(value, str | int | float) and not isinstance(value, bool):
        try:  # text too: YAML 1.1 reads 1e-5 as text
            if kind is not int or not isinstance(value, float):
                return kind(value)
        except ValueError:
            pass
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    raise ValueError(f"{where} must be {names[kind]}, got {value!r}")


def _plain(hint: Any) -> Any:
    """Return ``T`` for ``T | None``."""
    if get_origin(hint) in (Union, types.UnionType):
        return next(kind for kind in get_args(hint) if kind is not type(None))
    return hint


def _fields(config_class: type[Any]) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(config_class)


def _is_positional(field: dataclasses.Field[Any]) -> bool:
    return bool(field.metadata.get("positional"))


def _positionals(config_class: type[Any]) -> list[str]:
    return [f.name for f in _fields(config_class) if _is_positional(f)]


def _unknown_argument(argument: str, config_class: type[Any], program: str) -> str:
    if not argument.startswith("-"):
        return f"unexpected argument {argument!r} (see {program} --help)"
    flag = argument.split("=", 1)[0]
    flags = [f"--{f.name.replace('_', '-')}" for f in _fields(config_class)]
    hint = did_you_mean(flag.replace("_", "-"), flags, otherwise=f" (see {program} --help)")
    return f"unknown option {flag}{hint}"
