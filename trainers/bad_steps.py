"""Optimizer steps that cannot be taken because a loss or a gradient is no finite number."""

import logging
import math

from onelayer.errors import RunFailed

logger = logging.getLogger(__name__)

MOST = 3
"""steps left out one after the other, after which a run stops"""


class Diverged(RunFailed):
    """Numbers are not finite any more; the last checkpoint is from before."""


class BadSteps:
    """Says which steps are left out, counts them, and ends the run where it is no accident.

    One bad batch moves no weight; with the weights as they were, the next batch may be good. All processes
    see the same joined numbers, and so decide alike.
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
            raise Diverged(
                f"training diverged: {MOST} optimizer steps in a row had no finite numbers ({told}); "
                "train again with a lower --learning-rate and another --out"
            )
        logger.warning("an optimizer step is left out: %s", told)
        return False
