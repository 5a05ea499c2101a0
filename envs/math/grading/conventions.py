"""The questions on which graders differ, as named options, and the verdict."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conventions:
    """Each default is the lenient reading of a question that the notation leaves open."""

    units_optional: bool = True
    """``5 cm`` answers ``5`` and ``5`` answers ``5 cm``; two different units are never equal"""
    percent_sign_optional: bool = True
    """``10`` answers ``10%``; ``0.1`` and ``1/10`` always do"""
    degrees_as_number: bool = True
    """``45`` answers ``45°``; ``π/4`` always does"""
    base_optional: bool = True
    """``101`` answers ``101_2``"""
    name_optional: bool = True
    """``5`` answers ``x = 5``, and the reverse"""
    list_order_matters: bool = False
    """whether ``3, 1, 2`` differs from ``1, 2, 3``; in parentheses the order always matters"""
    list_as_set: bool = True
    """``1, 2`` answers ``{1, 2}``, and the reverse"""
    approximation_digits: int | None = 5
    """a decimal of at least so many significant digits answers an exact value that it rounds (``1.4142``
    for ``√2``); None: never. A value with a finite decimal expansion must be met exactly"""
    decimal_comma: bool = True
    """``2,74`` answers ``2.74`` where it is no thousands separator"""
    ratio_as_fraction: bool = True
    """``1:2`` is the number ``1/2``, so that ``2:4`` answers it"""
    scaled_equations: bool = True
    """``2x - 2y = 0`` answers ``x = y``"""
    relation_as_interval: bool = True
    """``x < 5`` answers ``(-∞, 5)``"""
    worked_out: bool = False
    """whether a number must be worked out, and no formula of the problem is an answer: ``2 * 3`` does not
    answer ``6``, nor ``(x+1)^2`` the task to expand it. On in ``Math-v0``, where grades are rewards"""
    text_case_matters: bool = False
    """whether ``monday`` differs from ``Monday``; variables always keep their case"""
    join_boxes: bool = True
    r"""``\\boxed{1} and \\boxed{2}`` is the answer ``1, 2``; else the last box counts alone"""
    require_box: bool = False
    r"""an answer outside ``\\boxed{}`` counts as none"""


@dataclass(frozen=True, slots=True)
class Grade:
    """The verdict on one answer."""

    correct: bool
    extracted: str | None
    """the answer that was compared, as written; None where the response holds none"""
    reason: str
    """why, in a few words: ``equal``, ``different``, ``no answer``, ``timeout``, ``too long``, ..."""

    @property
    def timed_out(self) -> bool:
        """Whether no verdict was reached in time; such an answer may be right."""
        return self.reason == "timeout"
