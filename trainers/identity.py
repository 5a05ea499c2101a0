"""Digests of a run's base model and tasks: all its processes must agree on them, and a resumed run too."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from transformers import PreTrainedModel

from onelayer.trainers.fingerprint import base_fingerprint

WEIGHTS, TASKS = "base weights", "tasks"

_MOST_NAMES = 100_000
"""most task ids that go into the digest; of a longer list (it may be lazy), this many at equal distances"""

_WHY = {
    WEIGHTS: "the base model has other weights than",
    TASKS: "the environment has other tasks, or in another order (a set has one of its own in every "
    "process), than",
}


def identity(model: PreTrainedModel, tasks: Sequence[str] | None) -> dict[str, str]:
    """Return digests of the base before training, and of the training tasks in their order."""
    names = "seeds"
    if tasks is not None:
        every = -(-len(tasks) // _MOST_NAMES) or 1
        some = (tasks[i] for i in range(0, len(tasks), every))
        names = "\n".join([str(len(tasks)), *map(repr, some)])
    return {
        WEIGHTS: base_fingerprint(model),
        TASKS: hashlib.sha256(names.encode(errors="replace")).hexdigest(),
    }


def require_same(found: Mapping[str, Any], before: Mapping[str, Any], where: str) -> None:
    """Raise ValueError if a digest differs from that of the run at ``where``; the message says which.

    Digests that an older version of onelayer did not keep are not compared.
    """
    for name, value in before.items():
        if name in found and found[name] != value:
            raise ValueError(f"{_WHY[name]} {where} began with; go on with those, or train anew")
