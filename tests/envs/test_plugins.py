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
    monkeypatch.setattr(plugins, "_origins", {})
    monkeypatch.setattr(plugins, "_registered_by", {})
    registry = dict(gym.registry)

    def install(**values):
        found = EntryPoints(EntryPoint(n, v, plugins.GROUP) for n, v in values.items())
        monkeypatch.setattr(plugins, "entry_points", lambda group: found.select(group=group))
        monkeypatch.setattr(plugins, "_searched", set())

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
        "onelayer/Counting-v0 takes no argument 'lenght'; did you mean 'length'?; it takes: "
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


def test_a_file_called_like_a_module_takes_nobodys_place(tmp_path, installed):
    path = tmp_path / "math.py"
    path.write_text(FILE.format(id="mine/Math-v0"))
    before = sys.modules.get("math")
    env = plugins.make(f"{path}:mine/Math-v0")
    import math

    assert isinstance(env.unwrapped, CountingEnv)
    assert math is sys.modules["math"] and (before is None or math is before)
    assert math.e > 2.7


def test_the_files_beside_a_file_can_be_imported(tmp_path, installed, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "helper_of_a_world.py").write_text("ID = 'mine/Helped-v0'")
    path = tmp_path / "world.py"
    path.write_text("from helper_of_a_world import ID\n" + FILE.replace('"{id}"', "ID"))
    assert isinstance(plugins.make(f"{path}:mine/Helped-v0").unwrapped, CountingEnv)
    assert sys.path[-1] == str(tmp_path)


def test_two_files_with_one_id_are_told_apart(tmp_path, installed):
    for length in (2, 5):
        path = tmp_path / f"worlds_{length}.py"
        path.write_text(
            FILE.format(id="Twin-v0").replace("Env)", f"Env, kwargs=dict(length={length}))")
        )
    made = [plugins.make(f"{tmp_path}/worlds_{n}.py:Twin-v0").unwrapped.length for n in (2, 5, 2)]
    assert made == [2, 5, 2]


def test_a_file_that_failed_is_tried_again_and_one_that_exits_is_an_error(tmp_path, installed):
    path = tmp_path / "unlucky.py"
    path.write_text("import sys\nsys.exit(3)")
    with pytest.raises(ValueError, match=r"unlucky.py ends the program .*SystemExit\(3\)"):
        plugins.make(f"{path}:mine/Unlucky-v0")
    path.write_text("raise RuntimeError('not yet')")
    with pytest.raises(RuntimeError, match="not yet"):
        plugins.make(f"{path}:mine/Unlucky-v0")
    path.write_text(FILE.format(id="mine/Unlucky-v0"))
    assert isinstance(plugins.make(f"{path}:mine/Unlucky-v0").unwrapped, CountingEnv)


def register_and_exit():
    gym.register("half/Env-v0", entry_point=CountingEnv)
    raise SystemExit("no licence")


def register_an_id_of_others():
    gym.register("onelayer/Counting-v0", entry_point=CountingEnv, kwargs={"length": 9})
    gym.register("good/Env-v0", entry_point=CountingEnv, kwargs={"length": 8})


def test_a_plugin_that_exits_is_a_warning(installed, this_module):
    installed(exiting=f"{this_module}:register_and_exit", good=f"{this_module}:register_good")
    with pytest.warns(RuntimeWarning, match="'exiting' .* failed: SystemExit: no licence"):
        plugins.load_plugins()
    assert {"good/Env-v0", "half/Env-v0"} <= set(plugins.registered())


def test_a_plugin_may_be_a_module_as_in_gymnasiums_own_group(tmp_path, monkeypatch, installed):
    (tmp_path / "registers_on_import.py").write_text(FILE.format(id="module/Env-v0"))
    monkeypatch.syspath_prepend(tmp_path)
    installed(module="registers_on_import")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plugins.load_plugins()
    assert plugins.registered()["module/Env-v0"] == "registers_on_import"


def test_an_id_keeps_its_meaning_and_the_second_of_its_name_can_be_reached(installed, this_module):
    second = f"{this_module}:register_an_id_of_others"
    installed(good=f"{this_module}:register_good", second=second)
    listed = plugins.registered()
    assert listed["onelayer/Counting-v0"] == "onelayer"
    assert listed["good/Env-v0"] == f"{this_module}:register_good"
    assert listed[f"{second}:good/Env-v0"] == second
    assert plugins.make("onelayer/Counting-v0").unwrapped.length == 3
    assert plugins.make("good/Env-v0").unwrapped.length == 3
    assert plugins.make(f"{second}:good/Env-v0").unwrapped.length == 8


def test_an_environment_registered_by_its_class_can_be_written_as_json(installed):
    gym.register("json/Env-v0", entry_point=CountingEnv)
    env = plugins.make("json/Env-v0", length=2)
    again = gym.make(gym.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    assert again.unwrapped.length == 2
