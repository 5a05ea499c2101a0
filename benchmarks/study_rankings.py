"""How alike the rankings of layers are: between the settings of a study, and with the published one."""

from collections.abc import Sequence

import numpy as np
from study_data import Setting, key_of, published

from onelayer.evals.contribution import findings
from onelayer.evals.contribution.compare import Pair
from onelayer.evals.contribution.comparison_page import shown_overlap, shown_ranked
from onelayer.evals.contribution.findings import Finding
from onelayer.evals.contribution.ranking import at_common_depths, can_detrend, correlate
from onelayer.evals.formatting import listed


def rankings_between(
    settings: Sequence[Setting], pairs: Sequence[Pair]
) -> dict[str, dict[str, Finding]]:
    """Return how alike pairs of settings are, by what they differ in."""
    keys = {setting.label: key_of(setting.profile) for setting in settings}
    tasks = {s.label: (s.profile.env, s.profile.env_args) for s in settings}
    found: dict[str, dict[str, Finding]] = {}
    for pair in pairs:
        (model, algorithm), (other_model, other_algorithm) = keys[pair.first], keys[pair.second]
        differences = {
            "tasks": tasks[pair.first] != tasks[pair.second],
            "model families": model != other_model,
            "algorithms": algorithm != other_algorithm,
        }
        differing = [name for name, differs in differences.items() if differs]
        question = f"between {listed(differing or ['profiles of one setting'])}"
        name, raw = f"{pair.first} and {pair.second}", pair.raw["spearman"]
        here = (
            f"rho {shown_ranked(raw)}; Kendall's tau {shown_ranked(pair.raw['kendall'])}; best layers"
            f" shared: {shown_overlap(pair.overlap)}"
        )
        found.setdefault(question, {})[name] = Finding(here, findings.profiles_agree(raw))
        if "spearman" in pair.detrended:
            left = pair.detrended["spearman"]
            found.setdefault(f"{question}, without the trend", {})[name] = Finding(
                f"rho {shown_ranked(left)}", findings.profiles_agree(left)
            )
    return found


def rankings_with_published(settings: Sequence[Setting], *, trend: bool) -> dict[str, Finding]:
    """Compare with the 28 layers of Qwen3-1.7B at the same relative depths, whose noise is unknown.

    Without the trend, a slope over depth is taken out of both first.
    """
    values = published()["contributions"]
    found = {}
    for setting in settings:
        depth, drawn = setting.profile.model.num_layers, setting.contrasts.drawn
        names = {k: f"layer {k}" for k in setting.profile.layers}
        theirs = {k: np.full_like(drawn["base"], value) for k, value in enumerate(values)}
        means = {k: np.asarray(setting.contrasts.mean[name]) for k, name in names.items()}
        try:
            first_RL, second_RL, _ = at_common_depths(
                {k: drawn[name] for k, name in names.items()}, depth, theirs, len(values)
            )
        except ValueError:
            continue
        first_L, second_L, depth_L = at_common_depths(
            means, depth, {k: value[0] for k, value in theirs.items()}, len(values)
        )
        if not trend and not can_detrend(len(depth_L)):
            continue
        ranked = correlate(
            first_L, second_L, first_RL, second_RL, depth_L=None if trend else depth_L
        )
        found[setting.label] = Finding(
            f"rho {shown_ranked(ranked)} at the same relative depths, GRPO on mathematics, single runs"
            " whose noise is not in the interval",
            findings.profiles_agree(ranked),
        )
    return found
