"""A text engine for ALFWorld games: alfworld's observations and commands, without alfworld.

``Engine`` answers byte for byte what alfworld 0.4.2 over TextWorld 1.7.0 answers (the tests play both).
That includes its oddities, of which these surprise most:

* ``look`` in the middle of the room lists the receptacles only in the first observation; later it sees
  "nothing";
* ``examine`` works for the object in hand and for receptacles, not for objects that lie before you: a comma
  in the domain file gives a parameter a type that nothing has;
* ``use`` always turns on;
* where two receptacles share a location, an object taken from one and put into the other lies "next to"
  them.

A game of alfworld 0.3 (``GameRecord.verb`` is "put") is played in the words of 0.3.5.
"""

from collections.abc import Hashable

from onelayer.envs.alfworld import wording
from onelayer.envs.alfworld.game import Game

_Deed = tuple[str, int, int]
"""The name of a method of ``Engine``, and what it acts on."""


class Engine:
    """One episode of a game; ``reset`` begins it.

    Its state is made of immutable values, so that a copy is a few references.
    """

    _STATE = (
        "here", "held", "contents", "opened", "clean", "hot", "cool", "sliced", "toggled", "lying", "taken"
    )  # fmt: skip
    __slots__ = (*_STATE, "_deeds", "game", "won")

    def __init__(self, game: Game):
        self.game = game
        self.reset()

    def reset(self) -> str:
        """Return to the start of the game and return its first observation."""
        game = self.game
        self.here = game.start
        self.held = game.held
        self.contents = game.contents
        self.opened = game.opened
        self.clean = game.clean
        self.hot = game.hot
        self.cool = game.cool
        self.sliced = game.sliced
        self.toggled = game.toggled
        self.lying: frozenset[tuple[int, int]] = game.lying
        """(object, location) of sliceable objects, and of objects that lie "next to" a receptacle"""
        self.taken: frozenset[tuple[int, int]] = frozenset()
        """(object, receptacle): what was taken from receptacles that share their location"""
        self._deeds: dict[str, _Deed] | None = None
        self.won = game.goal(self)
        if game.receptacles_at[self.here]:
            surroundings = self._facing()
        else:
            surroundings = wording.mid_room(game.seen_from_mid_room)
        return wording.introduction(surroundings, game.task)

    def copy(self) -> "Engine":
        """Return an independent engine in the same state."""
        twin = Engine.__new__(Engine)
        twin.game = self.game
        twin.here, twin.held, twin.contents = self.here, self.held, self.contents
        twin.opened, twin.clean, twin.hot = self.opened, self.clean, self.hot
        twin.cool, twin.sliced, twin.toggled = self.cool, self.sliced, self.toggled
        twin.lying, twin.taken = self.lying, self.taken
        twin._deeds, twin.won = self._deeds, self.won
        return twin

    def anchor(self) -> Hashable:
        """Return the state; two are equal if and only if the game would go on in the same way."""
        return (
            self.here,
            self.held,
            self.contents,
            self.opened,
            self.clean,
            self.hot,
            self.cool,
            self.sliced,
            self.toggled,
            self.lying,
            self.taken,
        )

    def admissible(self) -> tuple[str, ...]:
        """Return the commands that do something, sorted as alfworld sorts them."""
        return tuple(sorted([*self.game.moves_from[self.here], *self._possible_deeds()]))

    def step(self, command: str) -> tuple[str, int, bool]:
        """Carry out a command; return the observation, the score (1 where the goal holds), whether it holds.

        Spaces around a command are dropped; any other difference from an admissible command makes nothing
        happen. The game goes on after it is won.
        """
        command = command.strip()
        destination = self.game.destinations.get(command)
        if destination is not None:
            observation = self._go(destination)
        elif (deed := self._possible_deeds().get(command)) is not None:
            name, thing, place = deed
            observation = getattr(self, name)(thing, place)
        else:
            observation = wording.NOTHING_HAPPENS
        return observation, int(self.won), self.won

    def is_admissible(self, command: str) -> bool:
        """Return whether ``step`` would carry ``command`` out."""
        command = command.strip()
        destination = self.game.destinations.get(command)
        if destination is not None:
            return self.game.location_of[destination] not in (-1, self.here)
        return command in self._possible_deeds()

    def _possible_deeds(self) -> dict[str, _Deed]:
        """Return what can be done here and now, by command, without the commands that go elsewhere."""
        if self._deeds is None:
            self._deeds = self._find_deeds()
        return self._deeds

    def _find_deeds(self) -> dict[str, _Deed]:
        game, held = self.game, self.held
        deeds: dict[str, _Deed] = {
            "inventory": ("_inventory", -1, -1),
            "look": ("_look", -1, -1),
        }
        if game.dialect.has_help:
            deeds["help"] = ("_help", -1, -1)
        for r in game.receptacles_at[self.here]:
            name = game.receptacle_names[r]
            deeds[f"examine {name}"] = ("_examine_receptacle", -1, r)
            accessible = True
            if game.openable >> r & 1:
                accessible = bool(self.opened >> r & 1)
                verb = "close" if accessible else "open"
                deeds[f"{verb} {name}"] = (f"_{verb}", -1, r)
            for o in self.contents[r]:
                if accessible and held < 0 and game.pickupable >> o & 1:
                    deeds[f"take {game.object_names[o]} from {name}"] = ("_take", o, r)
                if game.toggleable >> o & 1:
                    deeds[f"use {game.object_names[o]}"] = ("_use", o, r)
            if held >= 0:
                self._add_uses(deeds, r, name, accessible)
        if held >= 0:
            deeds[f"examine {game.object_names[held]}"] = ("_examine_object", held, -1)
            if game.knives >> held & 1:
                for o, location in self.lying:
                    if location == self.here and game.sliceable >> o & 1:
                        command = f"slice {game.object_names[o]} with {game.object_names[held]}"
                        deeds[command] = ("_slice", o, held)
        return deeds

    def _add_uses(self, deeds: dict[str, _Deed], r: int, name: str, accessible: bool) -> None:
        """Add what can be done with the object in hand at a receptacle."""
        game, held = self.game, self.held
        held_name = game.object_names[held]
        if accessible and game.fits[r] >> held & 1:
            deeds[game.dialect.put.format(held_name, name)] = ("_put", held, r)
        if game.sinks >> r & 1 and game.cleanable >> held & 1:
            deeds[f"clean {held_name} with {name}"] = ("_clean", held, r)
        if game.microwaves >> r & 1 and game.heatable >> held & 1:
            deeds[f"heat {held_name} with {name}"] = ("_heat", held, r)
        if game.fridges >> r & 1 and game.coolable >> held & 1:
            deeds[f"cool {held_name} with {name}"] = ("_cool", held, r)

    def _changed(self) -> None:
        """Note that the state has changed."""
        self._deeds = None
        self.won = self.game.goal(self)

    def _go(self, r: int) -> str:
        game = self.game
        location = game.location_of[r]
        if location in (-1, self.here):
            return wording.NOTHING_HAPPENS
        self.here = location
        self._deeds = None
        if "atlocation" in game.goal_reads:
            self.won = game.goal(self)
        by_location = game.dialect.arrives_at_location
        where = game.location_names[location] if by_location else game.receptacle_names[r]
        return f"You arrive at {where}. {self._examine_receptacle(-1, r)}"

    def _open(self, _: int, r: int) -> str:
        self.opened |= 1 << r
        self._changed()
        name = self.game.receptacle_names[r]
        return f"You open the {name}. {self._examine_receptacle(-1, r)}"

    def _close(self, _: int, r: int) -> str:
        self.opened &= ~(1 << r)
        self._changed()
        return f"You close the {self.game.receptacle_names[r]}."

    def _take(self, o: int, r: int) -> str:
        game = self.game
        self._set_contents(r, tuple(other for other in self.contents[r] if other != o))
        self.held = o
        self.lying -= {(o, self.here)}
        if len(game.receptacles_at[self.here]) > 1:
            self.taken |= {(o, r)}
        self._changed()
        return f"You pick up the {game.object_names[o]} from the {game.receptacle_names[r]}."

    def _put(self, o: int, r: int) -> str:
        game = self.game
        self._set_contents(r, tuple(sorted({*self.contents[r], o})))
        self.held = -1
        self.taken -= {(o, r)}
        if game.sliceable >> o & 1 or any(
            (o, r) in self.taken for r in game.receptacles_at[self.here]
        ):
            self.lying |= {(o, self.here)}
        self._changed()
        return game.dialect.has_put.format(game.object_names[o], game.receptacle_names[r])

    def _set_contents(self, r: int, objects: tuple[int, ...]) -> None:
        self.contents = (*self.contents[:r], objects, *self.contents[r + 1 :])

    def _clean(self, o: int, r: int) -> str:
        self.clean |= 1 << o
        return self._treated("clean", o, r)

    def _heat(self, o: int, r: int) -> str:
        self.hot |= 1 << o
        self.cool &= ~(1 << o)
        return self._treated("heat", o, r)

    def _cool(self, o: int, r: int) -> str:
        self.cool |= 1 << o
        self.hot &= ~(1 << o)
        return self._treated("cool", o, r)

    def _treated(self, verb: str, o: int, r: int) -> str:
        self._changed()
        names = self.game.object_names[o], self.game.receptacle_names[r]
        return f"You {verb} the {names[0]} using the {names[1]}."

    def _use(self, o: int, _: int) -> str:
        self.toggled |= 1 << o
        self._changed()
        return f"You turn on the {self.game.object_names[o]}."

    def _slice(self, o: int, knife: int) -> str:
        self.sliced |= 1 << o
        self._changed()
        names = self.game.object_names
        return f"You sliced the {names[o]} with the {names[knife]}."

    def _look(self, *_: int) -> str:
        return self._facing() if self.game.receptacles_at[self.here] else wording.mid_room(())

    def _facing(self) -> str:
        game = self.game
        receptacles = game.receptacles_at[self.here]
        beside = [
            game.object_names[o]
            for o, r in sorted(self.taken)
            if r in receptacles and (o, self.here) in self.lying
        ]
        return wording.facing([game.receptacle_names[r] for r in receptacles], beside)

    def _inventory(self, *_: int) -> str:
        if self.held < 0:
            return "You are not carrying anything."
        return f"You are carrying: a {self.game.object_names[self.held]}."

    def _help(self, *_: int) -> str:
        return wording.HELP

    def _examine_receptacle(self, _: int, r: int) -> str:
        game = self.game
        return wording.receptacle_text(
            game.receptacle_names[r],
            [game.object_names[o] for o in self.contents[r]],
            bool(game.openable >> r & 1),
            bool(self.opened >> r & 1),
        )

    def _examine_object(self, o: int, _: int) -> str:
        game = self.game
        name = game.object_names[o]
        if game.holds_objects >> o & 1:
            return f"This is a normal {name}. In it, you see {wording.listing(game.inside[o])}."
        return wording.object_text(
            name,
            hot=bool(self.hot >> o & 1),
            cool=bool(self.cool >> o & 1),
            clean=bool(self.clean >> o & 1),
            sliced=bool(self.sliced >> o & 1),
            on=bool((self.toggled & game.toggleable) >> o & 1),
        )
