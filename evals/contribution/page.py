"""A profile as Markdown that reads well in a terminal."""

import math
from collections.abc import Sequence

from onelayer.evals.contribution.record import Agreement, Best, Contribution, Profile, Run, Score
from onelayer.evals.contribution.resampling import controls_of, transplants_of
from onelayer.evals.formatting import listed, with_interval
from onelayer.evals.table import render

FEW_SEEDS = 5
"""with fewer seeds, the variance between them is poorly known"""


def profile_page(profile: Profile) -> str:
    """Return the whole page: what was measured, the table, the best layer, and cautions.

    The profile must be the result of ``measured``.
    """
    full = profile.full
    gain = ""
    if full is not None:
        ends = f"[{full.gain_low:+.3f}, {full.gain_high:+.3f}]"
        gain = f" Full training gains {full.gain:+.3f} {ends} over the base."
    budget = profile.budget
    lines = [
        f"# Layer contribution: {profile.model.id}, {profile.algorithm}, {profile.env}",
        "",
        f"{profile.model.num_layers} layers; {budget.iterations} iterations,"
        f" {budget.episodes_per_run:,} episodes a run; learning rate {budget.lr_full:g} for full"
        f" training, {budget.lr_layer:g} for a layer; {len(profile.tasks)} held-out tasks{_dev(profile)}."
        f"{gain}",
        "",
        "C(k) = (S_k - S_base) / (S_full - S_base); 95 % intervals over tasks and seeds.",
        "",
        profile_table(profile),
        "",
    ]
    sentences = (*findings(profile), *failures(profile), *cautions(profile))
    lines += [f"- {sentence}" for sentence in sentences]
    return "\n".join(lines) + "\n"


def profile_table(profile: Profile) -> str:
    """Return a row for the base, full training, each layer, each control and each transplant."""
    head = ["trained", "parameters", "CPU s a run", "runs", "score", "C(k)", "chance to be best"]
    rows = []
    if profile.base_score is not None:
        rows.append(_line("nothing (base)", ["0", ""], profile.base_score, "0", ""))
    if profile.full is not None:
        full = profile.full
        costs = _costs(profile.of_role("full"))
        rows.append(_line("everything", costs, full, "1", "", full.failed))
    for row in (*profile.contributions, *profile.controls, *profile.transplants):
        score = Score(row.score, row.score_low, row.score_high, row.runs)
        chance = "" if row.chance_best is None else f"{row.chance_best:.0%}"
        trained = row.name if row.layer is None else row.name.replace("transplant", "transplanted")
        costs = _costs(_runs(profile, row))
        rows.append(_line(trained, costs, score, shown_contribution(row), chance, row.failed))
    if not any(row[2] for row in rows):  # profiles of old, which did not keep it
        head, rows = [*head[:2], *head[3:]], [[*row[:2], *row[3:]] for row in rows]
    return render(head, rows)


def shown_contribution(row: Contribution) -> str:
    """Return ``0.91 [0.80, 1.02]``; a missing bound is shown as infinite."""
    if row.contribution is None:
        return "undefined"
    low = -math.inf if row.low is None else row.low
    high = math.inf if row.high is None else row.high
    return with_interval([row.contribution, low, high])


def findings(profile: Profile) -> list[str]:
    """Return what the profile says about the best layer and the transplants, in sentences."""
    reasons = {row.undefined for row in profile.contributions if row.undefined}
    sentences = [f"C(k) is undefined: {reason}." for reason in sorted(reasons)]
    if len(profile.layers) == 1:
        sentences.append(f"Only layer {profile.layers[0]} was trained alone to the end.")
    elif profile.best is not None:
        sentences.append(best_sentence(profile.best))
    if profile.transplants:
        sentences.append(_transplant_sentence(profile.transplant_agreement))
    return sentences


def failures(profile: Profile) -> list[str]:
    """Return how many runs failed, which ones, and how they count; nothing where none did."""
    trained = [run for run in profile.runs if run.role != "transplant"]
    failed = [run for run in trained if run.failed is not None]
    if not failed:
        return []
    listed = "; ".join(f"{run.name}: {run.failed}" for run in failed)
    counts = "counts as it ended" if len(failed) == 1 else "count as they ended"
    return [f"{len(failed)} of {len(trained)} runs failed and {counts} ({listed})."]


def best_sentence(best: Best) -> str:
    """Return which layer is the best, how surely, and its C corrected for the winner's curse."""
    where = " on the dev tasks" if best.on_dev else ""
    text = f"Layer {best.layer} scores highest{where}, and in {best.chance:.0%} of the resamples."
    if len(best.candidates) > 1:
        text += f" With 95 % the best layer is among {listed(best.candidates)}."
    if best.contribution is None:
        return text
    if best.on_dev:
        text += f" On the held-out tasks its contribution is {best.contribution:.2f}"
        text += (
            "."
            if best.corrected is None
            else (
                f", and {best.corrected:.2f} where each seed is scored in the layer that the other seeds"
                " choose: runs that were lucky are so on dev and held-out tasks alike."
            )
        )
    elif best.corrected is not None:
        text += (
            f" The highest of noisy values is too high (the winner's curse): without what the"
            f" choice adds, its contribution is about {best.corrected:.2f} instead of"
            f" {best.contribution:.2f}."
        )
    return text


def cautions(profile: Profile) -> list[str]:
    """Return what limits the intervals: few seeds, one evaluation of the base, missing layers."""
    runs = {"full training": len(profile.of_role("full"))}
    runs |= {f"layer {k}": len(profile.of_layer(k)) for k in profile.layers}
    counts = {name: number for name, number in runs.items() if number}
    sentences = []
    alone = [name for name, number in counts.items() if number == 1]
    if alone:
        named = listed(alone) if len(alone) < len(counts) else "each arm"
        sentences.append(
            f"One run only of {named}: what another seed would give is not in the interval."
        )
    fewest = min((number for number in counts.values() if number > 1), default=FEW_SEEDS)
    if fewest < FEW_SEEDS:
        sentences.append(
            f"{fewest} seeds tell little about the spread between seeds; where that is large, the intervals"
            " are too narrow."
        )
    missing = [k for k in range(profile.model.num_layers) if k not in profile.layers]
    if missing:
        sentences.append(f"Not measured: layers {listed(missing)}.")
    return sentences


def _dev(profile: Profile) -> str:
    if not profile.dev_tasks:
        return ""
    return f", and {len(profile.dev_tasks)} dev tasks beside them for what is chosen"


def _transplant_sentence(agreement: Agreement | None) -> str:
    if agreement is None:
        return (
            "Fewer than three layers were both transplanted and trained alone: too few to compare how these "
            "two rank them."
        )
    if agreement.value is None or agreement.low is None or agreement.p_value is None:
        return (
            "Transplanted layers and layers trained alone cannot be compared: one of the two kinds scores "
            "the same in all layers."
        )
    return (
        f"Layers of full training that are put into the base rank the {agreement.layers} layers as training "
        f"them alone does with Spearman's rho {agreement.value:.2f} [{agreement.low:.2f}, "
        f"{agreement.high:.2f}], p {agreement.p_value:.3f} (one side)."
    )


def _line(
    trained: str,
    costs: Sequence[str],
    score: Score,
    contribution: str,
    chance: str,
    failed: int = 0,
) -> list[str]:
    shown = f"{score.score:.3f} [{score.low:.3f}, {score.high:.3f}]"
    runs = f"{score.runs}, {failed} failed" if failed else str(score.runs)
    return [trained, *costs, runs, shown, contribution, chance]


def _runs(profile: Profile, row: Contribution) -> Sequence[Run]:
    """Return the runs of one arm: of a control, of a transplant, or of a layer that was trained."""
    if row.layer is None:
        return controls_of(profile)[row.name]
    if row in profile.transplants:
        return transplants_of(profile)[row.name]
    return profile.of_layer(row.layer)


def _costs(runs: Sequence[Run]) -> list[str]:
    """Return the trained parameters, where they are known and agree, and the mean CPU seconds."""
    numbers = {run.trained_parameters for run in runs}
    number = numbers.pop() if len(numbers) == 1 else None
    seconds = [run.cpu_seconds for run in runs if run.cpu_seconds]
    shown = f"{sum(seconds) / len(seconds):,.0f}" if seconds else ""
    return ["" if number is None else f"{number:,}", shown]
