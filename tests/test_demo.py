"""`make demo`: what its settings are chosen by is not what its table is measured on."""

from dataclasses import replace
from pathlib import Path

import yaml

from onelayer.envs.plugins import make
from onelayer.evals.suite import load_single_suite
from onelayer.trainers.tasks import held_out_tasks

DEMO = yaml.safe_load((Path(__file__).parents[1] / "examples" / "demo.yaml").read_text())


def test_the_games_of_the_demos_curve_are_none_of_those_of_its_table():
    arguments = yaml.safe_load(DEMO["env_args"])
    curve = held_out_tasks(
        make(DEMO["env"], **arguments, split=DEMO["eval_split"]), DEMO["eval_tasks"]
    )
    suite = replace(load_single_suite("alfworld").with_env_args(arguments), tasks=1200)
    table = suite.choose_tasks(suite.make_env())  # as `--episodes 1200` asks for
    training = make(DEMO["env"], **arguments).unwrapped.tasks
    assert (len(curve), len(table)) == (200, 1200)
    assert not set(curve) & set(table)
    assert not (set(curve) | set(table)) & set(training)
