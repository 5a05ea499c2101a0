"""The `onelayer` program: finds the command, and turns errors into one line.

A command is a module of ``onelayer.commands`` with ``HELP`` (one line), ``Config`` (a frozen
dataclass, see ``onelayer.commands.configuration``) and ``run(config)``; or with ``HELP`` and
``main(arguments)`` where it has actions of its own. Heavy libraries are imported inside ``run``:
``onelayer --help`` answers at once.
"""

import os
import signal
import sys
import warnings
from collections.abc import Sequence

import onelayer
from onelayer.commands import COMMANDS, load
from onelayer.commands.configuration import parse_config
from onelayer.errors import EnvironmentFailed, RunFailed, UnknownName
from onelayer.interrupts import Interrupted, interrupted_by_signals
from onelayer.settings import did_you_mean

_OF_TRAINING = (
    "accelerate",
    "evaluate",
    "httpx",
    "safetensors",
    "shtab",
    "torch",
    "tqdm",
    "transformers",
    "trl",
)
"""what the extra ``train`` installs"""


_FIRST_SCREEN = """\
onelayer {version}: {about}

Three commands to try:

  onelayer envs play onelayer/ALFWorld-v0 --env-args '{{room_size: 5}}'
      play a household task yourself
  onelayer eval tiny --suite alfworld --episodes 60 --env-args '{{room_size: 8, max_steps: 10}}'
      see how good the tiny model is at it, beside an expert and chance (a minute)
  onelayer train --env-args '{{room_size: 8, max_steps: 10}}' --iterations 40
      train one layer of it, and watch it get better (some minutes)

onelayer --help lists all commands; onelayer COMMAND --help shows the options of one."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0; 1: a check failed; 2: an error; 130 (Ctrl-C), 143 (SIGTERM), 129 (SIGHUP): stopped in good order.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments or os.environ.get("ONELAYER_DEBUG", "") not in ("", "0")
    arguments = [argument for argument in arguments if argument != "--debug"]
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Read when torch is imported. OpenMP threads that spin while they wait take the cores from each other
    # where other programs use them too: measured on a busy machine of 2 cores, 16.0 s an iteration became
    # 3.7 s.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if os.getcwd() not in sys.path:
        # At the end: --env my_envs:Maze-v0 is found, but root folders such as envs/ shadow no package.
        sys.path.append(os.getcwd())
    if not debug:
        warnings.formatwarning = _one_line_warning
    try:
        with interrupted_by_signals():
            return _dispatch(arguments)
    except KeyboardInterrupt as stop:
        print("onelayer: interrupted", file=sys.stderr)
        return 128 + (stop.number if isinstance(stop, Interrupted) else signal.SIGINT)
    except BrokenPipeError:  # `onelayer envs list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if debug or missing not in _OF_TRAINING:
            raise
        print(
            f"onelayer: error: {missing} is not installed: pip install 'onelayer[train]'",
            file=sys.stderr,
        )
        return 2
    except Exception as error:
        if debug or not _is_for_the_user(error):
            raise
        print(f"onelayer: error{_which_process()}: {_one_line(error)}", file=sys.stderr)
        return 2


def _dispatch(arguments: list[str]) -> int:
    if not arguments:
        print(_FIRST_SCREEN.format(version=onelayer.__version__, about=onelayer.__doc__))
        return 0
    if arguments[0] in ("-h", "--help", "help"):
        print(_help())
        return 0
    if arguments[0] in ("-V", "--version"):
        print(f"onelayer {onelayer.__version__}")
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        raise ValueError(f"unknown command {name!r}{did_you_mean(name, COMMANDS)}")
    command = load(name)
    program = f"onelayer {name}"
    if hasattr(command, "main"):
        return int(command.main(rest) or 0)
    config = parse_config(command.Config, rest, program=program, description=command.HELP)
    return int(command.run(config) or 0)


def _help() -> str:
    rows = "\n".join(f"  {name:<10} {load(name).HELP}" for name in COMMANDS)
    return f"""\
usage: onelayer COMMAND [OPTIONS]

{onelayer.__doc__}

commands:
{rows}

onelayer COMMAND --help shows a command's options; --config FILE reads them from YAML.
--debug (or ONELAYER_DEBUG=1) shows the traceback of an error; --version the version."""


def _is_for_the_user(error: Exception) -> bool:
    """Return whether the message is for the user; otherwise it is a bug that needs its traceback."""
    if isinstance(error, ValueError | OSError | UnknownName | EnvironmentFailed | RunFailed):
        return True
    gymnasium_error = sys.modules.get("gymnasium.error")
    return gymnasium_error is not None and isinstance(error, gymnasium_error.Error)


def _which_process() -> str:
    """Return which process of several this is, where a launcher such as torchrun says so."""
    rank, processes = os.environ.get("RANK", "0"), os.environ.get("WORLD_SIZE", "1")
    return "" if processes == "1" else f" in process {rank} of {processes}"


def _one_line_warning(message: Warning | str, *_: object, **__: object) -> str:
    return f"onelayer: warning: {' '.join(str(message).split())}\n"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
