import os
import subprocess
import sys
from dataclasses import dataclass, field, fields
from types import SimpleNamespace

import pytest

import onelayer
from onelayer import cli
from onelayer.commands.configuration import parse_config
from onelayer.errors import EnvironmentFailed, RunFailed, UnknownName
from onelayer.settings import write_settings

HEAVY = ("torch", "transformers", "trl", "evaluate", "datasets", "accelerate", "textworld")


@dataclass(frozen=True)
class Config:
    size: int = field(default=1, metadata={"help": "a size"})


@pytest.fixture
def command(monkeypatch):
    """Put a command in the place of `merge`, and return what it shall do as an attribute."""
    stand_in = SimpleNamespace(HELP="a stand-in", Config=Config, run=lambda config: None)
    monkeypatch.setattr(cli, "load", lambda name: stand_in)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delenv("ONELAYER_DEBUG", raising=False)
    return stand_in


def does_raise(error):
    def run(config):
        raise error

    return run


def modules_after(*arguments):
    """Run the program in a new process; return the heavy modules it imported, and its output."""
    code = (
        "import sys\n"
        "from onelayer.cli import main\n"
        f"status = main({list(arguments)!r})\n"
        f"print('HEAVY', [m for m in {HEAVY!r} if m in sys.modules])\n"
        "sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    output, _, heavy = done.stdout.rpartition("HEAVY ")
    return heavy.strip(), output


def test_help_names_every_command_and_imports_no_heavy_library():
    heavy, output = modules_after("--help")
    assert heavy == "[]"
    for name in ("train", "eval", "warmstart", "envs", "merge", "report"):
        assert f"\n  {name} " in output


@pytest.mark.parametrize(
    "arguments",
    [
        ("envs", "list"),
        ("envs", "show", "onelayer/Counting-v0"),
        ("envs", "check", "onelayer/Counting-v0"),
    ],
)
def test_envs_imports_no_heavy_library(arguments):
    heavy, output = modules_after(*arguments)
    assert heavy == "[]"
    assert output


@pytest.mark.parametrize("name", [name for name in cli.COMMANDS if name != "envs"])
def test_the_help_of_a_command_shows_every_field(name, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main([name, "--help"])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    for field_ in fields(cli.load(name).Config):
        flag = f"--{field_.name.replace('_', '-')}"
        place = field_.name.upper()
        assert flag in shown or place in shown
        assert field_.metadata["help"].split()[0] in shown


@pytest.mark.parametrize("name", [name for name in cli.COMMANDS if name != "envs"])
def test_the_defaults_of_a_command_survive_their_file(name, tmp_path):
    command = cli.load(name)
    write_settings(command.Config(), tmp_path / "config.yaml")
    arguments = ["--config", str(tmp_path / "config.yaml")]
    assert parse_config(command.Config, arguments, program="", description="") == command.Config()


def test_a_command_gets_its_config(command):
    seen = []
    command.run = seen.append
    assert cli.main(["merge", "--size", "3"]) == 0
    assert seen == [Config(size=3)]


def test_a_command_may_return_its_exit_status(command):
    command.run = lambda config: 1
    assert cli.main(["merge"]) == 1


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            ValueError("layer 7 is out of range\nfor 3 layers"),
            "layer 7 is out of range for 3 layers",
        ),
        (UnknownName("there is no suite 'x'"), "there is no suite 'x'"),
        (EnvironmentFailed("no sandbox works here"), "no sandbox works here"),
        (FileNotFoundError(2, "No such file", "a.yaml"), "[Errno 2] No such file: 'a.yaml'"),
        (RunFailed("no episode has a signal"), "no episode has a signal"),
    ],
)
def test_an_error_for_the_user_is_one_line_and_exit_code_2(command, capsys, error, message):
    command.run = does_raise(error)
    assert cli.main(["merge"]) == 2
    shown = capsys.readouterr()
    assert shown.err == f"onelayer: error: {message}\n"
    assert shown.out == ""


def test_a_gymnasium_error_is_one_line(capsys):
    assert cli.main(["envs", "show", "onelayer/Countign-v0"]) == 2
    assert capsys.readouterr().err == (
        "onelayer: error: Environment `Countign` doesn't exist in namespace onelayer. "
        "Did you mean: `Counting`?\n"
    )


@pytest.mark.parametrize(
    "bug",
    [
        lambda c: {}["layers"],
        lambda c: [][0],
        lambda c: None + 1,
        does_raise(RuntimeError("half of the update is done")),
    ],
)
def test_a_bug_keeps_its_traceback(command, bug):
    command.run = bug
    with pytest.raises((KeyError, IndexError, TypeError, RuntimeError)):
        cli.main(["merge"])


def test_an_error_inside_torch_keeps_its_traceback(command):
    torch = pytest.importorskip("torch")
    command.run = lambda config: torch.ones(2) @ torch.ones(3)
    with pytest.raises(RuntimeError, match="size"):
        cli.main(["merge"])


def test_debug_shows_the_traceback_of_every_error(command, monkeypatch):
    command.run = does_raise(ValueError("wrong"))
    with pytest.raises(ValueError, match="wrong"):
        cli.main(["merge", "--debug"])
    monkeypatch.setenv("ONELAYER_DEBUG", "1")
    with pytest.raises(ValueError, match="wrong"):
        cli.main(["merge"])


def test_ctrl_c_is_exit_code_130(command, capsys):
    command.run = does_raise(KeyboardInterrupt())
    assert cli.main(["merge"]) == 130
    assert capsys.readouterr().err == "onelayer: interrupted\n"


def test_an_unknown_command_names_the_nearest(capsys):
    assert cli.main(["trian"]) == 2
    assert capsys.readouterr().err == (
        "onelayer: error: unknown command 'trian'; did you mean 'train'?\n"
    )


def test_an_unknown_option_is_exit_code_2(command, capsys):
    assert cli.main(["merge", "--siez", "2"]) == 2
    assert "unknown option --siez; did you mean '--size'?" in capsys.readouterr().err


def test_telemetry_is_off_and_the_working_folder_is_searched_last(command, monkeypatch, tmp_path):
    monkeypatch.delenv("HF_HUB_DISABLE_TELEMETRY", raising=False)
    monkeypatch.chdir(tmp_path)
    seen = []
    command.run = lambda config: seen.extend([os.environ["HF_HUB_DISABLE_TELEMETRY"], sys.path[-1]])
    assert cli.main(["merge"]) == 0
    assert seen == ["1", str(tmp_path)]


def test_a_warning_is_one_line(command, capsys, monkeypatch):
    import warnings

    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)

    def run(config):
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = lambda *a, **k: sys.stderr.write(warnings.formatwarning(*a[:4]))
            warnings.warn("a plug-in\nfailed", RuntimeWarning, stacklevel=1)

    command.run = run
    assert cli.main(["merge"]) == 0
    assert capsys.readouterr().err == "onelayer: warning: a plug-in failed\n"


def test_python_dash_m_is_the_program_too():
    done = subprocess.run(
        [sys.executable, "-m", "onelayer", "--version"], capture_output=True, text=True
    )
    assert done.stdout == f"onelayer {onelayer.__version__}\n"


def test_a_closed_pipe_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m onelayer envs show onelayer/Counting-v0 | head -c 1",
        shell=True,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
