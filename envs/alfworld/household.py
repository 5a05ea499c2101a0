"""What a household holds: rooms and their furniture, what fits where, and where things usually lie.

The facts are those of ALFRED's households (AI2-THOR scenes as ALFWorld plays them); the tables are ours,
rounded. Names are ALFRED's type names; texts have them in lower case (``countertop 2``).
"""

from collections.abc import Mapping
from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


OPENABLE = frozenset({"Cabinet", "Drawer", "Fridge", "Microwave", "Safe"})
"""closed when a game begins: what is inside shows only after ``open``"""

SINGLE = frozenset(
    {
        "CoffeeMachine",
        "HandTowelHolder",
        "Microwave",
        "StoveBurner",
        "ToiletPaperHanger",
        "TowelHolder",
    }
)
"""hold one thing when a game begins (the engine itself knows no capacity)"""

FIXED = frozenset({"DeskLamp", "HousePlant", "Mirror", "Television"})
"""seen, never taken"""

VESSELS = frozenset({"Bowl", "Box", "Cup", "Mug", "Pan", "Plate", "Pot"})

CLEANABLE = frozenset(
    _words(
        "Apple Bowl ButterKnife Cloth Cup DishSponge Egg Fork Kettle Knife Ladle Lettuce Mug "
        "Pan Plate Pot Potato SoapBar Spatula Spoon Tomato"
    )
)
HEATABLE = frozenset(_words("Apple Bread Cup Egg Mug Plate Potato Tomato"))
COOLABLE = frozenset(
    _words("Apple Bowl Bread Cup Egg Lettuce Mug Pan Plate Pot Potato Tomato WineBottle")
)
SLICEABLE = frozenset(_words("Apple Bread Egg Lettuce Potato Tomato"))
TOGGLEABLE = frozenset({"DeskLamp"})


def _weights(table: str) -> dict[str, dict[str, int]]:
    """Read lines ``Thing: Place 3, Other 1``."""
    rows: dict[str, dict[str, int]] = {}
    for line in table.strip().splitlines():
        thing, places = line.split(":")
        rows[thing.strip()] = {
            place: int(weight) for place, weight in (entry.split() for entry in places.split(","))
        }
    return rows


PLACES: Mapping[str, Mapping[str, int]] = _weights("""
AlarmClock: Desk 7, Shelf 4, SideTable 4, Dresser 3, DiningTable 1
Apple: CounterTop 5, Fridge 5, DiningTable 3, Microwave 3, GarbageCan 2, SinkBasin 2, SideTable 1
Book: Bed 8, Desk 3, CounterTop 2, Drawer 2, Dresser 1, DiningTable 1, SideTable 1, CoffeeTable 1, ArmChair 1
Bowl: Cabinet 6, CounterTop 4, Fridge 3, DiningTable 3, Desk 2, Shelf 1, SinkBasin 1, Dresser 1, CoffeeTable 1
Box: DiningTable 4, Sofa 4, CoffeeTable 4, Shelf 2, SideTable 2, Desk 1, Cabinet 1, Dresser 1, ArmChair 1
Bread: CounterTop 6, DiningTable 3, Fridge 1
ButterKnife: CounterTop 6, DiningTable 3, Drawer 1, SinkBasin 1
Candle: CounterTop 5, Toilet 5, Drawer 2, Cabinet 2, Shelf 1, SideTable 1, CoffeeTable 1, Cart 1
CD: Drawer 6, Desk 4, Dresser 3, SideTable 3, GarbageCan 2, Shelf 1, DiningTable 1, Safe 1
CellPhone: Bed 4, Drawer 4, Desk 3, Dresser 2, SideTable 2, CounterTop 2, DiningTable 1, Shelf 1, ArmChair 1
Cloth: BathtubBasin 6, Cabinet 4, CounterTop 3, Drawer 3, SinkBasin 2, Shelf 1, Toilet 1
CreditCard: Drawer 5, Shelf 3, SideTable 3, Desk 2, Dresser 2, Sofa 1, ArmChair 1, CounterTop 1, CoffeeTable 1
Cup: Cabinet 5, CounterTop 4, Fridge 4, DiningTable 3, SinkBasin 2, Microwave 1, Shelf 1
DeskLamp: SideTable 4, Desk 3, Dresser 2, Shelf 1
DishSponge: CounterTop 5, Cabinet 4, Drawer 4, DiningTable 2, SinkBasin 2, GarbageCan 1, BathtubBasin 1
Egg: Fridge 5, CounterTop 5, SinkBasin 3, GarbageCan 3, Microwave 2, DiningTable 2
Fork: CounterTop 4, DiningTable 3, Drawer 2, SinkBasin 1
Glassbottle: Cabinet 6, CounterTop 5, DiningTable 3, SinkBasin 2, Fridge 2, GarbageCan 1, Shelf 1
HandTowel: HandTowelHolder 1
HousePlant: CounterTop 4, SideTable 2, DiningTable 2, Shelf 1, CoffeeTable 1, Desk 1, Dresser 1
Kettle: StoveBurner 4, CounterTop 3, Cabinet 2, DiningTable 1
KeyChain: Drawer 5, SideTable 3, Shelf 2, Desk 2, Dresser 2, CoffeeTable 1, ArmChair 1, Sofa 1, DiningTable 1
Knife: CounterTop 5, DiningTable 3, Drawer 2, SinkBasin 1
Ladle: CounterTop 4, Cabinet 3, Drawer 2, DiningTable 1
Laptop: Bed 5, Desk 1, Sofa 1, DiningTable 1, CoffeeTable 1, Dresser 1
Lettuce: CounterTop 4, DiningTable 3, Fridge 2, SinkBasin 1
Mirror: CounterTop 3, Dresser 1
Mug: CoffeeMachine 4, Cabinet 3, Fridge 3, CounterTop 3, DiningTable 2, Desk 2, Microwave 1, Shelf 1
Newspaper: Sofa 4, CoffeeTable 4, DiningTable 3, SideTable 3, Shelf 2, Dresser 2, ArmChair 1
Pan: CounterTop 4, StoveBurner 4, Cabinet 1, DiningTable 1
PaperTowelRoll: CounterTop 5, GarbageCan 2, DiningTable 1, Shelf 1, Toilet 1
Pen: Desk 4, Drawer 3, Dresser 3, SideTable 3, Shelf 3, DiningTable 2, CounterTop 1, GarbageCan 1
Pencil: Drawer 4, Desk 4, SideTable 3, Shelf 3, Dresser 2, DiningTable 2, GarbageCan 1, CounterTop 1
PepperShaker: Cabinet 6, CounterTop 5, DiningTable 3, Drawer 3, Shelf 1
Pillow: Bed 7, Sofa 3, ArmChair 1
Plate: Cabinet 4, CounterTop 3, DiningTable 2, Fridge 1, CoffeeTable 1, Shelf 1
Pot: StoveBurner 7, CounterTop 2, Fridge 1, DiningTable 1, Cabinet 1
Potato: CounterTop 5, Fridge 5, DiningTable 3, SinkBasin 2, Microwave 2, GarbageCan 1
RemoteControl: CoffeeTable 4, Sofa 3, SideTable 3, DiningTable 2, Drawer 2, ArmChair 2, Dresser 1, TVStand 1
SaltShaker: Cabinet 6, CounterTop 6, DiningTable 3, Drawer 3, Shelf 1
SoapBar: CounterTop 4, Toilet 3, SinkBasin 3, Cabinet 2, BathtubBasin 2, Drawer 2, GarbageCan 1
SoapBottle: CounterTop 6, Cabinet 6, DiningTable 3, GarbageCan 2, Toilet 1, Shelf 1
Spatula: CounterTop 5, DiningTable 2, Drawer 2, SinkBasin 1
Spoon: CounterTop 4, Drawer 3, DiningTable 2, SinkBasin 1
SprayBottle: CounterTop 6, Toilet 5, Cabinet 4, GarbageCan 2, Shelf 1, Cart 1
Statue: Shelf 6, CoffeeTable 3, CounterTop 3, DiningTable 3, SideTable 2, Dresser 1, TVStand 1
TeddyBear: Bed 1
Television: Dresser 5, TVStand 4, CoffeeTable 1
TissueBox: Shelf 4, CoffeeTable 3, Drawer 3, CounterTop 3, DiningTable 2, SideTable 2, Desk 2, TVStand 1
ToiletPaper: Toilet 5, CounterTop 4, ToiletPaperHanger 2, Drawer 2, Cabinet 2, GarbageCan 2, Shelf 1
Tomato: Fridge 3, CounterTop 3, DiningTable 2, GarbageCan 1, SinkBasin 1
Towel: TowelHolder 1
Vase: Shelf 7, CounterTop 3, Cabinet 3, CoffeeTable 2, DiningTable 2, Dresser 1, SideTable 1
Watch: Drawer 5, CoffeeTable 4, SideTable 3, DiningTable 2, Dresser 2, TVStand 1, Shelf 1
WateringCan: CoffeeTable 5, Shelf 4, SideTable 1
WineBottle: CounterTop 4, Cabinet 3, DiningTable 2, GarbageCan 1
""")
"""where a thing lies when a game begins: relative weights of receptacle types"""

_SEAT = "Book Box CellPhone Cloth CreditCard KeyChain Laptop Newspaper Pillow RemoteControl"
_DRESSER = (
    "AlarmClock Book Bowl Box Candle CD CellPhone Cloth CreditCard Cup Glassbottle KeyChain Laptop Mug "
    "Newspaper Pen Pencil Plate RemoteControl SprayBottle Statue TissueBox ToiletPaper Vase Watch "
    "WateringCan WineBottle"
)
_TABLE = " ".join(sorted(set(PLACES) - FIXED - {"PaperTowelRoll", "Pillow", "TeddyBear", "Towel"}))

HOLDS: Mapping[str, frozenset[str]] = {
    receptacle: frozenset(things.split())
    for receptacle, things in {
        "ArmChair": _SEAT,
        "BathtubBasin": "Cloth DishSponge HandTowel SoapBar",
        "Bed": "Book CellPhone Laptop Newspaper Pillow",
        "Cabinet": "Book Bowl Box Candle CD Cloth Cup DishSponge Glassbottle HandTowel Kettle Ladle Mug "
        "Newspaper Pan PepperShaker Plate Pot SaltShaker SoapBar SoapBottle SprayBottle TissueBox "
        "ToiletPaper Vase WateringCan WineBottle",
        "Cart": "Candle Cloth DishSponge HandTowel Mug SoapBar SoapBottle SprayBottle Statue TissueBox "
        "ToiletPaper Vase",
        "CoffeeMachine": "Mug",
        "CoffeeTable": _TABLE,
        "CounterTop": _TABLE,
        "Desk": _DRESSER + " SoapBottle",
        "DiningTable": _TABLE,
        "Drawer": "Book ButterKnife Candle CD CellPhone Cloth CreditCard DishSponge Fork HandTowel "
        "KeyChain Knife Ladle Newspaper Pen Pencil PepperShaker RemoteControl SaltShaker SoapBar "
        "SoapBottle Spatula Spoon SprayBottle TissueBox ToiletPaper Watch WateringCan",
        "Dresser": _DRESSER,
        "Fridge": "Apple Bowl Bread Cup Egg Glassbottle Lettuce Mug Pan Plate Pot Potato Tomato WineBottle",
        "GarbageCan": "Apple Bread CD Cloth DishSponge Egg HandTowel Lettuce Newspaper Pen Pencil Potato "
        "SoapBar SoapBottle SprayBottle TissueBox ToiletPaper Tomato WineBottle",
        "HandTowelHolder": "HandTowel",
        "LaundryHamper": "Cloth",
        "Microwave": "Apple Bowl Bread Cup Egg Glassbottle Mug Plate Potato Tomato",
        "Ottoman": _SEAT,
        "Safe": "CD CellPhone CreditCard KeyChain Statue Vase Watch",
        "Shelf": "AlarmClock Book Bowl Box Candle CD CellPhone Cloth CreditCard Cup DishSponge Glassbottle "
        "HandTowel Kettle KeyChain Mug Newspaper Pen Pencil PepperShaker Plate Pot RemoteControl "
        "SaltShaker SoapBar SoapBottle SprayBottle Statue TissueBox ToiletPaper Vase Watch WateringCan "
        "WineBottle",
        "SideTable": _TABLE,
        "SinkBasin": "Apple Bowl ButterKnife Cloth Cup DishSponge Egg Fork Glassbottle HandTowel Kettle "
        "Knife Ladle Lettuce Mug Pan Plate Pot Potato SoapBar Spatula Spoon Tomato",
        "Sofa": _SEAT,
        "StoveBurner": "Kettle Pan Pot",
        "Toaster": "",
        "Toilet": "Candle Cloth DishSponge HandTowel Newspaper SoapBar SoapBottle SprayBottle TissueBox "
        "ToiletPaper",
        "ToiletPaperHanger": "ToiletPaper",
        "TowelHolder": "Towel",
        "TVStand": "TissueBox",
    }.items()
}
"""what may be put into or onto a receptacle while playing"""


@dataclass(frozen=True, slots=True)
class Room:
    """A kind of room: thirty scenes that draw their furniture and stock from the same tables."""

    scenes: range
    furniture: Mapping[str, tuple[int, ...]]
    """receptacle type -> how many of it a scene has: one entry is drawn, all equally likely"""
    usual: tuple[str, ...]
    """things every scene of the room has"""
    occasional: tuple[str, ...]
    """things about every third scene has"""
    crowding: float
    """things per receptacle"""


ROOMS: Mapping[str, Room] = {
    "kitchen": Room(
        range(1, 31),
        {
            "Cabinet": (4, 9, 10, 11, 12, 13, 13, 15, 18, 20, 20, 23),
            "CoffeeMachine": (1,),
            "CounterTop": (1, 2, 2, 3, 3, 4),
            "DiningTable": (0, 0, 1, 1, 2),
            "Drawer": (2, 3, 3, 4, 4, 5, 6, 9),
            "Fridge": (1,),
            "GarbageCan": (1,),
            "Microwave": (1,),
            "Shelf": (0, 0, 0, 0, 3),
            "SideTable": (0, 0, 0, 0, 1),
            "SinkBasin": (1,),
            "StoveBurner": (4,),
            "Toaster": (1,),
        },
        _words(
            "Apple Bowl Bread ButterKnife Cup DishSponge Egg Fork Knife Lettuce Mug Pan "
            "PepperShaker Plate Pot Potato SaltShaker SoapBottle Spatula Spoon Tomato"
        ),
        _words(
            "Book CellPhone CreditCard Glassbottle HousePlant Kettle Ladle PaperTowelRoll Pen "
            "Pencil SprayBottle Statue Vase WineBottle"
        ),
        crowding=1.35,
    ),
    "living room": Room(
        range(201, 231),
        {
            "ArmChair": (0, 1, 1, 1, 2),
            "Cabinet": (0, 0, 0, 0, 0, 0, 4),
            "CoffeeTable": (0, 1, 1, 1, 1, 2),
            "DiningTable": (0, 0, 1, 1, 2),
            "Drawer": (0, 1, 1, 4, 4, 7),
            "Dresser": (0, 0, 1),
            "GarbageCan": (1,),
            "Ottoman": (0, 0, 0, 0, 1),
            "Safe": (0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
            "Shelf": (0, 0, 0, 2, 5, 8),
            "SideTable": (0, 1, 1, 2, 2, 3),
            "Sofa": (1, 1, 1, 2),
            "TVStand": (0, 0, 1),
        },
        _words("Box CreditCard KeyChain Laptop Pillow RemoteControl Statue"),
        _words(
            "Book Bowl Candle CellPhone DeskLamp HousePlant Newspaper Pen Pencil Plate Television "
            "TissueBox Vase Watch WateringCan"
        ),
        crowding=1.4,
    ),
    "bedroom": Room(
        range(301, 331),
        {
            "ArmChair": (0, 0, 0, 0, 1),
            "Bed": (1, 1, 1, 1, 2),
            "Cabinet": (0, 0, 0, 0, 0, 0, 4),
            "Desk": (0, 1, 1),
            "DiningTable": (0, 0, 0, 0, 0, 1),
            "Drawer": (2, 2, 3, 4, 5, 6, 10, 11),
            "Dresser": (0, 1),
            "GarbageCan": (1,),
            "LaundryHamper": (0, 0, 0, 1),
            "Safe": (0, 0, 0, 0, 0, 1),
            "Shelf": (0, 0, 1, 1, 2, 5, 8),
            "SideTable": (0, 1, 1, 2),
        },
        _words("AlarmClock Book CD CellPhone CreditCard KeyChain Laptop Pen Pencil Pillow"),
        _words(
            "Bowl Box DeskLamp HousePlant Mirror Mug RemoteControl Statue TeddyBear Television "
            "TissueBox Vase Watch"
        ),
        crowding=1.6,
    ),
    "bathroom": Room(
        range(401, 431),
        {
            "BathtubBasin": (0, 1, 1),
            "Cabinet": (0, 0, 4, 4, 5),
            "Cart": (0, 0, 0, 0, 0, 0, 0, 1),
            "CounterTop": (0, 1, 1, 1, 1, 2),
            "Drawer": (0, 0, 2, 4, 8),
            "Dresser": (0, 0, 0, 0, 0, 0, 0, 1),
            "GarbageCan": (1,),
            "HandTowelHolder": (1, 1, 2),
            "Shelf": (0, 0, 0, 1, 2),
            "SideTable": (0, 0, 0, 0, 0, 0, 0, 1),
            "SinkBasin": (1, 2),
            "Toilet": (1,),
            "ToiletPaperHanger": (1,),
            "TowelHolder": (1, 1, 2),
        },
        _words("Candle Cloth HandTowel SoapBar SoapBottle SprayBottle ToiletPaper Towel"),
        _words("DishSponge HousePlant Mirror PaperTowelRoll TissueBox"),
        crowding=1.1,
    ),
}

_UNUSUAL = 0.2


def _likely(thing: str) -> dict[str, float]:
    weights = {place: _UNUSUAL for place, held in HOLDS.items() if thing in held}
    weights.update(PLACES[thing])
    return {place.lower(): weight / sum(weights.values()) for place, weight in weights.items()}


_LIKELY = {thing.lower(): _likely(thing) for thing in PLACES}


def likelihood(thing: str, receptacle: str) -> float:
    """Return the probability that a thing lies in receptacles of a type; type names in any case.

    Every type that holds the thing has at least a small weight: real games put things where our tables don't.
    """
    return _LIKELY.get(thing.lower(), {}).get(receptacle.lower(), 0.0)
