"""Problems that reasoning-gym makes; their answers are computed again here, from the question's text."""

import itertools
import math
import os
import pickle
import re
import subprocess
import sys
from fractions import Fraction

import gymnasium as gym
import pytest

pytest.importorskip("reasoning_gym")

from onelayer.envs.math import families as families_module
from onelayer.envs.math import scorer
from onelayer.envs.math.families import CURATED, HASH_SEED_MATTERS, TOPICS, chosen_families
from onelayer.envs.math.procedural import ProceduralProblems, procedural_problems, split_of
from onelayer.envs.math.scorer import is_harmless, score_in_child

TIMES = "\N{MULTIPLICATION SIGN}"
EASY = {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1}


def value(expression):
    """The exact value of a sum, a product, brackets."""
    exact = re.sub(r"\d+(\.\d+)?", lambda number: f"Fraction('{number[0]}')", expression)
    return eval(exact, {"Fraction": Fraction})


def integers(text):
    return [int(number) for number in re.findall(r"\d+", text)]


def is_prime(n):
    return n > 1 and all(n % d for d in range(2, math.isqrt(n) + 1))


def equation(question, answer):
    name = re.search(r"\b(?:of|for) (\w)\b", question)[1]
    left, right = re.search(r": (.*) = (.*)$", question).groups()
    put = lambda side: value(re.sub(rf"\b{name}\b", f"({answer})", side))  # noqa: E731
    return put(left) == put(right)


def primes_between(question, answer):
    low, high = integers(question)
    return sum(map(is_prime, range(low, high + 1))) == int(answer)


def factors(question, answer):
    parts = [int(part) for part in answer.split(f" {TIMES} ")]
    return math.prod(parts) == integers(question)[0] and all(map(is_prime, parts))


def lowest_terms(question, answer):
    (n, d), (reduced_n, reduced_d) = integers(question)[:2], integers(answer)
    return n * reduced_d == d * reduced_n and math.gcd(reduced_n, reduced_d) == 1


def dice(question, answer):
    sides = [int(n) for n in re.findall(r"1d(\d+)", question.split("What")[0])]
    least = int(re.search(r"rolling (\d+)", question)[1])
    rolls = itertools.product(*(range(1, n + 1) for n in sides))
    return Fraction(answer) == Fraction(sum(sum(r) >= least for r in rolls), math.prod(sides))


def letters(question, answer):
    letter, text = re.search(r'letter "(.)" appear in the text: "(.*)"\?', question, re.S).groups()
    return text.lower().count(letter) == int(answer)


def true_statements(question, answer):
    said = re.findall(r"Statement \d: '(.*)'", question)

    def holds(statement, truth):
        true = sum(truth)
        if counted := re.match(r"(At least|At most|Exactly) (\d) .* (true|false)\.", statement):
            number = true if counted[3] == "true" else len(truth) - true
            k = int(counted[2])
            by_word = {"At least": number >= k, "At most": number <= k, "Exactly": number == k}
            return by_word[counted[1]]
        if statement.startswith("Either"):
            one, other = (int(n) - 1 for n in re.findall(r"Statement (\d)", statement))
            return truth[one] != truth[other]
        return true in (2, 3, 5, 7) if "prime" in statement else len(truth) - true in (4, 6)

    worlds = itertools.product((True, False), repeat=len(said))
    found = sum(all(holds(s, w) == t for s, t in zip(said, w, strict=True)) for w in worlds)
    return found == int(answer)


CHECKS = {
    "chain_sum": lambda q, a: value(q.split(": ")[1].rstrip("= ")) == int(a),
    "basic_arithmetic": lambda q, a: value(re.search(r"[-(\d][-+*() \d]*", q)[0]) == int(a),
    "products": lambda q, a: value(re.search(r": ([\d *]+)", q)[1]) == int(a),
    "decimal_chain_sum": lambda q, a: value(q.split(": ")[1].rstrip("= ")) == Fraction(a),
    "fraction_simplification": lowest_terms,
    "simple_equations": equation,
    "gcd": lambda q, a: math.gcd(*integers(q)) == int(a),
    "lcm": lambda q, a: math.lcm(*integers(q)) == int(a),
    "count_primes": primes_between,
    "prime_factorization": factors,
    "count_bits": lambda q, a: integers(q)[-1].bit_count() == int(a),
    "letter_counting": letters,
    "dice": dice,
    "self_reference": true_statements,
}


@pytest.mark.parametrize("family", CHECKS)
def test_the_answers_of_a_curated_family_are_right(family):
    settings = {"num_dice": 3} if family == "dice" else None
    problems = ProceduralProblems(family, settings, split="test", count=25)
    for problem_id in problems.ids:
        problem = problems[problem_id]
        assert CHECKS[family](problem.prompt, problem.answer), problem


@pytest.mark.parametrize("family", CURATED)
@pytest.mark.parametrize("split", ["train", "test"])
def test_the_reference_answer_is_graded_right_and_another_one_wrong(family, split):
    problems = ProceduralProblems(family, split=split, count=4)
    for problem_id in problems.ids:
        problem = problems[problem_id]
        assert problems.grade(problem, problem.answer).correct, problem
        for wrong in ("", "banana", "-123456789.5", "5/7", "Bob is a knight.", "x**77 + C"):
            assert not problems.grade(problem, wrong).correct, (problem, wrong)


def test_the_form_of_an_answer_matters_where_the_family_says_so():
    fractions = ProceduralProblems("fraction_simplification", count=20)
    for problem in map(fractions.__getitem__, fractions.ids):
        numerator, denominator = integers(problem.prompt)[:2]
        assert not fractions.grade(problem, f"{numerator}/{denominator}").correct
    products = ProceduralProblems("prime_factorization", count=20)
    for problem in map(products.__getitem__, products.ids):
        if TIMES in problem.answer:
            assert not products.grade(problem, str(integers(problem.prompt)[0])).correct
        assert products.grade(problem, problem.answer.replace(TIMES, r"\times")).correct
        assert products.grade(problem, problem.answer.replace(f" {TIMES} ", "*")).correct


def test_no_text_is_in_both_splits_though_there_are_few():
    asked = {"families": "chain_sum", "family_config": EASY, "count": 3000}
    train, test = (ProceduralProblems(**asked, split=split) for split in ("train", "test"))
    texts = [{problems[i].prompt for i in problems.ids} for problems in (train, test)]
    assert not texts[0] & texts[1]
    # 200 sums of two digits, a quarter of them for testing: nearly all were met.
    assert len(texts[0] | texts[1]) == 200
    assert 30 <= len(texts[1]) <= 70


def test_no_text_is_in_both_splits_of_any_curated_family():
    for family in CURATED:
        for split in ("train", "test"):
            problems = ProceduralProblems(family, split=split, count=20)
            assert {split_of(problems[i].prompt) for i in problems.ids} == {split}


def test_seeds_of_training_are_never_seeds_of_testing(monkeypatch):
    seeds = {"train": set(), "test": set()}
    made = families_module.make_entry

    def noting(split):
        def make(family, config, seed):
            seeds[split].add(seed)
            return made(family, config, seed)

        return make

    for split in seeds:
        problems = ProceduralProblems("gcd", split=split, count=300, seed=1)
        monkeypatch.setattr("onelayer.envs.math.procedural.make_entry", noting(split))
        assert all(problems[i] for i in problems.ids)
    assert not seeds["train"] & seeds["test"]
    assert min(map(len, seeds.values())) >= 300


def test_a_problem_is_the_same_in_another_process_with_another_hash_seed():
    code = (
        "from onelayer.envs.math.procedural import ProceduralProblems as P\n"
        "p = P(split='test', count=34)\n"
        "print([p[i] for i in p.ids])"
    )
    other = {
        **os.environ,
        "PYTHONHASHSEED": "7" if os.environ.get("PYTHONHASHSEED") != "7" else "8",
    }
    told = subprocess.run(
        [sys.executable, "-c", code], env=other, capture_output=True, text=True, check=True
    ).stdout
    here = ProceduralProblems(split="test", count=34)
    assert told.strip() == str([here[i] for i in here.ids])


def test_another_seed_gives_other_problems():
    one, other = (ProceduralProblems("products", count=50, seed=seed) for seed in (0, 1))
    texts = [{problems[i].prompt for i in problems.ids} for problems in (one, other)]
    assert len(texts[0] & texts[1]) < 3
    assert not set(one.ids) & set(other.ids)


def test_the_families_come_in_turns_and_ids_are_made_when_asked_for():
    problems = procedural_problems(["gcd", "lcm"], count=5)
    assert list(problems.ids) == [
        "gcd/train/0",
        "lcm/train/0",
        "gcd/train/1",
        "lcm/train/1",
        "gcd/train/2",
    ]
    assert "lcm/train/1" in problems.ids
    for absent in (
        "lcm/train/2",
        "gcd/test/0",
        "gcd/train/-1",
        "gcd/train/01",
        "chain_sum/train/0",
    ):
        assert absent not in problems.ids
        with pytest.raises(KeyError, match="gcd/train/0"):
            problems[absent]
    assert problems is procedural_problems(["gcd", "lcm"], count=5)
    assert len(procedural_problems(count=10_000_000).ids) == 10_000_000


def test_problems_can_be_sent_to_another_process():
    problems = procedural_problems("chain_sum", EASY, split="test", count=7, seed=2)
    again = pickle.loads(pickle.dumps(problems))
    assert list(again.ids) == list(problems.ids)
    assert [again[i] for i in again.ids] == [problems[i] for i in problems.ids]


def test_a_topic_names_its_families_and_any_other_family_is_reachable():
    assert "gcd" in chosen_families("number theory")
    assert {CURATED[name].topic for name in chosen_families(None)} == set(TOPICS)
    [family] = chosen_families("caesar_cipher")
    problems = ProceduralProblems(family, count=2)
    problem = problems[problems.ids[0]]
    assert problems.grade(problem, problem.answer).correct
    assert not problems.grade(problem, problem.answer.lower()).correct


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"families": "chainsum"}, "did you mean 'chain_sum'"),
        ({"families": []}, "families is empty"),
        ({"families": "gcd", "family_config": {"max_terms": 3}}, "did you mean 'max_numbers'"),
        ({"families": "gcd", "family_config": {"min_value": 0}}, "cannot work"),
        ({"families": "gcd", "family_config": {"seed": 1}}, "use seed and count"),
        ({"families": ["gcd", "lcm"], "family_config": {"chain_sum": {}}}, "not played"),
        ({"families": ["gcd", "lcm"], "family_config": {"gcd": 3}}, "mapping"),
        ({"split": "valid"}, "train, test"),
        ({"count": 0}, "count"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_cannot_work_is_refused_with_the_way_out(arguments, message):
    with pytest.raises(ValueError, match=message):
        ProceduralProblems(**arguments)


def test_a_family_with_too_few_problems_for_both_splits_says_so():
    # Primes from 1 to 1, from 1 to 2, and from 2 to 2: none of the three falls to the test split.
    asked = {"families": "count_primes", "family_config": {"min_n": 1, "max_n": 2}}
    train, test = (ProceduralProblems(**asked, split=split) for split in ("train", "test"))
    assert train["count_primes/train/0"].prompt
    with pytest.raises(ValueError, match="too few different problems"):
        test["count_primes/test/0"]


@pytest.mark.parametrize("family", sorted(HASH_SEED_MATTERS))
def test_families_that_differ_between_processes_ask_for_a_fixed_hash_seed(family, monkeypatch):
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    with pytest.raises(ValueError, match="PYTHONHASHSEED=0"):
        chosen_families(family)
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    assert chosen_families(family) == (family,)


def test_without_reasoning_gym_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "reasoning_gym", None)
    with pytest.raises(gym.error.DependencyNotInstalled, match=r'pip install "onelayer\[math\]"'):
        ProceduralProblems("gcd")


@pytest.mark.parametrize(
    ("answer", "harmless"),
    [
        ("3*x**2/2 + sin(3*x) + C", True),
        ("x(x+1)", True),
        ("2.5*x", True),
        ("[[1, 2], [3, 4]]", True),
        ("Amelia is a knight, and Bob is a knave.", True),
        ("__import__('os').system('true')", False),
        ("open('/tmp/x', 'w')", False),
        ("().a", False),
        ("Integral(x**2, x)", False),
        ("(lambda: 1)", False),
        ("exec ('1')", False),
        ("x . subs", False),
        ("(open)('x')", False),
        ("[open][0]('x')", False),
        ("open\\\n('x')", False),
        ("(open #\n('x'))", False),
        ("(open)('x')!", False),
        ("x! + open ('x')", False),
        ("\uff4fpen('x')", False),
        ("[n for n in (1, 2)]", False),
        ("f'{1}'", False),
        ("(x := 1)", False),
        ("\u03b1(\u03b2 + 1)", True),
        ("x! + sin(x)", True),
        ("[(1, 2), ('a', 'b')]", True),
        ("A \u2192 B (1)", True),
        ("(" * 5_000, True),
    ],
)
def test_only_harmless_answers_reach_a_scorer(answer, harmless):
    assert is_harmless(answer) is harmless


def test_a_scorer_that_does_not_end_is_stopped_and_the_next_answer_is_scored():
    problems = ProceduralProblems("simple_integration", count=2)
    problem = problems[problems.ids[0]]
    assert problems.grade(problem, problem.answer).correct
    endless = problems.grade(problem, "9**9**9**9 + C")
    assert not endless.correct
    assert problems.grade(problem, problem.answer).correct
    unscored = problems.grade(problem, "Integral(x, x)")
    assert not unscored.correct
    *_, entry = problems._made(problem.id)
    assert score_in_child("simple_integration", {}, entry, "x" * 10) < 1


def test_a_scoring_process_that_somebody_ends_is_started_again():
    problems = ProceduralProblems("simple_integration", count=1)
    problem = problems[problems.ids[0]]
    assert problems.grade(problem, problem.answer).correct
    scorer._children[os.getpid()]._process.kill()
    assert problems.grade(problem, problem.answer).correct


@pytest.mark.parametrize(
    "answer", ["-" * 9_000 + "1", "(" * 9_000, "[" * 4_000 + "]" * 4_000, "\0"]
)
def test_hostile_answers_are_scored_wrong_and_break_nothing(answer):
    problems = ProceduralProblems("simple_integration", count=1)
    problem = problems[problems.ids[0]]
    assert not problems.grade(problem, answer).correct
    assert problems.grade(problem, problem.answer).correct
