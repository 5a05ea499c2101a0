"""Which procedural families are played, and who judges their answers.

Families are reasoning-gym's (``pip install "onelayer[math]"``); ``CURATED`` names those whose problems
and judgements were looked at, by topic. Any other is reachable by its name.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

import gymnasium as gym

from onelayer.settings import did_you_mean

Config = Mapping[str, Any]
_SET_BY_US = ("seed", "size")


@dataclass(frozen=True, slots=True)
class Family:
    """A curated family."""

    name: str
    topic: str
    by_grader: bool = True
    """answers are plain values that our grader compares; else the family's own ``score_answer`` decides,
    because the form of the answer matters too: lowest terms, all factors, who is a knight"""
    settings: Config = field(default_factory=dict)
    """our defaults, where they differ from reasoning-gym's"""


_TABLE = (
    Family("chain_sum", "arithmetic"),
    # Without division: by a negative expression, as in "-438 / -(...)", reasoning-gym rounds down.
    Family("basic_arithmetic", "arithmetic", settings={"operators": ["+", "-", "*"]}),
    Family("products", "arithmetic"),
    Family("decimal_chain_sum", "arithmetic"),
    # With a factor of 1 the fraction would be in lowest terms already, and repeating it right.
    Family("fraction_simplification", "arithmetic", by_grader=False, settings={"min_factor": 2}),
    Family("simple_equations", "algebra"),
    Family("simple_integration", "algebra", by_grader=False),
    Family("gcd", "number theory"),
    Family("lcm", "number theory"),
    Family("count_primes", "number theory"),
    Family("prime_factorization", "number theory", by_grader=False),
    Family("leg_counting", "counting"),
    Family("count_bits", "counting"),
    Family("letter_counting", "counting"),
    Family("dice", "counting"),
    Family("knights_knaves", "logic", by_grader=False),
    Family("self_reference", "logic"),
)
CURATED: Mapping[str, Family] = MappingProxyType({family.name: family for family in _TABLE})
TOPICS = tuple(dict.fromkeys(family.topic for family in _TABLE))
SCORED_HERE = frozenset(
    {"fraction_simplification", "prime_factorization", "dice", "knights_knaves"}
)
"""families whose own scorer only compares text; every other scorer runs in a process that can be stopped"""
HASH_SEED_MATTERS = frozenset(
    {"isomorphic_strings", "knight_swap", "polynomial_multiplication", "ransom_note", "word_ladder"}
)
"""families of reasoning-gym 0.1.25 whose problems depend on Python's hash seed"""


def reasoning_gym() -> Any:
    """Import and return the library.

    Raises:
        gymnasium.error.DependencyNotInstalled: it is missing.
    """
    try:
        import reasoning_gym
    except ImportError as error:
        raise gym.error.DependencyNotInstalled(
            'procedural problems need reasoning-gym: pip install "onelayer[math]"'
        ) from error
    return reasoning_gym


def known_families() -> list[str]:
    """Return the names of all families, sorted."""
    from reasoning_gym.factory import DATASETS

    return sorted(set(DATASETS) - {"composite"})


def chosen_families(names: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the families that are asked for, each once.

    Args:
        names: families and topics (``"logic"``), one or several; None for all that are curated.

    Raises:
        ValueError: a name is unknown; the message names the nearest.
    """
    reasoning_gym()
    wanted = list(CURATED) if names is None else [names] if isinstance(names, str) else list(names)
    if not wanted:
        raise ValueError(f"families is empty; there are the topics {', '.join(TOPICS)}")
    known, usual = known_families(), f"; there are: {', '.join([*TOPICS, *CURATED])}"
    chosen: list[str] = []
    for name in wanted:
        if name in TOPICS:
            chosen += [family.name for family in _TABLE if family.topic == name]
        elif name in HASH_SEED_MATTERS and not os.environ.get("PYTHONHASHSEED", "").isdecimal():
            raise ValueError(
                f"{name} makes other problems in every process; set the environment variable "
                "PYTHONHASHSEED=0 to play it"
            )
        elif name in known:
            chosen.append(name)
        else:
            hint = did_you_mean(str(name), [*TOPICS, *known], otherwise=usual, most=3)
            raise ValueError(f"unknown family {name!r}{hint}")
    return tuple(dict.fromkeys(chosen))


def chosen_configs(
    families: Sequence[str], family_config: Mapping[str, Any] | None
) -> dict[str, Config]:
    """Return reasoning-gym's settings for each family, checked by reasoning-gym.

    Args:
        families: from ``chosen_families``.
        family_config: ``{max_terms: 2}`` for a single family, else ``{chain_sum: {max_terms: 2}}``.

    Raises:
        ValueError: a family is not among them, has no such setting, or a value cannot work.
    """
    given = dict(family_config or {})
    one = families[0] if len(families) == 1 else None
    if one is not None and given and not (set(given) <= {one} and isinstance(given[one], Mapping)):
        given = {one: given}
    for name, settings in given.items():
        if name not in families:
            raise ValueError(
                f"family_config names {name!r}, which is not played{did_you_mean(name, families, most=3)}"
            )
        if not isinstance(settings, Mapping):
            raise ValueError(
                f"family_config of {name} is a mapping of its settings, got {settings!r}"
            )
    usual = {name: family.settings for name, family in CURATED.items()}
    return {
        name: _checked(name, {**usual.get(name, {}), **given.get(name, {})}) for name in families
    }


def make_entry(family: str, config: Config, seed: int) -> tuple[Any, dict[str, Any]]:
    """Return reasoning-gym's data set of a single problem, and that problem's entry."""
    dataset = reasoning_gym().create_dataset(family, seed=seed, size=1, **config)
    return dataset, dataset[0]


def scores_by_itself(family: str) -> bool:
    """Return whether a family has a scorer of its own; the others' answers are compared as text."""
    from reasoning_gym.dataset import ProceduralDataset
    from reasoning_gym.factory import DATASETS

    return bool(DATASETS[family][0].score_answer is not ProceduralDataset.score_answer)


def _checked(family: str, settings: Config) -> Config:
    from reasoning_gym.factory import DATASETS

    known = [f.name for f in fields(DATASETS[family][1]) if f.name not in _SET_BY_US]
    for name in settings:
        if name in _SET_BY_US:
            raise ValueError(f"family_config of {family} sets {name!r}; use seed and count instead")
        if name not in known:
            raise ValueError(f"{family} has no setting {name!r}{did_you_mean(name, known, most=3)}")
    try:
        make_entry(family, settings, 0)
    except Exception as error:  # reasoning-gym asserts, but not everything
        raise ValueError(f"{family} cannot work with {dict(settings)}: {error!r}") from error
    return MappingProxyType(dict(settings))
