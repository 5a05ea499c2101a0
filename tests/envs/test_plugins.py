import sys
import warnings
from importlib.metadata import EntryPoint, EntryPoints

import gymnasium as gym
import pytest

from onelayer.envs import plugins
from onelayer.envs.counting import CountingEnv


@pytest.fixture
def installed(monkeypatch):
    """Return a function that makes entry points of the group look installed."""
    monkeypatch.setattr(plugins, "_loaded", set())
    monkeypatch.setattr(plugins, "_ids_of_plugins", {})
    registry = dict(gym.registry)

    def install(**values):
        found = EntryPoints(EntryPoint(n, v, plugins.GROUP) for n, v in values.items())
        monkeypatch.setattr(plugins, "entry_points", lambda group: found.select(group=group))

    yield install
    gym.registry.clear()
    gym.registry.update(registry)


calls = []


def register_good():
    calls.append("good")
    gym.register("good/Env-v0", entry_point=CountingEnv)


def register_bad():
    raise OSError("no data")


@pytest.fixture
def this_module(monkeypatch):
    monkeypatch.setitem(sys.modules, "plugin_of_a_test", sys.modules[__name__])
    calls.clear()
    return "plugin_of_a_test"


def test_a_plugin_registers_its_environments_once(installed, this_module):
    installed(good=f"{this_module}:register_good")
    plugins.load_plugins()
    plugins.load_plugins()
    assert calls == ["good"]
    assert plugins.registered()["good/Env-v0"] == f"{this_module}:register_good"
    assert isinstance(plugins.make("good/Env-v0").unwrapped, CountingEnv)


def test_a_failing_plugin_is_a_warning_that_names_it_and_the_others_go_on(installed, this_module):
    installed(
        absent="there_is_no_such_module:register",
        bad=f"{this_module}:register_bad",
        good=f"{this_module}:register_good",
    )
    with pytest.warns(RuntimeWarning) as caught:
        plugins.load_plugins()
    messages = [str(warning.message) for warning in caught]
    assert any("'absent' (there_is_no_such_module:register)" in message for message in messages)
    assert any("'bad' (plugin_of_a_test:register_bad) failed: OSError" in m for m in messages)
    assert "good/Env-v0" in plugins.registered()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plugins.load_plugins()


def test_ours_are_listed_as_ours():
    assert plugins.registered()["onelayer/Counting-v0"] == "onelayer"


def test_an_id_without_a_version_is_the_newest():
    assert plugins.resolve("onelayer/Counting").id == "onelayer/Counting-v0"


@pytest.mark.parametrize(
    ("env_id", "error", "message"),
    [
        ("onelayer/Countin-v0", gym.error.NameNotFound, "Did you mean: `Counting`?"),
        ("onelyer/Counting-v0", gym.error.NamespaceNotFound, "Did you mean: `onelayer`?"),
        ("Counting-v0", gym.error.NameNotFound, "Did you mean: `onelayer/Counting-v0`?"),
        ("Zzzzz-v0", gym.error.NameNotFound, "There are: "),
        ("onelayer/Counting-v7", gym.error.VersionNotFound, "`v0`"),
        ("not an id", gym.error.Error, "Malformed environment ID"),
        ("no_such_module:Maze-v0", LookupError, "there is no module 'no_such_module'"),
        ("no/such/file.py:Maze-v0", LookupError, "there is no file no/such/file.py"),
    ],
)
def test_what_cannot_be_found_is_one_line_with_the_way_out(env_id, error, message):
    with pytest.raises(error) as caught:
        plugins.make(env_id)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_argument_lists_those_there_are():
    with pytest.raises(ValueError) as caught:
        plugins.make("onelayer/Counting-v0", lenght=2)
    assert str(caught.value) == (
        "onelayer/Counting-v0 takes no argument 'lenght' (did you mean 'length'?); it takes: "
        "split='train', length=3, digits=10, max_steps=None"
    )


class Needy(CountingEnv):
    """Needs to be told how long."""

    def __init__(self, length, **others):
        super().__init__(length=length, **others)


def test_a_missing_argument_is_named_and_others_may_be_open(installed, this_module):
    gym.register("needy/Env-v0", entry_point=Needy)
    with pytest.raises(ValueError, match="needy/Env-v0 needs the argument 'length'"):
        plugins.make("needy/Env-v0")
    assert plugins.make("needy/Env-v0", length=4, digits=5).unwrapped.digits == 5


def test_arguments_given_at_registration_are_kept_and_can_be_overridden(installed):
    gym.register("fixed/Env-v0", entry_point=CountingEnv, kwargs={"length": 7})
    assert plugins.make("fixed/Env-v0").unwrapped.length == 7
    assert plugins.make("fixed/Env-v0", length=2).unwrapped.length == 2


def test_gymnasiums_own_arguments_pass():
    env = plugins.make("onelayer/Counting-v0", max_episode_steps=1)
    env.reset(seed=0)
    assert env.step("x")[3] is True


FILE = """
import gymnasium as gym
from onelayer.envs.counting import CountingEnv
gym.register("{id}", entry_point=CountingEnv)
"""


def test_a_module_of_the_search_path_is_imported_by_name(tmp_path, monkeypatch, installed):
    (tmp_path / "envs_by_name.py").write_text(FILE.format(id="ByName-v0"))
    monkeypatch.syspath_prepend(tmp_path)
    assert isinstance(plugins.make("envs_by_name:ByName-v0").unwrapped, CountingEnv)


def test_a_file_is_imported_by_path_and_only_once(tmp_path, installed):
    path = tmp_path / "envs_by_path.py"
    path.write_text(FILE.format(id="mine/ByPath-v0"))
    assert isinstance(plugins.make(f"{path}:mine/ByPath-v0").unwrapped, CountingEnv)
    path.write_text("raise RuntimeError('imported again')")
    assert plugins.resolve(f"{path}:mine/ByPath-v0").id == "mine/ByPath-v0"


def test_what_a_module_lacks_keeps_its_traceback(tmp_path, monkeypatch):
    (tmp_path / "envs_with_a_gap.py").write_text("import there_is_no_such_library")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="there_is_no_such_library"):
        plugins.make("envs_with_a_gap:Any-v0")
