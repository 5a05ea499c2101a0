"""Results in formats for other programs and papers: Markdown, CSV, LaTeX and the block of a model card."""

import csv
import io
import math
from collections.abc import Mapping
from typing import Any

import yaml

from onelayer.evals.estimates import Estimate
from onelayer.evals.results import LoadedResults, Results
from onelayer.evals.table import metrics_table, success_table

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
    }
)


def markdown(results: Mapping[str, Results]) -> str:
    """Return the tables that ``onelayer eval`` prints, under the suite's name."""
    suite = next(iter(results.values())).suite
    return (
        f"**{suite.name}** (version {suite.version}): {suite.description or suite.env}\n\n"
        f"{success_table(results)}\n\n{metrics_table(results)}\n"
    )


def csv_table(results: Mapping[str, Results]) -> str:
    """Return a line for each agent, kind of task and metric."""
    lines: list[list[Any]] = [
        [
            *("suite", "version", "agent", "kind", "metric", "value", "low", "high"),
            *("episodes", "counted", "errors", "tasks"),
        ]
    ]
    for agent, of_agent in results.items():
        suite = of_agent.suite
        for row in of_agent.rows:
            for name, estimate in row.metrics.items():
                figures = ["" if math.isnan(number) else repr(number) for number in estimate]
                counts = [row.episodes, row.counted, row.errors, row.tasks]
                lines.append([suite.name, suite.version, agent, row.kind, name, *figures, *counts])
    return _csv(lines)


def episodes_csv(results: LoadedResults) -> str:
    """Return a line for each episode of every agent; see ``Results.records``."""
    records = results.records()
    names = list(dict.fromkeys(name for record in records for name in record))
    return _csv([names, *([record.get(name) for name in names] for record in records)])


def latex(results: Mapping[str, Results]) -> str:
    """Return success by kind of task as a ``tabular`` of the package booktabs with intervals."""
    rows_of = {name: {row.kind: row for row in r.rows} for name, r in results.items()}
    first = next(iter(rows_of.values()))
    lines = [
        r"\begin{tabular}{l" + "r" * (1 + len(rows_of)) + "}",
        r"\toprule",
        " & ".join(["task type", "$n$", *(name.translate(_LATEX) for name in rows_of)]) + r" \\",
        r"\midrule",
    ]
    for kind, row in first.items():
        if kind == "All":
            lines.append(r"\midrule")
        cells = [
            _latex_share(rows[kind].metrics.get("success")) if kind in rows else ""
            for rows in rows_of.values()
        ]
        lines.append(" & ".join([kind.translate(_LATEX), str(row.counted), *cells]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def model_card(results: Mapping[str, Results], agent: str = "") -> str:
    """Return the ``model-index`` of a model card's front matter, as the Hugging Face hub reads it.

    Raises:
        ValueError: the results lack the agent.
    """
    chosen = agent or next((n for n in ("trained", "model") if n in results), next(iter(results)))
    if chosen not in results:
        raise ValueError(
            f"there is no agent {chosen!r} in the results; there are {', '.join(results)}"
        )
    of_agent = results[chosen]
    suite = of_agent.suite
    metrics = [
        {
            "type": "accuracy" if name == "success" else name,
            "name": f"{name} (95 % interval {_rounded(found.low)} to {_rounded(found.high)})",
            "value": _rounded(found.value),
        }
        for name, found in of_agent.overall.metrics.items()
        if not math.isnan(found.value)
    ]
    split = suite.parts[0].split if len(suite.parts) == 1 else None
    dataset = {"type": suite.env, "name": f"onelayer suite {suite.name}, version {suite.version}"}
    if split is not None:
        dataset["split"] = split
    entry = {
        "task": {"type": "text-generation", "name": suite.description or suite.name},
        "dataset": dataset,
        "metrics": metrics,
    }
    name = str(of_agent.settings.get("model", chosen))
    index = {"model-index": [{"name": name, "results": [entry]}]}
    return yaml.safe_dump(index, sort_keys=False, allow_unicode=True)


def _rounded(value: float) -> float:
    return round(value, 4)


def _latex_share(estimate: Estimate | None) -> str:
    if estimate is None or math.isnan(estimate.value):
        return "--"
    value, low, high = (f"{100 * number:.1f}" for number in estimate)
    return f"{value} {{\\scriptsize [{low}, {high}]}}"


def _csv(lines: list[list[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(lines)
    return out.getvalue()
