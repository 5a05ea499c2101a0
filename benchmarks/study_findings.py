"""The findings of arXiv 2607.01232, their counterparts in the study, and the verdicts, as Markdown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from study_controls import compared_controls, how_they_were_chosen, other_rates
from study_data import Setting
from study_rankings import rankings_between, rankings_with_published

from onelayer.evals.contribution import findings
from onelayer.evals.contribution.compare import Comparison
from onelayer.evals.contribution.contrast import Contrasts
from onelayer.evals.contribution.findings import Finding
from onelayer.evals.contribution.record import Profile


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
            rankings_between(settings, pairs)
            | {
                "with the published Qwen3-1.7B": rankings_with_published(defined, trend=True),
                "with the published Qwen3-1.7B, without the trend": rankings_with_published(
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
            compared_controls(defined),
            how_they_were_chosen(defined),
        ),
        Section(
            "The learning rate does not decide",
            "3 times the learning rate moves C by at most 0.03.",
            f"C moves by less than {findings.SAME}: the whole interval is within.",
            other_rates(defined),
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


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
