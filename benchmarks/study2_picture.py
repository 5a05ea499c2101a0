"""A picture of the second study: C(k) over depth, a panel for each setting."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from study_data import Setting

from onelayer.evals.contribution.picture import save_figure

COLOURS = {"best": "#0b6e4f", "layer": "#3d5a80", "lora": "#c8553d", "mask": "#8a5a9e"}


def draw_contributions(settings: Sequence[Setting], path: Path) -> None:
    """Draw C(k) of every layer with its interval, and the controls as lines, where C is defined."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown = [setting for setting in settings if setting.contrasts.is_defined]
    size = (3.1 * len(shown) + 0.4, 3.2)
    figure, panels = plt.subplots(
        1, len(shown), figsize=size, sharey=True, squeeze=False, layout="constrained"
    )
    for axes, setting in zip(panels[0], shown, strict=True):
        _panel(axes, setting)
    panels[0][0].set_ylabel("C(k): share of full training's gain")
    save_figure(figure, path)


def _panel(axes: Any, setting: Setting) -> None:
    profile, contrasts = setting.profile, setting.contrasts
    best = None if profile.best is None else profile.best.layer
    for layer in profile.layers:
        found = contrasts({f"layer {layer}": 1.0})
        colour = COLOURS["best" if layer == best else "layer"]
        axes.plot([layer, layer], [found.low, found.high], color=colour, linewidth=1.2)
        axes.plot([layer], [found.value], "o", color=colour, markersize=4)
    for name in ("lora", "mask"):
        if name in contrasts.mean:
            value = contrasts({name: 1.0}).value
            axes.axhline(value, color=COLOURS[name], linestyle="--", linewidth=1.0, label=name)
    axes.axhline(1.0, color="#444444", linewidth=0.8, label="full training")
    axes.axhline(0.0, color="#444444", linewidth=0.8, linestyle=":", label="untouched")
    axes.set(title=setting.label, xlabel="layer")
    axes.title.set_fontsize(10)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=7, loc="best")
