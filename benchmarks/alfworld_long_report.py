"""What the runs of ``alfworld_long.py`` came to: a table and a picture, from their records alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onelayer.evals.bootstrap import bootstrap_mean
from onelayer.evals.contribution.resampling import ratio_interval, resample
from onelayer.evals.significance import arm_difference

COLORS = {
    "GiGPO": "#0b6e4f",
    "GRPO": "#c8553d",
    "Dr. GRPO": "#8a5a9e",
    "GiGPO, omega 0.5": "#7fb069",
    "GiGPO, omega 2": "#1b998b",
    "HGPO": "#3d5a80",
    "GiGPO, all layers": "#444444",
}
GAINS = (0.10, 0.20)
"""sample efficiency: episodes until held-out success has risen by so much"""
WATCHED = {
    "lone steps": ("lone_steps", "{:.0%}"),
    "steps to a state": ("step_group_size", "{:.2f}"),
    "mean abs. step advantage": ("step_advantage", "{:.3f}"),
    "tasks without signal": ("groups_without_signal", "{:.0%}"),
    "legal actions": ("valid_actions", "{:.1%}"),
    "steps of an episode": ("episode_length", "{:.1f}"),
}
"""columns of the table of what steps are compared with: the metric, and how it is written"""

Run = dict[str, Any]


def table(runs: Sequence[Run]) -> str:
    """Return what each estimator came to, and what it had to learn from, as Markdown."""
    one = runs[0]["settings"]
    episodes = one["tasks_per_iteration"] * one["group_size"] * one["iterations"]
    untouched = next((run["base"] for run in runs if "base" in run), None)
    lines = [
        f"{one['model']}, layers {one['layers']}, {one['games']}, {one['max_steps']} steps; "
        f"{episodes:,} episodes a run; at the end {one['final_attempts']} attempts at each of "
        f"{one['eval_tasks']} held-out games ({one['eval_split']}) at temperature "
        f"{one['eval_temperature']:g}. Intervals (95 %) are for other games and other seeds; of "
        "a single run for other games only.",
        "",
        *_rows(
            ["estimator", "seeds", "success", "gain", "less GRPO, same seeds", "of each seed"]
            + [f"episodes to +{100 * gain:.0f} points" for gain in GAINS],
            [_result(runs, arm, untouched) for arm in arms(runs)],
        ),
        *_recovered(runs, untouched),
        "",
        "Success by task type, all seeds together:",
        "",
        *_by_kind(runs, untouched),
        "",
        "What the steps had to be compared with, first and last fifth of training:",
        "",
        *_rows(
            ["estimator", *WATCHED],
            [
                [arm, *(first_and_last(of(runs, arm), *told) for told in WATCHED.values())]
                for arm in arms(runs)
            ],
        ),
    ]
    return "\n".join(lines) + "\n"


def _result(runs: Sequence[Run], arm: str, untouched: Mapping[str, Any] | None) -> list[str]:
    """Return the cells of an estimator in the first table."""
    its = of(runs, arm)
    grpo = {run["seed"]: run for run in of(runs, "GRPO")}
    both = [run for run in its if run["seed"] in grpo and arm != "GRPO"]
    success_RT = wins_RT(its)
    return [
        arm,
        str(len(its)),
        success(success_RT),
        points(success_RT, rate_T(untouched)[None]) if untouched else "",
        points(wins_RT(both), wins_RT([grpo[run["seed"]] for run in both])) if both else "",
        ", ".join(f"{rate:.1%}" for rate in success_RT.mean(1)),
        *(reached(its, gain) for gain in GAINS),
    ]


def _recovered(runs: Sequence[Run], untouched: Mapping[str, Any] | None) -> list[str]:
    """Return a sentence with C of the one layer: the share of what all layers gain, both by GiGPO."""
    one, every = of(runs, "GiGPO"), of(runs, "GiGPO, all layers")
    if not (one and every and untouched):
        return []
    arms = {"base": rate_T(untouched)[None], "layer": wins_RT(one), "full": wins_RT(every)}
    base, layer, full = (float(rate_RT.mean()) for rate_RT in arms.values())
    drawn = resample(arms)
    gain_R = drawn["full"] - drawn["base"]
    low, high = ratio_interval(drawn["layer"] - drawn["base"], gain_R)
    value = (layer - base) / (full - base)
    return [
        "",
        f"GiGPO with --layers {one[0]['settings']['layers']} gains {value:.2f} [{low:.2f}, {high:.2f}] of "
        f"what it gains with all layers ({len(one)} and {len(every)} seeds).",
    ]


def _by_kind(runs: Sequence[Run], untouched: Mapping[str, Any] | None) -> list[str]:
    """Return the rows of a table of task types."""
    players = {"before": [untouched]} if untouched else {}
    players |= {arm: [run["trained"] for run in of(runs, arm)] for arm in arms(runs)}
    kinds = list(runs[0]["trained"]["wins_and_episodes"])
    rows = []
    for name, played in players.items():
        counts_RKC = np.array([[p["wins_and_episodes"][kind] for kind in kinds] for p in played])
        wins_K, episodes_K = counts_RKC.sum(0).T
        rows.append([name, *(f"{rate:.1%}" for rate in wins_K / episodes_K)])
    return _rows(["player", *kinds], rows)


def _rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    lines = [f"| {' | '.join(cells)} |" for cells in (header, *rows)]
    return [lines[0], "|---" * len(header) + "|", *lines[1:]]


def arms(runs: Sequence[Run]) -> list[str]:
    """Return the estimators that have a finished run."""
    return [arm for arm in COLORS if of(runs, arm)]


def of(runs: Sequence[Run], arm: str) -> list[Run]:
    """Return the runs of an estimator by seed."""
    return sorted((run for run in runs if run["arm"] == arm), key=lambda run: run["seed"])


def wins_RT(runs: Sequence[Run]) -> NDArray[np.float64]:
    """Return the share of attempts that each run won at each held-out game."""
    return np.stack([rate_T(run["trained"]) for run in runs])


def rate_T(final: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return the share of attempts won at each held-out game."""
    return np.array(final["wins"]) / final["attempts"]


def success(success_RT: NDArray[np.float64]) -> str:
    """Return the mean and its interval for other games and other seeds."""
    found = arm_difference(success_RT, np.zeros((1, success_RT.shape[1])))
    return f"{found.value:.1%} [{found.low:.1%}, {found.high:.1%}]"


def points(first_RT: NDArray[np.float64], second_RT: NDArray[np.float64]) -> str:
    """Return the difference of two arms in points, with its interval for other games and other seeds."""
    found = arm_difference(first_RT, second_RT)
    return f"{100 * found.value:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"


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
        axes.fill_between(x, bounds[:, 0], bounds[:, 1], color=color, alpha=0.1, linewidth=0)


def _smooth(values: Sequence[float], width: int = 10) -> NDArray[np.float64]:
    """Return the mean of each value and up to ``width - 1`` before it."""
    total = np.cumsum([0.0, *values])
    end = np.arange(1, len(values) + 1)
    start = np.maximum(0, end - width)
    means: NDArray[np.float64] = (total[end] - total[start]) / (end - start)
    return means
