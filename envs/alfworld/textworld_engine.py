"""The real engine, alfworld's own wrapper over TextWorld's planner, with the methods of the native one.

It is the reference that the native engine is compared with. Work that does not change its answers is left out
(see ``textworld_patches``). It must stay in one thread.

Importing this module imports alfworld, which sets ``$ALFWORLD_DATA`` where it is not set. That is undone,
because ``games=None`` reads the variable.

Raises:
    gymnasium.error.DependencyNotInstalled: on import, where ``onelayer[alfworld]`` is not installed.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import gymnasium as gym

from onelayer.envs.alfworld.game_files import NEEDS_ALFWORLD, game_data
from onelayer.envs.alfworld.records import GameRecord

_data_was_set = "ALFWORLD_DATA" in os.environ
try:
    import textworld
    from alfworld.agents.environment.alfred_tw_env import AlfredDemangler
    from textworld.envs.pddl import PddlEnv

    from onelayer.envs.alfworld.textworld_patches import spared
except ImportError as error:
    raise gym.error.DependencyNotInstalled(f"{NEEDS_ALFWORLD} ({error})") from error
finally:
    if not _data_was_set:
        os.environ.pop("ALFWORLD_DATA", None)

_KNIVES = ("knifetype", "butterknifetype")
_STATE = (
    "atlocation",
    "holds",
    "inreceptacle",
    "opened",
    "isclean",
    "ishot",
    "iscool",
    "issliced",
    "istoggled",
)


class TextWorldEngine:
    """Plays a game once it is ``reset``.

    To play many games, ``load`` each into one engine: each engine loads its own copy of the planner's library
    (about 1 MB), which stays.

    Args:
        record: the game.
        untouched: leave nothing out, for comparisons with TextWorld as it is installed.
    """

    def __init__(self, record: GameRecord, untouched: bool = False):
        self._untouched = untouched
        inner = PddlEnv(_asked_for()) if untouched else _LeanPddlEnv(_asked_for())
        self._environment = AlfredDemangler(inner, shuffle=False)
        self.load(record)

    def load(self, record: GameRecord) -> None:
        """Load another game; ``reset`` begins it.

        Raises:
            ValueError: the planner can't read its problem.
        """
        self.record = record
        self._commands: list[str] = []
        try:
            with self._running():
                self._environment.load(game_data(record))
        except SystemExit as error:  # the planner's way to refuse a problem
            raise ValueError(f"game {record.id}: {error}") from error

    def reset(self) -> str:
        """Return to the start of the game and return its first observation."""
        self._commands.clear()
        with self._running():
            self._state = self._environment.reset()
        return str(self._state["feedback"])

    def step(self, command: str) -> tuple[str, int, bool]:
        """Carry out a command: its observation, the score, and whether the goal holds."""
        self._commands.append(command)
        with self._running():
            self._state, score, done = self._environment.step(command)
        return str(self._state["feedback"]), int(score), bool(done)

    @property
    def won(self) -> bool:
        """Whether the goal holds."""
        return bool(self._state["won"])

    def admissible(self) -> tuple[str, ...]:
        """Return the commands that do something, sorted."""
        return tuple(self._state["admissible_commands"])

    def is_admissible(self, command: str) -> bool:
        """Return whether ``step`` would carry ``command`` out."""
        return command.strip() in self._state["_valid_commands"]

    def copy(self) -> "TextWorldEngine":
        """Return an engine in the same state, by playing all commands again."""
        return _played(self.record, self._untouched, self._commands)

    def __reduce__(self) -> tuple[Callable[..., "TextWorldEngine"], tuple[Any, ...]]:
        # The planner's state is in a C library and can't be pickled, so the commands are played again.
        return _played, (self.record, self._untouched, tuple(self._commands))

    def __deepcopy__(self, memo: dict[int, Any]) -> "TextWorldEngine":
        return self.copy()

    def anchor(self) -> Hashable:
        """Return the state; two are equal if and only if the game would go on in the same way.

        What an object was taken from (``not_inReceptacle``) matters only where receptacles share a location,
        for ``look``. Where an object lies (``objectAtLocation``) matters only for those objects, and for
        sliceable ones in a game that has a knife.
        """
        facts: dict[str, set[Any]] = {}
        for fact in self._environment._pddl_state.facts:
            facts.setdefault(fact.name, set()).add(fact.names)
        location = dict(facts["receptacleatlocation"])
        shared = [at for at, receptacles in Counter(location.values()).items() if receptacles > 1]
        taken = {
            (thing, place)
            for thing, place in facts.get("not_inreceptacle", ())
            if location.get(place) in shared
        }
        beside = {(thing, location[place]) for thing, place in taken}
        knives = any(kind in _KNIVES for _, kind in facts["objecttype"])
        sliceable = facts.get("sliceable", set()) if knives else set()
        lying = {
            fact
            for fact in facts.get("objectatlocation", ())
            if fact in beside or fact[:1] in sliceable
        }
        changing = [frozenset(facts.get(name, ())) for name in _STATE]
        return (*changing, frozenset(taken), frozenset(lying))

    def close(self) -> None:
        """Free the planner's memory of the game; ``reset`` or ``load`` makes the engine usable again.

        The library stays loaded: unloading two of them crashes the interpreter when it exits.
        """
        self._environment.downward_lib.cleanup()

    @contextmanager
    def _running(self) -> Iterator[None]:
        arguments = sys.argv
        try:
            with nullcontext() if self._untouched else spared():
                yield
        finally:
            sys.argv = arguments  # the planner's translator overwrites it


def _played(record: GameRecord, untouched: bool, commands: Sequence[str]) -> TextWorldEngine:
    """Return an engine that has carried out these commands."""
    engine = TextWorldEngine(record, untouched)
    engine.reset()
    for command in commands:
        engine.step(command)
    return engine


def _asked_for() -> Any:
    return textworld.EnvInfos(won=True, admissible_commands=True)


class _LeanPddlEnv(PddlEnv):  # type: ignore[misc]
    """TextWorld's environment, working out only what ``TextWorldEngine`` asks for.

    TextWorld also lists every fact once for each admissible command, and derives the text of each command
    again at every step. Here each text is derived once: names and places don't change, so it depends on the
    action and its arguments alone.
    """

    def __init__(self, infos: Any) -> None:
        super().__init__(infos)
        # The translation for planning is left out, see textworld_patches.
        self.downward_lib.load_sas_replan = lambda sas: None

    def load(self, data: Any) -> None:
        self._commands: dict[tuple[str, ...], str] = {}
        super().load(data)

    def _gather_infos(self) -> None:
        actions = self._pddl_state.all_applicable_actions()
        commands = [self._command(action) for action in actions]
        self.state["won"] = self._pddl_state.check_goal()
        self.state["lost"] = False
        self.state["_valid_actions"] = actions
        self.state["_valid_commands"] = commands
        self.state["admissible_commands"] = sorted(set(commands))

    def _command(self, action: Any) -> str:
        key = (action.name, *(entity.name for entity in action.mapping.values()))
        if key not in self._commands:
            context = {
                "state": self._pddl_state,
                "facts": (),
                "variables": {
                    place.name: self._entity_infos[entity.name]
                    for place, entity in action.mapping.items()
                },
                "mapping": action.mapping,
                "entity_infos": self._entity_infos,
            }
            self._commands[key] = self._logic.grammar.derive(action.command_template, context)
        return self._commands[key]
