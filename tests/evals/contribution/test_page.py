from dataclasses import replace

import pytest
from helpers import make_profile

from onelayer.evals.contribution.contributions import measured
from onelayer.evals.contribution.page import (
    best_sentence,
    cautions,
    profile_page,
    profile_table,
)
from onelayer.evals.contribution.record import Best

EASY, HARD = [1] * 40, [0] * 40


@pytest.fixture
def profile():
    half = [1, 0] * 20
    drawn = make_profile(
        [HARD], [EASY], {0: [half], 2: [EASY]}, controls={"lora": ([0, 1, 2], [half])}, num_layers=4
    )
    return measured(
        replace(
            drawn,
            runs=tuple(
                replace(run, trained_parameters=100 * len(run.layers)) for run in drawn.runs
            ),
        ),
        resamples=400,
    )


def test_the_table_has_a_row_for_everything_that_was_measured(profile):
    lines = profile_table(profile).splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert [row[0] for row in cells] == [
        "nothing (base)",
        "everything",
        "layer 0",
        "layer 2",
        "lora",
    ]
    assert [row[1] for row in cells] == ["0", "400", "100", "100", "300"]
    assert cells[0][3] == "0.000 [0.000, 0.000]" and cells[0][4] == "0"
    assert cells[2][4].startswith("0.50 [0.3") and cells[3][4] == "1.00 [1.00, 1.00]"
    assert cells[3][5] == "100%"


def test_the_table_says_what_a_run_of_each_arm_took(profile):
    costs = {"full": 90.0, "layer": 30.4, "control": 60.0}
    runs = [replace(run, cpu_seconds=costs[run.role]) for run in profile.runs]
    head, _, *lines = profile_table(replace(profile, runs=tuple(runs))).splitlines()
    assert head.split("|")[3].strip() == "CPU s a run"
    assert [line.split("|")[3].strip() for line in lines] == ["", "90", "30", "30", "60"]
    assert "CPU s" not in profile_table(profile)


def test_the_page_says_what_limits_it(profile):
    page = profile_page(profile)
    assert "Full training gains +1.000 [+1.000, +1.000] over the base." in page
    assert "One run only of each arm" in page
    assert "Not measured: layers 1 and 3." in page
    assert profile_table(profile) in page


def test_draws_of_a_control_together_have_costs_too():
    half, draws = [1, 0] * 20, {f"random:1 draw {i}": ([i], [[1, 0] * 20]) for i in (0, 1)}
    drawn = make_profile([HARD], [EASY], {0: [half], 1: [EASY]}, controls=draws, num_layers=4)
    runs = [replace(run, trained_parameters=7, cpu_seconds=30.0) for run in drawn.runs]
    found = measured(replace(drawn, runs=tuple(runs)), resamples=100)
    [line] = [row for row in profile_table(found).splitlines() if "random:1, 2 draws" in row]
    assert [cell.strip() for cell in line.split("|")][2:5] == ["7", "30", "2"]


def test_transplants_of_a_run_that_failed_are_not_counted_as_further_failures():
    runs = {k: [EASY] for k in range(3)}
    drawn = make_profile([HARD], [EASY], runs)
    full, *layers = drawn.runs
    moved = [replace(run, name=f"moved {i}", role="transplant") for i, run in enumerate(layers)]
    failed = [replace(run, failed="it diverged") for run in (full, *moved)]
    page = profile_page(measured(replace(drawn, runs=(*failed, *layers)), resamples=100))
    assert "1 of 4 runs failed and counts as it ended (full-seed-0: it diverged)." in page
    assert "one of the two kinds scores the same" in page
    two = replace(drawn, runs=(failed[0], *failed[1:3], *layers))
    assert "Fewer than three layers were both" in profile_page(measured(two, resamples=100))


def test_a_single_layer_is_not_called_the_best():
    page = profile_page(measured(make_profile([HARD], [EASY], {1: [EASY]}), resamples=100))
    assert "Only layer 1 was trained alone to the end." in page
    assert "scores highest" not in page


def test_few_seeds_are_said_to_be_few():
    runs = {k: [EASY, EASY, EASY] for k in range(2)}
    assert any("3 seeds tell little" in s for s in cautions(make_profile([HARD], [EASY] * 5, runs)))
    runs = {k: [EASY] * 5 for k in range(2)}
    assert cautions(make_profile([HARD], [EASY] * 5, runs)) == []
    assert cautions(make_profile([HARD], [EASY], runs)) == [
        "One run only of full training: what another seed would give is not in the interval."
    ]


def test_an_undefined_contribution_is_no_number_and_has_its_reason():
    page = profile_page(measured(make_profile([EASY], [EASY], {0: [HARD]}), resamples=100))
    assert "| undefined |" in page
    assert "C(k) is undefined: training everything gained +0.000" in page


def test_the_best_layer_comes_with_its_rivals_and_the_winners_curse():
    sentence = best_sentence(Best(3, 0.6, (3, 2), contribution=1.1, corrected=1.0))
    assert sentence.startswith("Layer 3 scores highest, and in 60% of the resamples.")
    assert "the best layer is among 3 and 2." in sentence
    assert "about 1.00 instead of 1.10" in sentence
