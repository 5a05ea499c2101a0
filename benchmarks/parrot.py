"""What a policy earns that repeats the problem: it boxes a formula of the prompt, and calculates nothing.

    python benchmarks/parrot.py
    python benchmarks/parrot.py --count 500 --data gsm8k_train.jsonl math_train.jsonl

For every problem the longest formula of its text is boxed, as it stands and in variants that a guard on the
text would not recognize; "any" boxes every formula in turn and counts a problem if one of them is rewarded. A
formula has an operation or a relation; "number" boxes the longest bare number instead, which is right only by
luck. Graded twice: by values alone, and with the convention ``worked_out``, as ``onelayer/Math-v0`` does. The
cost of that guard is measured on right answers: the golds themselves, and other forms of them by sympy
(``--forms``).
"""

import argparse
import json
import logging
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from onelayer.envs.math import Conventions, Grade, grade_response
from onelayer.envs.math.grading.prose import formulas

_NUMBER = re.compile(r"[-+\\$]*[\d.,]+\s*[\\%]*")
BY_VALUE, GUARDED = Conventions(), Conventions(worked_out=True)
VARIANTS: dict[str, Callable[[str], str]] = {
    "as it stands": lambda formula: formula,
    "x_1 = ...": lambda formula: f"x_1={formula}",
    "... = x": lambda formula: f"{formula}=x",
    "spaced": lambda formula: re.sub(r"([-+*/=])", r"\\,\1\\,", formula),
    "other stars": lambda formula: _multiplied(formula, "\N{FULLWIDTH ASTERISK}"),
    "\\,\\times\\,": lambda formula: _multiplied(formula, "\\,\\times\\,"),
    "dots": lambda formula: _multiplied(formula, "\N{DOT OPERATOR}"),
    "in dollars, braced": lambda formula: f"{{${formula}$}}",
    "plus 0": lambda formula: f"{formula}+0",
}
Problem = tuple[str, str]
"""a prompt and its gold"""
Grader = Callable[[str, Problem], Grade]


def main() -> None:
    """Print Markdown tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("../shared/data/math"))
    parser.add_argument("--data", nargs="*", default=["gsm8k_train.jsonl", "math_train.jsonl"])
    parser.add_argument("--count", type=int, default=1000, help="problems of each data set")
    parser.add_argument("--made", type=int, default=100, help="problems of each family; 0 for none")
    parser.add_argument("--forms", action="store_true", help="measure the forms that sympy gives")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    sets: dict[str, list[Problem]] = {}
    for name in options.data:
        if (options.folder / name).exists():
            sets[name.partition(".")[0]] = _problems(options.folder / name, options.count)
        else:
            print(f"no {name} in {options.folder}: not measured")
    rows = [(name, problems, *_graders()) for name, problems in sets.items()]
    rows += list(_families(options.made)) if options.made else []
    paid_table(rows)
    cost_table(sets, options.forms)


def _problems(path: Path, count: int) -> list[Problem]:
    rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
    drawn = random.Random(0).sample(rows, min(count, len(rows)))
    return [(row["prompt"], str(row["answer"])) for row in drawn]


def _graders() -> tuple[Grader, Grader]:
    return (
        lambda reply, problem: grade_response(reply, problem[1], conventions=BY_VALUE),
        lambda reply, problem: grade_response(
            reply, problem[1], prompt=problem[0], conventions=GUARDED
        ),
    )


def _families(count: int) -> Iterator[tuple[str, list[Problem], Grader, Grader]]:
    """Each curated family, graded as its environment does."""
    from onelayer.envs.math.families import CURATED
    from onelayer.envs.math.procedural import procedural_problems

    for family in CURATED:
        made = procedural_problems(family, count=count)
        by_id = {(made[i].prompt, made[i].answer or ""): made[i] for i in made.ids}

        def graded(conventions: Conventions, made: object = made, by_id: object = by_id) -> Grader:
            return lambda reply, problem: made.grade_reply(by_id[problem], reply, conventions)  # type: ignore

        yield family, list(by_id), graded(BY_VALUE), graded(GUARDED)


def paid_table(rows: Iterable[tuple[str, list[Problem], Grader, Grader]]) -> None:
    """Print the share of problems for which repeating them is rewarded, by value and with the guard."""
    print("| | problems | " + " | ".join([*VARIANTS, "any", "number"]) + " |")
    print("|---|---|" + "---|" * (len(VARIANTS) + 2))
    for name, problems, *graders in rows:
        cells = [name, str(len(problems))]
        counts = [_paid(problems, grader) for grader in graders]
        for variant in [*VARIANTS, "any", "number"]:
            shares = [f"{count[variant] / len(problems):.1%}" for count in counts]
            cells.append(" -> ".join(shares))
        print("| " + " | ".join(cells) + " |", flush=True)


def _paid(problems: list[Problem], grader: Grader) -> Counter[str]:
    def of_one(problem: Problem) -> set[str]:
        paid: set[str] = set()
        found = list(dict.fromkeys(formulas(problem[0])))
        numbers = [text for text in found if _NUMBER.fullmatch(text)]
        if numbers and grader(_boxed(max(numbers, key=len)), problem).correct:
            paid.add("number")
        found = [text for text in found if text not in numbers]
        for name, variant in VARIANTS.items() if found else ():
            if grader(_boxed(variant(max(found, key=len))), problem).correct:
                paid.add(name)
        if any(grader(_boxed(formula), problem).correct for formula in found):
            paid.add("any")
        return paid

    with ThreadPoolExecutor(4) as pool:
        return Counter(name for paid in pool.map(of_one, problems) for name in paid)


def cost_table(sets: dict[str, list[Problem]], forms: bool) -> None:
    """Print how many right answers are accepted by value, and how many of them the guard refuses."""
    print("\n| right answers | asked | accepted by value | of these refused by the guard |")
    print("|---|---|---|---|")
    by_value, guarded = _graders()
    for name, problems in sets.items():
        kinds: dict[str, list[tuple[str, Problem]]] = {
            "golds": [(problem[1], problem) for problem in problems]
        }
        if forms:
            kinds["forms by sympy"] = [
                (form, problem) for problem in problems for form in _forms(problem[1])
            ]
        for kind, answers in kinds.items():
            right = [(form, p) for form, p in answers if by_value(_boxed(form), p).correct]
            refused = [(f, p) for f, p in right if not guarded(_boxed(f), p).correct]
            print(
                f"| {name}, {kind} | {len(answers)} | {len(right)} | {len(refused)} |", flush=True
            )
            for form, problem in refused[:40]:
                reason = guarded(_boxed(form), problem).reason
                print(f"    {form}   for   {problem[1]}   ({reason})")


def _forms(gold: str) -> list[str]:
    """Other forms of an expression by sympy: printed, expanded, factored, over one denominator."""
    import sympy

    from onelayer.envs.math.grading.conversion import to_sympy
    from onelayer.envs.math.grading.expressions import parse_expression
    from onelayer.envs.math.grading.notation import clean

    try:
        expression = to_sympy(parse_expression(clean(gold)))
        made = [f(expression) for f in (lambda x: x, sympy.expand, sympy.factor, sympy.together)]
        made.append(sympy.radsimp(expression))
        return list(dict.fromkeys(sympy.latex(form) for form in made))
    except Exception:  # sympy cannot handle the expression
        return []


def _multiplied(formula: str, sign: str) -> str:
    return re.sub(r"\*|\\times|\\cdot|\N{MULTIPLICATION SIGN}", lambda _: sign, formula)


def _boxed(answer: str) -> str:
    return f"\\boxed{{{answer}}}"


if __name__ == "__main__":
    main()
