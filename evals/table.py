"""Results as tables that read well in a terminal and are Markdown."""

import math
from collections.abc import Mapping, Sequence

from onelayer.evals.comparison import Difference
from onelayer.evals.results import Results
from onelayer.evals.statistics import Estimate
from onelayer.evals.suite import majority_k, pass_k

_SHARES = ("success", "valid_actions", "unparsable")


def success_table(by_agent: Mapping[str, Results]) -> str:
    """Return success by kind of task, a column for each agent: ``45.0 % [38.8, 51.4]``.

    ``n`` is the number of episodes of the first agent; the others played the same tasks.
    """
    rows_of = {name: {row.kind: row for row in r.rows} for name, r in by_agent.items()}
    first = next(iter(rows_of.values()))
    cells = []
    for kind, row in first.items():
        found = [rows.get(kind) for rows in rows_of.values()]
        shown = [
            _share(r.metrics["success"]) if r and "success" in r.metrics else "" for r in found
        ]
        cells.append([kind, str(row.episodes), *shown])
    return render(["task type", "n", *by_agent], cells)


def metrics_table(by_agent: Mapping[str, Results]) -> str:
    """Return every metric over all tasks, a column for each agent."""
    names = next(iter(by_agent.values())).suite.metrics
    cells = [
        [name, *(_shown(name, results.overall.metrics[name]) for results in by_agent.values())]
        for name in names
    ]
    errors = [results.overall.errors for results in by_agent.values()]
    if any(errors):
        cells.append(["episodes with an error", *map(str, errors)])
    return render(["all tasks", *by_agent], cells)


def difference_table(differences: Sequence[Difference], first: str, second: str) -> str:
    """Return the paired differences of two agents."""
    cells = []
    for row in differences:
        alone = "" if row.only_first is None else f"{row.only_first} : {row.only_second}"
        p = "" if row.p_value is None else _p_value(row.p_value)
        success, reward = _points(row.success), _signed(row.total_reward)
        cells.append([row.kind, str(row.tasks), success, reward, alone, p])
    head = ["task type", "tasks", "success, points", "return", "solved alone", "p"]
    if not any(row[4] for row in cells):  # tasks were played more than once
        head, cells = head[:4], [row[:4] for row in cells]
    return f"{first} - {second}, on the same tasks\n\n{render(head, cells)}"


def render(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an aligned Markdown table; the first column is text, the others are to the right."""
    widths = [max(2, *(len(row[i]) for row in (head, *rows))) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        text = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
        return "| " + " | ".join(text) + " |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(head), line(rule), *map(line, rows)])


def _shown(name: str, estimate: Estimate) -> str:
    if name in _SHARES or (pass_k(name) or majority_k(name)) is not None:
        return _share(estimate)
    if math.isnan(estimate.value):
        return "none"
    value, low, high = (f"{number:.2f}" for number in estimate)
    return f"{value} [{low}, {high}]"


def _share(estimate: Estimate) -> str:
    if math.isnan(estimate.value):
        return "none"
    value, low, high = (f"{100 * number:.1f}" for number in estimate)
    return f"{value} % [{low}, {high}]"


def _points(estimate: Estimate) -> str:
    value, low, high = (f"{100 * number:+.1f}" for number in estimate)
    return f"{value} [{low}, {high}]"


def _signed(estimate: Estimate) -> str:
    value, low, high = (f"{number:+.3f}" for number in estimate)
    return f"{value} [{low}, {high}]"


def _p_value(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
