"""Random inputs that several topics draw."""

import random
import string


def integers(rng: random.Random, low: int, high: int, most: int, least: int = 0) -> list[int]:
    """Return from ``least`` to ``most`` integers, each from ``low`` to ``high``."""
    return [rng.randint(low, high) for _ in range(rng.randint(least, most))]


def word(
    rng: random.Random, most: int = 8, least: int = 1, letters: str = string.ascii_lowercase
) -> str:
    """Return a word of ``least`` to ``most`` letters."""
    return "".join(rng.choice(letters) for _ in range(rng.randint(least, most)))


def words(rng: random.Random, most: int = 8, least: int = 0, letters: str = "abcde") -> list[str]:
    """Return words of few letters, so that some of them are alike."""
    return [word(rng, 4, 1, letters) for _ in range(rng.randint(least, most))]
