"""The token step as CUDA graphs: one launch instead of hundreds, a graph for each number of rows and columns.

A graph repeats the kernels that were captured, on the same memory. That is right as long as buffers and
weights stay where they are. An optimizer changes weights in place, so graphs outlive updates; buffers that
grow get a new ``GraphedStep``.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from onelayer.agents.writing import TokenStep

logger = logging.getLogger(__name__)

Work = Callable[[], None]

_WARM_UPS = 2
"""runs before a capture: libraries choose their kernels and take their memory in the first ones"""


def capture_graph(work: Work, device: torch.device, pool: Any) -> tuple[Work, Any]:
    """Capture ``work`` as a CUDA graph; return what replays it, and its memory pool for others to share.

    Raises:
        RuntimeError: the work cannot be captured, because it reads something back from the device.
    """
    with torch.cuda.device(device):
        side: torch.cuda.Stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        main = torch.cuda.current_stream()
        side.wait_stream(main)
        with torch.cuda.stream(side):
            for _ in range(_WARM_UPS):
                work()
        main.wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        # "thread_local": other threads, in which environments wait, may use the device during the capture.
        try:
            with torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local"):
                work()
        finally:
            torch.cuda.set_stream(main)  # a capture that fails leaves its own stream in place
    return graph.replay, graph.pool()


class GraphedStep:
    """A ``TokenStep`` that is captured once for each size and replayed from then on.

    Where a model cannot be captured, a warning says why, once, and the same steps run without graphs.

    Args:
        step: its buffers must exist already: run a pass over prompts first.
        capture: as ``capture_graph``.
    """

    def __init__(
        self,
        step: TokenStep,
        capture: Callable[[Work, torch.device, Any], tuple[Work, Any]] = capture_graph,
    ):
        self.step, self._capture = step, capture
        self._pool: Any = None
        self._replay: dict[tuple[int, int, torch.dtype | None], Work] = {}
        self._weights = _addresses(step.model.model)
        self.refused = False
        """the model cannot be captured"""

    def __call__(self, rows: int, columns: int) -> None:
        """Take one step of the first ``rows`` rows over ``columns`` columns; see ``TokenStep``."""
        if self.refused:
            with _casting_each_time():
                self.step(rows, columns)
            return
        size = (rows, columns, _autocast_dtype())
        if size not in self._replay and not self._try_to_capture(size):
            self(rows, columns)
            return
        self._replay[size]()

    def keep_valid(self) -> None:
        """Drop the graphs if weights have moved to other memory."""
        now = _addresses(self.step.model.model)
        if now != self._weights:
            self._weights, self._pool = now, None
            self._replay.clear()

    def _try_to_capture(self, size: tuple[int, int, torch.dtype | None]) -> bool:
        rows, columns, _ = size
        writes_R = self.step.replies.writes_R
        before = writes_R.clone()
        writes_R.zero_()  # warm-ups really run the step, which changes no row that does not write
        try:
            with _casting_each_time():
                device, work = self.step.model.device, lambda: self.step(rows, columns)
                replay, self._pool = self._capture(work, device, self._pool)
        except Exception as error:
            first: BaseException = error  # the end of a failed capture raises another error
            while first.__context__ is not None:
                first = first.__context__
            reason = (str(first).strip() or type(first).__name__).splitlines()[0]
            logger.warning("tokens are written without CUDA graphs, more slowly: %s", reason)
            self.refused = True
            self._replay.clear()
            return False
        finally:
            writes_R.copy_(before)
        self._replay[size] = replay
        return True


def _addresses(model: nn.Module) -> tuple[int, ...]:
    return tuple(tensor.data_ptr() for tensor in (*model.parameters(), *model.buffers()))


def _autocast_dtype() -> torch.dtype | None:
    return torch.get_autocast_dtype("cuda") if torch.is_autocast_enabled("cuda") else None


@contextmanager
def _casting_each_time() -> Iterator[None]:
    """Turn off autocast's cache of cast weights: a graph would go on reading copies of old weights."""
    dtype = _autocast_dtype()
    if dtype is None:
        yield
        return
    with torch.autocast("cuda", dtype=dtype, cache_enabled=False):
        yield
