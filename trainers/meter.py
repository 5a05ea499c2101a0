"""Seconds and peak memory of each phase of an iteration."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from accelerate import Accelerator

from onelayer.trainers.heartbeat import Heartbeat
from onelayer.trainers.processes import largest, summed

try:
    import resource
except ImportError:  # Windows has none
    resource = None  # type: ignore[assignment]


class Meter:
    """Measures the phases of an iteration.

    Args:
        accelerator: of the run.
        heartbeat: is told which phase a process is in.
    """

    def __init__(self, accelerator: Accelerator, heartbeat: Heartbeat):
        self._accelerator, self._heartbeat = accelerator, heartbeat
        self.seconds: dict[str, float] = {}
        """of each phase so far"""
        self._cpu_seconds = 0.0
        self._bytes: dict[str, int] = {}

    def begin(self) -> None:
        """Forget what was measured: another iteration begins."""
        self.seconds, self._bytes, self._cpu_seconds = {}, {}, 0.0

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure the block as a phase, or as a further part of it."""
        self._heartbeat.doing, start, cpu = name, time.perf_counter(), time.process_time()
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        try:
            yield
        finally:
            self._heartbeat.doing = ""
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start
        if name != "evaluate":
            self._cpu_seconds += time.process_time() - cpu
        peak = peak_bytes(torch.device(self._accelerator.device))
        self._bytes[name] = max(self._bytes.get(name, 0), peak)

    def count(self, name: str, seconds: float, cpu_seconds: float) -> None:
        """Add a phase that was measured elsewhere."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds
        self._cpu_seconds += cpu_seconds

    def metrics(self, tokens: float = 0.0) -> dict[str, float]:
        """Return what to log; every process must call it.

        * ``seconds/<phase>``: in the first process. ``seconds/waiting``, from the end of a process's own
          episodes to the end of everyone's, is the mean over processes.
        * ``memory/<phase>``: peak GiB of the process that took most; on a CPU the peak since it began.
        * ``cpu_seconds``: processor time of playing and learning in the first process, however busy the
          machine was.

        Args:
            tokens: how many were sampled, and learned from, by all processes.
        """
        found = {f"seconds/{name}": seconds for name, seconds in self.seconds.items()}
        for name, size in self._bytes.items():
            if size and name != "waiting":
                found[f"memory/{name}"] = largest(self._accelerator, size / 2**30)
        waiting = self.seconds.get("waiting", 0.0)
        if "waiting" in self.seconds:
            [total] = summed(self._accelerator, [waiting])
            found["seconds/waiting"] = total / self._accelerator.num_processes
        if tokens and "rollout" in self.seconds:
            rollout, update = self.seconds["rollout"] + waiting, self.seconds["update"]
            found["cpu_seconds"] = self._cpu_seconds
            found["tokens_per_second"] = tokens / (rollout + update)
            found["tokens_per_second/rollout"] = tokens / rollout
            found["tokens_per_second/update"] = tokens / update
        return found


def peak_bytes(device: torch.device) -> int:
    """Return the peak of bytes that were held: on a GPU since it was reset, else by the process so far.

    0 where the system does not tell it.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if resource is None:
        return 0
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest if sys.platform == "darwin" else highest * 1024
