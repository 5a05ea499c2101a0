"""The math grader against bare math-verify: throughput, and agreement on reviewed cases.

    python benchmarks/grading.py
    python benchmarks/grading.py --cases CASES.jsonl --bombs BOMBS.jsonl

Both graders run in this process, in turn, several rounds; the table gives the median. math-verify runs as its
documentation shows it, gold in ``$...$``, without its timeouts (which would add an alarm to every call) and
with its parser's default cache. Ours runs with its limits on, the algebra in the worker process.
"""

import argparse
import json
import logging
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from math_verify import parse, verify

from onelayer.envs.math import grade_answer, grade_response

SYMBOLIC = (
    (r"\frac{\sqrt{%d}}{3}", r"\frac{%d}{3\sqrt{%d}}"),
    (r"x^2+%dx", r"x(x+%d)"),
    (r"%d\pi", r"\frac{%d\cdot 2\pi}{2}"),
    (r"\sqrt{%d}+1", r"1+\sqrt{%d}"),
)


def main() -> None:
    """Print Markdown tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--cases", type=Path, default=Path("../shared/data/math/answer_triples.jsonl")
    )
    parser.add_argument(
        "--bombs", type=Path, default=Path("../shared/data/math/pathological.jsonl")
    )
    parser.add_argument("--answers", type=int, default=400, help="answers of each kind")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    grade_answer(r"2\sqrt{2}", r"\sqrt{8}")  # starts the worker before the measurement
    throughput(options.answers, options.rounds)
    if options.cases.exists():
        agreement([json.loads(line) for line in options.cases.read_text("utf-8").splitlines()])
    else:
        print(f"no cases at {options.cases}: the agreement was not measured")
    if options.bombs.exists():
        bombs([json.loads(line) for line in options.bombs.read_text("utf-8").splitlines()])


def bare(answer: str, gold: str) -> bool:
    """Grade with math-verify alone."""
    expected = parse(gold if "$" in gold else f"${gold}$", parsing_timeout=None)
    given = parse(
        answer if "$" in answer or "boxed" in answer else f"${answer}$", parsing_timeout=None
    )
    return bool(verify(expected, given, timeout_seconds=None))


def throughput(count: int, rounds: int) -> None:
    """Print answers per second for integers and for expressions, half of them right."""
    draw = random.Random(0)
    integers = [(str(n), str(n + draw.randrange(2))) for n in draw.sample(range(10**6), count)]
    responses = [(rf"So the answer is \boxed{{{a}}}.", gold) for a, gold in integers]
    expressions = []
    for n in draw.sample(range(2, 10**4), count):
        gold, answer = draw.choice(SYMBOLIC)
        numbers = (
            (n + draw.randrange(2), n) if answer.count("%d") == 2 else (n + draw.randrange(2),)
        )
        expressions.append((answer % numbers, gold % n))
    print("| answers | onelayer, per second | math-verify, per second | ratio |\n|---|---|---|---|")
    for name, pairs, ours in (
        ("plain integers", integers, grade_answer),
        ("responses with a boxed integer", responses, grade_response),
        ("expressions", expressions, grade_answer),
    ):
        speeds: dict[str, list[float]] = {"ours": [], "bare": []}
        for _ in range(rounds):
            speeds["ours"].append(_speed(lambda a, g, f=ours: f(a, g).correct, pairs))
            speeds["bare"].append(_speed(bare, pairs))
        one, two = (statistics.median(speeds[key]) for key in ("ours", "bare"))
        print(f"| {name} | {one:,.0f} | {two:,.0f} | {one / two:.1f} |", flush=True)


def _speed(grade: Callable[..., bool], pairs: list[tuple[str, str]]) -> float:
    began = time.perf_counter()
    for answer, gold in pairs:
        grade(answer, gold)
    return len(pairs) / (time.perf_counter() - began)


def agreement(cases: list[dict[str, Any]]) -> None:
    """Print how often each grader agrees with the reviewed verdict, by policy."""
    rows: dict[str, list[tuple[bool, bool, bool]]] = defaultdict(list)
    for case in cases:
        ours = (grade_answer if case["kind"] == "answer" else grade_response)(
            case["pred"], case["gold"]
        )
        rows[case["policy"]].append((case["expected"], ours.correct, _bare_within(case)))
    print(
        "\n| policy | cases | onelayer agrees | wrongly accepted | math-verify agrees | wrongly accepted |"
    )
    print("|---|---|---|---|---|---|")
    for policy, verdicts in sorted(rows.items()):
        cells = [policy, str(len(verdicts))]
        for grader in (1, 2):
            agreed = sum(v[0] == v[grader] for v in verdicts)
            cells += [
                f"{agreed} ({agreed / len(verdicts):.1%})",
                str(sum(v[grader] > v[0] for v in verdicts)),
            ]
        print("| " + " | ".join(cells) + " |")


def _bare_within(case: dict[str, Any]) -> bool:
    try:
        return bool(
            verify(
                parse(case["gold"] if "$" in case["gold"] else f"${case['gold']}$"),
                parse(case["pred"]) if case["kind"] == "response" else parse(f"${case['pred']}$"),
            )
        )
    except Exception:
        return False


def bombs(cases: list[dict[str, Any]]) -> None:
    """Print the longest time that our grader took for a hostile input, and its verdicts."""
    worst, agreed = (0.0, ""), 0
    for case in cases:
        gold, answer = (
            case[key]
            if case[key] is not None
            else "".join(part * n for part, n in case[key + "_parts"])
            for key in ("gold", "pred")
        )
        began = time.perf_counter()
        grade = (grade_answer if case["kind"] == "answer" else grade_response)(answer, gold)
        worst = max(worst, (time.perf_counter() - began, case["id"]))
        agreed += grade.correct in (case["expected"], case["also_ok"])
    print(f"\n{len(cases)} hostile inputs: {agreed} verdicts as reviewed")
    print(f"the longest took {worst[0]:.2f} s ({worst[1]})")


if __name__ == "__main__":
    main()
