import pytest

from onelayer.agents.episodes import Episode, Step
from onelayer.evals.arms import Arm, compare_arms
from onelayer.evals.results import Results, compare
from onelayer.evals.suite import Suite
from onelayer.evals.table import pairs_table

SUITE = Suite("s", "any/Env-v0", metrics=("success",))


def results(pattern, start=0):
    """Make an episode for each character: + solved, - not, ! an error."""
    return Results(
        SUITE,
        tuple(
            Episode(
                f"t{start + i}",
                (Step("o", "a", float(c == "+"), anchor=None),),
                c == "+",
                error="OSError" if c == "!" else None,
            )
            for i, c in enumerate(pattern)
        ),
        count_errors=False,
    )


GOOD, FAIR, POOR = results("++++++++++++--"), results("++++++--------"), results("--------------")


def test_every_pair_is_compared_and_corrected_for_all():
    arms = [Arm("good", (GOOD,)), Arm("fair", (FAIR,)), Arm("poor", (POOR,))]
    pairs = compare_arms(arms)
    assert [(p.first, p.second) for p in pairs] == [
        ("good", "fair"),
        ("good", "poor"),
        ("fair", "poor"),
    ]
    # McNemar: 6 : 0, 12 : 0, 6 : 0; the smallest times 3, the others times 2 and no smaller.
    assert [p.p_value for p in pairs] == pytest.approx([2 / 2**6, 2 / 2**12, 2 / 2**6])
    assert [p.p_holm for p in pairs] == pytest.approx([4 / 2**6, 6 / 2**12, 4 / 2**6])
    assert pairs[0].success == compare(GOOD, FAIR)[-1].success


def test_several_seeds_of_an_arm_are_one_group():
    arms = [Arm("ours", (GOOD, FAIR)), Arm("theirs", (POOR, POOR))]
    [pair] = compare_arms(arms)
    assert pair.runs == (2, 2)
    assert pair.success.value == pytest.approx((12 + 6) / 28)
    # Two runs that differ so much say little about a third one.
    assert pair.success.low < 0 < pair.success.high
    table = pairs_table([pair])
    assert "| ours - theirs |    14 | 2 : 2 | +64.3 [" in table
    assert "An arm of one run" not in table


def test_an_arm_of_one_run_beside_a_group_is_told():
    [pair] = compare_arms([Arm("ours", (GOOD, GOOD)), Arm("theirs", (POOR,))])
    assert "An arm of one run: its interval says nothing about training it again." in pairs_table(
        [pair]
    )


def test_only_tasks_that_all_runs_finished_count():
    [pair] = compare_arms(
        [Arm("a", (results("++!+"), results("++++"))), Arm("b", (results("---"),))]
    )
    assert pair.tasks == 2


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        ([Arm("a", (GOOD,))], "at least two arms are needed to compare, got 1"),
        ([Arm("a", (GOOD, GOOD)), Arm("b", (results("+", 90),))], "have 0 tasks in common"),
    ],
)
def test_what_cannot_be_compared_is_refused(arms, message):
    with pytest.raises(ValueError, match=message):
        compare_arms(arms)
