"""Problems with a checkable answer: onelayer/Math-v0, and the grader."""
