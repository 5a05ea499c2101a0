"""A picture of the second study: C(k) over depth, a panel for each setting."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from study_data import Setting

from onelayer.evals.contribution.picture import save_figure

COLOURS = {"best": "#0b6e4f", "layer": "#3d5a80", "lora": "#c8553d", "mask": "#8a5a9e"}
LABELS = {
    "layer": "one layer",
    "best": "the best one, chosen on dev",
    "lora": "LoRA of its size",
    "mask": "random mask of its size",
}
COLUMNS = 3
ABOVE, BELOW = 0.9, 0.4
"""how far the picture goes beyond the highest and the lowest C; longer intervals leave it"""


def draw_contributions(settings: Sequence[Setting], path: Path) -> None:
    """Draw C(k) of every layer with its interval, and the controls as lines, where C is defined."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown = [setting for setting in settings if setting.contrasts.is_defined]
    columns = min(COLUMNS, len(shown))
    rows = math.ceil(len(shown) / columns)
    size = (3.1 * columns + 0.4, 2.6 * rows + 0.4)
    figure, panels = plt.subplots(
        rows, columns, figsize=size, sharey=True, squeeze=False, layout="constrained"
    )
    for axes, setting in zip(panels.flat, shown, strict=False):
        _panel(axes, setting)
    values = [s.contrasts({f"layer {k}": 1.0}).value for s in shown for k in s.profile.layers]
    panels.flat[0].set_ylim(min(values) - BELOW, max(values) + ABOVE)
    for axes in panels.flat[len(shown) :]:
        axes.set_visible(False)
    figure.supylabel("C(k): share of full training's gain", fontsize=10)
    lines = {
        line.get_label(): line
        for axes in panels.flat
        for line in axes.get_lines()
        if not line.get_label().startswith("_")
    }
    place = {"loc": "outside lower center", "ncols": columns, "frameon": False, "fontsize": 9}
    figure.legend(lines.values(), lines, **place)
    save_figure(figure, path)


def _panel(axes: Any, setting: Setting) -> None:
    profile, contrasts = setting.profile, setting.contrasts
    best = None if profile.best is None else profile.best.layer
    for layer in profile.layers:
        found = contrasts({f"layer {layer}": 1.0})
        kind = "best" if layer == best else "layer"
        colour, label = COLOURS[kind], LABELS[kind]
        axes.plot([layer, layer], [found.low, found.high], color=colour, linewidth=1.2)
        axes.plot([layer], [found.value], "o", color=colour, markersize=4, label=label)
    for name in ("lora", "mask"):
        if name in contrasts.mean:
            value, label = contrasts({name: 1.0}).value, LABELS[name]
            axes.axhline(value, color=COLOURS[name], linestyle="--", linewidth=1.0, label=label)
    axes.axhline(1.0, color="#444444", linewidth=0.8, label="full training")
    axes.axhline(0.0, color="#444444", linewidth=0.8, linestyle=":", label="untouched")
    axes.set(title=setting.label, xlabel="layer")
    axes.title.set_fontsize(10)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
