"""Wrong answers made from real golds: one digit or one sign is changed. None may be accepted.

    python benchmarks/perturbed_golds.py
    python benchmarks/perturbed_golds.py --each 2 --seed 1 --data math_train.jsonl

Every accepted pair is printed, to check by eye whether the change left the value as it was.
"""

import argparse
import json
import logging
import random
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from onelayer.envs.math import check_gold, grade_answer

DATA = ["gsm8k_train.jsonl", "math_train.jsonl", "svamp_test.jsonl"]
_DIGIT = re.compile(r"\d")
_SIGN = re.compile(r"(?<=[\w})\]!|])\s*[-+]\s*(?=[\w\\({|])")


def main() -> None:
    """Print how many answers were graded and accepted, and each accepted one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("../shared/data/math"))
    parser.add_argument("--data", nargs="*", default=DATA)
    parser.add_argument("--each", type=int, default=2, help="changed answers for each gold")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    golds = []
    for name in options.data:
        lines = (options.folder / name).read_text("utf-8").split("\n")
        golds += [str(json.loads(line)["answer"]) for line in lines if line]
    draw = random.Random(options.seed)
    pairs = [
        (answer, gold)
        for gold in golds
        if _is_gold(gold)
        for answer in dict.fromkeys(changed(gold, draw) for _ in range(options.each))
        if answer is not None
    ]
    began = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        grades = list(pool.map(lambda pair: grade_answer(*pair), pairs))
    accepted = [pair for pair, grade in zip(pairs, grades, strict=True) if grade.correct]
    timeouts = sum(grade.reason == "timeout" for grade in grades)
    print(
        f"{len(pairs)} changed answers to {len(golds)} golds: {len(accepted)} accepted, "
        f"{timeouts} timeouts, {time.perf_counter() - began:.0f} s"
    )
    for answer, gold in accepted:
        print(f"    {gold!r} accepts {answer!r}")


def _is_gold(gold: str) -> bool:
    try:
        check_gold(gold)
    except ValueError:
        return False
    return True


def changed(gold: str, draw: random.Random) -> str | None:
    """Return the gold with one digit or one sign changed, None where it has neither."""
    places = [(match, "digit") for match in _DIGIT.finditer(gold)]
    places += [(match, "sign") for match in _SIGN.finditer(gold)]
    if gold.lstrip("$ ").startswith("-") or re.match(r"[1-9]|0\.", gold):
        places.append((None, "front"))  # type: ignore[arg-type]
    if not places:
        return None
    place, kind = draw.choice(places)
    if kind == "front":
        return gold.replace("-", "", 1) if "-" in gold[:3] else f"-{gold}"
    if kind == "digit":
        digits = [digit for digit in "0123456789" if digit != place[0]]
        return gold[: place.start()] + draw.choice(digits) + gold[place.end() :]
    other = "+" if "-" in place[0] else "-"
    return (
        gold[: place.start()]
        + place[0].replace("-", other, 1).replace("+", other, 1)
        + gold[place.end() :]
    )


if __name__ == "__main__":
    main()
