"""Classes: objects that remember."""

from onelayer.envs.code.shipped import sessions, wrong


def _calls(rng, first, *choices):
    """Return a session: the object is made, then asked at random."""
    return [first, *(rng.choice(choices)(rng) for _ in range(rng.randint(3, 9)))]


@sessions(
    "easy",
    examples=[["t = Tally()", "t.add('red')", "t.add('red')", "t.count('red')", "t.count('blue')"]],
    draw=lambda rng: _calls(
        rng,
        "t = Tally()",
        lambda r: f"t.add({r.choice('abc')!r})",
        lambda r: f"t.count({r.choice('abc')!r})",
        lambda r: "t.total()",
    ),
    edges=[
        ["t = Tally()", "t.total()"],
        ["a = Tally()", "b = Tally()", "a.add('x')", "b.count('x')", "b.total()"],
    ],
)
class Tally:
    """Counts things by their names."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def add(self, name: str) -> None:
        """Count one more."""
        self.counts[name] = self.counts.get(name, 0) + 1

    def count(self, name: str) -> int:
        """Return how many were counted of this name."""
        return self.counts.get(name, 0)

    def total(self) -> int:
        """Return how many were counted in all."""
        return sum(self.counts.values())


@wrong(Tally)
class CountsNames:
    def __init__(self):
        self.counts = {}

    def add(self, name):
        self.counts[name] = self.counts.get(name, 0) + 1

    def count(self, name):
        return self.counts.get(name, 0)

    def total(self):
        return len(self.counts)


@wrong(Tally)
class SharesItsCounts:
    counts = {}  # noqa: RUF012  (the mistake)

    def add(self, name):
        self.counts[name] = self.counts.get(name, 0) + 1

    def count(self, name):
        return self.counts.get(name, 0)

    def total(self):
        return sum(self.counts.values())


@wrong(Tally)
class RemembersOnce:
    def __init__(self):
        self.names = set()

    def add(self, name):
        self.names.add(name)

    def count(self, name):
        return int(name in self.names)

    def total(self):
        return len(self.names)


@sessions(
    "easy",
    examples=[["a = Account(50)", "a.withdraw(70)", "a.withdraw(20)", "a.balance()"]],
    draw=lambda rng: _calls(
        rng,
        f"a = Account({rng.randint(0, 50)})",
        lambda r: f"a.withdraw({r.randint(0, 40)})",
        lambda r: f"a.deposit({r.randint(-3, 20)})",
        lambda r: "a.balance()",
    ),
    edges=[
        ["a = Account(5)", "a.withdraw(5)", "a.balance()"],
        ["a = Account(5)", "a.withdraw(-5)", "a.balance()"],
        ["a = Account(5)", "a.deposit(-2)", "a.deposit(0)", "a.balance()"],
        ["a = Account(5)", "a.withdraw(0)", "a.balance()"],
    ],
)
class Account:
    """Holds money, and never less than none."""

    def __init__(self, money: int) -> None:
        self.money = money

    def deposit(self, amount: int) -> bool:
        """Put a positive amount in and return True; for any other do nothing and return False."""
        if amount <= 0:
            return False
        self.money += amount
        return True

    def withdraw(self, amount: int) -> bool:
        """Take a positive amount out and return True; where it is not positive, or not there, False."""
        if not 0 < amount <= self.money:
            return False
        self.money -= amount
        return True

    def balance(self) -> int:
        """Return how much is held."""
        return self.money


@wrong(Account)
class GoesBelowNothing:
    def __init__(self, money):
        self.money = money

    def deposit(self, amount):
        self.money += max(0, amount)
        return amount > 0

    def withdraw(self, amount):
        self.money -= max(0, amount)
        return amount > 0

    def balance(self):
        return self.money


@wrong(Account)
class KeepsTheLastCoin:
    def __init__(self, money):
        self.money = money

    def deposit(self, amount):
        self.money += max(0, amount)
        return amount > 0

    def withdraw(self, amount):
        if not 0 < amount < self.money:
            return False
        self.money -= amount
        return True

    def balance(self):
        return self.money


@wrong(Account)
class TakesNegativeAmounts:
    def __init__(self, money):
        self.money = money

    def deposit(self, amount):
        self.money += amount
        return True

    def withdraw(self, amount):
        if amount > self.money:
            return False
        self.money -= amount
        return True

    def balance(self):
        return self.money


@sessions(
    "medium",
    examples=[["r = RingBuffer(2)", "r.push(1)", "r.push(2)", "r.push(3)", "r.contents()"]],
    draw=lambda rng: _calls(
        rng,
        f"r = RingBuffer({rng.randint(1, 4)})",
        lambda r: f"r.push({r.randint(0, 9)})",
        lambda r: f"r.push({r.randint(0, 9)})",
        lambda r: "r.pop()",
        lambda r: "r.contents()",
    ),
    edges=[
        ["r = RingBuffer(1)", "r.pop()", "r.push(4)", "r.push(5)", "r.contents()", "r.pop()"],
        ["r = RingBuffer(3)", "r.contents()", "r.push(0)", "r.pop()", "r.pop()"],
    ],
)
class RingBuffer:
    """Holds the last numbers that were pushed, up to its size."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.values: list[int] = []

    def push(self, value: int) -> None:
        """Put a number in; where the buffer is full, the oldest one leaves."""
        self.values = [*self.values, value][-self.size :]

    def pop(self) -> int | None:
        """Take the oldest number out and return it; None where there is none."""
        return self.values.pop(0) if self.values else None

    def contents(self) -> list[int]:
        """Return the numbers, the oldest first."""
        return list(self.values)


@wrong(RingBuffer)
class PopsTheNewest:
    def __init__(self, size):
        self.size = size
        self.values = []

    def push(self, value):
        self.values = [*self.values, value][-self.size :]

    def pop(self):
        return self.values.pop() if self.values else None

    def contents(self):
        return list(self.values)


@wrong(RingBuffer)
class RefusesWhenFull:
    def __init__(self, size):
        self.size = size
        self.values = []

    def push(self, value):
        if len(self.values) < self.size:
            self.values.append(value)

    def pop(self):
        return self.values.pop(0) if self.values else None

    def contents(self):
        return list(self.values)


@wrong(RingBuffer)
class NeverForgets:
    def __init__(self, size):
        self.values = []

    def push(self, value):
        self.values.append(value)

    def pop(self):
        return self.values.pop(0) if self.values else None

    def contents(self):
        return list(self.values)


@sessions(
    "medium",
    examples=[["t = Turtle()", "t.forward(2)", "t.right()", "t.forward(1)", "t.place()"]],
    draw=lambda rng: _calls(
        rng,
        "t = Turtle()",
        lambda r: f"t.forward({r.randint(-2, 4)})",
        lambda r: r.choice(["t.right()", "t.left()"]),
        lambda r: "t.place()",
    ),
    edges=[
        ["t = Turtle()", "t.place()"],
        ["t = Turtle()", "t.left()", "t.forward(3)", "t.place()"],
        ["t = Turtle()", *["t.right()"] * 5, "t.forward(1)", "t.place()"],
    ],
)
class Turtle:
    """Walks on a grid; it begins at [0, 0] and looks up, where y grows. x grows to the right."""

    def __init__(self) -> None:
        self.x = self.y = 0
        self.way = (0, 1)

    def forward(self, steps: int) -> None:
        """Walk that many steps ahead, backwards where negative."""
        self.x += steps * self.way[0]
        self.y += steps * self.way[1]

    def right(self) -> None:
        """Turn a quarter to the right."""
        self.way = (self.way[1], -self.way[0])

    def left(self) -> None:
        """Turn a quarter to the left."""
        self.way = (-self.way[1], self.way[0])

    def place(self) -> list[int]:
        """Return [x, y]."""
        return [self.x, self.y]


@wrong(Turtle)
class TurnsTheOtherWay:
    def __init__(self):
        self.x = self.y = 0
        self.way = (0, 1)

    def forward(self, steps):
        self.x += steps * self.way[0]
        self.y += steps * self.way[1]

    def right(self):
        self.way = (-self.way[1], self.way[0])

    def left(self):
        self.way = (self.way[1], -self.way[0])

    def place(self):
        return [self.x, self.y]


@wrong(Turtle)
class SwapsItsPlace:
    def __init__(self):
        self.x = self.y = 0
        self.way = (0, 1)

    def forward(self, steps):
        self.x += steps * self.way[0]
        self.y += steps * self.way[1]

    def right(self):
        self.way = (self.way[1], -self.way[0])

    def left(self):
        self.way = (-self.way[1], self.way[0])

    def place(self):
        return [self.y, self.x]


@wrong(Turtle)
class TurnsOnce:
    def __init__(self):
        self.x = self.y = 0
        self.way = (0, 1)

    def forward(self, steps):
        self.x += steps * self.way[0]
        self.y += steps * self.way[1]

    def right(self):
        self.way = (1, 0)

    def left(self):
        self.way = (-1, 0)

    def place(self):
        return [self.x, self.y]
