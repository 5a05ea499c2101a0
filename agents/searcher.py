"""An expert for ALFWorld that sees only what an agent sees: it searches, remembers, and carries out the task.

It reads the observations and nothing else; ``info["admissible"]``, where given, only spares it refused
commands. There are two kinds. The plain one looks into receptacles in random order, so it shows a policy how
to play but not where things lie. The informed one looks first where things usually are.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from random import Random
from typing import Any

from onelayer.agents.household_text import (
    Errand,
    kind_of,
    of_kind,
    read_contents,
    read_errand,
    read_room,
)
from onelayer.agents.slots import EpisodeStreams, slots_of
from onelayer.envs.alfworld import household
from onelayer.envs.alfworld.records import putting_down

Likelihood = Callable[[str, str], float]
"""how likely a thing of the first type lies in a receptacle of the second type; types are in lower case"""

_APPLIANCE = {"clean": "sinkbasin", "heat": "microwave", "cool": "fridge"}
_IDLE = ("go to ", "look", "inventory")
_OPENABLE = frozenset(kind.lower() for kind in household.OPENABLE)


class SearchingAgent:
    """Looks into one receptacle after another until it has what the task asks for.

    An observation that names a task begins a new episode in its slot.

    Args:
        seed: decides, anew for each episode, the order of receptacles that are equally promising.
        likelihood: where things lie; None: unknown, so that the order is random.
        dawdles: probability, at each step, of a legal command that leads nowhere: ``go to`` any place,
            ``look`` or ``inventory``, equally likely.
    """

    def __init__(
        self, seed: int = 0, likelihood: Likelihood | None = None, *, dawdles: float = 0.0
    ):
        self._likelihood = likelihood
        self._dawdles = dawdles
        self._streams = EpisodeStreams(seed)
        self._searches: dict[int, _Search] = {}

    @classmethod
    def informed(cls, seed: int = 0) -> "SearchingAgent":
        """Return the searcher that knows where things usually are (``household.PLACES``)."""
        return cls(seed, household.likelihood)

    def reset(self, slots: Sequence[int] | None = None) -> None:
        """See ``Agent.reset``."""
        self._streams.reset(slots)
        for slot in list(self._searches) if slots is None else slots:
            self._searches.pop(slot, None)

    def act(
        self,
        observations: Sequence[str],
        infos: Sequence[Mapping[str, Any]] | None = None,
        slots: Sequence[int] | None = None,
    ) -> list[str]:
        """Return the next command of each episode.

        Raises:
            ValueError: the first observation of an episode names no task, or one that can't be read.
        """
        commands = []
        for index, slot in enumerate(slots_of(observations, slots)):
            admissible = infos[index].get("admissible") if infos is not None else None
            commands.append(self._next(slot, observations[index], admissible))
        return commands

    def _next(self, slot: int, observation: str, admissible: Collection[str] | None) -> str:
        errand = read_errand(observation)
        if errand is not None:
            self.reset([slot])
            room = read_room(observation)
            stream = self._streams.of(slot, observation)
            self._searches[slot] = _Search(errand, room, stream, self._likelihood, self._dawdles)
        elif slot not in self._searches:
            raise ValueError(f"an episode must begin with its task, got {observation[:80]!r}")
        else:
            self._searches[slot].learn(observation)
        return self._searches[slot].command(admissible)


class _Search:
    """What is known in one episode, and what to do about it."""

    def __init__(
        self,
        errand: Errand,
        places: list[str],
        random: Random,
        likelihood: Likelihood | None,
        dawdles: float,
    ):
        random.shuffle(places)  # this order decides between equally promising places
        self._errand = errand
        self._places = places
        self._random = random
        self._likelihood = likelihood
        self._dawdles = dawdles
        self._numbers = Counter(kind_of(place) for place in places)
        self._unseen = list(places)
        self._ends = of_kind(places, errand.place) if errand.place else []
        self._end: str | None = None
        self._appliances = of_kind(places, _APPLIANCE.get(errand.treatment or "", ""))
        self._contents: dict[str, list[str]] = {}
        self._closed: set[str] = set()
        self._here: str | None = None
        self._same_spot: str | None = None
        self._held: str | None = None
        self._treated = False
        self._command = ""

    def command(self, admissible: Collection[str] | None) -> str:
        """Return the next command."""
        if admissible and self._dawdles and self._random.random() < self._dawdles:
            idle = [[said for said in admissible if said.startswith(kind)] for kind in _IDLE]
            self._command = self._random.choice(
                self._random.choice([kind for kind in idle if kind])
            )
            return self._command
        command = self._decide()
        if admissible is not None and command.startswith("go to ") and command not in admissible:
            # What stands at the same spot is here already, and "go to" is refused.
            command = command.replace("go to", "examine", 1)
        self._command = command
        older = putting_down(command, "put")  # as games of alfworld 0.3 have it
        return older if admissible is not None and older in admissible else command

    def learn(self, observation: str) -> None:
        """Update what is known from the answer to the last command."""
        verb, *words = self._command.split()
        if observation.strip() == "Nothing happens.":
            self._learn_refusal(verb, words)
        elif verb in ("go", "examine", "open"):
            self._arrive(" ".join(words[-2:]), observation)
        elif verb == "take":
            self._held = " ".join(words[:2])
            self._contents[" ".join(words[3:])].remove(self._held)
        elif verb == "move":
            self._end = " ".join(words[3:])
            self._contents.setdefault(self._end, []).append(" ".join(words[:2]))
            self._held, self._treated = None, False
        elif verb in _APPLIANCE:
            self._treated = True

    def _arrive(self, place: str, observation: str) -> None:
        self._here = place
        contents = read_contents(observation)
        if contents is None:
            self._closed.add(place)
            return
        self._closed.discard(place)
        self._contents[place] = contents
        self._seen(place)

    def _seen(self, place: str) -> None:
        if place in self._unseen:
            self._unseen.remove(place)

    def _learn_refusal(self, verb: str, words: list[str]) -> None:
        """Drop what led to a refused command, so that it isn't tried for ever."""
        place = " ".join(words[-2:])
        if verb == "go":
            self._here = None
            self._same_spot = place
        elif verb in ("examine", "open"):
            self._closed.discard(place)
            self._seen(place)
        elif verb == "take":
            self._contents[place].remove(" ".join(words[:2]))
        elif verb == "move":
            self._ends = [end for end in self._ends if end != place]
            self._end = None
        elif verb in _APPLIANCE:
            self._appliances = [appliance for appliance in self._appliances if appliance != place]
        elif verb == "use" and self._here in self._contents:
            self._contents[self._here].remove(place)

    def _decide(self) -> str:
        errand = self._errand
        if self._same_spot is not None:
            place, self._same_spot = self._same_spot, None
            return f"examine {place}"
        if self._held is None:
            return self._fetch()
        if errand.lamp is not None:
            return self._look_under(errand.lamp)
        if errand.treatment is not None and not self._treated and self._appliances:
            appliance = self._appliances[0]
            if self._here != appliance:
                return f"go to {appliance}"
            return f"{errand.treatment} {self._held} with {appliance}"
        return self._deliver()

    def _fetch(self) -> str:
        errand = self._errand
        delivered = self._delivered() if errand.count > 1 else None
        for place in sorted(self._contents, key=lambda place: place != self._here):
            things = of_kind(self._contents[place], errand.thing)
            if things and place != delivered:
                if self._here != place:
                    return f"go to {place}"
                return f"take {things[0]} from {place}"
        return self._search(errand.thing)

    def _delivered(self) -> str | None:
        """Return the receptacle in which the first of two things lies already."""
        if self._end is None:
            for place in self._ends:
                if of_kind(self._contents.get(place, []), self._errand.thing):
                    self._end = place
                    break
        return self._end

    def _look_under(self, lamp_kind: str) -> str:
        for place, things in self._contents.items():
            for lamp in of_kind(things, lamp_kind):
                return f"use {lamp}" if self._here == place else f"go to {place}"
        return self._search(lamp_kind)

    def _deliver(self) -> str:
        if self._end is None:
            # Fewest steps first: the place where it stands, then one that is known to be open, then any.
            self._end = min(
                self._ends,
                key=lambda end: (end != self._here, end not in self._contents),
                default=None,
            )
        if self._end is None:
            return "look"
        if self._here != self._end:
            return f"go to {self._end}"
        if self._end in self._closed:
            return f"open {self._end}"
        return f"move {self._held} to {self._end}"

    def _search(self, thing: str) -> str:
        if self._here in self._unseen and self._here in self._closed:
            return f"open {self._here}"
        if not self._unseen:  # it must have been overlooked
            self._unseen = self._random.sample(self._places, len(self._places))
        place = max(self._unseen, key=lambda place: self._promise(thing, kind_of(place)))
        return f"open {place}" if place == self._here else f"go to {place}"

    def _promise(self, thing: str, kind: str) -> float:
        """Return the chance of finding a thing in one receptacle of a kind, divided by the steps it costs."""
        if self._likelihood is None:
            return 0.0
        if kind == self._errand.place and self._errand.treatment is None:
            return 0.0  # with one there already, the task would be done
        steps = 2 if kind in _OPENABLE else 1
        return self._likelihood(thing, kind) / self._numbers[kind] / steps
