"""How good an agent is on held-out tasks.

::

    from onelayer.evals import Suite, evaluate, load_results, load_suite, register_metric

    results = evaluate(load_suite("counting"), agent)
    print(results.overall.metrics["success"])
"""

from onelayer.evals.definition import Collection, Suite
from onelayer.evals.estimates import Estimate
from onelayer.evals.figures import register_metric
from onelayer.evals.results import Results, compare, load_results, write_results
from onelayer.evals.run import evaluate
from onelayer.evals.suite import load_suite

__all__ = [
    "Collection",
    "Estimate",
    "Results",
    "Suite",
    "compare",
    "evaluate",
    "load_results",
    "load_suite",
    "register_metric",
    "write_results",
]
