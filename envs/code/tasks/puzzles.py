"""Searches and choices; of many, several answers are right."""

from onelayer.envs.code.shipped import function, judged, wrong
from onelayer.envs.code.tasks.draws import integers, word


def judge_two_that_sum(candidate, values, target):
    found = candidate(list(values), target)
    pairs = [
        (i, j) for j in range(len(values)) for i in range(j) if values[i] + values[j] == target
    ]
    if not pairs:
        assert found is None, f"no two sum to {target}, and the answer is {found}"
        return
    assert isinstance(found, list | tuple) and len(found) == 2, f"{found} is not a pair"
    assert tuple(sorted(found)) in pairs, f"{found} are not places of {values} that sum to {target}"


@judged(
    judge_two_that_sum,
    "medium",
    examples=[[[4, 8, 15], 12]],
    draw=lambda rng: [integers(rng, -5, 9, 8), rng.randint(-4, 14)],
    edges=[[[], 0], [[3], 6], [[3, 3], 6], [[0, 5, 0], 0], [[1, 2], 7]],
)
def two_that_sum(values: list[int], target: int) -> list[int] | None:
    """Return two different places of `values` whose numbers sum to `target`, None where there are none.

    Places count from 0. Where several pairs sum to it, any will do, in any order.
    """
    seen: dict[int, int] = {}
    for place, value in enumerate(values):
        if target - value in seen:
            return [seen[target - value], place]
        seen[value] = place
    return None


@wrong(two_that_sum)
def uses_one_twice(values, target):
    for i, first in enumerate(values):
        for j, second in enumerate(values):
            if first + second == target:
                return [i, j]
    return None


@wrong(two_that_sum)
def returns_the_numbers(values, target):
    for i, first in enumerate(values):
        for second in values[i + 1 :]:
            if first + second == target:
                return [first, second]
    return None


@wrong(two_that_sum)
def only_neighbours(values, target):
    for i in range(len(values) - 1):
        if values[i] + values[i + 1] == target:
            return [i, i + 1]
    return None


def judge_by_parity(candidate, values):
    found = candidate(list(values))
    assert isinstance(found, list), f"{found} is not a list"
    assert sorted(found) == sorted(values), f"{found} are not the numbers of {values}"
    odd = [number % 2 for number in found]
    assert odd == sorted(odd), f"an even number comes after an odd one in {found}"


@judged(
    judge_by_parity,
    "easy",
    examples=[[[3, 2, 1, 4]]],
    draw=lambda rng: [integers(rng, -9, 9, 9)],
    edges=[[[]], [[1]], [[2, 2, 1, 1]]],
)
def by_parity(values: list[int]) -> list[int]:
    """Return all numbers of `values`, the even ones before the odd ones, otherwise in any order."""
    return [v for v in values if v % 2 == 0] + [v for v in values if v % 2]


@wrong(by_parity)
def the_odd_first(values):
    return sorted(values, key=lambda v: v % 2 == 0)


@wrong(by_parity)
def by_size(values):
    return sorted(values)


@wrong(by_parity)
def each_once(values):
    return sorted(set(values), key=lambda v: v % 2)


def judge_possible_order(candidate, names, before):
    found = candidate(list(names), [list(pair) for pair in before])
    reachable = {name: {b for a, b in before if a == name} for name in names}
    for _ in names:
        for name in names:
            for after in list(reachable[name]):
                reachable[name] |= reachable[after]
    if any(name in reachable[name] for name in names):
        assert found is None, f"there is a circle, and the answer is {found}"
        return
    assert isinstance(found, list) and sorted(found) == sorted(names), f"{found} is not all names"
    for first, second in before:
        assert found.index(first) < found.index(second), f"{first} must come before {second}"


def _precedence(rng):
    names = rng.sample("abcdef", rng.randint(1, 6))
    shuffled = rng.sample(names, len(names))
    pairs = [[a, b] for i, a in enumerate(shuffled) for b in shuffled[i + 1 :]]
    chosen = [pair for pair in pairs if rng.random() < 0.4]
    if chosen and rng.random() < 0.25:
        chosen.append(chosen[0][::-1])
    return [names, rng.sample(chosen, len(chosen))]


@judged(
    judge_possible_order,
    "hard",
    examples=[[["roof", "walls", "floor"], [["walls", "roof"], ["floor", "walls"]]]],
    draw=_precedence,
    edges=[[[], []], [["a", "b"], [["a", "b"], ["b", "a"]]], [["c", "b", "a"], [["a", "c"]]]],
)
def possible_order(names: list[str], before: list[list[str]]) -> list[str] | None:
    """Return all `names` in an order that keeps every [first, second] pair of `before`.

    Any such order will do. Return None where there is none. The names are all different.
    """
    order: list[str] = []
    left = list(names)
    while left:
        free = [n for n in left if not any(b == n and a in left for a, b in before)]
        if not free:
            return None
        order += free
        left = [n for n in left if n not in free]
    return order


@wrong(possible_order)
def passes_over_circles(names, before):
    order, left = [], list(names)
    while left:
        free = [n for n in left if not any(b == n and a in left for a, b in before)] or left[:1]
        order += free
        left = [n for n in left if n not in free]
    return order


@wrong(possible_order)
def swaps_each_pair_once(names, before):
    order = list(names)
    for first, second in before:
        i, j = order.index(first), order.index(second)
        if i > j:
            order[i], order[j] = order[j], order[i]
    return order


@wrong(possible_order)
def backwards(names, before):
    order, left = [], list(names)
    while left:
        free = [n for n in left if not any(b == n and a in left for a, b in before)]
        if not free:
            return None
        order += free
        left = [n for n in left if n not in free]
    return order[::-1]


def judge_choose_sum(candidate, values, target):
    found = candidate(list(values), target)
    sums = {0}
    for value in values:
        sums |= {part + value for part in sums}
    if target not in sums:
        assert found is None, f"nothing sums to {target}, and the answer is {found}"
        return
    assert isinstance(found, list), f"{found} is not a list"
    left = list(values)
    for value in found:
        assert value in left, f"{found} takes {value} more often than {values} has it"
        left.remove(value)
    assert sum(found) == target, f"{found} sums to {sum(found)}, not {target}"


@judged(
    judge_choose_sum,
    "hard",
    examples=[[[3, 5, 6], 9]],
    draw=lambda rng: [integers(rng, 1, 20, 8), rng.randint(0, 50)],
    edges=[[[], 0], [[], 4], [[2, 2], 4], [[2], 4], [[7, 4, 4], 8], [[9, 5, 4, 3], 12]],
)
def choose_sum(values: list[int], target: int) -> list[int] | None:
    """Return some of `values`, each at most as often as it is there, that sum to `target`.

    Any choice and any order will do. Return None where there is none; nothing sums to 0. The numbers are
    positive.
    """
    made: dict[int, list[int]] = {0: []}
    for value in values:
        for part, chosen in list(made.items()):
            made.setdefault(part + value, [*chosen, value])
    return made.get(target)


@wrong(choose_sum)
def takes_the_largest(values, target):
    chosen = []
    for value in sorted(values, reverse=True):
        if value <= target:
            chosen.append(value)
            target -= value
    return None if target else chosen


@wrong(choose_sum)
def uses_a_number_again(values, target):
    made = {0: []}
    for part in range(1, target + 1):
        for value in values:
            if part - value in made:
                made[part] = [*made[part - value], value]
    return made.get(target)


@wrong(choose_sum)
def a_run_of_neighbours(values, target):
    for i in range(len(values) + 1):
        for j in range(i, len(values) + 1):
            if sum(values[i:j]) == target:
                return values[i:j]
    return None


@function(
    "hard",
    examples=[["kitten", "sitting"]],
    draw=lambda rng: [word(rng, 7, 0, "abc"), word(rng, 7, 0, "abc")],
    edges=[["", ""], ["", "abc"], ["abc", "abc"], ["ab", "ba"], ["abcdef", "bcdefa"]],
)
def edit_distance(first: str, second: str) -> int:
    """Return the smallest number of changes that make `second` of `first`.

    A change puts one letter in, takes one out, or replaces one by another.
    """
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, start=1):
        above, row = row, [i]
        for j, other in enumerate(second, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (letter != other)))
    return row[-1]


@wrong(edit_distance)
def counts_different_places(first, second):
    differ = sum(a != b for a, b in zip(first, second, strict=False))
    return differ + abs(len(first) - len(second))


@wrong(edit_distance)
def replaces_nothing(first, second):
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, start=1):
        above, row = row, [i]
        for j, other in enumerate(second, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + 2 * (letter != other)))
    return row[-1]


@wrong(edit_distance)
def starts_from_nothing(first, second):
    row = [0] * (len(second) + 1)
    for i, letter in enumerate(first, start=1):
        above, row = row, [i]
        for j, other in enumerate(second, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (letter != other)))
    return row[-1]


def _maze(rng):
    width, height = rng.randint(1, 6), rng.randint(1, 6)
    return [["".join(rng.choice("...#") for _ in range(width)) for _ in range(height)]]


@function(
    "hard",
    examples=[[["..#", "#..", "..."]]],
    draw=_maze,
    edges=[
        [["."]],
        [["#"]],
        [[".#", "#."]],
        [["...", "##.", "...", ".##", "..."]],
        [["....", ".##.", ".#..", ".##."]],
    ],
)
def shortest_way(rows: list[str]) -> int:
    """Return the smallest number of steps from the top left to the bottom right of a maze, or -1.

    A step goes one place up, down, left or right. "#" is a wall, "." is free; no way leads from or to a wall.
    """
    goal = (len(rows) - 1, len(rows[0]) - 1)
    edge = {(0, 0)} if rows[0][0] == "." else set()
    seen, steps = set(edge), 0
    while edge:
        if goal in edge:
            return steps
        steps += 1
        near = {(y + dy, x + dx) for y, x in edge for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0))}
        edge = {
            (y, x)
            for y, x in near - seen
            if 0 <= y <= goal[0] and 0 <= x <= goal[1] and rows[y][x] == "."
        }
        seen |= edge
    return -1


@wrong(shortest_way)
def only_right_and_down(rows):
    best = {}
    for y, row in enumerate(rows):
        for x, place in enumerate(row):
            if place == ".":
                ways = [best[p] + 1 for p in ((y - 1, x), (y, x - 1)) if p in best]
                if ways or (y, x) == (0, 0):
                    best[y, x] = min(ways, default=0)
    return best.get((len(rows) - 1, len(rows[0]) - 1), -1)


@wrong(shortest_way)
def counts_places(rows):
    best, edge, steps = {}, {(0, 0)} if rows[0][0] == "." else set(), 1
    while edge:
        best.update(dict.fromkeys(edge, steps))
        near = {(y + a, x + b) for y, x in edge for a, b in ((0, 1), (1, 0), (0, -1), (-1, 0))}
        edge = {
            (y, x)
            for y, x in near
            if (y, x) not in best
            and 0 <= y < len(rows)
            and 0 <= x < len(rows[0])
            and rows[y][x] == "."
        }
        steps += 1
    return best.get((len(rows) - 1, len(rows[0]) - 1), -1)


@wrong(shortest_way)
def through_walls(rows):
    return len(rows) + len(rows[0]) - 2 if rows[0][0] == rows[-1][-1] == "." else -1


@function(
    "medium",
    examples=[[[[0, 1, 0], [0, 1, 0], [0, 1, 0]]]],
    draw=lambda rng: (
        (w := rng.randint(1, 5))
        and [[[int(rng.random() < 0.4) for _ in range(w)] for _ in range(rng.randint(1, 5))]]
    ),
    edges=[[[[1]]], [[[1, 1], [1, 0]]], [[[1, 1, 1], [1, 1, 1], [1, 1, 1]]]],
)
def next_generation(cells: list[list[int]]) -> list[list[int]]:
    """Return the grid after one step; 1 is alive, 0 is dead, and nothing lives outside.

    Of its up to eight neighbours a living cell needs two or three alive to stay so, and a dead one becomes
    alive with exactly three.
    """

    def alive_around(y: int, x: int) -> int:
        rows = cells[max(0, y - 1) : y + 2]
        return sum(sum(row[max(0, x - 1) : x + 2]) for row in rows) - cells[y][x]

    return [
        [int(alive_around(y, x) == 3 or (cell and alive_around(y, x) == 2)) for x, cell in row]
        for y, row in ((y, list(enumerate(row))) for y, row in enumerate(cells))
    ]


@wrong(next_generation)
def counts_itself(cells):
    def alive_around(y, x):
        return sum(sum(row[max(0, x - 1) : x + 2]) for row in cells[max(0, y - 1) : y + 2])

    return [
        [int(alive_around(y, x) == 3 or (cell and alive_around(y, x) == 2)) for x, cell in row]
        for y, row in ((y, list(enumerate(row))) for y, row in enumerate(cells))
    ]


@wrong(next_generation)
def nothing_is_born(cells):
    def alive_around(y, x):
        rows = cells[max(0, y - 1) : y + 2]
        return sum(sum(row[max(0, x - 1) : x + 2]) for row in rows) - cells[y][x]

    return [
        [int(cell and alive_around(y, x) in (2, 3)) for x, cell in enumerate(row)]
        for y, row in enumerate(cells)
    ]


@wrong(next_generation)
def four_neighbours(cells):
    def at(y, x):
        return cells[y][x] if 0 <= y < len(cells) and 0 <= x < len(cells[0]) else 0

    return [
        [
            int((n := at(y - 1, x) + at(y + 1, x) + at(y, x - 1) + at(y, x + 1)) == 3)
            or int(cell == 1 and n == 2)
            for x, cell in enumerate(row)
        ]
        for y, row in enumerate(cells)
    ]
