"""What one run of a program may use."""

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one run; exceeding one ends the run with the status that names it.

    Raises:
        ValueError: a limit is not a positive, finite number, or too small for Python to run at all.
    """

    cpu_s: float = 5.0
    """processor seconds, of all threads together"""
    wall_s: float | None = None
    """wall-clock seconds, for programs that sleep; None: ``3 * cpu_s + 2``"""
    memory_mb: float = 512
    """address space beyond that of the bare interpreter, MiB"""
    disk_mb: float = 16
    """files written to the private ``/tmp``, MiB"""
    output_kb: float = 64
    """standard output, KiB; raised for a test that expects more"""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "wall_s" and value is None:
                object.__setattr__(self, "wall_s", 3 * self.cpu_s + 2)
                continue
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not math.isfinite(value) or value <= 0:
                raise ValueError(f"{field.name} must be a positive, finite number, got {value!r}")
        if self.memory_mb < 16:
            raise ValueError(f"memory_mb must be at least 16, got {self.memory_mb!r}")
        if self.cpu_s > 86_400 or self.wall_seconds > 86_400:
            raise ValueError("cpu_s and wall_s must be at most a day (86400)")

    @property
    def wall_seconds(self) -> float:
        """``wall_s``, which is a number once the object is made."""
        return self.wall_s if self.wall_s is not None else 3 * self.cpu_s + 2
