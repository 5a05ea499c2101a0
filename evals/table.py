"""Results as tables that read well in a terminal and are Markdown."""

import math
from collections.abc import Mapping, Sequence

from onelayer.evals.arms import Pair
from onelayer.evals.estimates import Estimate
from onelayer.evals.figures import find_metric
from onelayer.evals.formatting import p_value, points, share, with_interval
from onelayer.evals.paired import Difference
from onelayer.evals.results import Results


def success_table(by_agent: Mapping[str, Results], width: float = math.inf) -> str:
    """Return success by kind of task, a column for each agent: ``45.0 % [38.8, 51.4]``.

    ``n`` is the number of episodes behind the first agent's figures; the others played the same tasks.
    Agents that do not fit into ``width`` characters go into further tables.
    """
    rows_of = {name: {row.kind: row for row in r.rows} for name, r in by_agent.items()}
    first = next(iter(rows_of.values()))
    cells = []
    for kind, row in first.items():
        found = [rows.get(kind) for rows in rows_of.values()]
        shown = [share(r.metrics["success"]) if r and "success" in r.metrics else "" for r in found]
        cells.append([kind, str(row.counted), *shown])
    return render(["task type", "n", *by_agent], cells, width)


def metrics_table(by_agent: Mapping[str, Results], width: float = math.inf) -> str:
    """Return every metric over all tasks, a column for each agent; ``width`` as in `success_table`."""
    names = next(iter(by_agent.values())).suite.metrics
    cells = [
        [name, *(_figure(name, results.overall.metrics[name]) for results in by_agent.values())]
        for name in names
    ]
    errors = [results.overall.errors for results in by_agent.values()]
    if any(errors):
        counted = next(iter(by_agent.values())).count_errors
        rule = "not solved" if counted else "left out"
        shown = [f"{n} ({rule})" if n else "0" for n in errors]
        cells.append(["episodes with an error", *shown])
    cells += _usage(by_agent)
    return render(["all tasks", *by_agent], cells, width)


def difference_table(differences: Sequence[Difference], first: str, second: str) -> str:
    """Return the paired differences of two agents, and how small a difference the tasks could have shown."""
    cells = []
    for row in differences:
        alone = "" if row.only_first is None else f"{row.only_first} : {row.only_second}"
        success, reward = points(row.success), with_interval(row.total_reward, "+.3f")
        cells.append([row.kind, str(row.tasks), success, reward, alone, p_value(row.p_value)])
    head = ["task type", "tasks", "success, points", "return", "solved alone", "p"]
    if not any(row[4] for row in cells):  # tasks were played more than once
        head, cells = [*head[:4], head[5]], [[*row[:4], row[5]] for row in cells]
    overall, title = differences[-1], f"{first} - {second}, on the same tasks"
    if not math.isnan(overall.detectable):
        title += f"\n\n{_detectable(overall.detectable, overall.tasks)}"
    return f"{title}\n\n{render(head, cells)}"


def pairs_table(pairs: Sequence[Pair]) -> str:
    """Return every pair of several arms; ``p, Holm`` is adjusted for the number of pairs."""
    cells = [
        [
            f"{pair.first} - {pair.second}",
            str(pair.tasks),
            f"{pair.runs[0]} : {pair.runs[1]}",
            points(pair.success),
            p_value(pair.p_value),
            p_value(pair.p_holm),
            "" if math.isnan(pair.detectable) else f"{100 * pair.detectable:.1f}",
        ]
        for pair in pairs
    ]
    head = ["arms", "tasks", "runs", "success, points", "p", "p, Holm", "detectable"]
    notes = [
        "Detectable: the true difference, in points, that such an experiment finds 4 times in 5.",
    ]
    if any(1 in pair.runs and pair.runs != (1, 1) for pair in pairs):
        notes.append("An arm of one run: its interval says nothing about training it again.")
    if any(pair.runs == (1, 1) for pair in pairs):
        notes.append("Runs 1 : 1: these very runs are compared, not what other seeds would bring.")
    return "\n\n".join([render(head, cells), " ".join(notes)])


def _detectable(difference: float, tasks: int) -> str:
    return (
        f"{tasks} such tasks show a true difference of {100 * difference:.1f} points 4 times in 5; a "
        "smaller one is missed more often."
    )


def render(head: Sequence[str], rows: Sequence[Sequence[str]], width: float = math.inf) -> str:
    """Return an aligned Markdown table; the first column is text, the others are to the right.

    A table of more than ``width`` characters becomes several, one below the other: each begins with the first
    column, and every other column is in one of them, even if it is too wide.
    """
    widths = [max(2, *(len(row[i]) for row in (head, *rows))) for i in range(len(head))]
    tables, room = [[0]], width
    for column in range(1, len(head)):
        room -= widths[column] + len(" | ")
        if room < widths[0] + len("|  |") and len(tables[-1]) > 1:
            tables.append([0])
            room = width - widths[column] - len(" | ")
        tables[-1].append(column)
    return "\n\n".join(_aligned(columns, widths, head, rows) for columns in tables)


def _aligned(
    columns: Sequence[int],
    widths: Sequence[int],
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
) -> str:
    def line(cells: Sequence[str]) -> str:
        first, *others = columns
        text = [cells[first].ljust(widths[first]), *(cells[i].rjust(widths[i]) for i in others)]
        return "| " + " | ".join(text) + " |"

    rule = ["-" * (width - (i > 0)) + ":" * (i > 0) for i, width in enumerate(widths)]
    return "\n".join([line(head), line(rule), *map(line, rows)])


def _usage(by_agent: Mapping[str, Results]) -> list[list[str]]:
    """Return rows of tokens and cost, where they were counted."""
    usage = [results.usage for results in by_agent.values()]
    names = {"read": "tokens read, in all", "written": "tokens written, in all"}
    rows = [
        [title, *(f"{found[name]:,.0f}" if name in found else "" for found in usage)]
        for name, title in names.items()
        if any(found.get(name) for found in usage)
    ]
    if any("cost" in found for found in usage):
        rows.append(["cost, US$", *(f"{f['cost']:.4f}" if "cost" in f else "" for f in usage)])
    return rows


def _figure(name: str, estimate: Estimate) -> str:
    return share(estimate) if find_metric(name).share else with_interval(estimate)
