"""Whole programs: they read standard input and print. The references take the input as a text."""

from onelayer.envs.code.shipped import program, wrong
from onelayer.envs.code.tasks.draws import integers, word, words


def _lines_of_numbers(rng):
    return "".join(" ".join(map(str, integers(rng, -9, 20, 5))) + "\n" for _ in range(4))


@program("easy", examples=["1 2 3\n10 -4\n"], draw=_lines_of_numbers, edges=["", "5\n", "\n7\n"])
def sum_of_lines(text: str) -> str:
    """Write a program that reads lines of whole numbers and prints the sum of each line on a line.

    An empty line has the sum 0; where there is no line, nothing is printed.
    """
    return "\n".join(str(sum(map(int, line.split()))) for line in text.splitlines())


@wrong(sum_of_lines)
def one_sum_of_all(text):
    return str(sum(map(int, text.split())))


@wrong(sum_of_lines)
def skips_empty_lines(text):
    return "\n".join(str(sum(map(int, line.split()))) for line in text.splitlines() if line)


@wrong(sum_of_lines)
def knows_no_negatives(text):
    lines = text.splitlines()
    return "\n".join(str(sum(int(n) for n in line.split() if n.isdecimal())) for line in lines)


@program(
    "easy",
    examples=["the cat and the dog\nand so on\n"],
    draw=lambda rng: "\n".join(" ".join(words(rng, 6, 0, "ab")) for _ in range(3)) + "\n",
    edges=["", "b a b a\n", "Word word\n"],
)
def word_counts(text: str) -> str:
    """Write a program that prints each different word it reads, and how often it came, on a line: `the 2`.

    The most frequent word comes first, and of equally frequent ones the first in the alphabet. Words stand
    between spaces and line ends, and capitals make a difference.
    """
    found = text.split()
    order = sorted(set(found), key=lambda word: (-found.count(word), word))
    return "\n".join(f"{word} {found.count(word)}" for word in order)


@wrong(word_counts)
def in_the_alphabet(text):
    found = text.split()
    return "\n".join(f"{word} {found.count(word)}" for word in sorted(set(found)))


@wrong(word_counts)
def in_order_of_coming(text):
    found = text.split()
    order = sorted(dict.fromkeys(found), key=lambda word: -found.count(word))
    return "\n".join(f"{word} {found.count(word)}" for word in order)


@wrong(word_counts)
def small_letters(text):
    found = text.lower().split()
    order = sorted(set(found), key=lambda word: (-found.count(word), word))
    return "\n".join(f"{word} {found.count(word)}" for word in order)


@program(
    "easy",
    examples=["3\n"],
    draw=lambda rng: f"{rng.randint(0, 12)}\n",
    edges=["0\n", "1\n"],
)
def staircase(text: str) -> str:
    """Write a program that reads a number n and prints n lines, the k-th of them the numbers from 1 to k.

    There is a space between two numbers: for 3 it prints `1`, `1 2` and `1 2 3`.
    """
    n = int(text)
    return "\n".join(" ".join(map(str, range(1, k + 1))) for k in range(1, n + 1))


@wrong(staircase)
def from_zero(text):
    n = int(text)
    return "\n".join(" ".join(map(str, range(k))) for k in range(1, n + 1))


@wrong(staircase)
def one_line_too_few(text):
    n = int(text)
    return "\n".join(" ".join(map(str, range(1, k + 1))) for k in range(1, n))


@wrong(staircase)
def repeats_the_number(text):
    n = int(text)
    return "\n".join(" ".join([str(k)] * k) for k in range(1, n + 1))


def _board(rng):
    cells = rng.choices("XO.", k=9)
    if rng.random() < 0.6:
        lines = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8)]
        for cell in rng.choice([*lines, (0, 4, 8), (2, 4, 6)]):
            cells[cell] = rng.choice("XO") if rng.random() < 0.1 else "X"
    both = all(any(cells[i] == cells[j] == cells[k] == p for i, j, k in _LINES) for p in "XO")
    return _board(rng) if both else "\n".join("".join(cells[i : i + 3]) for i in (0, 3, 6)) + "\n"


_LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


@program(
    "medium",
    examples=["XO.\nOX.\n..X\n"],
    draw=_board,
    edges=["OOO\nXX.\n.X.\n", "XOX\nXOO\nOXX\n", "...\n...\n...\n", "X.O\nXO.\nO.X\n"],
)
def tic_tac_toe(text: str) -> str:
    """Write a program that reads three lines of three of `X`, `O` and `.` and prints who won.

    Who has a line, a column or a diagonal won: print `X` or `O`. Where neither has one, print `open` if a `.`
    is left and else `draw`. Never do both have one.
    """
    cells = "".join(text.split())
    for i, j, k in (
        (0, 1, 2),
        (3, 4, 5),
        (6, 7, 8),
        (0, 3, 6),
        (1, 4, 7),
        (2, 5, 8),
        (0, 4, 8),
        (2, 4, 6),
    ):
        if cells[i] == cells[j] == cells[k] != ".":
            return cells[i]
    return "open" if "." in cells else "draw"


@wrong(tic_tac_toe)
def sees_no_diagonals(text):
    cells = "".join(text.split())
    for i, j, k in ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8)):
        if cells[i] == cells[j] == cells[k] != ".":
            return cells[i]
    return "open" if "." in cells else "draw"


@wrong(tic_tac_toe)
def the_points_may_win(text):
    cells = "".join(text.split())
    for i, j, k in (
        (0, 1, 2),
        (3, 4, 5),
        (6, 7, 8),
        (0, 3, 6),
        (1, 4, 7),
        (2, 5, 8),
        (0, 4, 8),
        (2, 4, 6),
    ):
        if cells[i] == cells[j] == cells[k]:
            return cells[i]
    return "open" if "." in cells else "draw"


@wrong(tic_tac_toe)
def nothing_is_a_draw(text):
    cells = "".join(text.split())
    for i, j, k in (
        (0, 1, 2),
        (3, 4, 5),
        (6, 7, 8),
        (0, 3, 6),
        (1, 4, 7),
        (2, 5, 8),
        (0, 4, 8),
        (2, 4, 6),
    ):
        if cells[i] == cells[j] == cells[k] != ".":
            return cells[i]
    return "open"


def _orders(rng):
    orders = [
        rng.choice([f"push {rng.randint(0, 9)}", f"push {rng.randint(0, 9)}", "pop", "add", "show"])
        for _ in range(rng.randint(1, 9))
    ]
    return "\n".join([*orders, "show"]) + "\n"


@program(
    "medium",
    examples=["push 2\npush 3\nadd\nshow\n"],
    draw=_orders,
    edges=[
        "show\n",
        "pop\nshow\n",
        "push 1\nadd\nshow\n",
        "push 1\npush 2\npush 3\nadd\npop\nshow\n",
    ],
)
def stack_machine(text: str) -> str:
    """Write a program that keeps a stack of numbers and reads one order a line.

    `push N` puts N on top, `pop` takes the top away, `add` replaces the two on top by their sum, and `show`
    prints the stack from the bottom to the top, with spaces, or `empty`. Where there are too few numbers for
    `pop` or `add`, print `error` and change nothing.
    """
    stack: list[int] = []
    printed = []
    for line in text.splitlines():
        order, _, number = line.partition(" ")
        needed = {"pop": 1, "add": 2}.get(order, 0)
        if len(stack) < needed:
            printed.append("error")
        elif order == "push":
            stack.append(int(number))
        elif order == "pop":
            stack.pop()
        elif order == "add":
            stack.append(stack.pop() + stack.pop())
        else:
            printed.append(" ".join(map(str, stack)) or "empty")
    return "\n".join(printed)


@wrong(stack_machine)
def says_nothing_of_errors(text):
    stack, printed = [], []
    for line in text.splitlines():
        order, _, number = line.partition(" ")
        if order == "push":
            stack.append(int(number))
        elif order == "pop":
            stack = stack[:-1]
        elif order == "add":
            stack = [*stack[:-2], sum(stack[-2:])]
        else:
            printed.append(" ".join(map(str, stack)) or "empty")
    return "\n".join(printed)


@wrong(stack_machine)
def shows_from_the_top(text):
    stack, printed = [], []
    for line in text.splitlines():
        order, _, number = line.partition(" ")
        if len(stack) < {"pop": 1, "add": 2}.get(order, 0):
            printed.append("error")
        elif order == "push":
            stack.append(int(number))
        elif order == "pop":
            stack.pop()
        elif order == "add":
            stack.append(stack.pop() + stack.pop())
        else:
            printed.append(" ".join(map(str, stack[::-1])) or "empty")
    return "\n".join(printed)


@wrong(stack_machine)
def adds_all(text):
    stack, printed = [], []
    for line in text.splitlines():
        order, _, number = line.partition(" ")
        if len(stack) < {"pop": 1, "add": 2}.get(order, 0):
            printed.append("error")
        elif order == "push":
            stack.append(int(number))
        elif order == "pop":
            stack.pop()
        elif order == "add":
            stack = [sum(stack)]
        else:
            printed.append(" ".join(map(str, stack)) or "empty")
    return "\n".join(printed)


@program(
    "easy",
    examples=["a,b,c\n1,22,3\n"],
    draw=lambda rng: (
        "\n".join(
            ",".join(word(rng, 3, 1, "xyz") for _ in range(3)) for _ in range(rng.randint(1, 4))
        )
        + "\n"
    ),
    edges=["lone\n", "a,b\n"],
)
def turn_table(text: str) -> str:
    """Write a program that reads a table, one row a line with commas between cells, and prints it turned.

    The first column becomes the first line, with commas again. All rows have equally many cells.
    """
    rows = [line.split(",") for line in text.splitlines()]
    return "\n".join(",".join(column) for column in zip(*rows, strict=True))


@wrong(turn_table)
def as_it_was(text):
    return "\n".join(text.splitlines()[::-1])


@wrong(turn_table)
def turns_rows_around(text):
    return "\n".join(",".join(line.split(",")[::-1]) for line in text.splitlines())


@wrong(turn_table)
def with_spaces(text):
    rows = [line.split(",") for line in text.splitlines()]
    return "\n".join(", ".join(column) for column in zip(*rows, strict=True))


@program(
    "medium",
    examples=["5 4\nann bo\nbo cy\ndi ed\ned di\n"],
    draw=lambda rng: (
        (n := rng.randint(1, 6))
        and f"5 {n}\n" + "".join(f"{rng.choice('abcde')} {rng.choice('abcde')}\n" for _ in range(n))
    ),
    edges=["3 0\n", "2 1\na b\n", "4 2\na a\nb b\n", "3 3\na b\nb c\nc a\n"],
)
def circles_of_friends(text: str) -> str:
    """Write a program that reads how people know each other and prints how many circles of friends there are.

    The first line holds the number of people and the number of lines that follow; each of these names two
    people who know each other, or one person twice. Friends of friends are of one circle, and who is named
    nowhere is a circle of their own.
    """
    first, *pairs = text.splitlines()
    people = int(first.split()[0])
    circles: list[set[str]] = []
    for pair in pairs:
        joined = set(pair.split())
        for circle in [c for c in circles if c & joined]:
            joined |= circle
            circles.remove(circle)
        circles.append(joined)
    return str(len(circles) + people - sum(map(len, circles)))


@wrong(circles_of_friends)
def counts_pairs(text):
    people, lines = map(int, text.splitlines()[0].split())
    return str(max(1, people - lines))


@wrong(circles_of_friends)
def forgets_the_unnamed(text):
    circles = []
    for pair in text.splitlines()[1:]:
        joined = set(pair.split())
        for circle in [c for c in circles if c & joined]:
            joined |= circle
            circles.remove(circle)
        circles.append(joined)
    return str(len(circles))


@wrong(circles_of_friends)
def joins_with_one_circle(text):
    first, *pairs = text.splitlines()
    circles = []
    for pair in pairs:
        joined = set(pair.split())
        circle = next((c for c in circles if c & joined), None)
        if circle is None:
            circles.append(joined)
        else:
            circle |= joined
    named = set("".join(pairs).replace(" ", ""))
    return str(len(circles) + int(first.split()[0]) - len(named))
