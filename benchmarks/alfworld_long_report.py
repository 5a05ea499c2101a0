"""What the runs of ``alfworld_long.py`` came to: a table and a picture, from their records alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.evals.bootstrap import bootstrap_mean

COLORS = {
    "GiGPO": "#0b6e4f",
    "GRPO": "#c8553d",
    "Dr. GRPO": "#8a5a9e",
    "GiGPO, omega 0.5": "#7fb069",
    "GiGPO, omega 2": "#1b998b",
    "HGPO": "#3d5a80",
}
GAINS = (0.10, 0.20)
"""sample efficiency: episodes until held-out success has risen by so much"""

Run = dict[str, Any]


def table(runs: Sequence[Run]) -> str:
    """Return what each estimator came to, and what it had to learn from, as Markdown."""
    one = runs[0]["settings"]
    episodes = one["tasks_per_iteration"] * one["group_size"] * one["iterations"]
    lines = [
        f"{one['model']}, layers {one['layers']}, {one['games']}, {one['max_steps']} steps; "
        f"{episodes:,} episodes a run; "
        f"{one['eval_tasks']} held-out games ({one['eval_split']}) at temperature "
        f"{one['eval_temperature']:g}. Intervals (95 %) are bootstraps over seeds; one seed has none.",
        "",
        "| estimator | seeds | start | end | end of each seed | less GRPO, same seeds | "
        + " | ".join(f"episodes to +{100 * gain:.0f} points" for gain in GAINS)
        + " |",
        "|---" * (6 + len(GAINS)) + "|",
    ]
    for arm in arms(runs):
        its = of(runs, arm)
        ends = [run["held_out"][-1] for run in its]
        cells = [
            arm,
            str(len(its)),
            f"{np.mean([run['held_out'][0] for run in its]):.1%}",
            interval(ends),
            ", ".join(f"{end:.1%}" for end in ends),
            less_grpo(runs, arm),
            *(reached(its, gain) for gain in GAINS),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "What the steps had to be compared with, first and last fifth of training:",
        "",
        "| estimator | lone steps | steps to a state | mean abs. step advantage | tasks without signal | "
        "legal actions | steps of an episode |",
        "|---" * 7 + "|",
    ]
    for arm in arms(runs):
        its = of(runs, arm)
        cells = [
            first_and_last(its, "lone_steps", "{:.0%}"),
            first_and_last(its, "step_group_size", "{:.2f}"),
            first_and_last(its, "step_advantage", "{:.3f}"),
            first_and_last(its, "groups_without_signal", "{:.0%}"),
            first_and_last(its, "valid_actions", "{:.1%}"),
            first_and_last(its, "episode_length", "{:.1f}"),
        ]
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def arms(runs: Sequence[Run]) -> list[str]:
    """Return the estimators that have a finished run."""
    return [arm for arm in COLORS if of(runs, arm)]


def of(runs: Sequence[Run], arm: str) -> list[Run]:
    """Return the runs of an estimator by seed."""
    return sorted((run for run in runs if run["arm"] == arm), key=lambda run: run["seed"])


def interval(values: Sequence[float]) -> str:
    """Return the mean over seeds with its interval, where there are several."""
    if len(values) == 1:
        return f"{values[0]:.1%}"
    return "{:.1%} [{:.1%}, {:.1%}]".format(*bootstrap_mean(values))


def less_grpo(runs: Sequence[Run], arm: str) -> str:
    """Return the difference to GRPO at the end, over the seeds that both have, in points."""
    grpo = {run["seed"]: run["held_out"][-1] for run in of(runs, "GRPO")}
    differences = [
        100 * (run["held_out"][-1] - grpo[run["seed"]])
        for run in of(runs, arm)
        if run["seed"] in grpo
    ]
    if arm == "GRPO" or not differences:
        return ""
    if len(differences) == 1:
        return f"{differences[0]:+.1f}"
    return "{:+.1f} [{:+.1f}, {:+.1f}]".format(*bootstrap_mean(differences))


def reached(runs: Sequence[Run], gain: float) -> str:
    """Return the median of the episodes until success has risen by ``gain``, and how many runs got there."""
    counts = [episodes_to(run, gain) for run in runs]
    arrived = sum(count < np.inf for count in counts)
    median = float(np.median(counts))
    shown = f"{median:,.0f}" if median < np.inf else "more"
    return f"{shown} ({arrived} of {len(runs)})"


def episodes_to(run: Run, gain: float) -> float:
    """Return where the curve, straight between evaluations, first is ``gain`` above its start; else inf."""
    goal = run["held_out"][0] + gain
    for i in range(1, len(run["held_out"])):
        low, high = run["held_out"][i - 1 : i + 1]
        if high >= goal:
            start, end = run["episodes"][i - 1 : i + 1]
            return float(start + (end - start) * (goal - low) / (high - low))
    return float("inf")


def first_and_last(runs: Sequence[Run], key: str, form: str) -> str:
    """Return the mean of a metric over the first and the last fifth of the iterations."""
    values_RI = np.array([run["training"][key] for run in runs])
    part = max(1, values_RI.shape[1] // 5)
    return f"{form.format(values_RI[:, :part].mean())}, {form.format(values_RI[:, -part:].mean())}"


def draw(runs: Sequence[Run], path: Path) -> None:
    """Write held-out success and training success over episodes: means, and bands over the seeds."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    one = runs[0]["settings"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.2), layout="constrained")
    for arm in arms(runs):
        its = of(runs, arm)
        label = f"{arm} ({len(its)} seed{'s' * (len(its) > 1)})"
        held_out = np.array([run["held_out"] for run in its])
        _band(left, np.array(its[0]["episodes"]), held_out, COLORS[arm], label)
        played = np.array([_smooth(run["training"]["success"]) for run in its])
        episodes = (
            one["tasks_per_iteration"] * one["group_size"] * np.arange(1, played.shape[1] + 1)
        )
        _band(right, episodes, played, COLORS[arm], label)
    left.set(xlabel="episodes played", ylabel=f"success on {one['eval_tasks']} held-out games")
    right.set(xlabel="episodes played", ylabel="success in training, mean of 10 iterations")
    for axes in (left, right):
        axes.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1.0))
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    left.legend(frameon=False, loc="best", fontsize=8)
    figure.suptitle(
        f"{one['model']}, {one['games']}, {one['max_steps']} steps, layers {one['layers']}; "
        "the band is 95 % over seeds",
        fontsize=10,
    )
    figure.savefig(path, dpi=150)


def _band(
    axes: Any, x: NDArray[Any], curves_RI: NDArray[np.float64], color: str, label: str
) -> None:
    """Draw the mean of curves, and its interval over seeds at every point where there are several."""
    axes.plot(x, curves_RI.mean(0), color=color, linewidth=2.0, label=label)
    if len(curves_RI) > 1:
        bounds = np.array([bootstrap_mean(column, resamples=2000)[1:] for column in curves_RI.T])
        axes.fill_between(x, bounds[:, 0], bounds[:, 1], color=color, alpha=0.15, linewidth=0)


def _smooth(values: Sequence[float], width: int = 10) -> NDArray[np.float64]:
    """Return the mean of each value and up to ``width - 1`` before it."""
    total = np.cumsum([0.0, *values])
    end = np.arange(1, len(values) + 1)
    start = np.maximum(0, end - width)
    means: NDArray[np.float64] = (total[end] - total[start]) / (end - start)
    return means
