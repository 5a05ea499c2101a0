"""`onelayer completion`: print what a shell needs to complete commands and options with the Tab key."""

import argparse
from dataclasses import dataclass
from typing import Any

from onelayer.commands import COMMANDS, load
from onelayer.settings import option

HELP = "print tab completion for bash, zsh or tcsh"
SHELLS = ("bash", "zsh", "tcsh")
_PATHS = ("config", "run", "out", "results", "runs", "games", "rescore", "compare")
"""options and arguments that are files or folders"""


@dataclass(frozen=True, slots=True)
class Config:
    """The shell whose file is printed."""

    shell: str = option("bash", f"one of {', '.join(SHELLS)}", positional=True)

    def __post_init__(self) -> None:
        if self.shell not in SHELLS:
            raise ValueError(f"shell is one of {', '.join(SHELLS)}, got {self.shell!r}")


def run(config: Config) -> None:
    """Print the completion script of a shell."""
    import shtab

    print(shtab.complete(program(), shell=config.shell))


def program() -> argparse.ArgumentParser:
    """Return one parser of all commands with all of their options."""
    whole = argparse.ArgumentParser("onelayer")
    commands = whole.add_subparsers(dest="command")
    for name in COMMANDS:
        module = load(name)
        parser = _parser_of(module, name)
        for action in parser._actions:
            _simplify(action)
        commands.add_parser(name, help=module.HELP, parents=[parser], add_help=False)
    return whole


def _parser_of(module: Any, name: str) -> Any:
    if hasattr(module, "parser"):
        return module.parser()
    from onelayer.commands.configuration import parser_of

    return parser_of(module.Config, f"onelayer {name}", module.HELP)


def _simplify(action: argparse.Action) -> None:
    """Offer ``--group-size``, not ``--group_size`` too; complete paths where a path is asked for."""
    action.option_strings = [option for option in action.option_strings if "_" not in option]
    if action.dest in _PATHS:
        import shtab

        action.complete = shtab.FILE  # type: ignore[attr-defined]
