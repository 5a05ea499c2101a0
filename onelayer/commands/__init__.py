"""The commands of the `onelayer` program, one file each."""

import importlib
from types import ModuleType

COMMANDS = {
    "train": "train",
    "serve": "serve",
    "eval": "evaluate",
    "suites": "suites",
    "view": "view",
    "export": "export",
    "warmstart": "warmstart",
    "envs": "envs",
    "profile": "profile_layers",
    "plan": "plan",
    "merge": "merge",
    "report": "report",
    "completion": "completion",
}
"""each command, and its module in this package"""


def load(name: str) -> ModuleType:
    """Import the module of a command, a key of ``COMMANDS``."""
    return importlib.import_module(f"onelayer.commands.{COMMANDS[name]}")
