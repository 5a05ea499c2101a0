"""Finding environments: ours, those of installed packages, and those of a file next to the user.

A package brings its environments by an entry point in the group ``onelayer.envs``, a callable that
registers them with Gymnasium::

    [project.entry-points."onelayer.envs"]
    maze = "maze:register"

A file needs no packaging: ``my_envs:Maze-v0`` imports ``my_envs``, which registers ``Maze-v0``.
"""

import difflib
import importlib
import inspect
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import (
    EnvSpec,
    find_highest_version,
    load_env_creator,
    parse_env_id,
)

GROUP = "onelayer.envs"
_OF_GYMNASIUM = {"max_episode_steps", "disable_env_checker"}
_loaded: set[tuple[str, str]] = set()
_ids_of_plugins: dict[str, str] = {}


def make(env_id: str, **kwargs: Any) -> gym.Env[str, str]:
    """Make an environment like ``gymnasium.make``, with plug-ins loaded and clearer errors.

    Args:
        env_id: a registered id, or ``module:id``, see ``resolve``.
        kwargs: arguments of the environment.

    Raises:
        gymnasium.error.Error: there is no such environment; the message names the nearest.
        LookupError: there is no such module.
        ValueError: the environment takes no such argument; the message lists those it takes.
    """
    spec = resolve(env_id)
    _check_arguments(spec, kwargs)
    # Gymnasium's checker looks at every step; `onelayer envs check` does it once, and more of it.
    return gym.make(spec, **{"disable_env_checker": True, **kwargs})


def resolve(env_id: str) -> EnvSpec:
    """Return the registration of an environment.

    ``module:id`` imports the module first, which may be a file: ``examples/my_envs.py:Maze-v0``.
    An id without a version means the newest one.

    Raises:
        gymnasium.error.Error: there is no such environment; the message names the nearest.
        LookupError: there is no such module.
    """
    load_plugins()
    module, _, name = env_id.rpartition(":")
    if module:
        _import(module)
    namespace, short_name, version = parse_env_id(name)
    if version is None and name not in gym.registry:
        newest = find_highest_version(namespace, short_name)
        name = name if newest is None else f"{name}-v{newest}"
    try:
        return gym.spec(name)
    except gym.error.Error as error:
        same = [env_id for env_id in registered() if env_id.endswith(f"/{name}")]
        if same:  # the namespace was left out, and Gymnasium guesses at `CartPole`
            raise type(error)(f"There is no `{name}`. Did you mean: `{same[0]}`?") from error
        if "Did you mean" in str(error):
            raise
        listed = ", ".join(registered())
        raise type(error)(
            f"{error} There are: {listed}; or module:{name} with the module that registers it."
        ) from error


def registered() -> dict[str, str]:
    """Return the ids of our environments and of the plug-ins', each with where it is from."""
    load_plugins()
    ours = {name: "onelayer" for name in gym.registry if name.startswith("onelayer/")}
    return dict(sorted((ours | _ids_of_plugins).items()))


def load_plugins() -> None:
    """Let every installed plug-in register its environments, once.

    One that fails is a warning that names it, and the others are loaded all the same.
    """
    for entry in entry_points(group=GROUP):
        if (entry.name, entry.value) in _loaded:
            continue
        _loaded.add((entry.name, entry.value))
        before = set(gym.registry)
        try:
            entry.load()()
        except Exception as error:
            warnings.warn(
                f"environment plug-in {entry.name!r} ({entry.value}) failed: "
                f"{type(error).__name__}: {error}",
                RuntimeWarning,
                stacklevel=2,
            )
        package = entry.dist.name if entry.dist is not None else entry.value
        _ids_of_plugins.update({name: package for name in set(gym.registry) - before})


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


def _check_arguments(spec: EnvSpec, kwargs: dict[str, Any]) -> None:
    takes = {
        name: parameter
        for name, parameter in arguments(spec).items()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }
    missing = [name for name, p in takes.items() if p.default is p.empty and name not in kwargs]
    if missing:
        raise ValueError(f"{spec.id} needs the argument {missing[0]!r}")
    if any(p.kind is p.VAR_KEYWORD for p in arguments(spec).values()):
        return
    for name in kwargs:
        if name not in takes and name not in _OF_GYMNASIUM:
            close = difflib.get_close_matches(name, takes, n=1)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            listed = ", ".join(str(p.replace(annotation=p.empty)) for p in takes.values())
            raise ValueError(
                f"{spec.id} takes no argument {name!r}{hint}; it takes: {listed or 'none'}"
            )


def _import(module: str) -> None:
    """Import a module by name, or a file by path."""
    if module.endswith(".py"):
        path = Path(module).resolve()
        if not path.is_file():
            raise LookupError(f"there is no file {module}")
        if path.stem in sys.modules and getattr(sys.modules[path.stem], "__file__", "") == str(
            path
        ):
            return
        found = spec_from_file_location(path.stem, path)
        if found is None or found.loader is None:
            raise LookupError(f"{module} is no Python file")
        loaded = module_from_spec(found)
        sys.modules[path.stem] = loaded
        found.loader.exec_module(loaded)
        return
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name not in (module, module.split(".")[0]):
            raise  # the module is there and imports something that is not
        raise LookupError(
            f"there is no module {module!r}: give an installed package, {module}.py in the working "
            f"folder, or a path such as envs/{module}.py:Id-v0"
        ) from error
