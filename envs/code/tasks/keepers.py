"""Classes that keep things in order: a cache, a queue, a history, a register."""

from onelayer.envs.code.shipped import sessions, wrong


def _calls(rng, first, *choices):
    """Return a session: the object is made, then asked at random."""
    return [first, *(rng.choice(choices)(rng) for _ in range(rng.randint(5, 12)))]


@sessions(
    "hard",
    examples=[["c = Cache(2)", "c.put('a', 1)", "c.put('b', 2)", "c.put('c', 3)", "c.get('a')"]],
    draw=lambda rng: _calls(
        rng,
        f"c = Cache({rng.randint(1, 3)})",
        lambda r: f"c.put({r.choice('abcd')!r}, {r.randint(0, 9)})",
        lambda r: f"c.get({r.choice('abcd')!r})",
    ),
    edges=[
        [
            "c = Cache(2)",
            "c.put('a', 1)",
            "c.put('b', 2)",
            "c.get('a')",
            "c.put('c', 3)",
            "c.get('a')",
            "c.get('b')",
            "c.get('c')",
        ],
        [
            "c = Cache(2)",
            "c.put('a', 1)",
            "c.put('b', 2)",
            "c.put('a', 5)",
            "c.put('c', 3)",
            "c.get('a')",
            "c.get('b')",
        ],
        ["c = Cache(2)", "c.put('a', 1)", "c.put('b', 2)", "c.put('b', 3)", "c.get('a')"],
    ],
)
class Cache:
    """Keeps values by their keys, of which the one that was not used for longest leaves when it is full."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.values: dict[str, int] = {}

    def put(self, key: str, value: int) -> None:
        """Keep a value, or replace it; either is a use of the key."""
        self.values.pop(key, None)
        if len(self.values) == self.size:
            del self.values[next(iter(self.values))]
        self.values[key] = value

    def get(self, key: str) -> int | None:
        """Return the value of a key, which is a use of it; None where it is not kept."""
        if key not in self.values:
            return None
        value = self.values.pop(key)
        self.values[key] = value
        return value


@wrong(Cache)
class TheOldestLeaves:
    def __init__(self, size):
        self.size = size
        self.values = {}

    def put(self, key, value):
        self.values.pop(key, None)
        if len(self.values) == self.size:
            del self.values[next(iter(self.values))]
        self.values[key] = value

    def get(self, key):
        return self.values.get(key)


@wrong(Cache)
class ReplacingIsNoUse:
    def __init__(self, size):
        self.size = size
        self.values = {}

    def put(self, key, value):
        if key not in self.values and len(self.values) == self.size:
            del self.values[next(iter(self.values))]
        self.values[key] = value

    def get(self, key):
        if key not in self.values:
            return None
        self.values[key] = self.values.pop(key)
        return self.values[key]


@wrong(Cache)
class ReplacingMakesRoom:
    def __init__(self, size):
        self.size = size
        self.values = {}

    def put(self, key, value):
        if len(self.values) == self.size:
            del self.values[next(iter(self.values))]
        self.values.pop(key, None)
        self.values[key] = value

    def get(self, key):
        if key not in self.values:
            return None
        self.values[key] = self.values.pop(key)
        return self.values[key]


@sessions(
    "medium",
    examples=[["q = Queue()", "q.add('sweep', 1)", "q.add('fire', 9)", "q.next()", "q.next()"]],
    draw=lambda rng: _calls(
        rng,
        "q = Queue()",
        lambda r: f"q.add({r.choice('abcdef')!r}, {r.randint(0, 3)})",
        lambda r: f"q.add({r.choice('abcdef')!r}, {r.randint(0, 3)})",
        lambda r: "q.next()",
        lambda r: "q.waiting()",
    ),
    edges=[
        ["q = Queue()", "q.next()", "q.waiting()"],
        ["q = Queue()", "q.add('b', 1)", "q.add('a', 1)", "q.next()", "q.next()", "q.next()"],
        ["q = Queue()", "q.add('a', 2)", "q.add('a', 2)", "q.next()", "q.waiting()"],
    ],
)
class Queue:
    """Hands jobs out, the most urgent first, and of equally urgent ones the one that was added first."""

    def __init__(self) -> None:
        self.jobs: list[tuple[int, str]] = []

    def add(self, job: str, urgency: int) -> None:
        """Add a job, which may be there already; a larger urgency comes first."""
        self.jobs.append((urgency, job))

    def next(self) -> str | None:
        """Take the next job out and return it; None where none waits."""
        if not self.jobs:
            return None
        chosen = max(self.jobs, key=lambda job: job[0])
        self.jobs.remove(chosen)
        return chosen[1]

    def waiting(self) -> int:
        """Return how many jobs wait."""
        return len(self.jobs)


@wrong(Queue)
class TheLastAddedFirst:
    def __init__(self):
        self.jobs = []

    def add(self, job, urgency):
        self.jobs.insert(0, (urgency, job))

    def next(self):
        if not self.jobs:
            return None
        chosen = max(self.jobs, key=lambda job: job[0])
        self.jobs.remove(chosen)
        return chosen[1]

    def waiting(self):
        return len(self.jobs)


@wrong(Queue)
class TheAlphabetDecides:
    def __init__(self):
        self.jobs = []

    def add(self, job, urgency):
        self.jobs.append((-urgency, job))
        self.jobs.sort()

    def next(self):
        return self.jobs.pop(0)[1] if self.jobs else None

    def waiting(self):
        return len(self.jobs)


@wrong(Queue)
class HoldsEachJobOnce:
    def __init__(self):
        self.jobs = {}

    def add(self, job, urgency):
        self.jobs[job] = urgency

    def next(self):
        if not self.jobs:
            return None
        chosen = max(self.jobs, key=self.jobs.get)
        del self.jobs[chosen]
        return chosen

    def waiting(self):
        return len(self.jobs)


@sessions(
    "medium",
    examples=[["p = Page()", "p.write('on')", "p.write('e')", "p.undo()", "p.text()"]],
    draw=lambda rng: _calls(
        rng,
        "p = Page()",
        lambda r: f"p.write({''.join(r.choices('abc', k=r.randint(1, 3)))!r})",
        lambda r: r.choice(["p.undo()", "p.undo()", "p.redo()"]),
        lambda r: "p.text()",
    ),
    edges=[
        ["p = Page()", "p.undo()", "p.redo()", "p.text()"],
        ["p = Page()", "p.write('a')", "p.undo()", "p.redo()", "p.text()"],
        ["p = Page()", "p.write('a')", "p.undo()", "p.write('b')", "p.redo()", "p.text()"],
        [
            "p = Page()",
            "p.write('a')",
            "p.write('b')",
            "p.undo()",
            "p.undo()",
            "p.redo()",
            "p.text()",
        ],
    ],
)
class Page:
    """A text that is written piece by piece, and whose last pieces can be taken back."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.undone: list[str] = []

    def write(self, piece: str) -> None:
        """Write a piece at the end; what was taken back before can't be brought back any more."""
        self.pieces.append(piece)
        self.undone = []

    def undo(self) -> bool:
        """Take the last piece back and return True, or return False where there is none."""
        if not self.pieces:
            return False
        self.undone.append(self.pieces.pop())
        return True

    def redo(self) -> bool:
        """Bring back the piece that was taken back last and return True, or False where there is none."""
        if not self.undone:
            return False
        self.pieces.append(self.undone.pop())
        return True

    def text(self) -> str:
        """Return the whole text."""
        return "".join(self.pieces)


@wrong(Page)
class WritingForgetsNothing:
    def __init__(self):
        self.pieces, self.undone = [], []

    def write(self, piece):
        self.pieces.append(piece)

    def undo(self):
        if self.pieces:
            self.undone.append(self.pieces.pop())
            return True
        return False

    def redo(self):
        if self.undone:
            self.pieces.append(self.undone.pop())
            return True
        return False

    def text(self):
        return "".join(self.pieces)


@wrong(Page)
class TakesBackOneLetter:
    def __init__(self):
        self.letters, self.undone = "", []

    def write(self, piece):
        self.letters, self.undone = self.letters + piece, []

    def undo(self):
        if not self.letters:
            return False
        self.undone.append(self.letters[-1])
        self.letters = self.letters[:-1]
        return True

    def redo(self):
        if not self.undone:
            return False
        self.letters += self.undone.pop()
        return True

    def text(self):
        return self.letters


@wrong(Page)
class RemembersOneStep:
    def __init__(self):
        self.now = self.before = ""
        self.back = None

    def write(self, piece):
        self.before, self.now, self.back = self.now, self.now + piece, None

    def undo(self):
        if self.now == self.before:
            return False
        self.back, self.now = self.now, self.before
        return True

    def redo(self):
        if self.back is None:
            return False
        self.before, self.now, self.back = self.now, self.back, None
        return True

    def text(self):
        return self.now


@sessions(
    "medium",
    examples=[["s = Seats(3)", "s.book()", "s.book()", "s.free(0)", "s.book()", "s.taken()"]],
    draw=lambda rng: _calls(
        rng,
        f"s = Seats({rng.randint(1, 4)})",
        lambda r: "s.book()",
        lambda r: "s.book()",
        lambda r: f"s.free({r.randint(-1, 4)})",
        lambda r: "s.taken()",
    ),
    edges=[
        ["s = Seats(1)", "s.book()", "s.book()", "s.free(0)", "s.free(0)", "s.book()"],
        ["s = Seats(3)", "s.book()", "s.book()", "s.book()", "s.free(2)", "s.free(0)", "s.book()"],
        ["s = Seats(3)", "s.book()", "s.book()", "s.book()", "s.free(0)", "s.free(2)", "s.book()"],
        ["s = Seats(2)", "s.free(-1)", "s.free(2)", "s.taken()"],
    ],
)
class Seats:
    """Seats of a row, numbered from 0."""

    def __init__(self, count: int) -> None:
        self.free_ones = list(range(count))
        self.count = count

    def book(self) -> int | None:
        """Take the free seat with the smallest number and return it; None where all are taken."""
        return self.free_ones.pop(0) if self.free_ones else None

    def free(self, seat: int) -> bool:
        """Give a seat back and return True; False where it is not taken or there is no such seat."""
        if seat in self.free_ones or not 0 <= seat < self.count:
            return False
        self.free_ones = sorted([*self.free_ones, seat])
        return True

    def taken(self) -> list[int]:
        """Return the seats that are taken, in order."""
        return [seat for seat in range(self.count) if seat not in self.free_ones]


@wrong(Seats)
class BooksTheLastOneFreed:
    def __init__(self, count):
        self.free_ones = list(range(count))
        self.count = count

    def book(self):
        return self.free_ones.pop(0) if self.free_ones else None

    def free(self, seat):
        if seat in self.free_ones or not 0 <= seat < self.count:
            return False
        self.free_ones.insert(0, seat)
        return True

    def taken(self):
        return [seat for seat in range(self.count) if seat not in self.free_ones]


@wrong(Seats)
class FreesAnything:
    def __init__(self, count):
        self.booked = set()
        self.count = count

    def book(self):
        for seat in range(self.count):
            if seat not in self.booked:
                self.booked.add(seat)
                return seat
        return None

    def free(self, seat):
        self.booked.discard(seat)
        return True

    def taken(self):
        return sorted(self.booked)


@wrong(Seats)
class NumbersFromOne:
    def __init__(self, count):
        self.booked = set()
        self.count = count

    def book(self):
        for seat in range(1, self.count + 1):
            if seat not in self.booked:
                self.booked.add(seat)
                return seat
        return None

    def free(self, seat):
        if seat not in self.booked:
            return False
        self.booked.remove(seat)
        return True

    def taken(self):
        return sorted(self.booked)
