"""What a newcomer meets: the first screen, --help, tab completion, and words before a wait."""

import re
import shlex
import subprocess
import sys
from dataclasses import fields

import pytest

from onelayer.cli import main
from onelayer.commands import envs, evaluate, train
from onelayer.commands.announce import announce
from onelayer.commands.configuration import parse_config


def test_without_arguments_three_commands_are_shown_that_can_be_run(capsys):
    assert main([]) == 0
    shown = capsys.readouterr().out
    commands = re.findall(r"^  onelayer (\w+) (.*)$", shown, flags=re.MULTILINE)
    assert [name for name, _ in commands] == ["envs", "eval", "train"]
    rest = {name: shlex.split(arguments) for name, arguments in commands}
    assert envs.parser().parse_args(rest["envs"]).id == "onelayer/ALFWorld-v0"
    pytest.importorskip("trl")
    for command in (evaluate, train):
        name = "eval" if command is evaluate else "train"
        assert parse_config(command.Config, rest[name], program=name, description="")


def test_help_lists_every_option_once_under_its_subject_with_its_default(capsys):
    pytest.importorskip("trl")
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    shown = capsys.readouterr().out
    subjects = re.findall(r"^(\w+):$", shown, flags=re.MULTILINE)
    assert subjects == [
        *("options", "model", "environment", "algorithm", "optimisation", "rollout"),
        *("evaluation", "output"),
    ]
    for field in fields(train.Config):
        flag = re.escape("--" + field.name.replace("_", "-"))
        assert len(re.findall(rf"^  {flag}(?![\w-])", shown, flags=re.MULTILINE)) == 1, field.name
    assert re.search(r"--tasks-per-iteration[^-]*\(default: 16\)", shown)
    optimisation = shown.partition("optimisation:")[2].partition("rollout:")[0]
    assert "--learning-rate" in optimisation and "--layers" not in optimisation


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_a_shell_completes_commands_and_options(shell, capsys):
    pytest.importorskip("shtab")
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "warmstart" in script
    assert ("--learning-rate" in script) == (shell != "tcsh")  # which completes the commands only
    assert "--learning_rate" not in script


def test_bash_offers_what_an_option_begins_with(tmp_path, capsys):
    pytest.importorskip("shtab")
    main(["completion", "bash"])
    (tmp_path / "complete").write_text(capsys.readouterr().out)
    ask = (
        f"source {tmp_path}/complete; COMP_WORDS=(onelayer train --lea); COMP_CWORD=2; "
        '_shtab_onelayer; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["--learning-rate"]


def test_an_unknown_shell_is_one_line(capsys):
    assert main(["completion", "fish"]) == 2
    assert "bash, zsh, tcsh, got 'fish'" in capsys.readouterr().err


def test_what_takes_long_is_said_at_once_by_the_first_process_only(capsys, monkeypatch):
    announce("loading the model")
    assert capsys.readouterr().err == "loading the model ...\n"
    monkeypatch.setenv("RANK", "1")
    announce("loading the model")
    assert capsys.readouterr().err == ""


def test_train_speaks_before_torch_is_imported(tmp_path):
    code = (
        "import sys; from onelayer.commands import announce, train\n"
        "said = []\n"
        "def note(what): said.append((what, 'torch' in sys.modules))\n"
        "train.announce = note\n"
        "train.run(train.Config(iterations=1, tasks_per_iteration=1, group_size=2, eval_every=0,"
        " env_args='{room_size: 4, max_steps: 2}', out='run'))\n"
        "assert [torch for _, torch in said][:2] == [False, False], said\n"
    )
    pytest.importorskip("torch")
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
