"""Problems with a checkable answer: onelayer/Math-v0, and the grader."""

from onelayer.envs.math.grading.conventions import Conventions, Grade
from onelayer.envs.math.grading.grader import check_gold, grade_answer, grade_response, parse_gold

__all__ = ["Conventions", "Grade", "check_gold", "grade_answer", "grade_response", "parse_gold"]
