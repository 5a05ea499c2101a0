"""What never changes in a game: things, places, what fits where, the goal. Its engines share one ``Game``.

Things are numbered. Objects and receptacles are each sorted by their id, which is the order in which
ALFWorld lists them; a set of objects or receptacles is an int, one bit for each.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter

from onelayer.envs.alfworld.goals import Condition, Fluent, GoalReader
from onelayer.envs.alfworld.object_names import readable_names
from onelayer.envs.alfworld.pddl import read_problem
from onelayer.envs.alfworld.records import GameRecord
from onelayer.envs.alfworld.wording import DIALECTS, Dialect

SINK, MICROWAVE, FRIDGE = "sinkbasintype", "microwavetype", "fridgetype"
KNIVES = ("knifetype", "butterknifetype")


class Game:
    """A game, parsed once (about 2 ms).

    Raises:
        ValueError: the record's problem is not one of ALFWorld's; the message begins with the game's id.
    """

    def __init__(self, record: GameRecord):
        self.record = record
        try:
            self._read()
        except ValueError as error:
            raise ValueError(f"game {record.id}: {error}") from error

    @property
    def id(self) -> str:
        """The id of the record."""
        return self.record.id

    @property
    def dialect(self) -> Dialect:
        """How the record's version of alfworld speaks."""
        return DIALECTS[self.record.verb]

    @property
    def task(self) -> str:
        """What follows "Your task is to: ", without the full stop."""
        return self.record.task

    def __reduce__(self) -> tuple[type["Game"], tuple[GameRecord]]:
        return Game, (self.record,)  # tests of the goal are closures, which can't be pickled

    def _read(self) -> None:
        problem = read_problem(self.record.pddl_problem)
        self._problem = problem
        mentioned = {name for facts in problem.facts.values() for fact in facts for name in fact}
        names = readable_names(mentioned)
        if undeclared := mentioned - problem.types.keys():
            raise ValueError(f"{min(undeclared)!r} is used but not declared in (:objects ...)")

        objects = sorted(name for name in mentioned if problem.types.get(name) == "object")
        receptacles = sorted(name for name in mentioned if problem.types.get(name) == "receptacle")
        self._objects = {name: i for i, name in enumerate(objects)}
        self._receptacles = {name: i for i, name in enumerate(receptacles)}
        self.object_names = tuple(names[name] for name in objects)
        self.receptacle_names = tuple(names[name] for name in receptacles)
        self._names = names

        self._read_places()
        self._read_kinds()
        self._read_start()
        goal = GoalReader(problem, self._fluents())
        self.goal = goal.read()
        self.goal_reads = frozenset(goal.reads)
        del self._names
        del self._problem  # most of the memory, and no longer needed

    def _read_places(self) -> None:
        """Number the locations an agent can be at, and find what is there."""
        location_of: dict[str, str] = {}
        for receptacle, location in self._facts("receptacleatlocation"):
            if location_of.setdefault(receptacle, location) != location:
                raise ValueError(f"receptacle {receptacle} is at two locations")
        starts = self._facts("atlocation")
        if len(starts) != 1:
            raise ValueError(f"one agent must be at one location, found {len(starts)}")
        [(self._agent, start)] = starts
        reachable = sorted({start, *location_of.values()})
        self._locations = {name: i for i, name in enumerate(reachable)}
        self.start = self._locations[start]
        self.location_names = tuple(self._names.get(name, name) for name in reachable)
        self.location_of = tuple(
            self._locations[location_of[name]] if name in location_of else -1
            for name in self._receptacles
        )
        self.receptacles_at = tuple(
            tuple(r for r, at in enumerate(self.location_of) if at == location)
            for location in range(len(reachable))
        )
        self.seen_from_mid_room = tuple(
            name
            for name, at in zip(self.receptacle_names, self.location_of, strict=True)
            if at >= 0
        )
        self.destinations = {f"go to {name}": r for r, name in enumerate(self.receptacle_names)}
        self.moves_from = tuple(
            sorted(c for c, r in self.destinations.items() if self.location_of[r] not in (-1, here))
            for here in range(len(reachable))
        )

    def _read_kinds(self) -> None:
        """Note what can be done with what."""
        self.openable = self._receptacle_set(self._unary("openable"))
        self.pickupable = self._object_set(self._unary("pickupable"))
        self.toggleable = self._object_set(self._unary("toggleable"))
        self.cleanable = self._object_set(self._unary("cleanable"))
        self.heatable = self._object_set(self._unary("heatable"))
        self.coolable = self._object_set(self._unary("coolable"))
        self.holds_objects = self._object_set(self._unary("isreceptacleobject"))

        type_of = defaultdict(set)
        for name, its_type in self._facts("objecttype"):
            type_of[its_type].add(name)
        self.knives = self._object_set(name for knife in KNIVES for name in type_of[knife])
        self.sliceable = self._object_set(self._unary("sliceable")) if self.knives else 0

        fitting: dict[str, int] = defaultdict(int)
        for receptacle_type, object_type in self._facts("cancontain"):
            fitting[receptacle_type] |= self._object_set(type_of[object_type])
        fits = [0] * len(self._receptacles)
        of_type = defaultdict(list)
        for name, its_type in self._facts("receptacletype"):
            if name in self._receptacles:
                fits[self._receptacles[name]] |= fitting[its_type]
            of_type[its_type].append(name)
        self.fits = tuple(fits)
        """for each receptacle, the objects that can be put there"""
        self.sinks = self._receptacle_set(of_type[SINK])
        self.microwaves = self._receptacle_set(of_type[MICROWAVE])
        self.fridges = self._receptacle_set(of_type[FRIDGE])

        inside = defaultdict(list)
        for inner, outer in self._facts("inreceptacleobject"):
            if inner in self._objects and inner != outer:
                inside[outer].append(self._objects[inner])
        self.inside = tuple(
            tuple(self.object_names[o] for o in sorted(set(inside[name]))) for name in self._objects
        )

    def _read_start(self) -> None:
        """Note what can change, as it is at the start."""
        contents: list[set[int]] = [set() for _ in self._receptacles]
        for name, receptacle in self._facts("inreceptacle"):
            if name not in self._objects or receptacle not in self._receptacles:
                raise ValueError(
                    f"(inReceptacle {name} {receptacle}): not an object and a receptacle"
                )
            contents[self._receptacles[receptacle]].add(self._objects[name])
        self.contents = tuple(tuple(sorted(objects)) for objects in contents)
        self.opened = self._receptacle_set(self._unary("opened"))
        self.clean = self._object_set(self._unary("isclean"))
        self.hot = self._object_set(self._unary("ishot"))
        self.cool = self._object_set(self._unary("iscool"))
        self.sliced = self._object_set(self._unary("issliced"))
        self.toggled = self._object_set(self._unary("istoggled"))
        # The location of an object matters only for slicing it (and for `look`, see Engine.lying).
        self.lying = frozenset(
            (self._objects[name], self._locations[location])
            for name, location in self._facts("objectatlocation")
            if location in self._locations
            and name in self._objects
            and self.sliceable >> self._objects[name] & 1
        )
        held = [name for _, name in self._facts("holds")]
        if len(held) > 1 or bool(held) != bool(self._facts("holdsany")):
            raise ValueError("at the start an agent holds one object (and holdsAny) or none")
        self.held = self._objects[held[0]] if held else -1

    def _fluents(self) -> Mapping[str, Fluent]:
        """Return the tests that the goal may use, by the predicate that actions change."""

        def contains(arguments: tuple[str, ...]) -> Condition:
            o, r = self._objects.get(arguments[0]), self._receptacles.get(arguments[1])
            if o is None or r is None:
                return False
            return lambda engine: o in engine.contents[r]

        def holds(arguments: tuple[str, ...]) -> Condition:
            o = self._objects.get(arguments[1])
            if o is None or arguments[0] != self._agent:
                return False
            return lambda engine: engine.held == o

        def holds_any(arguments: tuple[str, ...]) -> Condition:
            return (lambda engine: engine.held >= 0) if arguments[0] == self._agent else False

        def is_at(arguments: tuple[str, ...]) -> Condition:
            location = self._locations.get(arguments[1])
            if location is None or arguments[0] != self._agent:
                return False
            return lambda engine: engine.here == location

        return {
            "inreceptacle": contains,
            "holds": holds,
            "holdsany": holds_any,
            "atlocation": is_at,
            "opened": _membership("opened", self._receptacles),
            "isclean": _membership("clean", self._objects),
            "ishot": _membership("hot", self._objects),
            "iscool": _membership("cool", self._objects),
            "issliced": _membership("sliced", self._objects),
            "istoggled": _membership("toggled", self._objects),
            **{name: _not_followed(name) for name in ("checked", "ison", "objectatlocation")},
        }

    def _facts(self, predicate: str) -> list[tuple[str, ...]]:
        """Return the facts of a predicate, each once."""
        return list(dict.fromkeys(self._problem.facts.get(predicate, ())))

    def _unary(self, predicate: str) -> Iterable[str]:
        return (name for (name,) in self._facts(predicate))

    def _object_set(self, names: Iterable[str]) -> int:
        return sum(1 << self._objects[name] for name in set(names) if name in self._objects)

    def _receptacle_set(self, names: Iterable[str]) -> int:
        return sum(1 << self._receptacles[name] for name in set(names) if name in self._receptacles)


def _membership(attribute: str, numbers: Mapping[str, int]) -> Fluent:
    """Return the test of a predicate that an engine keeps as a set of bits."""
    read: Callable[[object], int] = attrgetter(attribute)

    def fluent(arguments: tuple[str, ...]) -> Condition:
        number = numbers.get(arguments[0])
        if number is None:
            return False
        return lambda engine: bool(read(engine) >> number & 1)

    return fluent


def _not_followed(predicate: str) -> Fluent:
    def fluent(arguments: tuple[str, ...]) -> Condition:
        raise ValueError(f"its goal asks for {predicate}, which the native engine does not follow")

    return fluent
