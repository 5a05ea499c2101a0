"""What the controls of a study say: of the choice of layers, of LoRA and masks, of learning rates."""

from collections.abc import Sequence

from study_data import Setting

from onelayer.evals.contribution import findings
from onelayer.evals.contribution.contrast import Contrasts
from onelayer.evals.contribution.findings import Finding
from onelayer.evals.contribution.record import Profile

CHOSEN = ("best", "worst", "boost")
"""kinds of controls whose layers are picked by a ranking"""


def compared_controls(settings: Sequence[Setting]) -> dict[str, dict[str, Finding]]:
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


def how_they_were_chosen(settings: Sequence[Setting]) -> str:
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


def other_rates(settings: Sequence[Setting]) -> dict[str, dict[str, Finding]]:
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
