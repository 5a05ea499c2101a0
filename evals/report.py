"""One self-contained page about one or several runs: what was trained, how it went, and the result.

The page needs no network and no scripts; it can be mailed.
"""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from onelayer.evals.charts import CHARTS, Chart, caption, draw, draw_phases
from onelayer.evals.report_style import STYLE
from onelayer.evals.report_tables import configuration, during_training, suite
from onelayer.evals.run_record import RunRecord
from onelayer.evals.transcripts import samples, transcript

Links = Mapping[Path, Sequence[tuple[str, str]]]
"""folder of a run -> titles and addresses of pages with all its episodes"""

_NO_CURVE = ("eval/tasks", "cpu_seconds")
"""logged numbers that are constant, or concern the machine"""


def page(runs: Sequence[RunRecord], links: Links | None = None) -> str:
    """Return the whole HTML page; several runs share its charts and stand side by side in its tables.

    Args:
        runs: one run, or several to compare.
        links: pages to link to; see ``onelayer.evals.viewer``.

    Raises:
        ValueError: matplotlib is not installed.
    """
    title = ", ".join(run.name for run in runs)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header><h1>{escape(title)}</h1>{"".join(_lead(run, len(runs) > 1) for run in runs)}</header>
{_section("Held-out success", _held_out(runs))}
{_section("Training", _curves(runs))}
{_section("Episodes", "".join(_episodes(run, len(runs) > 1, links or {}) for run in runs))}
{_section("Configuration", configuration(runs))}
</body>
</html>
"""


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>" if body else ""


def _lead(run: RunRecord, named: bool) -> str:
    """Return what was run in one sentence, and the picture of the layer that learned."""
    config = run.config
    iterations = len(run.series("success")[0])
    seconds = sum(sum(run.series(key)[1]) for key in run.keys if key.startswith("seconds/"))
    parts = [
        f"{config.get('algorithm', 'a run')} on {config.get('env', 'an environment')}",
        f"model {config.get('model', '?')}",
        f"{iterations} of {config.get('iterations', '?')} iterations",
    ]
    if seconds:
        parts.append(f"{seconds / 60:.1f} minutes" if seconds >= 60 else f"{seconds:.0f} seconds")
    name = f"<b>{escape(run.name)}</b>: " if named else ""
    return f'<p class="lead">{name}{escape(", ".join(parts))}.</p>{_stack(run)}'


def _stack(run: RunRecord) -> str:
    """Return the decoder as a row of blocks, the trained ones filled; adapters fill those they are in."""
    layer = run.layer
    if layer is None:
        asked = run.config.get("layers")
        return "" if asked is None else f'<p class="note">layers to train: {escape(str(asked))}</p>'
    ends, blocks = " on" if layer.everything else "", ""
    for index in range(layer.num_layers):
        learned = " on" if layer.everything or index in layer.layers else ""
        blocks += f'<span class="block{learned}">{index}</span>'
    names = ", ".join(str(index) for index in layer.layers)
    what = "everything" if layer.everything else f"layer {names} of {layer.num_layers}"
    if layer.rank is not None:
        what = f"LoRA adapters of rank {layer.rank} in {what}"
    return (
        f'<div class="stack"><span class="end{ends}">embedding</span>{blocks}'
        f'<span class="end{ends}">head</span></div>'
        f'<p class="note">Trained: {what}, {layer.parameters:,} parameters.</p>'
    )


def _curves(runs: Sequence[RunRecord]) -> str:
    figures = [(chart, draw(chart, runs)) for chart in CHARTS]
    known = {key for chart in CHARTS for key in chart.keys}
    keys = dict.fromkeys(key for run in runs for key in run.keys if key not in known)
    others = [
        Chart(key, {key: key})
        for key in keys
        if not key.startswith("seconds/") and key not in _NO_CURVE
    ]
    phases = "".join(
        _figure(f"Seconds per phase{f', {run.name}' if len(runs) > 1 else ''}", "", svg)
        for run in runs
        if (svg := draw_phases(run))
    )
    charts = "".join(_figure(c.title, caption(c, runs), svg) for c, svg in figures if svg) + phases
    more = "".join(_figure(c.title, c.note, draw(c, runs)) for c in others)
    if more:
        more = (
            f'<details><summary>everything else that was logged</summary><div class="charts">{more}'
            "</div></details>"
        )
    return f'<div class="charts">{charts}</div>{more}' if charts or more else ""


def _figure(title: str, note: str, svg: str) -> str:
    about = f" <small>{escape(note)}</small>" if note else ""
    return f"<figure><figcaption>{escape(title)}{about}</figcaption>{svg}</figure>"


def _episodes(run: RunRecord, named: bool, links: Links) -> str:
    """Return a few episodes, and links to the pages that have them all."""
    shown = "".join(transcript(episode) for episode in samples(run.episodes))
    pages = ", ".join(
        f'<a href="{escape(address)}">{escape(title)}</a>'
        for title, address in links.get(run.path, ())
    )
    if pages:
        shown = f"<p>All episodes, to filter, step through and compare: {pages}</p>{shown}"
    return (f"<h3>{escape(run.name)}</h3>" if named else "") + shown if shown else ""


def _held_out(runs: Sequence[RunRecord]) -> str:
    """Return the evaluations during training, then every suite that was played afterwards."""
    names = [run.name if len(runs) > 1 else "" for run in runs]
    suites = [
        suite(results, name)
        for run, name in zip(runs, names, strict=True)
        for results in run.evaluations
    ]
    return during_training(runs) + "".join(suites)
