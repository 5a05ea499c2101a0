"""Letters, words and lines."""

import string

from onelayer.envs.code.shipped import function, wrong
from onelayer.envs.code.tasks.draws import word, words


@function(
    "easy",
    examples=[["Banana"]],
    draw=lambda rng: [word(rng, 14, 0, string.ascii_letters + " ")],
    edges=[[""], ["AEIOU"], ["rhythm"]],
)
def count_vowels(text: str) -> int:
    """Return how many letters of `text` are vowels: a, e, i, o or u, small or capital."""
    return sum(letter in "aeiou" for letter in text.lower())


@wrong(count_vowels)
def misses_capitals(text):
    return sum(letter in "aeiou" for letter in text)


@wrong(count_vowels)
def counts_each_once(text):
    return len(set("aeiou") & set(text.lower()))


@wrong(count_vowels)
def takes_y_for_one(text):
    return sum(letter in "aeiouy" for letter in text.lower())


def _nearly_palindrome(rng):
    half = word(rng, 5, 1, "abc")
    text = half + rng.choice(["", "c"]) + half[::-1]
    if rng.random() < 0.5:
        spot = rng.randrange(len(text))
        text = text[:spot] + rng.choice("abc") + text[spot + 1 :]
    return [rng.choice([text, text.capitalize(), " ".join(text), text + "!"])]


@function(
    "easy",
    examples=[["Never odd or even!"]],
    draw=_nearly_palindrome,
    edges=[[""], ["?!"], ["ab"], ["No, Noon"]],
)
def is_palindrome(text: str) -> bool:
    """Return whether the letters of `text` read the same backwards.

    Capitals count as small letters, and what is not a letter is passed over.
    """
    letters = [c for c in text.lower() if c.isalpha()]
    return letters == letters[::-1]


@wrong(is_palindrome)
def keeps_punctuation(text):
    text = text.lower().replace(" ", "")
    return text == text[::-1]


@wrong(is_palindrome)
def keeps_capitals(text):
    letters = [c for c in text if c.isalpha()]
    return letters == letters[::-1]


@wrong(is_palindrome)
def looks_at_the_ends(text):
    letters = [c for c in text.lower() if c.isalpha()]
    return not letters or letters[0] == letters[-1]


@function(
    "easy",
    examples=[["one  layer at a time"]],
    draw=lambda rng: [" ".join(words(rng, 6)) + rng.choice(["", " ", "  x"])],
    edges=[[""], ["   "], ["  lead and trail  "], ["a   b     c"]],
)
def squeeze(text: str) -> str:
    """Return `text` with one space wherever there are several, and none at its ends."""
    return " ".join(part for part in text.split(" ") if part)


@wrong(squeeze)
def squeezes_pairs_once(text):
    return text.replace("  ", " ").strip()


@wrong(squeeze)
def removes_all_spaces(text):
    return text.replace(" ", "")


@wrong(squeeze)
def only_strips(text):
    return text.strip()


@function(
    "easy",
    examples=[["Layer zero", 3]],
    draw=lambda rng: [word(rng, 12, 0, string.ascii_letters + " .,"), rng.randint(-30, 30)],
    edges=[["xyz XYZ", 3], ["abc", -3], ["", 5], ["a1!", 26]],
)
def shift_letters(text: str, by: int) -> str:
    """Return `text` with each letter a to z moved `by` places on in the alphabet, z followed by a.

    Capitals stay capitals, `by` may be negative or large, and all else stays as it is.
    """
    alphabet = string.ascii_lowercase
    moved = alphabet[by % 26 :] + alphabet[: by % 26]
    return text.translate(str.maketrans(alphabet + alphabet.upper(), moved + moved.upper()))


@wrong(shift_letters)
def runs_past_z(text, by):
    return "".join(chr(ord(c) + by) if c.isalpha() else c for c in text)


@wrong(shift_letters)
def forgets_capitals(text, by):
    alphabet = string.ascii_lowercase
    moved = alphabet[by % 26 :] + alphabet[: by % 26]
    return text.translate(str.maketrans(alphabet, moved))


@wrong(shift_letters)
def moves_the_other_way(text, by):
    alphabet = string.ascii_lowercase
    moved = alphabet[-by % 26 :] + alphabet[: -by % 26]
    return text.translate(str.maketrans(alphabet + alphabet.upper(), moved + moved.upper()))


@function(
    "easy",
    examples=[["aaabcc"]],
    draw=lambda rng: [word(rng, 14, 0, "ab")],
    edges=[[""], ["a"], ["abab"], ["b" * 12]],
)
def run_lengths(text: str) -> str:
    """Return each run of one letter in `text` as the letter and the run's length: "aaab" gives "a3b1"."""
    result, i = "", 0
    while i < len(text):
        end = i
        while end < len(text) and text[end] == text[i]:
            end += 1
        result += f"{text[i]}{end - i}"
        i = end
    return result


@wrong(run_lengths)
def loses_the_last_run(text):
    result, length = "", 1
    for letter, following in zip(text, text[1:], strict=False):
        if letter == following:
            length += 1
        else:
            result, length = result + f"{letter}{length}", 1
    return result


@wrong(run_lengths)
def counts_letters_in_all(text):
    return "".join(f"{letter}{text.count(letter)}" for letter in dict.fromkeys(text))


@wrong(run_lengths)
def leaves_out_ones(text):
    result, i = "", 0
    while i < len(text):
        end = i
        while end < len(text) and text[end] == text[i]:
            end += 1
        result += text[i] + (str(end - i) if end - i > 1 else "")
        i = end
    return result


@function(
    "easy",
    examples=[["to be or not"]],
    draw=lambda rng: [" ".join(words(rng, 7))],
    edges=[[""], ["ab cd"], ["a bbb ccc"]],
)
def longest_word(text: str) -> str:
    """Return the longest word of `text`, the first one of several, and "" where there is none.

    Words stand between spaces.
    """
    return max(text.split(), key=len, default="")


@wrong(longest_word)
def the_last_of_several(text):
    return max(reversed(text.split()), key=len, default="")


@wrong(longest_word)
def the_last_in_the_alphabet(text):
    return max(text.split(), default="")


@wrong(longest_word)
def fails_on_nothing(text):
    return max(text.split(), key=len)


def _texts_with_a_start(rng):
    start = word(rng, 4, 0, "ab")
    return [[start + word(rng, 4, 0, "ab") for _ in range(rng.randint(1, 5))]]


@function(
    "medium",
    examples=[[["flower", "flow", "flight"]]],
    draw=_texts_with_a_start,
    edges=[[[]], [["", "a"]], [["same", "same"]], [["ab", "abc", "a"]]],
)
def common_prefix(texts: list[str]) -> str:
    """Return the longest text with which all of `texts` begin, and "" where there are no texts."""
    if not texts:
        return ""
    first, last = min(texts), max(texts)
    length = 0
    while length < min(len(first), len(last)) and first[length] == last[length]:
        length += 1
    return first[:length]


@wrong(common_prefix)
def of_the_first_two(texts):
    if not texts:
        return ""
    first, second = texts[0], texts[min(1, len(texts) - 1)]
    length = 0
    while length < min(len(first), len(second)) and first[length] == second[length]:
        length += 1
    return first[:length]


@wrong(common_prefix)
def common_letters(texts):
    if not texts:
        return ""
    return "".join(c for c in texts[0] if all(c in text for text in texts))


@wrong(common_prefix)
def stops_too_late(texts):
    return "" if not texts else min(texts, key=len)


@function(
    "medium",
    examples=[[["tea", "ate", "tan", "eat"]]],
    draw=lambda rng: [words(rng, 9, 0, "abc")],
    edges=[[[]], [["a", "a"]], [["ab", "abb", "ba"]]],
)
def anagram_groups(texts: list[str]) -> list[list[str]]:
    """Return `texts` in groups of the same letters, each letter as often.

    Groups come in the order of their first text, and texts in a group in the order given.
    """
    groups: dict[str, list[str]] = {}
    for text in texts:
        groups.setdefault("".join(sorted(text)), []).append(text)
    return list(groups.values())


@wrong(anagram_groups)
def by_the_set_of_letters(texts):
    groups = {}
    for text in texts:
        groups.setdefault(frozenset(text), []).append(text)
    return list(groups.values())


@wrong(anagram_groups)
def drops_lone_texts(texts):
    groups = {}
    for text in texts:
        groups.setdefault("".join(sorted(text)), []).append(text)
    return [group for group in groups.values() if len(group) > 1]


@wrong(anagram_groups)
def sorts_the_groups(texts):
    groups = {}
    for text in texts:
        groups.setdefault("".join(sorted(text)), []).append(text)
    return sorted(sorted(group) for group in groups.values())


@function(
    "hard",
    examples=[["the quick brown fox jumps", 10]],
    draw=lambda rng: [" ".join(words(rng, 12)), rng.randint(4, 12)],
    edges=[["", 5], ["exactly", 7], ["a b c", 5], ["a b c", 4]],
)
def wrap(text: str, width: int) -> list[str]:
    """Return the words of `text` in lines of at most `width` characters.

    Each line takes as many words as fit, with one space between them. No word is longer than `width`.
    """
    lines: list[str] = []
    for part in text.split():
        if lines and len(lines[-1]) + 1 + len(part) <= width:
            lines[-1] += " " + part
        else:
            lines.append(part)
    return lines


@wrong(wrap)
def forgets_the_space(text, width):
    lines = []
    for part in text.split():
        if lines and len(lines[-1]) + len(part) <= width:
            lines[-1] += " " + part
        else:
            lines.append(part)
    return lines


@wrong(wrap)
def leaves_room(text, width):
    lines = []
    for part in text.split():
        if lines and len(lines[-1]) + 1 + len(part) < width:
            lines[-1] += " " + part
        else:
            lines.append(part)
    return lines


@wrong(wrap)
def cuts_words(text, width):
    text = " ".join(text.split())
    return [text[i : i + width].strip() for i in range(0, len(text), width)]
