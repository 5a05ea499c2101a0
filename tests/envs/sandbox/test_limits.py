"""Limits and verdicts as values."""

import math
from typing import Any

import pytest

from onelayer.envs.sandbox import STATUSES, Limits, Verdict


def test_the_clock_allows_three_times_the_processor_and_two_seconds() -> None:
    assert Limits().wall_s == 17.0
    assert Limits(cpu_s=1).wall_s == 5.0
    assert Limits(cpu_s=1, wall_s=2).wall_s == 2


@pytest.mark.parametrize("field", ["cpu_s", "wall_s", "memory_mb", "disk_mb", "output_kb"])
@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, "5", True])
def test_limits_that_make_no_sense_are_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field):
        Limits(**{field: value})


def test_python_needs_some_memory_and_nobody_waits_longer_than_a_day() -> None:
    with pytest.raises(ValueError, match="at least 16"):
        Limits(memory_mb=1)
    with pytest.raises(ValueError, match="a day"):
        Limits(cpu_s=1e6)


def test_only_passed_is_passed() -> None:
    assert [status for status in STATUSES if Verdict(status, "full").passed] == ["passed"]
