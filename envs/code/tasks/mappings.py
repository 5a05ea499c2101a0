"""Dictionaries, counts and groups."""

from onelayer.envs.code.shipped import function, wrong
from onelayer.envs.code.tasks.draws import word, words


def _totals(rng):
    return {word(rng, 1, 1, "abcdef"): rng.randint(-3, 9) for _ in range(rng.randint(0, 5))}


@function(
    "easy",
    examples=[["Noon, 7!"]],
    draw=lambda rng: [word(rng, 14, 0, "abAB c1-")],
    edges=[[""], ["123 !"], ["aAaA"]],
)
def count_letters(text: str) -> dict[str, int]:
    """Return how often each letter comes in `text`.

    Capitals count as small letters; what is not a letter is left out.
    """
    counts: dict[str, int] = {}
    for letter in text.lower():
        if letter.isalpha():
            counts[letter] = counts.get(letter, 0) + 1
    return counts


@wrong(count_letters)
def keeps_capitals_apart(text):
    return {c: text.count(c) for c in text if c.isalpha()}


@wrong(count_letters)
def counts_everything(text):
    return {c: text.lower().count(c) for c in text.lower()}


@wrong(count_letters)
def finds_each_once(text):
    return {c: 1 for c in text.lower() if c.isalpha()}


@function(
    "easy",
    examples=[[{"a": 1, "b": 2}, {"b": 3, "c": 4}]],
    draw=lambda rng: [_totals(rng), _totals(rng)],
    edges=[[{}, {}], [{"a": 1}, {}], [{}, {"a": -1}], [{"a": 2}, {"a": -2}]],
)
def merge_totals(first: dict[str, int], second: dict[str, int]) -> dict[str, int]:
    """Return the keys of both, each with its value, or with the sum where both have it."""
    return {k: first.get(k, 0) + second.get(k, 0) for k in {**first, **second}}


@wrong(merge_totals)
def second_wins(first, second):
    return {**first, **second}


@wrong(merge_totals)
def only_shared_keys(first, second):
    return {k: first[k] + second[k] for k in first if k in second}


@wrong(merge_totals)
def drops_zeros(first, second):
    sums = {k: first.get(k, 0) + second.get(k, 0) for k in {**first, **second}}
    return {k: v for k, v in sums.items() if v}


@function(
    "medium",
    examples=[[{"x": "red", "y": "blue", "z": "red"}]],
    draw=lambda rng: [{key: word(rng, 1, 1, "abc") for key in words(rng, 7)}],
    edges=[[{}], [{"b": "v", "a": "v"}]],
)
def invert(mapping: dict[str, str]) -> dict[str, list[str]]:
    """Return for each value of `mapping` the keys that have it, in alphabetical order."""
    inverted: dict[str, list[str]] = {}
    for key in sorted(mapping):
        inverted.setdefault(mapping[key], []).append(key)
    return inverted


@wrong(invert)
def keeps_one_key(mapping):
    return {value: [key] for key, value in mapping.items()}


@wrong(invert)
def as_they_came(mapping):
    inverted = {}
    for key, value in mapping.items():
        inverted.setdefault(value, []).insert(0, key)
    return inverted


@wrong(invert)
def plain_keys(mapping):
    return {value: key for key, value in mapping.items()}


@function(
    "medium",
    examples=[[["pear", "fig", "pear", "fig", "plum"], 2]],
    draw=lambda rng: [words(rng, 14, 0, "ab"), rng.randint(0, 5)],
    edges=[[[], 3], [["b", "a"], 1], [["b", "a", "b"], 9]],
)
def most_common(texts: list[str], count: int) -> list[str]:
    """Return the `count` texts that come most often, the most frequent first.

    Of equally frequent ones the alphabet decides. There may be fewer texts than asked for.
    """
    return sorted(set(texts), key=lambda text: (-texts.count(text), text))[:count]


@wrong(most_common)
def the_first_seen_wins(texts, count):
    return sorted(dict.fromkeys(texts), key=lambda text: -texts.count(text))[:count]


@wrong(most_common)
def the_rarest(texts, count):
    return sorted(set(texts), key=lambda text: (texts.count(text), text))[:count]


@wrong(most_common)
def the_alphabet_backwards(texts, count):
    return sorted(set(texts), key=lambda text: (texts.count(text), text), reverse=True)[:count]


@function(
    "easy",
    examples=[[["an", "egg", "is", "oval"]]],
    draw=lambda rng: [words(rng, 9)],
    edges=[[[]], [["bb", "aa", "bb"]]],
)
def by_length(texts: list[str]) -> list[list[str]]:
    """Return `texts` grouped by their length, the shortest first, each group as it came."""
    lengths = sorted({len(text) for text in texts})
    return [[text for text in texts if len(text) == length] for length in lengths]


@wrong(by_length)
def the_longest_first(texts):
    lengths = sorted({len(text) for text in texts}, reverse=True)
    return [[text for text in texts if len(text) == length] for length in lengths]


@wrong(by_length)
def sorted_groups(texts):
    lengths = sorted({len(text) for text in texts})
    return [sorted(text for text in texts if len(text) == length) for length in lengths]


@wrong(by_length)
def with_empty_groups(texts):
    longest = max(map(len, texts), default=0)
    return [[text for text in texts if len(text) == n] for n in range(1, longest + 1)]


def _tree(rng, depth=0):
    return {
        key: _tree(rng, depth + 1) if depth < 3 and rng.random() < 0.6 else rng.randint(0, 9)
        for key in rng.sample("abc", rng.randint(1, 3))
    }


@function(
    "medium",
    examples=[[{"a": {"b": 5}}, "a.b", 0]],
    draw=lambda rng: [_tree(rng), ".".join(rng.choices("abc", k=rng.randint(1, 4))), -1],
    edges=[
        [{}, "a", 7],
        [{"a": 1}, "a.b", 7],
        [{"a": {"b": {}}}, "a.b", 7],
        [{"a": 0}, "a", 7],
        [{"a": {"b": 1}}, "b", 7],
    ],
)
def look_up(tree: dict, path: str, default: int) -> object:
    """Return what nested dictionaries hold at a path such as "a.b.c", `default` where it leads nowhere."""
    place: object = tree
    for key in path.split("."):
        if not isinstance(place, dict) or key not in place:
            return default
        place = place[key]
    return place


@wrong(look_up)
def zero_is_nothing(tree, path, default):
    place = tree
    for key in path.split("."):
        if not isinstance(place, dict):
            return default
        place = place.get(key)
    return place or default


@wrong(look_up)
def fails_below_a_number(tree, path, default):
    place = tree
    for key in path.split("."):
        if key not in place:
            return default
        place = place[key]
    return place


@wrong(look_up)
def only_the_first_key(tree, path, default):
    return tree.get(path.split(".")[0], default)


def _changes(rng):
    stock = {name: rng.randint(1, 5) for name in words(rng, 4, 0, "abc")}
    names = [*stock, "new"]
    return [stock, [[rng.choice(names), rng.randint(-4, 4)] for _ in range(rng.randint(0, 6))]]


@function(
    "medium",
    examples=[[{"nails": 5, "tacks": 2}, [["nails", -3], ["tacks", -2], ["glue", 1]]]],
    draw=_changes,
    edges=[[{}, []], [{"a": 1}, [["a", -2]]], [{"a": 1}, [["a", -1], ["a", 3]]], [{}, [["b", -1]]]],
)
def restock(stock: dict[str, int], changes: list[list]) -> dict[str, int]:
    """Return the stock after all [name, change] pairs, in order.

    A change that would leave less than nothing of a thing is passed over. Things of which nothing is left at
    the end are left out.
    """
    left = dict(stock)
    for name, change in changes:
        if left.get(name, 0) + change >= 0:
            left[name] = left.get(name, 0) + change
    return {name: count for name, count in left.items() if count}


@wrong(restock)
def down_to_nothing(stock, changes):
    left = dict(stock)
    for name, change in changes:
        left[name] = max(0, left.get(name, 0) + change)
    return {name: count for name, count in left.items() if count}


@wrong(restock)
def keeps_empty_places(stock, changes):
    left = dict(stock)
    for name, change in changes:
        if left.get(name, 0) + change >= 0:
            left[name] = left.get(name, 0) + change
    return left


@wrong(restock)
def nothing_new(stock, changes):
    left = dict(stock)
    for name, change in changes:
        if name in left and left[name] + change >= 0:
            left[name] += change
    return {name: count for name, count in left.items() if count}


@function(
    "easy",
    examples=[[{"ann": 31, "bo": 25, "cy": 31}]],
    draw=lambda rng: [{name: rng.randint(0, 3) for name in words(rng, 6)}],
    edges=[[{}], [{"b": 1, "a": 1}], [{"a": -2, "b": -1}]],
)
def leaders(scores: dict[str, int]) -> list[str]:
    """Return the names with the highest score, in alphabetical order; none where there are no scores."""
    best = max(scores.values(), default=0)
    return sorted(name for name, score in scores.items() if score == best)


@wrong(leaders)
def just_one(scores):
    return sorted(scores, key=lambda name: (-scores[name], name))[:1]


@wrong(leaders)
def in_the_order_given(scores):
    best = max(scores.values(), default=0)
    return [name for name, score in reversed(scores.items()) if score == best]


@wrong(leaders)
def nobody_below_zero(scores):
    best = max([0, *scores.values()])
    return sorted(name for name, score in scores.items() if score == best)
