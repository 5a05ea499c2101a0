"""The dev tasks of a profile are a sample of the split like the suite's own, and none of those."""

from collections import Counter

import pytest
import yaml

from onelayer.envs.attributes import tasks_of
from onelayer.evals.task_digests import identify
from onelayer.trainers.profile.held_out import dev_suite, held_out_suite
from onelayer.trainers.profile.profile_config import ProfileConfig


def sets(**settings):
    """Return the suite's tasks, the dev tasks, and an environment that knows them."""
    config = ProfileConfig.of({"model": "tiny", **settings})
    suite = held_out_suite(config)
    dev = dev_suite(config, suite)
    env = suite.make_env()
    return suite.choose_tasks(env), None if dev is None else dev.choose_tasks(env), env


MIXED = {"env": "onelayer/Math-v0", "env_args": "{families: [gcd, lcm], count: 1000}"}


def test_dev_tasks_are_of_all_families_and_from_all_places():
    reported, dev, env = sets(**MIXED, eval_tasks=100, dev_tasks=60)
    kinds = Counter(identify(env, task).kind for task in dev)
    assert len(dev) == 60 and not set(dev) & set(reported)
    assert min(kinds.values()) > 18 and len(kinds) == 2  # by chance 2 in 1,000 draws have fewer
    places = [tasks_of(env).index(task) for task in dev]
    assert min(places) < 100 and max(places) >= len(tasks_of(env)) - 100
    assert places == sorted(places)  # in the split's order, as the suite's
    assert dev == sets(**MIXED, eval_tasks=100, dev_tasks=60)[1]


def test_without_a_number_there_are_as_many_dev_tasks_as_reported_ones_or_none():
    assert len(sets(**MIXED, eval_tasks=100)[1]) == 100
    assert sets(**MIXED, eval_tasks=600)[1] is None


def test_dev_tasks_are_of_the_kinds_of_the_suite(tmp_path):
    suite = {"env": "onelayer/Math-v0", "split": "test", "tasks": 200, "kinds": ["gcd"]}
    suite |= {"env_args": {"families": ["gcd", "lcm"], "count": 1000}}
    path = tmp_path / "gcd.yaml"
    path.write_text(yaml.safe_dump(suite))
    reported, dev, env = sets(**MIXED, suite=str(path), dev_tasks=200)
    assert len(dev) == 200 and not set(dev) & set(reported)
    assert {identify(env, task).kind for task in dev} == {"gcd"}
    with pytest.raises(
        ValueError, match=r"there are \d+ held-out tasks beside .* than --dev-tasks 900"
    ):
        sets(**MIXED, suite=str(path), dev_tasks=900)
