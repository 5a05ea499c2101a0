"""Controls: runs that say what a layer's contribution is worth.

==============  ==================================================================================
``random:2:3``  2 layers drawn at random, 3 draws: is the choice of layers better than none?
``mid:2``       the 2 middle layers: is a profile needed at all?
``best:2``      the 2 layers that scored highest, trained together, the rest frozen
``worst:2``     the 2 that scored lowest
``boost:2``     everything learns, the best 2 at ``boost`` times the rate of the others
``lora``        LoRA adapters in all layers, with about as many parameters as one layer
``mask``        single numbers of all layers, drawn at random, in all as many as one layer has
``transplant``  nothing is trained: layer k of full training, put into the base, for each k of the profile
``lr``          the best and the worst layer with 3 times and a third of the learning rate
==============  ==================================================================================

``best``, ``worst``, ``boost`` and ``lr`` need a ranking of the layers, and come after it. Does not import
torch.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from onelayer.evals.contribution.profile_file import load_profile
from onelayer.trainers.layer_spec import parse_layers

FORMS = "random:2:3, mid:2, worst:2, best:2, boost:2, lora, mask, transplant, lr"
RATE_FACTOR = 3
"""what ``lr`` multiplies and divides the learning rate by"""


@dataclass(frozen=True, slots=True)
class Control:
    """One kind of control, as it is written."""

    kind: str
    layers: int = 0
    """how many it trains or boosts; 0 for a kind that takes no number"""
    draws: int = 1

    @property
    def needs_ranking(self) -> bool:
        """Whether it must wait until the layers are ranked."""
        return self.kind in ("best", "worst", "boost", "lr")


@dataclass(frozen=True, slots=True)
class Arm:
    """What the runs of one control train, whatever their seed."""

    name: str
    """of the run, before its seed"""
    control: str
    """its name in the record; runs with the same name are one arm"""
    layers: tuple[int, ...]
    kind: str
    factor: float = 1.0
    """of the learning rate"""


def parse_controls(text: str) -> list[Control]:
    """Return the controls of a comma-separated list.

    Raises:
        ValueError: one is none of the forms above, or stands twice, be it with another number of draws.
    """
    found: list[Control] = []
    bare = str(text).strip().removeprefix("[").removesuffix("]")
    for part in filter(None, (part.strip().strip("'\"") for part in bare.split(","))):
        match = re.fullmatch(
            r"(random|mid|worst|best|boost):([1-9]\d*)(?::([1-9]\d*))?|lora|mask|transplant|lr",
            part,
        )
        if not match or (match[3] and match[1] != "random"):
            raise ValueError(f"control {part!r} is not understood; there are {FORMS}")
        control = Control(match[1] or part, int(match[2] or 0), int(match[3] or 1))
        if any((c.kind, c.layers) == (control.kind, control.layers) for c in found):
            raise ValueError(
                f"control {part!r} stands twice: each kind and number of layers may stand once"
            )
        found.append(control)
    return found


def arms(control: Control, num_layers: int, ranking: Sequence[int] = ()) -> list[Arm]:
    """Return what a control trains.

    Args:
        control: as ``parse_controls`` returns it.
        num_layers: of the model.
        ranking: layers from the best to the worst, for a control that needs them.

    Raises:
        ValueError: it asks for more layers than there are, or more than were ranked, or for more draws
            than there are different ones.
    """
    kind, number = control.kind, control.layers
    if kind == "transplant":  # from runs that are planned anyway: ``planned_runs.transplant_runs``
        return []
    if kind in ("lora", "mask"):
        return [Arm(kind, kind, tuple(range(num_layers)), kind)]
    if kind == "lr":
        chosen = list(dict.fromkeys((ranking[0], ranking[-1])))
        return [arm for layer in chosen for arm in _rates(layer)]
    if kind == "random":
        return [
            Arm(f"random-{number}-draw-{i}", f"random:{number} draw {i}", layers, kind)
            for i, layers in enumerate(_draws(number, control.draws, num_layers))
        ]
    if kind == "mid":
        layers = tuple(parse_layers(f"mid-{number}", num_layers))
        return [Arm(f"mid-{number}", f"mid:{number}", layers, kind)]
    if number > len(ranking):
        raise ValueError(
            f"control {kind}:{number} asks for {number} layers, but {len(ranking)} are ranked; "
            "add to --layer-list, or rank more layers in --ranking-from"
        )
    chosen = list(ranking[-number:] if kind == "worst" else ranking[:number])
    return [Arm(f"{kind}-{number}", f"{kind}:{number}", tuple(sorted(chosen)), kind)]


def ranking_of(path: str, fingerprint: str) -> list[int]:
    """Return the layers of a profile from best to worst, by their scores, on dev where there is one.

    Raises:
        OSError: there is no such profile.
        ValueError: it is damaged, has no layers, or was measured on another base.
    """
    profile = load_profile(path)
    if profile.model.fingerprint != fingerprint:
        raise ValueError(f"--ranking-from {path} was measured on another base model")
    if not profile.layers:
        raise ValueError(f"--ranking-from {path} has no run of a single layer to rank")
    chosen_by = profile.on_dev() or profile
    means = {
        layer: fmean(fmean(run.scores) for run in chosen_by.of_layer(layer))
        for layer in profile.layers
    }
    return sorted(means, key=lambda layer: (-means[layer], layer))


def _rates(layer: int) -> list[Arm]:
    times, part = f"x{RATE_FACTOR}", f"div{RATE_FACTOR}"
    return [
        Arm(
            f"layer-{layer:02d}-lr-{times}",
            f"layer {layer} lr {times}",
            (layer,),
            "lr",
            RATE_FACTOR,
        ),
        Arm(
            f"layer-{layer:02d}-lr-{part}",
            f"layer {layer} lr /{RATE_FACTOR}",
            (layer,),
            "lr",
            1 / RATE_FACTOR,
        ),
    ]


def _draws(number: int, draws: int, num_layers: int) -> list[tuple[int, ...]]:
    """Return that many different sets of layers; the first ones stay when more are asked for."""
    found: list[tuple[int, ...]] = []
    for seed in range(1000):
        drawn = tuple(parse_layers(f"random:{number}:seed{seed}", num_layers))
        if drawn not in found:
            found.append(drawn)
        if len(found) == draws:
            return found
    raise ValueError(
        f"control random:{number}:{draws} asks for {draws} different choices of {number} of "
        f"{num_layers} layers; there are {len(found)}"
    )
