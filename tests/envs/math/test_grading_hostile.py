"""Degenerate text, as untrained policies write it, costs the process that grades it next to nothing."""

# ruff: noqa: RUF001  (marks that look alike)

import itertools
import random
import string
import time
import tracemalloc

import pytest

pytest.importorskip("math_verify")

from onelayer.envs.math import grade_answer, grade_response
from onelayer.envs.math.formats import FORMATS
from onelayer.envs.math.grading import grader
from onelayer.envs.math.grading.algebra_client import WORKER

SECONDS = 5.0
"""of processor time in this process: at most half a second on a quiet machine, twice that on one whose cores
are shared, and minutes where a pattern backtracks"""
GOLDS = ["B", "17", r"\sqrt{17}", "5 cm", "x=5", "A,C", "yes", "(1,2)", r"28\%"]
MARKS = [
    *string.punctuation,
    " ",
    "\n",
    "\t",
    "\\(",
    "\\[",
    "$$",
    "\\$",
    "“",
    "²",
    "√",
    "，",
    "。",
    "\u200b",
]
WORDS = [
    "A",
    "(A)",
    "*A*",
    "1",
    "12,",
    "1 ",
    "x",
    "a ",
    "is ",
    "A or ",
    "answer is ",
    "Answer: ",
    "not ",
]
WORDS += [
    "####",
    "\\boxed{",
    "<think>",
    "</think>",
    "<answer>",
    "\\text{",
    "\\frac{",
    "\\begin{",
    "{,}",
    "\\pm",
]
WORDS += ["I give up. "]
BEFORE = ["", "I think it is ", "The answer is ", "Answer: ", "A ", "\\boxed{", "#### "]


@pytest.fixture(autouse=True)
def no_algebra(monkeypatch):
    monkeypatch.setattr(WORKER, "ask", lambda *question: "not asked here")


def _grade(text, gold):
    for grade in (grade_answer, grade_response):
        began = time.process_time()
        reason = grade(text, gold).reason
        took = time.process_time() - began
        assert took < SECONDS, (text[:40], len(text), gold, took)
        assert not reason.startswith("not comparable"), (text[:40], reason)


def _run(pieces, length):
    return "".join(itertools.islice(itertools.cycle(pieces), length // min(map(len, pieces)) + 1))[
        :length
    ]


@pytest.mark.parametrize("length", [3_999, 20_000])
def test_a_long_run_of_any_mark_or_word_is_graded_at_once(length):
    for piece in MARKS + WORDS:
        _grade(_run([piece], length), "17")
        _grade("I think it is " + _run([piece], length), "B")


@pytest.mark.slow
def test_so_is_one_of_100_000_characters_behind_any_words():
    for piece, before, gold in itertools.product(MARKS + WORDS, BEFORE, ["B", "17", "5 cm"]):
        _grade(before + _run([piece], 100_000), gold)


@pytest.mark.slow
@pytest.mark.parametrize("length", [3_999, 50_000])
def test_so_is_a_run_of_any_two(length):
    for pair in itertools.permutations(MARKS + WORDS, 2):
        _grade(_run(pair, length), "B")


@pytest.mark.parametrize(
    ("length", "seeds"), [(20_000, 20), pytest.param(100_000, 200, marks=pytest.mark.slow)]
)
def test_so_is_any_mixture(length, seeds):
    for seed in range(seeds):
        draw = random.Random(seed)
        some = draw.sample(MARKS + WORDS, draw.randint(2, 6))
        texts = [
            "".join(draw.choice(some) for _ in range(length))[:length],
            "".join(_run([piece], length // len(some)) for piece in some),
        ]
        for text, gold in itertools.product(texts, draw.sample(GOLDS, 3)):
            _grade(draw.choice(BEFORE) + text, gold)


def test_the_formats_find_their_mark_in_such_texts_at_once():
    for piece in MARKS + WORDS:
        text = _run([piece], 30_000)
        for made in FORMATS.values():
            began = time.process_time()
            made.extract(text)
            assert time.process_time() - began < SECONDS, (piece, made.name)


def test_what_was_read_is_kept_within_bounds():
    grader._read_once.cache_clear()
    tracemalloc.start()
    try:
        for n in range(100):  # each as long as one that is kept may be
            grader._read(",".join(str((7 * n + i) % 10) for i in range(46)) + f",{n}")
        for n in range(100):  # longer ones are not kept
            grader._read(",".join(str(7 * n + i) for i in range(190)))
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    kept = grader._read_once.cache_info()
    assert kept.currsize == 100
    assert taken / 100 * kept.maxsize < 60 << 20
