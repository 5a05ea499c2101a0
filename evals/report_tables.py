"""The tables of a report: success on held-out tasks, and the configuration. All cells are HTML."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from onelayer.evals.estimates import wilson
from onelayer.evals.run_record import Record, RunRecord

HEADLINE = ("algorithm", "env", "model", "layers", "iterations", "learning_rate", "seed")
"""fields of a configuration that come first"""


def during_training(runs: Sequence[RunRecord]) -> str:
    """Return the success on held-out tasks before and after training, which the runs themselves measured."""
    rows = [_before_and_after(run) for run in runs if run.series("eval/success")[0]]
    if not rows:
        return ""
    return table(("run", "tasks", "before", "after", "difference", "best"), rows) + (
        '<p class="note">Played during training, on the same held-out tasks each time. Brackets:'
        " 95&nbsp;% Wilson intervals. The best of several is biased upwards.</p>"
    )


def suite(results: Record, run_name: str = "") -> str:
    """Return success by kind of task, a column for each agent, and the paired differences.

    Args:
        results: the content of a ``results.json``; see ``onelayer.evals.results``.
        run_name: for the title, where several runs are shown.
    """
    agents = {str(name): _rows(agent) for name, agent in _mapping(results.get("agents")).items()}
    kinds = dict.fromkeys(kind for rows in agents.values() for kind in rows)
    if not kinds:
        return ""
    body = []
    for kind in kinds:
        found = [rows.get(kind, {}) for rows in agents.values()]
        counts = [row.get("counted", row.get("episodes")) for row in found]
        number = next((count for count in counts if count is not None), "?")
        shown = [_share(_mapping(_mapping(row.get("metrics")).get("success"))) for row in found]
        body.append([escape(kind), escape(str(number)), *shown])
    named = _mapping(results.get("suite"))
    title = f"suite {named.get('name', '?')}, {named.get('env', '?')}, split {named.get('split')}"
    if _list(named.get("parts")):
        title = f"suite {named.get('name', '?')}, of several environments"
    title = f"{run_name}, {title}" if run_name else f"S{title[1:]}"
    notes = "".join(_difference(one) for one in _list(results.get("comparisons")))
    return f"<h3>{escape(title)}</h3>{table(('task type', 'n', *agents), body)}{notes}"


def configuration(runs: Sequence[RunRecord]) -> str:
    """Return every field of every run; rows in which the runs differ are highlighted."""
    names = dict.fromkeys([*HEADLINE, *(str(name) for run in runs for name in run.config)])
    rows = []
    for name in names:
        values = [run.config.get(name) for run in runs]
        if all(value is None for value in values):
            continue
        shown = [escape("" if value is None else str(value)) for value in values]
        mark = "<b>{}</b>" if len(set(shown)) > 1 else "{}"
        rows.append((f"<code>{escape(name)}</code>", *(mark.format(cell) for cell in shown)))
    head = ("field", *(run.name for run in runs)) if len(runs) > 1 else ("field", "value")
    return table(head, rows) if rows else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; ``head`` is text and ``rows`` are HTML."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{top}</tr>{body}</table></div>'


def _before_and_after(run: RunRecord) -> list[str]:
    iterations, rates = run.series("eval/success")
    _, played = run.series("eval/tasks")
    tasks = int(played[-1]) if played else None
    row = [escape(run.name), escape(str(tasks or "?")), _rate(rates[0], tasks)]
    if len(rates) == 1:
        return [*row, "not yet", "", ""]
    best = max(range(len(rates)), key=rates.__getitem__)
    return [
        *row,
        f"{_rate(rates[-1], tasks)} after {iterations[-1]:.0f} iterations",
        f"{100 * (rates[-1] - rates[0]):+.1f} points",
        f"{100 * rates[best]:.1f}&nbsp;% after {iterations[best]:.0f}",
    ]


def _rate(rate: float, tasks: int | None) -> str:
    if not tasks or not 0 <= rate <= 1:
        return f"{100 * rate:.1f}&nbsp;%"
    low, high = wilson(round(rate * tasks), tasks)
    return _share({"value": rate, "low": low, "high": high})


def _share(estimate: Mapping[str, Any]) -> str:
    """Return ``45.0 % [38.3, 51.9]``, or nothing where a number is missing."""
    numbers = [estimate.get(name) for name in ("value", "low", "high")]
    shown = [f"{100 * number:.1f}" for number in numbers if isinstance(number, int | float)]
    if len(shown) < 3:
        return ""
    return f"{shown[0]}&nbsp;% <small>[{shown[1]}, {shown[2]}]</small>"


def _difference(comparison: Any) -> str:
    """Return how much better one agent is than another on the same tasks, in one sentence."""
    about = _mapping(comparison)
    overall = _mapping([None, *_list(about.get("rows"))][-1])
    success = _mapping(overall.get("success"))
    numbers = [success.get(name) for name in ("value", "low", "high")]
    points = [f"{100 * number:+.1f}" for number in numbers if isinstance(number, int | float)]
    if len(points) < 3:
        return ""
    pair = f"{about.get('first', '?')} - {about.get('second', '?')}"
    return (
        f'<p class="note">{escape(pair)}, on the same {escape(str(overall.get("tasks", "?")))}'
        f" tasks: {points[0]} points [{points[1]}, {points[2]}]</p>"
    )


def _rows(agent: Any) -> dict[str, Mapping[str, Any]]:
    found = [_mapping(row) for row in _list(_mapping(agent).get("rows"))]
    return {str(row["kind"]): row for row in found if "kind" in row}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
