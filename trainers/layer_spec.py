"""Which layers to train, as a user writes it on the command line. Does not import torch."""

import json
import random
import re
from pathlib import Path

from onelayer.json_files import is_number

FORMS = (
    "14, -1, 10-14, 3,7, mid, mid-5, random:2:seed0, best:3@profile.json, worst:2@profile.json, "
    "all-except:SPEC, mask:seed0 or all"
)
EVERYTHING = "all"
_EXCEPT = "all-except:"


def trains_everything(spec: str | int) -> bool:
    """Return whether ``spec`` is ``"all"``: every parameter learns, embedding and head included.

    A list of every index, such as ``0-27``, means all decoder blocks and leaves the rest frozen.
    """
    return str(spec).strip() == EVERYTHING


def mask_seed(spec: str | int) -> int | None:
    """Return the seed of a ``mask:seed0``, None for other forms."""
    match = re.fullmatch(r"mask:seed(\d+)", str(spec).strip())
    return int(match[1]) if match else None


def check_form(spec: str | int) -> None:
    """Refuse a ``spec`` that is wrong for every model, before one is loaded.

    Raises:
        ValueError: the text is none of the forms that ``parse_layers`` reads.
    """
    number = r"-?\d+|\d+-\d+"
    some = rf"mid(-\d+)?|random:\d+:seed\d+|(best|worst):\d+@.+|({number})(\s*,\s*({number}))*"
    text = str(spec).strip()
    if not re.fullmatch(rf"all|mask:seed\d+|({_EXCEPT})?({some})", text):
        raise ValueError(f"layers {text!r} is not understood; write {FORMS}")


def parse_layers(spec: str | int, num_layers: int) -> list[int]:
    """Return the indices of the decoder blocks that ``spec`` names, sorted, without repeats.

    ==================== ===========================================================================
    ``14``               that block; ``-1`` counts from the last, as in a list
    ``10-14``            10, 11, 12, 13, 14
    ``3,7``              those; the parts may be ranges: ``0,10-14``
    ``mid``              the middle one, ``num_layers // 2``
    ``mid-5``            the five from ``(num_layers - 5) // 2``: 11-15 of 28, 15-19 of 36
    ``random:2:seed0``   two drawn with that seed, the same on every machine
    ``best:3@FILE``      the three of highest contribution in what ``onelayer profile`` wrote
    ``worst:2@FILE``     the two of lowest contribution
    ``all-except:0,7``   every block but those; any form above may follow: ``all-except:worst:2@FILE``
    ``mask:seed0``       every block, but only single weights of it, drawn with that seed: in all as many
                         as a block of average size has; see ``random_mask``
    ``all``              every block; see ``trains_everything``
    ==================== ===========================================================================

    ``mid-1`` is ``mid``. Layers of a profile with a dev part are ranked by their scores on that.

    Raises:
        ValueError: the text is none of these, or names a layer that a model of ``num_layers``
        layers lacks.
    """
    text = str(spec).strip()
    if num_layers < 1:
        raise ValueError(f"a model has at least 1 layer, got {num_layers}")
    if trains_everything(text) or mask_seed(text) is not None:
        return list(range(num_layers))
    if text.startswith(_EXCEPT):
        return _all_except(text.removeprefix(_EXCEPT).strip(), num_layers)
    if match := re.fullmatch(r"mid(?:-(\d+))?", text):
        return _middle(int(match[1] or 1), num_layers)
    if match := re.fullmatch(r"random:(\d+):seed(\d+)", text):
        return _drawn(int(match[1]), int(match[2]), num_layers)
    if match := re.fullmatch(r"(best|worst):(\d+)@(.+)", text):
        return _profiled(match[1], int(match[2]), Path(match[3]), num_layers)
    return sorted({i for part in text.split(",") for i in _indices(part.strip(), text, num_layers)})


def profiled_base(spec: str | int) -> str | None:
    """Return the fingerprint of the model that the profile in a ``SPEC@FILE`` measured; None for other forms.

    Raises:
        ValueError: the file is no profile.
    """
    match = re.fullmatch(rf"({_EXCEPT}\s*)?(best|worst):\d+@(.+)", str(spec).strip())
    if not match:
        return None
    try:
        fingerprint = json.loads(Path(match[3]).read_text(encoding="utf-8"))["model"]["fingerprint"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{match[3]} is no profile: it does not say of which model") from error
    return str(fingerprint)


def _indices(part: str, text: str, num_layers: int) -> range:
    """Return what one part of a comma-separated list names: an index or a range."""
    match = re.fullmatch(r"(\d+)-(\d+)|-?\d+", part)
    if not match:
        raise ValueError(f"layers {text!r} is not understood; write {FORMS}")
    if match[1] is None:
        index = int(part)
        if not -num_layers <= index < num_layers:
            raise ValueError(
                f"layer {index} is out of range for a model of {num_layers} layers"
                f" (0-{num_layers - 1})"
            )
        return range(index % num_layers, index % num_layers + 1)
    first, last = int(match[1]), int(match[2])
    if not first <= last < num_layers:
        raise ValueError(
            f"layers {part} is no rising range within a model of {num_layers} layers"
            f" (0-{num_layers - 1})"
        )
    return range(first, last + 1)


def _middle(number: int, num_layers: int) -> list[int]:
    _check_number(number, num_layers, f"mid-{number}")
    first = num_layers // 2 if number == 1 else (num_layers - number) // 2
    return list(range(first, first + number))


def _drawn(number: int, seed: int, num_layers: int) -> list[int]:
    _check_number(number, num_layers, f"random:{number}:seed{seed}")
    generator = random.Random(seed)  # only its random() gives the same numbers in every Python
    ticket = [generator.random() for _ in range(num_layers)]
    return sorted(sorted(range(num_layers), key=ticket.__getitem__)[:number])


def _all_except(left_out: str, num_layers: int) -> list[int]:
    spec = f"{_EXCEPT}{left_out}"
    if left_out.startswith((EVERYTHING, "mask:")) or not left_out:
        raise ValueError(
            f"layers {spec!r} does not say which layers to leave out; write all-except:0,7 or "
            "all-except:worst:2@profile.json"
        )
    without = parse_layers(left_out, num_layers)
    if len(without) == num_layers:
        raise ValueError(f"layers {spec!r} leaves out all {num_layers} layers; none would learn")
    return [layer for layer in range(num_layers) if layer not in without]


def _profiled(end: str, number: int, path: Path, num_layers: int) -> list[int]:
    spec = f"{end}:{number}@{path}"
    _check_number(number, num_layers, spec)
    value, undefined = _values(path)
    if beyond := [layer for layer in value if not 0 <= layer < num_layers]:
        raise ValueError(
            f"{path} scores layer {beyond[0]}, which a model of {num_layers} layers lacks;"
            " it profiles another model"
        )
    if len(value) < number:
        why = f", because {undefined}" if undefined else ""
        raise ValueError(
            f"layers {spec!r} asks for {number}, but {path} has contributions of {len(value)} only{why}; "
            "name the layers themselves"
        )
    sign = -1 if end == "best" else 1
    ranked = sorted(value, key=lambda layer: (sign * value[layer], layer))
    return sorted(ranked[:number])


def _values(path: Path) -> tuple[dict[int, float], str]:
    """Return the values that rank the layers of a profile, and why C(k) is undefined where it ranks them.

    The values are the scores on the dev part, which had no part in C(k), if every layer has one; else C(k).
    """
    try:
        profile = json.loads(path.read_text(encoding="utf-8"))
        rows = [
            (
                row["layer"],
                row["contribution"],
                row.get("dev_score"),
                str(row.get("undefined") or ""),
            )
            for row in profile["contributions"]
        ]
    except FileNotFoundError:
        raise ValueError(f"there is no profile {path}; `onelayer profile` writes one") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(
            f"{path} is no profile as `onelayer profile` writes it: {type(error).__name__}: {error}"
        ) from None
    by_dev = all(is_number(dev) for _, _, dev, _ in rows)
    reasons = dict.fromkeys(reason for *_, reason in rows if reason)
    known: dict[int, float] = {}
    for layer, contribution, dev, _ in rows:
        if type(layer) is not int or layer in known:
            raise ValueError(f"{path} is no profile: layer {layer!r} is no index or stands twice")
        value = dev if by_dev else contribution
        if is_number(value):
            known[layer] = float(value)
    return known, "" if by_dev else " and ".join(reasons)


def _check_number(number: int, num_layers: int, spec: str) -> None:
    if not 1 <= number <= num_layers:
        raise ValueError(
            f"layers {spec!r} asks for {number} of a model's {num_layers} layers (1-{num_layers})"
        )
