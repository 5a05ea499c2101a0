"""Finding environments: ours, those of installed packages, and those of a file next to the user.

A package brings its environments by an entry point in the group ``onelayer.envs``, a module that registers
them with Gymnasium, or a function that does::

    [project.entry-points."onelayer.envs"]
    maze = "maze:register"

A file needs no packaging: ``my_envs:Maze-v0`` imports ``my_envs``, which registers ``Maze-v0``.
"""

import hashlib
import importlib
import inspect
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import gymnasium as gym
import yaml
from gymnasium.envs.registration import (
    EnvSpec,
    find_highest_version,
    load_env_creator,
    parse_env_id,
)

from onelayer.envs.arguments import checked_arguments
from onelayer.envs.places import place_of_error
from onelayer.errors import EnvironmentFailed, UnknownName

GROUP = "onelayer.envs"
OURS = "onelayer"
_loaded: set[tuple[str, str]] = set()
_searched: set[tuple[str, ...]] = set()
"""values of ``sys.path`` already searched for plug-ins: a search takes longer than making an environment"""
_origins: dict[str, str] = {}
"""id -> package; an id that another package had registered before is listed as ``package:id``"""
_registered_by: dict[tuple[str, str], EnvSpec] = {}
"""(name of a package, module or file, id) -> what it registered"""


def make(env_id: str, **kwargs: Any) -> gym.Env[str, str]:
    """Make an environment like ``gymnasium.make``, with plug-ins loaded and clearer errors.

    Args:
        env_id: a registered id, or ``module:id``, see ``resolve``.
        kwargs: arguments of the environment.

    Raises:
        gymnasium.error.Error: there is no such environment; the message names the nearest.
        UnknownName: there is no such module.
        ValueError: the environment takes no such argument, or none of that type; the message lists those
            it takes.
    """
    spec = _portable(resolve(env_id))
    checked = checked_arguments(spec.id, creator(spec), spec.kwargs, kwargs)
    # Gymnasium's checker would run while episodes are played; `onelayer envs check` checks more, beforehand.
    try:
        return gym.make(spec, **{"disable_env_checker": True, **checked})
    except (
        ValueError,
        OSError,
        UnknownName,
        EnvironmentFailed,
        ModuleNotFoundError,
        gym.error.Error,
    ):
        raise
    except Exception as error:
        raise EnvironmentFailed(f"{spec.id} cannot be made: {place_of_error(error)}") from error


def resolve(env_id: str) -> EnvSpec:
    """Return the registration of an environment.

    ``module:id`` imports the module first, which may be a file: ``examples/my_envs.py:Maze-v0``. Where
    several installed packages registered the same id, ``package:id`` chooses one of them. An id without a
    version means the newest version. A YAML list of environments means a mixture of them, see
    ``onelayer.envs.mixture``:
    ``[{env: onelayer/Counting-v0, weight: 2}, {env: maze/Maze-v0, args: {size: 3}}]``.

    Raises:
        gymnasium.error.Error: there is no such environment; the message names the nearest.
        UnknownName: there is no such module.
    """
    load_plugins()
    if env_id.lstrip().startswith("["):
        return replace(gym.spec("onelayer/Mixture-v0"), kwargs={"members": _members(env_id)})
    owner, _, name = env_id.rpartition(":")
    if owner and (owner, name) not in _registered_by:
        owner = import_named(owner)
    namespace, short_name, version = parse_env_id(name)
    if version is None and name not in gym.registry:
        newest = find_highest_version(namespace, short_name)
        name = name if newest is None else f"{name}-v{newest}"
    if (owner, name) in _registered_by:  # also where another package has the same id
        return _registered_by[owner, name]
    try:
        return gym.spec(name)
    except gym.error.Error as error:
        same = [env_id for env_id in registered() if env_id.endswith(f"/{name}")]
        if same:  # the namespace was left out, and Gymnasium would suggest `CartPole`
            raise type(error)(f"There is no `{name}`. Did you mean: `{same[0]}`?") from error
        if "Did you mean" in str(error):
            raise
        listed = ", ".join(registered())
        raise type(error)(
            f"{error} There are: {listed}; or module:{name} with the module that registers it."
        ) from error


def _members(text: str) -> list[Any]:
    try:
        members = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(
            f"several environments are a YAML list, and this is none: {text}"
        ) from error
    return [{"env": one} if isinstance(one, str) else one for one in members]


def registered() -> dict[str, str]:
    """Return the ids of our environments and of the plug-ins', each with the package that registers it."""
    load_plugins()
    ours = {name: OURS for name in gym.registry if name.startswith(f"{OURS}/")}
    return dict(sorted((ours | _origins).items()))


def load_plugins() -> None:
    """Let every installed plug-in register its environments, once.

    A plug-in that fails, even by ``sys.exit``, gives a warning, and the others are loaded all the same. If
    two register the same id, it belongs to the first, and the second one's is listed as ``package:id``.
    """
    path = tuple(sys.path)
    if path in _searched:
        return
    _searched.add(path)
    for entry in entry_points(group=GROUP):
        if (entry.name, entry.value) in _loaded:
            continue
        _loaded.add((entry.name, entry.value))
        package = entry.dist.name if entry.dist is not None else entry.value
        with _registering(package):
            try:
                _register(entry)
            except (Exception, SystemExit) as error:
                warnings.warn(
                    f"environment plug-in {entry.name!r} ({entry.value}) failed: "
                    f"{type(error).__name__}: {error}",
                    RuntimeWarning,
                    stacklevel=2,
                )


def _register(entry: EntryPoint) -> None:
    """Load an entry point: a module registers when it is imported, a function when it is called."""
    loaded = entry.load()
    if not inspect.ismodule(loaded):
        loaded()


@contextmanager
def _registering(owner: str, is_package: bool = True) -> Iterator[None]:
    """Note what ``owner`` registers; an id registered before keeps its first registration."""
    before = dict(gym.registry)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*Overriding environment")
            yield
    finally:
        for env_id, spec in list(gym.registry.items()):
            if spec is before.get(env_id):
                continue
            _registered_by[owner, env_id] = spec
            if env_id in before:
                gym.registry[env_id] = before[env_id]
            if is_package:
                _origins[f"{owner}:{env_id}" if env_id in before else env_id] = owner


def _portable(spec: EnvSpec) -> EnvSpec:
    """Return the registration with a class named as text, so that ``env.spec.to_json()`` works."""
    made_by = spec.entry_point
    if not isinstance(made_by, type):
        return spec
    module = sys.modules.get(made_by.__module__)
    if getattr(module, made_by.__qualname__, None) is not made_by:
        return spec  # defined inside a function: only this process can make it
    return replace(spec, entry_point=f"{made_by.__module__}:{made_by.__qualname__}")


def creator(spec: EnvSpec) -> Callable[..., gym.Env[Any, Any]]:
    """Return the class, or the function, that makes an environment."""
    made_by = spec.entry_point
    return load_env_creator(made_by) if isinstance(made_by, str) else made_by  # type: ignore[return-value]


def arguments(spec: EnvSpec) -> dict[str, inspect.Parameter]:
    """Return the arguments an environment takes, by name."""
    parameters = inspect.signature(creator(spec)).parameters
    return {
        name: parameter.replace(default=spec.kwargs.get(name, parameter.default))
        for name, parameter in parameters.items()
    }


def import_named(module: str) -> str:
    """Import a module by name, or a file by path (``my_envs.py``); return the name that it has then.

    What it registers with Gymnasium is known as ``module:id`` from then on.

    Raises:
        LookupError: there is no such module or file.
        ValueError: a file ends the program.
    """
    if module.endswith(".py"):
        return _import_file(module)
    try:
        with _registering(module, is_package=False):
            importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name not in (module, module.split(".")[0]):
            raise  # the module is there and imports something that is not
        raise UnknownName(
            f"there is no module {module!r}: give an installed package, {module}.py in the working "
            f"folder, or a path such as mine/{module}.py"
        ) from error
    return module


def _import_file(name: str) -> str:
    """Import a file and return its private name; once, where it registers environments.

    With a private name, a file called ``math.py`` takes no other module's place. Files beside it can be
    imported too, unless another module has the same name.
    """
    path = Path(name).expanduser().resolve()
    if not path.is_file():
        raise UnknownName(f"there is no file {name}")
    # The same in every process, so that what the file defines can be pickled.
    private = f"onelayer_file_{path.stem}_{hashlib.sha256(os.fsencode(path)).hexdigest()[:12]}"
    if private in sys.modules and any(owner == private for owner, _ in _registered_by):
        return private
    found = spec_from_file_location(private, path)
    if found is None or found.loader is None:
        raise UnknownName(f"{name} is no Python file")
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    loaded = module_from_spec(found)
    sys.modules[private] = loaded
    try:
        with _registering(private, is_package=False):
            found.loader.exec_module(loaded)
    except SystemExit as error:
        del sys.modules[private]
        raise ValueError(f"{name} ends the program when it is imported: {error!r}") from error
    except BaseException:
        del sys.modules[private]  # a second try runs it again, instead of finding it half done
        raise
    return private
