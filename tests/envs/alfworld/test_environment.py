"""ALFWorld through Gymnasium."""

import copy
import pickle
import subprocess
import sys

import gymnasium as gym
import pytest
from gymnasium.utils.env_checker import check_env

import onelayer.envs
from onelayer.agents.rollout import rollout
from onelayer.agents.searcher import SearchingAgent
from onelayer.envs.alfworld.environment import ALFWorldEnv

SMALL = {"games": "generated", "room_size": 4, "count": 60}


def wins(env, task):
    """Play the solution of a task; return the last step's answer."""
    env.reset(options={"task": task})
    for action in env.unwrapped.solution(task):
        outcome = env.step(action)
        assert outcome[4]["valid"]
    return outcome


def printed_by(program):
    """Run a program in a fresh Python."""
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("kwargs", [SMALL, {**SMALL, "split": "test", "room_size": None}])
def test_gymnasiums_checker_has_no_complaint(kwargs, recwarn):
    check_env(gym.make("onelayer/ALFWorld-v0", **kwargs).unwrapped)
    assert [str(warning.message) for warning in recwarn] == []


def test_gymnasiums_checker_has_no_complaint_about_the_real_engine(recwarn):
    pytest.importorskip("alfworld")
    env = gym.make("onelayer/ALFWorld-v0", backend="textworld", **SMALL)
    recwarn.clear()  # what importing textworld warns of
    check_env(env.unwrapped)
    assert [str(warning.message) for warning in recwarn] == []


def test_a_seed_names_a_task_and_its_first_observation():
    env, other = ALFWorldEnv(**SMALL), ALFWorldEnv(**SMALL)
    first, info = env.reset(seed=7)
    env.step("look")
    again, info_again = other.reset(seed=7)
    assert (first, info) == (again, info_again)
    assert info["task"] in env.tasks
    assert len({env.reset(seed=seed)[1]["task"] for seed in range(20)}) > 5


def test_winning_ends_the_episode_with_the_reward():
    env = ALFWorldEnv(**SMALL)
    kinds = set()
    for task in env.tasks[:12]:
        _, reward, terminated, truncated, info = wins(env, task)
        assert (reward, terminated, truncated, info["success"]) == (1.0, True, False, True)
        kinds.add(info["kind"])
    assert len(kinds) == 6
    generous = ALFWorldEnv(**SMALL, success_reward=10)
    assert wins(generous, generous.tasks[0])[1] == 10.0


def test_the_step_limit_truncates():
    env = ALFWorldEnv(**SMALL, max_steps=3)
    env.reset(seed=0)
    ends = [env.step("look")[2:4] for _ in range(3)]
    assert ends == [(False, False), (False, False), (False, True)]
    env.reset(seed=0)
    assert [env.step("look")[4].get("success") for _ in range(3)] == [None, None, False]


def test_valid_says_whether_the_command_was_admissible():
    env = ALFWorldEnv(**SMALL)
    _, info = env.reset(seed=0)
    assert info["valid"] is True
    for action, valid in (("help", True), (" look ", True), ("dance", False), ("", False)):
        observation, *_, info = env.step(action)
        assert info["valid"] is valid
        assert (observation == "Nothing happens.") is not valid


def test_help_is_admissible_but_listed_only_if_asked_for():
    plain, helpful = ALFWorldEnv(**SMALL), ALFWorldEnv(**SMALL, include_help=True)
    _, without = plain.reset(seed=1)
    _, with_help = helpful.reset(seed=1)
    assert "help" not in without["admissible"]
    assert with_help["admissible"] == tuple(sorted((*without["admissible"], "help")))


def test_anchors_never_merge_two_tasks():
    env = ALFWorldEnv(**SMALL)
    anchors = {hash(env.reset(options={"task": task})[1]["anchor"]) for task in env.tasks}
    assert len(anchors) == len(env.tasks)


def test_a_task_can_be_chosen_and_an_unknown_one_is_refused():
    env = ALFWorldEnv(**SMALL)
    assert env.reset(options={"task": env.tasks[3]})[1]["task"] == env.tasks[3]
    with pytest.raises(LookupError, match="no generated game 'train/nothing'"):
        env.reset(options={"task": "train/nothing"})
    with pytest.raises(RuntimeError, match="call reset"):  # and the old one does not go on
        env.step("look")


@pytest.mark.parametrize("backend", ["native", "textworld"])
def test_a_clone_goes_its_own_way(backend):
    if backend == "textworld":
        pytest.importorskip("alfworld")
    env = ALFWorldEnv(**SMALL, backend=backend)
    _, start = env.reset(seed=2)
    twin = env.clone()
    first, second = [c for c in start["admissible"] if c.startswith("go to")][:2]
    *_, info = twin.step(first)
    *_, info_env = env.step("inventory")
    assert info["anchor"] != start["anchor"] == info_env["anchor"]
    assert env.step(second)[0].startswith("You arrive at")
    assert env.reset()[1]["task"] == twin.reset()[1]["task"]
    assert env.clone().reset(seed=3)[1] == env.reset(seed=3)[1]


def test_the_backends_play_the_same_episodes():
    pytest.importorskip("alfworld")
    native, real = ALFWorldEnv(**SMALL), ALFWorldEnv(**SMALL, backend="textworld")
    for task in native.tasks[:6]:
        observation, _ = native.reset(options={"task": task})
        assert real.reset(options={"task": task})[0] == observation
        for action in ("look", "fly", *native.solution(task)):
            ours, theirs = native.step(action), real.step(action)
            assert ours[:4] == theirs[:4]
            del ours[4]["anchor"], theirs[4]["anchor"]
            assert ours[4] == theirs[4]


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_vector_environments(mode):
    # Strings of any length have no place in shared memory.
    how = {} if mode == "sync" else {"shared_memory": False}
    envs = gym.make_vec(
        "onelayer/ALFWorld-v0", num_envs=2, vectorization_mode=mode, vector_kwargs=how, **SMALL
    )
    try:
        observations, infos = envs.reset(seed=[5, 5])
        assert observations[0] == observations[1]
        assert infos["anchor"][0] == infos["anchor"][1]
        observations, rewards, terminated, _, infos = envs.step(["look", "fly"])
        assert observations[1] == "Nothing happens."
        assert list(infos["valid"]) == [True, False]
        assert (rewards.tolist(), terminated.tolist()) == ([0.0, 0.0], [False, False])
    finally:
        envs.close()


@pytest.mark.parametrize(
    ("kwargs", "complaint"),
    [
        ({"backend": "thor"}, "unknown backend 'thor'; possible are native, textworld"),
        ({"split": "dev"}, "unknown split 'dev'"),
        ({"room_size": 2}, "room_size must be at least 3"),
        ({"task_types": ["juggle"]}, "unknown task types"),
        ({"count": 0}, "count must be"),
        ({"max_steps": 0}, "max_steps must be at least 1"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(kwargs, complaint):
    with pytest.raises(ValueError, match=complaint):
        ALFWorldEnv(**{"games": "generated", **kwargs})


def test_a_missing_extra_says_what_to_install():
    program = (
        "import sys; sys.modules['textworld'] = None\n"
        "from onelayer.envs.alfworld.environment import ALFWorldEnv\n"
        "import gymnasium\n"
        "try: ALFWorldEnv('generated', backend='textworld')\n"
        "except gymnasium.error.DependencyNotInstalled as error: print(error)\n"
        "env = ALFWorldEnv('generated'); print(env.reset(seed=0)[0][:12])\n"
    )
    told = printed_by(program)
    assert "pip install 'onelayer[alfworld]'" in told
    assert "-= Welcome t" in told


def test_the_native_engine_imports_nothing_heavy():
    program = (
        "import sys, gymnasium, onelayer.envs\n"
        "env = gymnasium.make('onelayer/ALFWorld-v0', games='generated'); env.reset(seed=0)\n"
        "print({'torch', 'textworld', 'alfworld'} & set(sys.modules))\n"
    )
    told = printed_by(program)
    assert told.strip() == "set()"


def test_making_the_real_engine_leaves_alfworld_data_unset():
    pytest.importorskip("alfworld")
    program = (
        "import os; os.environ.pop('ALFWORLD_DATA', None)\n"
        "from onelayer.envs.alfworld.environment import ALFWorldEnv\n"
        "ALFWorldEnv('generated', backend='textworld')\n"
        "print('ALFWORLD_DATA' in os.environ)\n"
    )
    told = printed_by(program)
    assert told.strip() == "False"


def test_the_environment_is_registered():
    assert onelayer.envs.__name__ == "onelayer.envs"
    assert gym.spec("onelayer/ALFWorld-v0").max_episode_steps is None


@pytest.mark.parametrize("backend", ["native", "textworld"])
def test_an_episode_can_be_pickled_and_copied_in_its_middle(backend):
    if backend == "textworld":
        pytest.importorskip("alfworld")
    env = ALFWorldEnv(**SMALL, backend=backend)
    _, info = env.reset(seed=2)
    env.step(info["admissible"][0])
    for twin in (pickle.loads(pickle.dumps(env)), copy.deepcopy(env)):
        assert twin.anchor() == env.anchor()
        assert twin.admissible() == env.admissible()
        assert twin.step("look")[0] == env.clone().step("look")[0]


def test_the_goal_is_told_in_words():
    env = ALFWorldEnv(**SMALL)
    observation, info = env.reset(seed=2)
    assert observation.endswith(f"Your task is to: {info['goal']}.")


@pytest.mark.parametrize("verb", ["move", "put"])
def test_the_searching_expert_speaks_as_the_games_do(verb):
    envs = [ALFWorldEnv(**SMALL, verb=verb) for _ in range(4)]
    episodes = rollout(envs, SearchingAgent.informed(0), list(envs[0].tasks[:12]))
    assert all(episode.success for episode in episodes)
    said = {step.action.split()[0] for episode in episodes for step in episode.steps}
    assert verb in said and ({"move", "put"} - {verb}).isdisjoint(said)
