from dataclasses import dataclass, field
from typing import Literal

import pytest
import yaml

from onelayer.commands.configuration import parse_config
from onelayer.settings import parse_mapping, write_settings


@dataclass(frozen=True)
class Config:
    run: str = field(default="", metadata={"help": "a run folder", "positional": True})
    others: list[str] = field(default_factory=list, metadata={"help": "more", "positional": True})
    env: str = field(default="onelayer/Counting-v0", metadata={"help": "environment, 100% text"})
    layers: str = field(default="mid", metadata={"help": "layers to train"})
    group_size: int = field(default=8, metadata={"help": "episodes of a task"})
    learning_rate: float = field(default=1e-5, metadata={"help": "step size"})
    base: bool = field(default=True, metadata={"help": "play the base model too"})
    random: bool = field(default=False, metadata={"help": "play a random agent too"})
    games: str | None = field(default=None, metadata={"help": "folder of games"})
    top_p: float | None = field(default=None, metadata={"help": "nucleus"})
    estimator: Literal["gigpo", "grpo"] = field(default="gigpo", metadata={"help": "advantages"})
    seeds: list[int] = field(default_factory=list, metadata={"help": "seeds"})


def parse(*arguments):
    return parse_config(Config, arguments, program="onelayer try", description="Try it.")


def with_file(tmp_path, text, *arguments):
    path = tmp_path / "run.yaml"
    path.write_text(text)
    return parse(*arguments, "--config", str(path))


def test_without_arguments_every_field_has_its_default():
    assert parse() == Config()


def test_a_flag_wins_over_the_file_and_the_file_over_the_default(tmp_path):
    config = with_file(tmp_path, "group_size: 4\nlayers: 3\n", "--group-size", "2")
    assert (config.group_size, config.layers, config.estimator) == (2, "3", "gigpo")


def test_the_env_key_of_a_file_is_the_environment_and_sets_no_process_variables(tmp_path):
    assert with_file(tmp_path, "env: my_envs:Maze-v0\n").env == "my_envs:Maze-v0"


def test_positionals_go_before_or_after_flags_and_switches():
    expected = Config(run="runs/a", others=["runs/b"], random=True, base=False, group_size=3)
    assert parse("runs/a", "runs/b", "--random", "--no-base", "--group_size", "3") == expected
    assert parse("--random", "--no-base", "--group-size=3", "runs/a", "runs/b") == expected


def test_a_positional_can_stand_in_the_file(tmp_path):
    assert with_file(tmp_path, "run: runs/a\n").run == "runs/a"
    assert with_file(tmp_path, "run: runs/a\n", "runs/b").run == "runs/b"


def test_switches_take_words_too():
    assert parse("--base", "no", "--random", "yes") == Config(base=False, random=True)


def test_a_number_in_exponent_form_is_a_number_in_the_file_too(tmp_path):
    assert with_file(tmp_path, "learning_rate: 3e-6\n").learning_rate == 3e-6


def test_a_list_of_numbers_in_the_file_is_their_list_on_the_command_line(tmp_path):
    assert with_file(tmp_path, "env: [1, 2]\n").env == "1,2"
    assert with_file(tmp_path, "env: [3, 10-14]\n").env == "3,10-14"
    assert with_file(tmp_path, "env: [a, b]\n").env == "[a, b]"


def test_a_mapping_in_the_file_is_the_text_of_a_mapping(tmp_path):
    config = with_file(tmp_path, "games: {room_size: 5, kinds: [a, b]}\n")
    assert parse_mapping(config.games, "--games") == {"room_size": 5, "kinds": ["a", "b"]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--grop-size", "2"], "unknown option --grop-size; did you mean '--group-size'?"),
        (["--group", "2"], "unknown option --group"),
        (["--group-size", "two"], "--group-size: invalid int value: 'two'"),
        (["--group-size"], "--group-size: expected one argument"),
        (["--estimator", "gigo"], "--estimator: invalid choice: 'gigo'"),
        (["--base=maybe"], "--base: Truthy value expected"),
        (["--config"], "--config takes the path of a YAML file"),
    ],
)
def test_a_wrong_flag_is_one_clear_error(arguments, message):
    with pytest.raises(ValueError) as caught:
        parse(*arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("groupsize: 2", "unknown key 'groupsize'; did you mean 'group_size'?"),
        ("group_size: 2.5", "group_size must be a whole number, got 2.5"),
        ("group_size: true", "group_size must be a whole number, got True"),
        ("learning_rate: fast", "learning_rate must be a number, got 'fast'"),
        ("base: 1", "base must be true or false, got 1"),
        ("layers: null", "layers must be text, got None"),
        ("estimator: ppo", "estimator must be one of gigpo, grpo: 'ppo'"),
        ("seeds: 3", "seeds must be a list, got 3"),
        ("seeds: [1, x]", "seeds must be a whole number, got 'x'"),
        ("- a list", "must hold a YAML mapping"),
        ("a: [", "is not a YAML file"),
    ],
)
def test_a_wrong_value_in_the_file_is_one_clear_error(tmp_path, text, message):
    with pytest.raises(ValueError) as caught:
        with_file(tmp_path, text)
    assert message in str(caught.value)
    assert "run.yaml" in str(caught.value)


def test_a_missing_file_is_named():
    with pytest.raises(FileNotFoundError, match=r"nowhere\.yaml"):
        parse("--config", "nowhere.yaml")


def test_a_written_config_parses_to_itself(tmp_path):
    config = parse(
        *["runs/a", "runs/b", "--no-base", "--learning-rate", "2e-7", "--seeds", "1", "2"],
        *["--layers", "3", "--games", "{room_size: 5}", "--estimator", "grpo"],
    )
    write_settings(config, tmp_path / "new" / "config.yaml")
    assert parse("--config", str(tmp_path / "new" / "config.yaml")) == config
    assert yaml.safe_load((tmp_path / "new" / "config.yaml").read_text())["seeds"] == [1, 2]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["config.yaml"]


def test_help_shows_every_field_once_with_its_default(capsys):
    with pytest.raises(SystemExit) as stop:
        parse("--help")
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert "usage: onelayer try [RUN] [OTHERS] [OPTIONS]" in shown
    for text in ("--group-size SIZE", "(default: 8)", "--no-base", "100% text", "--config FILE"):
        assert text in shown
    assert "group_size" not in shown


@pytest.mark.parametrize("text", ["{room_size: 5}", '{"room_size": 5}', "room_size: 5"])
def test_a_mapping_reads_as_yaml_or_json(text):
    assert parse_mapping(text, "--env-args") == {"room_size": 5}


@pytest.mark.parametrize("text", ["room_size=5", "[1]", "{", "{1: 2}"])
def test_what_is_no_mapping_is_refused(text):
    with pytest.raises(ValueError, match="--env-args takes a mapping such as"):
        parse_mapping(text, "--env-args")
