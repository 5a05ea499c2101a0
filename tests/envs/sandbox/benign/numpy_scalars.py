import numpy as np


def mean(values):
    return np.mean(values)


# --- tests ---
TESTS = {"kind": "io_call", "fn_name": "mean", "cases": [{"args": [[1, 2, 6]], "output": 3.0}]}
NEEDS = "numpy"
