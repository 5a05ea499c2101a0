"""Optimizer steps that cannot be taken because a loss or a gradient is no finite number."""

import logging
import math

from onelayer.errors import RunFailed
from onelayer.trainers.processes import FirstProcessLogger

logger = FirstProcessLogger(logging.getLogger(__name__))

MOST = 3
"""a run stops after this many steps in a row were left out"""


class Diverged(RunFailed):
    """Training produced numbers that are not finite: the argument says which ones.

    The last checkpoint is from before that.
    """

    @property
    def cause(self) -> str:
        """What is not finite, without the way out."""
        return str(self.args[0])

    def __str__(self) -> str:
        return (
            f"training diverged: {self.cause}; "
            "train again with a lower --learning-rate and another --out"
        )


class BadSteps:
    """Decides which optimizer steps are left out, and ends the run when too many are.

    A bad batch moves no weight, so the next batch may be good again. All processes see the same joined
    numbers, and so all decide alike.
    """

    def __init__(self) -> None:
        self.count = 0
        self._in_a_row = 0

    def allow(self, loss: float, gradient_norm: float) -> bool:
        """Return whether a step may be taken.

        Raises:
            Diverged: it is the third in a row that may not.
        """
        if math.isfinite(loss) and math.isfinite(gradient_norm):
            self._in_a_row = 0
            return True
        self.count += 1
        self._in_a_row += 1
        told = f"loss {loss}, gradient norm {gradient_norm}"
        if self._in_a_row >= MOST:
            raise Diverged(f"{MOST} optimizer steps in a row had no finite numbers ({told})")
        logger.warning("an optimizer step is left out: %s", told)
        return False
