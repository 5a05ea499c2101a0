"""Notes on runs that diverged, so that they count.

Leaving such a run out would make its layer look better than it is. So it is scored with its last finite
weights, those of its last checkpoint, or as the base if there are none. A file beside the weights says so,
and the run is not trained again.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from onelayer.files import write_atomically

_NAME = "failed.json"


@dataclass(frozen=True, slots=True)
class Failure:
    """Where and why a run failed."""

    iteration: int
    """the first one that could not be finished"""
    weights_of: int
    """iterations after which its last finite weights were saved; 0: none were, and it counts as the base"""
    reason: str
    """what was not finite"""

    @property
    def sentence(self) -> str:
        """What a reader of its score must know: when and why it failed, and what was scored."""
        scored = f"with its weights after {self.weights_of}" if self.weights_of else "as the base"
        return f"training diverged in iteration {self.iteration}: {self.reason}; scored {scored}"


def keep_failure(folder: Path, failure: Failure) -> None:
    """Note that the run in ``folder`` failed."""
    write_atomically(folder / _NAME, json.dumps(asdict(failure)) + "\n")


def failure_in(folder: Path) -> Failure | None:
    """Return what was noted of the run in ``folder``; None where it did not fail.

    Raises:
        ValueError: the note is damaged.
    """
    path = folder / _NAME
    if not path.is_file():
        return None
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))
        return Failure(int(noted["iteration"]), int(noted["weights_of"]), str(noted["reason"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is damaged ({error!r}); remove it, and the run goes on"
        ) from error
