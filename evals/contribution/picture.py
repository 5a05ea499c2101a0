"""A profile as a picture: contributions over depth, controls to the right, arms with failed runs crossed.

Colours are Okabe and Ito's, which are distinguishable with any colour vision; nothing depends on colour
alone. The file's ending gives the format: ``.png``, ``.svg``, ``.pdf``.
"""

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from onelayer.evals.contribution.record import Contribution, Profile

BLUE, ORANGE, GREEN, GREY, INK = "#0072B2", "#D55E00", "#009E73", "#7a828b", "#3a424b"


def draw_profile(profile: Profile, path: Path | str) -> None:
    """Draw C(k) of every layer with its interval, or its score where C(k) is undefined.

    Lines mark full training and the base; the best and the middle layer are highlighted.

    Args:
        profile: the result of ``measured``.
        path: the picture, replaced as a whole.

    Raises:
        ValueError: matplotlib is not installed, or no layer was measured.
    """
    rows, controls = profile.contributions, profile.controls
    if not rows:
        raise ValueError("there is no layer to draw: the profile holds no run of a single layer")
    undefined = any(row.contribution is None for row in rows)
    depth = profile.model.num_layers
    figure, axes = new_figure(max(6.4, 0.26 * depth + 0.42 * len(controls) + 2.6), 3.9)
    if undefined:
        _draw_references(axes, profile)
        axes.set_ylabel("score of layer k alone", fontsize=9, color=INK)
        title = f"C(k) is undefined: {rows[0].undefined}"
    else:
        _line(axes, 1.0, "full training: C = 1", ORANGE, "-")
        _line(axes, 0.0, "base: C = 0", GREY, "--")
        axes.set_ylabel("layer contribution C(k)", fontsize=9, color=INK)
        some = any(row.low is not None for row in rows)
        title = "95 % intervals over tasks and seeds" if some else "no intervals"
    _draw_layers(axes, rows, depth, undefined)
    _draw_transplants(axes, profile.transplants, undefined)
    _draw_controls(axes, controls, depth, undefined)
    figure.suptitle(
        f"{profile.model.id}, {profile.algorithm}, {profile.env}", fontsize=10, x=0.02, ha="left"
    )
    axes.set_title(title, fontsize=8, color=INK, loc="left")
    figure.legend(frameon=False, fontsize=8, loc="outside lower left", ncols=5, handlelength=1.6)
    save_figure(figure, path)


def draw_heat_map(
    values_by_setting: Mapping[str, Sequence[float | None]], path: Path | str, label: str = "C(k)"
) -> None:
    """Draw one row of cells for each setting, over relative depth; None leaves a cell empty.

    Args:
        values_by_setting: name -> a value for each layer; the numbers of layers may differ.
        path: the picture, replaced as a whole.
        label: name of the values.

    Raises:
        ValueError: matplotlib is not installed, or there is nothing to draw.
    """
    arrays = {
        name: np.array([math.nan if v is None else v for v in values], dtype=float)
        for name, values in values_by_setting.items()
    }
    known = [value for array in arrays.values() for value in array if not math.isnan(value)]
    if not known:
        raise ValueError("there is nothing to draw: no setting has a value")
    most = max(map(len, arrays.values()))
    figure, axes = new_figure(max(6.4, 0.42 * most + 3.0), 1.5 + 0.42 * len(arrays))
    low, high = min(known), max(known)
    for row, array in enumerate(arrays.values()):
        edges = np.linspace(0, 1, len(array) + 1)
        mesh = axes.pcolormesh(
            edges, [row - 0.46, row + 0.46], array[None], cmap="cividis", vmin=low, vmax=high
        )
        for cell, value in enumerate(array):
            if not math.isnan(value):
                dark = value < (low + high) / 2
                axes.text(
                    (cell + 0.5) / len(array),
                    row,
                    f"{value:.2f}",
                    ha="center",
                    va="center",
                    fontsize=8 if len(array) <= 12 else 6,
                    color="white" if dark else "black",
                )
    axes.set_yticks(range(len(arrays)), list(arrays), fontsize=8)
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.set_xlabel("depth: first layer to the left, last to the right", fontsize=9, color=INK)
    if len({len(array) for array in arrays.values()}) == 1:
        axes.set_xticks([(cell + 0.5) / most for cell in range(most)], range(most))
        axes.set_xlabel("layer", fontsize=9, color=INK)
    figure.colorbar(mesh, ax=axes, label=label, pad=0.01)
    save_figure(figure, path)


def new_figure(width: float, height: float) -> tuple[Any, Any]:
    """Return a figure and its axes in the style of all our pictures.

    Raises:
        ValueError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ValueError("the picture needs matplotlib: pip install 'onelayer[profile]'") from error
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#b6bcc4")
    axes.grid(axis="y", color="#e7e9ec", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=8, length=0)
    return figure, axes


def save_figure(figure: Any, path: Path | str) -> None:
    """Write the figure; readers see the old picture or the new one. Equal figures are equal files."""
    import matplotlib

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{os.getpid()}.{path.name}")
    dated = {"Date": None} if path.suffix == ".svg" else None
    try:
        with matplotlib.rc_context({"svg.hashsalt": path.name}):
            figure.savefig(draft, dpi=150, facecolor="white", metadata=dated)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _draw_references(axes: Any, profile: Profile) -> None:
    for score, name, colour, style in (
        (profile.full, "full training", ORANGE, "-"),
        (profile.base_score, "base", GREY, "--"),
    ):
        if score is not None:
            _line(axes, score.score, name, colour, style)
            axes.axhspan(score.low, score.high, color=colour, alpha=0.12, linewidth=0)


def _draw_layers(axes: Any, rows: Sequence[Contribution], depth: int, undefined: bool) -> None:
    x = [row.layer for row in rows]
    y = [_value(row, undefined) for row in rows]
    axes.plot(x, y, color=BLUE, linewidth=1, alpha=0.5)
    _points(axes, x, rows, undefined, BLUE, "o", "one layer")
    best = int(np.argmax(y))
    axes.plot(
        x[best],
        y[best],
        marker="*",
        markersize=11,
        color=ORANGE,
        markeredgecolor="white",
        linestyle="",
        zorder=5,
        label=f"best: layer {x[best]}",
    )
    if depth // 2 in x:
        place = x.index(depth // 2)
        axes.plot(
            x[place],
            y[place],
            marker="D",
            markersize=12,
            markerfacecolor="none",
            markeredgecolor=GREEN,
            markeredgewidth=1.5,
            linestyle="",
            zorder=4,
            label=f"middle: layer {depth // 2}",
        )
    step = 1 if depth <= 32 else 4
    axes.set_xticks(range(0, depth, step), range(0, depth, step))
    axes.set_xlabel("layer", fontsize=9, color=INK)
    axes.set_xlim(-0.6, depth - 0.4)


def _draw_transplants(axes: Any, rows: Sequence[Contribution], undefined: bool) -> None:
    """Draw the layers that were taken from full training, without their intervals."""
    if rows:
        axes.plot(
            [row.layer for row in rows],
            [_value(row, undefined) for row in rows],
            marker="o",
            markersize=5,
            markerfacecolor="none",
            color=GREY,
            linestyle=":",
            linewidth=1,
            label="layer of full training, put into the base",
        )


def _draw_controls(
    axes: Any, controls: Sequence[Contribution], depth: int, undefined: bool
) -> None:
    if not controls:
        return
    first, last = depth + 0.7, depth + 0.7 + 1.2 * (len(controls) - 1)
    x = np.linspace(first, last, len(controls)).tolist()
    _points(axes, x, controls, undefined, INK, "s", "control")
    axes.axvline(depth, color="#b6bcc4", linewidth=0.8)
    ticks = [*axes.get_xticks(), *x]
    labels = [f"{tick:.0f}" for tick in axes.get_xticks()] + [row.name for row in controls]
    axes.set_xticks(ticks, labels)
    for text in axes.get_xticklabels()[-len(controls) :]:
        text.set(rotation=40, ha="right", rotation_mode="anchor")
    axes.set_xlim(-0.6, last + 0.6)


def _points(
    axes: Any,
    x: Sequence[float | None],
    rows: Sequence[Contribution],
    undefined: bool,
    colour: str,
    marker: str,
    label: str,
) -> None:
    """Draw values with their intervals; a value without an interval is only a marker."""
    for position, row in zip(x, rows, strict=True):
        low, high = (row.score_low, row.score_high) if undefined else (row.low, row.high)
        if low is not None and high is not None:
            axes.vlines(position, low, high, color=colour, linewidth=1.4)
    y = [_value(row, undefined) for row in rows]
    axes.plot(x, y, marker=marker, markersize=5, color=colour, linestyle="", label=label)
    failed = [
        (position, value)
        for position, value, row in zip(x, y, rows, strict=True)
        if row.failed and position is not None
    ]
    if failed:
        axes.plot(
            *zip(*failed, strict=True),
            marker="x",
            markersize=11,
            markeredgewidth=1.5,
            color=INK,
            linestyle="",
            zorder=6,
            label=f"{label}: a run failed",
        )


def _value(row: Contribution, undefined: bool) -> float:
    return row.score if undefined or row.contribution is None else row.contribution


def _line(axes: Any, height: float, name: str, colour: str, style: str) -> None:
    axes.axhline(height, color=colour, linestyle=style, linewidth=1.2, label=name, zorder=1)
