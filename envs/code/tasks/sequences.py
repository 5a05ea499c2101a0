"""Lists: order, pieces, nesting."""

from onelayer.envs.code.shipped import function, wrong
from onelayer.envs.code.tasks.draws import integers


@function(
    "easy",
    examples=[[[3, 9, 4]]],
    draw=lambda rng: [integers(rng, -5, 9, 8)],
    edges=[[[]], [[7]], [[7, 7]], [[7, 7, 2]], [[-3, -1]]],
)
def second_largest(values: list[int]) -> int | None:
    """Return the second largest of the different numbers in `values`, None where there are not two."""
    different = sorted(set(values))
    return different[-2] if len(different) > 1 else None


@wrong(second_largest)
def counts_repeats(values):
    return sorted(values)[-2] if len(values) > 1 else None


@wrong(second_largest)
def starts_at_zero(values):
    first = second = 0
    for value in values:
        if value > first:
            first, second = value, first
        elif first > value > second:
            second = value
    return second if len(set(values)) > 1 else None


@wrong(second_largest)
def second_smallest(values):
    different = sorted(set(values))
    return different[1] if len(different) > 1 else None


@function(
    "easy",
    examples=[[[1, 2, 3, 4], 1]],
    draw=lambda rng: [integers(rng, 0, 9, 7), rng.randint(-20, 20)],
    edges=[[[], 3], [[1, 2, 3], 0], [[1, 2, 3], 7], [[1, 2, 3], -1]],
)
def rotate(values: list[int], by: int) -> list[int]:
    """Return `values` moved `by` places to the right, those that leave at the end coming back in front.

    `by` may be larger than the list, and negative to move to the left.
    """
    if not values:
        return []
    by %= len(values)
    return values[len(values) - by :] + values[: len(values) - by]


@wrong(rotate)
def to_the_left(values, by):
    if not values:
        return []
    by %= len(values)
    return values[by:] + values[:by]


@wrong(rotate)
def fails_when_empty(values, by):
    by %= len(values)
    return values[len(values) - by :] + values[: len(values) - by]


@wrong(rotate)
def only_once_around(values, by):
    return values[-by:] + values[:-by]


@function(
    "easy",
    examples=[[[1, 2, 3, 4, 5], 2]],
    draw=lambda rng: [integers(rng, 0, 9, 11), rng.randint(1, 5)],
    edges=[[[], 3], [[1], 4], [[1, 2, 3, 4], 2]],
)
def chunks(values: list[int], size: int) -> list[list[int]]:
    """Return `values` cut into lists of `size` elements, the last of which may be shorter."""
    return [values[i : i + size] for i in range(0, len(values), size)]


@wrong(chunks)
def drops_a_short_rest(values, size):
    return [values[i : i + size] for i in range(0, len(values) - size + 1, size)]


@wrong(chunks)
def that_many_lists(values, size):
    return [values[i::size] for i in range(size)]


@wrong(chunks)
def sliding(values, size):
    return [values[i : i + size] for i in range(max(0, len(values) - size + 1))]


@function(
    "easy",
    examples=[[[2, 5, 1, 7]]],
    draw=lambda rng: [integers(rng, -9, 9, 9)],
    edges=[[[]], [[-4, -6, -2]]],
)
def running_maximum(values: list[int]) -> list[int]:
    """Return for each place the largest number of `values` up to and with that place."""
    result: list[int] = []
    for value in values:
        result.append(max(value, result[-1]) if result else value)
    return result


@wrong(running_maximum)
def nothing_below_zero(values):
    result, largest = [], 0
    for value in values:
        largest = max(largest, value)
        result.append(largest)
    return result


@wrong(running_maximum)
def of_two_neighbours(values):
    return [max(values[max(0, i - 1) : i + 1]) for i in range(len(values))]


@wrong(running_maximum)
def of_the_rest(values):
    return [max(values[i:]) for i in range(len(values))]


@function(
    "easy",
    examples=[[[3, 1, 3, 2]]],
    draw=lambda rng: [integers(rng, -4, 4, 12)],
    edges=[[[]], [[5, 5, 5]]],
)
def without_repeats(values: list[int]) -> list[int]:
    """Return each number of `values` once, where it came first."""
    return list(dict.fromkeys(values))


@wrong(without_repeats)
def in_order_of_size(values):
    return sorted(set(values))


@wrong(without_repeats)
def where_it_came_last(values):
    return list(dict.fromkeys(reversed(values)))[::-1]


@wrong(without_repeats)
def only_neighbours(values):
    return [v for i, v in enumerate(values) if i == 0 or v != values[i - 1]]


@function(
    "easy",
    examples=[[[1, 2, 3], [10, 20]]],
    draw=lambda rng: [integers(rng, 0, 9, 6), integers(rng, 10, 19, 6)],
    edges=[[[], []], [[], [1, 2]], [[1], []]],
)
def interleave(first: list[int], second: list[int]) -> list[int]:
    """Return the elements of both lists in turn, the first list's first.

    What a longer list has left follows.
    """
    shorter = min(len(first), len(second))
    turns = [v for pair in zip(first, second, strict=False) for v in pair]
    return turns + first[shorter:] + second[shorter:]


@wrong(interleave)
def drops_the_rest(first, second):
    return [v for pair in zip(first, second, strict=False) for v in pair]


@wrong(interleave)
def second_comes_first(first, second):
    shorter = min(len(first), len(second))
    turns = [v for pair in zip(second, first, strict=False) for v in pair]
    return turns + first[shorter:] + second[shorter:]


@wrong(interleave)
def one_after_the_other(first, second):
    return first + second


def _nested(rng, depth=0):
    return [
        _nested(rng, depth + 1) if depth < 4 and rng.random() < 0.4 else rng.randint(0, 9)
        for _ in range(rng.randint(0, 4))
    ]


@function(
    "medium",
    examples=[[[1, [2, [3, 4]], []]]],
    draw=lambda rng: [_nested(rng)],
    edges=[[[]], [[[[[[7]]]]]]],
)
def flatten(values: list) -> list:
    """Return the numbers of `values`, a list of numbers and of such lists, in order and in one list."""
    result = []
    for value in values:
        result += flatten(value) if isinstance(value, list) else [value]
    return result


@wrong(flatten)
def one_level(values):
    result = []
    for value in values:
        result += value if isinstance(value, list) else [value]
    return result


@wrong(flatten)
def numbers_first(values):
    rest = [v for value in values if isinstance(value, list) for v in value]
    numbers = [value for value in values if not isinstance(value, list)]
    return numbers + (flatten(rest) if rest else [])


@wrong(flatten)
def each_number_once(values):
    result = []
    for value in values:
        for number in flatten(value) if isinstance(value, list) else [value]:
            if number not in result:
                result.append(number)
    return result


def _intervals(rng):
    starts = integers(rng, 0, 30, 6)
    return [[[start, start + rng.randint(0, 6)] for start in starts]]


@function(
    "medium",
    examples=[[[[1, 3], [8, 9], [2, 5]]]],
    draw=_intervals,
    edges=[[[]], [[[1, 2], [2, 3]]], [[[1, 9], [2, 3]]], [[[4, 5], [1, 2]]]],
)
def merge_intervals(intervals: list[list[int]]) -> list[list[int]]:
    """Return the [start, end] pairs with those that meet joined to one, in order of their starts.

    Two meet where they share at least one point: [1, 2] and [2, 3] do, [1, 2] and [3, 4] do not.
    """
    merged: list[list[int]] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged


@wrong(merge_intervals)
def touching_stay_apart(intervals):
    merged = []
    for start, end in sorted(intervals):
        if merged and start < merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged


@wrong(merge_intervals)
def takes_the_later_end(intervals):
    merged = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = end
        else:
            merged.append([start, end])
    return merged


@wrong(merge_intervals)
def does_not_sort(intervals):
    merged = []
    for start, end in intervals:
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged


@function(
    "medium",
    examples=[[[5, 1, 2, 3, 0]]],
    draw=lambda rng: [integers(rng, 0, 6, 12)],
    edges=[[[]], [[4]], [[3, 2, 1]], [[1, 1, 1]], [[0, 9, 1, 2]]],
)
def longest_rise(values: list[int]) -> int:
    """Return the length of the longest run of neighbours each of which is larger than the one before."""
    longest = run = 0
    for i, value in enumerate(values):
        run = run + 1 if i and value > values[i - 1] else 1
        longest = max(longest, run)
    return longest


@wrong(longest_rise)
def equals_count(values):
    longest = run = 0
    for i, value in enumerate(values):
        run = run + 1 if i and value >= values[i - 1] else 1
        longest = max(longest, run)
    return longest


@wrong(longest_rise)
def with_gaps(values):
    best = []
    for i, value in enumerate(values):
        best.append(1 + max((best[j] for j in range(i) if values[j] < value), default=0))
    return max(best, default=0)


@wrong(longest_rise)
def forgets_the_last_run(values):
    longest = run = 1 if values else 0
    for i in range(1, len(values)):
        if values[i] > values[i - 1]:
            run += 1
        else:
            longest, run = max(longest, run), 1
    return longest


def _matrix(rng):
    width = rng.randint(1, 4)
    return [[[rng.randint(0, 9) for _ in range(width)] for _ in range(rng.randint(0, 4))]]


@function(
    "hard",
    examples=[[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]],
    draw=_matrix,
    edges=[[[]], [[[1, 2, 3]]], [[[1], [2], [3]]], [[[1, 2], [3, 4], [5, 6]]]],
)
def spiral(rows: list[list[int]]) -> list[int]:
    """Return the numbers of a grid along a spiral.

    It begins at the top left, goes right, then down, left and up, and inwards until all are visited. The rows
    are equally long, and there may be none.
    """
    result: list[int] = []
    while rows:
        result += rows[0]
        rows = [list(column) for column in zip(*rows[1:], strict=True)][::-1]
    return result


@wrong(spiral)
def down_first(rows):
    result = []
    rows = [list(column) for column in zip(*rows, strict=True)]
    while rows:
        result += rows[0]
        rows = [list(column) for column in zip(*rows[1:], strict=True)][::-1]
    return result


@wrong(spiral)
def back_and_forth(rows):
    return [v for i, row in enumerate(rows) for v in (row if i % 2 == 0 else row[::-1])]


@wrong(spiral)
def only_the_rim(rows):
    if len(rows) < 2 or len(rows[0]) < 2:
        return [v for row in rows for v in row]
    right, left = [row[-1] for row in rows[1:-1]], [row[0] for row in rows[1:-1]]
    return rows[0] + right + rows[-1][::-1] + left[::-1]
