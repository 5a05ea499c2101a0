"""Line charts of runs over iterations, as SVG that goes inside a page."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onelayer.evals.run_record import RunRecord

COLOURS = ("#2563a8", "#c2571a", "#2c8a57", "#8a4fa3", "#b03a48", "#5f6b76", "#a08a1c", "#1d8fa0")
STYLES = {"-": "solid", "--": "dashed", ":": "dotted", "-.": "dash-dotted"}
PHASES = ("seconds/rollout", "seconds/update", "seconds/evaluate")
SMOOTHED_FROM = 20
"""runs of fewer iterations are drawn as they are"""


@dataclass(frozen=True, slots=True)
class Chart:
    """What one chart shows."""

    title: str
    keys: Mapping[str, str]
    """metric: its name in the legend"""
    note: str = ""
    """one sentence that explains the quantity"""
    percent: bool = False
    sparse: tuple[str, ...] = ()
    """metrics that are not logged at every iteration: drawn as points"""


CHARTS = (
    Chart(
        "Success",
        {"success": "training tasks", "eval/success": "held-out tasks"},
        "share of episodes that solved their task; the tasks of training change each iteration",
        percent=True,
        sparse=("eval/success",),
    ),
    Chart("Return", {"return": "reward of an episode"}, "undiscounted, averaged over episodes"),
    Chart(
        "Valid actions",
        {"valid_actions": "valid", "cut_replies": "cut at the length limit"},
        "share of steps",
        percent=True,
    ),
    Chart(
        "Episode length",
        {"episode_length": "training tasks", "eval/steps": "held-out tasks"},
        "steps",
        sparse=("eval/steps",),
    ),
    Chart("KL to the start policy", {"kl": "k3 estimate"}, "nats a token"),
    Chart("Entropy", {"entropy": "of the policy"}, "nats a token"),
    Chart("Gradient norm", {"gradient_norm": "before clipping"}),
    Chart("Clip fraction", {"clip_fraction": "clipped"}, "share of tokens", percent=True),
    Chart(
        "Without signal",
        {"groups_without_signal": "tasks", "lone_steps": "steps alone in their state"},
        "tasks whose episodes all earned the same, and steps without a peer",
        percent=True,
    ),
    Chart(
        "Size of the advantages",
        {"episode_advantage": "of episodes", "step_advantage": "of steps", "advantage": "joint"},
        "mean of the absolute value",
    ),
)


def draw(chart: Chart, runs: Sequence[RunRecord]) -> str:
    """Return the chart as an ``<svg>`` element, or nothing where no run logged any of its keys.

    For one run, each metric has a colour. For several runs, each run has a colour and each metric a line
    style, which ``caption`` explains.
    """
    figure, axes = _figure()
    names: list[str] = []
    for number, run in enumerate(runs):
        for position, (key, label) in enumerate(chart.keys.items()):
            x, y = run.series(key)
            if not x:
                continue
            alone = len(runs) == 1
            colour = COLOURS[(position if alone else number) % len(COLOURS)]
            style = "-" if alone else list(STYLES)[position % len(STYLES)]
            name = label if alone else run.name
            names.append(name)
            shown = "_nolegend_" if name in names[:-1] else name
            _line(axes, x, y, colour, style, shown, points=key in chart.sparse)
    if not names:
        return ""
    if chart.percent:
        _as_percent(axes)
    if len(names) > 1:
        _legend(figure, names)
    return _svg(figure, chart.title)


def caption(chart: Chart, runs: Sequence[RunRecord]) -> str:
    """Return the chart's note and, for several runs, its line styles."""
    if len(runs) == 1 or len(chart.keys) == 1:
        return chart.note
    styles = zip(STYLES.values(), chart.keys.values(), strict=False)
    return "; ".join([chart.note, *(f"{style}: {label}" for style, label in styles)])


def draw_phases(run: RunRecord) -> str:
    """Return the seconds of each phase of an iteration, stacked; nothing where none were logged."""
    logged = [key for key in run.keys if key.startswith("seconds/")]
    phases = [*(p for p in PHASES if p in logged), *(p for p in logged if p not in PHASES)]
    by_phase = {phase: dict(zip(*run.series(phase), strict=True)) for phase in phases}
    x = sorted({iteration for series in by_phase.values() for iteration in series})
    if not x:
        return ""
    figure, axes = _figure()
    heights = [[by_phase[phase].get(iteration, 0.0) for iteration in x] for phase in phases]
    bottom = [0.0] * len(x)
    for phase, height, colour in zip(phases, heights, COLOURS, strict=False):
        axes.bar(x, height, 1.0, bottom, color=colour, label=phase.removeprefix("seconds/"))
        bottom = [b + h for b, h in zip(bottom, height, strict=True)]
    _legend(figure, phases)
    return _svg(figure, f"Seconds per phase {run.name}")


def _line(
    axes: Any,
    x: Sequence[float],
    y: Sequence[float],
    colour: str,
    style: str,
    name: str,
    *,
    points: bool,
) -> None:
    if points or len(x) == 1:  # a line through one point is invisible
        axes.plot(x, y, color=colour, linestyle=style, linewidth=1, marker="o", label=name)
    elif len(x) < SMOOTHED_FROM:
        axes.plot(x, y, color=colour, linestyle=style, label=name)
    else:
        axes.plot(x, y, color=colour, linestyle=style, linewidth=0.8, alpha=0.35)
        axes.plot(x, smooth(y), color=colour, linestyle=style, label=name)


def smooth(values: Sequence[float]) -> list[float]:
    """Return the centred moving average over a tenth of the values."""
    reach = max(1, len(values) // 20)
    windows = [values[max(0, i - reach) : i + reach + 1] for i in range(len(values))]
    return [sum(window) / len(window) for window in windows]


def _figure() -> tuple[Any, Any]:
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError as error:
        raise ValueError("a report needs matplotlib: pip install 'onelayer[plots]'") from error
    figure = Figure(figsize=(4.6, 2.6), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#b6bcc4")
    axes.grid(axis="y", color="#e7e9ec", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors="#5b6570", labelsize=8, length=0)
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10], integer=True))
    axes.set_xlabel("iteration", fontsize=8, color="#5b6570")
    return figure, axes


def _legend(figure: Any, names: Sequence[str]) -> None:
    """Put the legend above the axes, where it hides no data."""
    figure.legend(
        frameon=False,
        fontsize=8,
        loc="outside upper left",
        ncols=2 if max(map(len, names)) < 28 else 1,
        handlelength=1.6,
        borderpad=0,
    )


def _as_percent(axes: Any) -> None:
    from matplotlib.ticker import PercentFormatter

    axes.set_ylim(bottom=0, top=max(0.05, min(1.02, axes.get_ylim()[1])))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))


def _svg(figure: Any, title: str) -> str:
    """Return the figure as an ``<svg>`` element with ids that are unique in the page."""
    import matplotlib

    prefix = re.sub(r"\W+", "-", title.lower())
    settings = {"svg.fonttype": "none", "svg.hashsalt": prefix}  # text stays text; same bytes again
    buffer = io.StringIO()
    with matplotlib.rc_context(settings):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}-", svg)
