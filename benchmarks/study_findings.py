"""The findings of arXiv 2607.01232, their counterparts in the study, and the verdicts, as Markdown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from study_data import Setting, key_of, published

from onelayer.evals.contribution import findings
from onelayer.evals.contribution.compare import Comparison, Pair
from onelayer.evals.contribution.comparison_page import shown_overlap, shown_ranked
from onelayer.evals.contribution.contrast import Contrasts
from onelayer.evals.contribution.findings import Finding
from onelayer.evals.contribution.ranking import at_common_depths, can_detrend, correlate
from onelayer.evals.contribution.record import Profile
from onelayer.evals.formatting import listed

CHOSEN = ("best", "worst", "boost")


@dataclass(frozen=True)
class Section:
    """One finding of the paper."""

    title: str
    paper: str
    rule: str
    """the condition under which it holds here"""
    found: Mapping[str, Mapping[str, Finding]]
    """by question, then by setting or pair; a section with a single question names it "" """
    note: str = ""


def sections(settings: Sequence[Setting], comparison: Comparison | None) -> list[Section]:
    """Return the eight findings; settings with undefined contributions count only in the fourth."""
    defined = [setting for setting in settings if setting.contrasts.is_defined]
    pairs = comparison.pairs if comparison else ()
    asked = [
        Section(
            "One layer recovers most of full training",
            "The best layer has C = 1.01 to 1.14 in seven models (single runs).",
            f"C of the best layer, less what picking it adds, is above {findings.MOST}; all of it: above 1.",
            {
                "most of it": _each(defined, findings.one_layer_recovers_most),
                "all of it": _each(defined, findings.one_layer_recovers_all),
            },
        ),
        Section(
            "Middle layers are best",
            "The best layer lies at 36 to 57 % of the depth in all seven models.",
            "the middle third of the depth has a higher mean C than the rest.",
            {
                "over all others": _each(defined, findings.middle_layers_are_best),
                "over earlier ones": _each(defined, findings.middle_layers_beat_earlier_ones),
                "over later ones": _each(defined, findings.middle_layers_beat_later_ones),
            },
        ),
        Section(
            "The worst layers are at the ends",
            "Layers 0, 2 and 4 or 23 and 24 are worst, C = -0.51 to 0.66.",
            "the worst layer is in the first or last sixth of the depth in 95 % of the resamples.",
            {"": _each(defined, findings.worst_layers_are_at_the_ends)},
        ),
        Section(
            "Rankings agree between tasks, algorithms and model families",
            "Spearman's rho 0.76 and 0.59 between data sets and tasks, on one model of 28 layers.",
            "the interval is above 0 and p is at most 0.05; it does not hold where the interval is"
            " below 0.",
            _pairs(settings, pairs)
            | {
                "with the published Qwen3-1.7B": _with_published(defined, trend=True),
                "with the published Qwen3-1.7B, without the trend": _with_published(
                    defined, trend=False
                ),
            },
            "Without the trend: a slope over depth is taken out of both profiles first, so that only"
            ' agreement beyond "deeper is worse" is left. p: the share of all orders of the layers, or of'
            " 2,000 drawn ones, that agree at least as well; it takes layers for independent, and neighbours"
            " are alike. Settings of one task have the same seeds, and with them part of their luck. A"
            " resample is noisier than what was measured, which draws the intervals towards 0.",
        ),
        Section(
            "Several layers reach full training",
            "1 to 5 layers of each model have C of 1 or more.",
            "at least two layers do in 95 % of the resamples.",
            {"": _each(defined, findings.several_layers_reach_full_training)},
        ),
        Section(
            "Which layers are chosen matters",
            "Math: training the best 5 or boosting the best 10 beats full training, the middle 5 does so"
            " without a profile, the worst 5 lose. Random layers and LoRA were not tried.",
            "the first earns more than the second: the whole interval of the difference in C is above 0.",
            _controls(defined),
            _selection(defined),
        ),
        Section(
            "The learning rate does not decide",
            "3 times the learning rate moves C by at most 0.03.",
            f"C moves by less than {findings.SAME}: the whole interval is within.",
            _rates(defined),
            "The best layer was picked for its luck too, so that its variants tend to look worse.",
        ),
        Section(
            "How far a layer moves does not predict its contribution",
            "Full training moves all layers alike; the norm of the change does not predict C.",
            f"no layer moves {findings.ALIKE} times as far as another; for the norm, where both intervals of"
            f" the rank correlation are within -{findings.MOST} and {findings.MOST}. The norm does predict C"
            " where the first excludes 0 and p is at most 0.05.",
            {
                "full training moves all alike": _each(
                    defined, findings.full_training_moves_all_alike
                ),
                "the norm does not predict C": _each(defined, findings.norm_does_not_predict),
            },
        ),
    ]
    return [
        replace(section, found={name: found for name, found in section.found.items() if found})
        for section in asked
    ]


def summary(section: Section) -> dict[str, str]:
    """Return how often the finding holds, by question: ``holds in 2 of 4, cannot be told in 2 of 4``."""
    summaries = {}
    for question, found in section.found.items():
        verdicts = [finding.verdict for finding in found.values()]
        kinds = [kind for kind in ("holds", "does not hold", "cannot be told") if kind in verdicts]
        counts = [f"{kind} in {verdicts.count(kind)} of {len(verdicts)}" for kind in kinds]
        if counts:
            summaries[question] = kinds[0] if len(verdicts) == 1 else ", ".join(counts)
    return summaries or {"": "not measured"}


def section_text(
    number: int, section: Section, needed: Callable[[str, Finding], str] = lambda *_: ""
) -> str:
    """Return the section of a finding.

    Args:
        number: of the finding.
        section: what is said about it.
        needed: called with a setting and its finding; what to add to it.
    """
    lines = [
        f"### {number}. {section.title}",
        "",
        f"Paper: {section.paper} It holds here where {section.rule}",
        "",
    ]
    for question, found in section.found.items():
        asked = f"{_capital(question)}; " if question else ""
        lines += [
            f"- {asked}{name}: {finding.here}: **{finding.verdict}**{needed(name, finding)}."
            for name, finding in found.items()
        ]
    measured = any(section.found.values())
    if not measured:
        lines.append("Not measured: no raw result holds the runs that this needs.")
    return "\n".join([*lines, *(["", section.note] if section.note and measured else [])])


def _each(
    settings: Sequence[Setting], find: Callable[[Profile, Contrasts], Finding | None]
) -> dict[str, Finding]:
    found = {s.label: find(s.profile, s.contrasts) for s in settings if s.profile.layers}
    return {label: finding for label, finding in found.items() if finding is not None}


def _pairs(settings: Sequence[Setting], pairs: Sequence[Pair]) -> dict[str, dict[str, Finding]]:
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


def _with_published(settings: Sequence[Setting], *, trend: bool) -> dict[str, Finding]:
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


def _controls(settings: Sequence[Setting]) -> dict[str, dict[str, Finding]]:
    """Return the comparisons of controls with each other, with full training and with layers."""
    found: dict[str, dict[str, Finding]] = {}
    for setting in settings:
        for question, finding in _compared(setting.profile, setting.contrasts).items():
            if finding is not None:
                found.setdefault(question, {})[setting.label] = finding
    return found


def _compared(profile: Profile, contrasts: Contrasts) -> dict[str, Finding | None]:
    """Return what one setting says to each question; None where an arm was not measured."""
    arms = [row.name for row in profile.controls]
    best, worst, mid, boost = (_arm(arms, kind) for kind in ("best", "worst", "mid", "boost"))
    random = [arm for arm in arms if arm.startswith("random:")]
    drawn = next((arm for arm in random if arm.endswith("draws")), "".join(random[:1]))
    middle = f"layer {profile.model.num_layers // 2}"
    pairs = {
        "best over random layers": (best, drawn),
        "middle over random layers": (mid, drawn),
        "random over worst layers": (drawn, worst),
        "best layers over full training": (best, "full"),
        "middle layers over full training": (mid, "full"),
        "boosted best layers over full training": (boost, "full"),
        "full training over worst layers": ("full", worst),
        "full training over LoRA": ("full", "lora"),
        "best layers over the best one alone": (best, _best_layer(profile)),
    }
    found = {name: findings.is_better(contrasts, *pair) for name, pair in pairs.items()}
    for name, other in (
        ("the best layer over a random mask", "mask"),
        ("the best layer over LoRA", "lora"),
    ):
        found[name] = findings.the_best_is_better(profile, contrasts, other)
    found["the best layer over the average layer"] = findings.the_best_is_above_average(
        profile, contrasts
    )
    for name, arm in (("the middle layer", middle), ("a random mask", "mask"), ("LoRA", "lora")):
        found[f"{name} over the average layer"] = findings.is_above_average(profile, contrasts, arm)
    return found


def _selection(settings: Sequence[Setting]) -> str:
    """Return by which scores the best, worst and boosted layers were chosen."""
    lines, flatters = [], False
    for setting in settings:
        arms = [row.name for row in setting.profile.controls]
        if not any(_arm(arms, kind) for kind in CHOSEN):
            continue
        chosen = setting.profile.config.get("selection") or {}
        source = "its scores on dev" if chosen.get("on_dev") else chosen.get("source")
        flatters |= not chosen.get("on_dev")
        lines.append(
            f"{setting.label}: best, worst and boosted layers were chosen by"
            f" {source or 'this profile'}."
        )
    if flatters:
        lines.append(
            "Layers that were chosen by the scores they are judged by look better, or worse, than they are."
        )
    return " ".join(lines)


def _rates(settings: Sequence[Setting]) -> dict[str, dict[str, Finding]]:
    """Return what another learning rate does to the best and the worst layer."""
    found: dict[str, dict[str, Finding]] = {}
    for setting in settings:
        profile = setting.profile
        chosen = profile.config.get("selection") or {}
        best = f"layer {chosen['ranking'][0]}" if chosen.get("ranking") else _best_layer(profile)
        for row in profile.controls:
            layer, _, rate = row.name.partition(" lr ")
            finding = rate and findings.makes_no_difference(setting.contrasts, row.name, layer)
            if finding:
                which = "best" if layer == best else "worst"
                found.setdefault(f"the {which} layer, learning rate {rate}", {})[setting.label] = (
                    finding
                )
    return found


def _best_layer(profile: Profile) -> str:
    return f"layer {profile.best.layer}" if profile.best else ""


def _arm(arms: Sequence[str], kind: str) -> str:
    return next((arm for arm in arms if arm.startswith(f"{kind}:")), "")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
