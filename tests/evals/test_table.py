import pytest

from onelayer.agents.episodes import Episode, Step
from onelayer.evals.paired import compare_episodes
from onelayer.evals.results import Results
from onelayer.evals.suite import Suite
from onelayer.evals.table import difference_table, metrics_table, render, success_table

SUITE = Suite("s", "any/Env-v0", metrics=("success", "steps"))


def results(*outcomes):
    """Make an episode for each of ``"kind task+"`` (solved) and ``"kind task-"``."""
    episodes = []
    for text in outcomes:
        kind, task = text[:-1].split()
        step = Step("o", "a", 1.0, anchor=None)
        episodes.append(Episode(task, (step,), text.endswith("+"), kind=kind))
    return Results(SUITE, tuple(episodes))


TRAINED = results("cool a+", "cool b+", "heat c+", "heat d-")
BASE = results("cool a+", "cool b-", "heat c-", "heat d-")


def test_success_stands_by_kind_of_task_with_a_column_for_each_agent():
    assert success_table({"base": BASE, "trained": TRAINED}) == (
        "| task type |  n |               base |               trained |\n"
        "| --------- | -: | -----------------: | --------------------: |\n"
        "| cool      |  2 | 50.0 % [9.5, 90.5] | 100.0 % [34.2, 100.0] |\n"
        "| heat      |  2 |  0.0 % [0.0, 65.8] |    50.0 % [9.5, 90.5] |\n"
        "| All       |  4 | 25.0 % [4.6, 69.9] |   75.0 % [30.1, 95.4] |"
    )


def test_every_metric_stands_over_all_tasks():
    table = metrics_table({"trained": TRAINED}).splitlines()
    assert table[2].startswith("| success   | 75.0 % [30.1, 95.4] |")
    assert table[3].startswith("| steps     |   1.00 [1.00, 1.00] |")
    assert len(table) == 4


def test_episodes_with_an_error_are_told():
    failed = Results(SUITE, (Episode("a", (), False, error="OSError()"), TRAINED.episodes[1]))
    assert "| episodes with an error |" in metrics_table({"trained": failed})


def test_a_difference_says_who_solved_alone():
    table = difference_table(
        compare_episodes(TRAINED.episodes, BASE.episodes), "trained", "base"
    ).splitlines()
    assert table[0] == "trained - base, on the same tasks"
    assert table[-1].startswith("| All       |     4 | +50.0 [")
    assert "| 2 : 0 | 0.500 |" in " ".join(table[-1].split())


def test_columns_are_as_wide_as_their_widest_cell():
    assert render(["a", "b"], [["long", "1"]]) == ("| a    |  b |\n| ---- | -: |\n| long |  1 |")


def test_a_table_that_is_too_wide_goes_on_below():
    head, rows = ["kind", "n", "base", "trained", "random"], [["cool", "2", "1.0", "2.0", "3.0"]]
    assert len(render(head, rows).splitlines()[0]) == 39
    assert render(head, rows, 39) == render(head, rows)
    assert render(head, rows, 38) == (
        "| kind |  n | base | trained |\n"
        "| ---- | -: | ---: | ------: |\n"
        "| cool |  2 |  1.0 |     2.0 |\n"
        "\n"
        "| kind | random |\n"
        "| ---- | -----: |\n"
        "| cool |    3.0 |"
    )


@pytest.mark.parametrize("width", range(10, 45))
def test_no_table_is_wider_than_asked_unless_one_column_is(width):
    head, rows = ["kind", "n", "base", "trained", "random"], [["cool", "2", "1.0", "2.0", "3.0"]]
    tables = [table.splitlines() for table in render(head, rows, width).split("\n\n")]
    shown = []
    for first, *others in tables:
        kind, *columns = first.replace("|", " ").split()
        assert kind == "kind"
        assert len(first) <= width or len(columns) == 1
        assert {len(line) for line in others} == {len(first)}
        shown += columns
    assert shown == head[1:]
