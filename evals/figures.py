"""The figures of an evaluation by name, in numpy: what a suite's ``metrics`` may hold.

A figure is a function of episodes. It returns a value for each episode, and the figure is their mean with an
interval over tasks; or it returns an ``Estimate`` itself. Three lines add one::

    @register_metric("short")
    def short(episodes):
        return [len(episode.steps) <= 5 for episode in episodes]

A suite then lists ``short``, or ``my_metrics:short``, which imports the module first.
"""

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from onelayer.agents.episodes import Episode
from onelayer.errors import UnknownName
from onelayer.evals.bootstrap import bootstrap_mean
from onelayer.evals.estimates import Estimate, mean_share, pass_at_k
from onelayer.evals.majority import majority_shares
from onelayer.settings import did_you_mean

Measure = Callable[[Sequence[Episode]], "Estimate | Sequence[float]"]
NOTHING = Estimate(math.nan, math.nan, math.nan)
"""a figure that is undefined, for example where there are no episodes"""
PART = "reward/"
"""``reward/format`` is the mean of the part ``format`` of ``info["reward_parts"]``"""


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that a suite can name."""

    name: str
    measure: Measure
    share: bool | None = None
    """whether it is a share, shown as a percentage; None: it is if the function returns booleans"""

    def __call__(self, episodes: Sequence[Episode]) -> Estimate:
        """Return the figure and its interval; NaN where there are no episodes.

        Raises:
            ValueError: the function did not return a finite number for each episode.
        """
        if not episodes:
            return NOTHING
        found = self.measure(episodes)
        if isinstance(found, Estimate):
            return found
        share = np.asarray(found).dtype == bool if self.share is None else self.share
        value_N = np.asarray(found, dtype=float)
        if value_N.shape != (len(episodes),):
            raise ValueError(
                f"metric {self.name} must return a number for each of {len(episodes)} episodes, or an "
                f"Estimate; got {value_N.shape}"
            )
        tasks = _tasks(episodes)
        known = np.isfinite(value_N)
        if not known.all():
            value_N, tasks = value_N[known], [t for t, k in zip(tasks, known, strict=True) if k]
        if not len(value_N):
            return NOTHING
        return mean_share(value_N, tasks) if share else bootstrap_mean(value_N, tasks)


_metrics: dict[str, Metric] = {}


def register_metric(name: str, *, share: bool | None = None) -> Callable[[Measure], Measure]:
    """Register a function of episodes as a metric.

    Args:
        name: its name in suites and tables.
        share: whether its values are shares in [0, 1], with Wilson's interval and shown as a percentage;
            None: they are if the function returns booleans.

    Raises:
        ValueError: another function has that name.
    """
    if "@" in name or ":" in name or name.startswith(PART):
        raise ValueError(f"a metric can't be called {name!r}: it looks like pass@K or {PART}PART")

    def register(measure: Measure) -> Measure:
        known = _metrics.get(name)
        if known is not None and _place(known.measure) != _place(measure):
            raise ValueError(f"there is a metric {name!r} already; choose another name")
        _metrics[name] = Metric(name, measure, share)
        return measure

    return register


def _place(measure: Measure) -> tuple[str, str]:
    """Return where a function is defined, so that a module that is imported again may register it again."""
    return measure.__module__, measure.__qualname__


def find_metric(name: str) -> Metric:
    """Return the metric of a name, as a suite writes it; ``module:name`` imports the module first.

    Raises:
        UnknownName: there is no such metric; the message lists the metrics.
    """
    module, _, short = name.rpartition(":")
    if module:
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            raise UnknownName(f"there is no module {module!r} for the metric {name!r}") from error
    if (attempts := pass_k(short)) is not None:
        return Metric(name, partial(_pass_at_k, k=attempts), share=True)
    if (votes := majority_k(short)) is not None:
        return Metric(name, partial(_majority_at_k, k=votes), share=True)
    if short.startswith(PART) and short != PART:
        part = short.removeprefix(PART)
        return Metric(name, lambda episodes: [e.reward_parts.get(part, 0.0) for e in episodes])
    if short not in _metrics:
        raise UnknownName(f"there is no metric {name!r}{did_you_mean(short, _metrics)}")
    return _metrics[short]


def metric_names() -> list[str]:
    """Return the names that are registered."""
    return list(_metrics)


def measure(name: str, episodes: Sequence[Episode]) -> Estimate:
    """Return one of a suite's metrics of some episodes; NaN where there are none.

    Args:
        name: a metric as a suite names it: ``success``, ``pass@4``, ``maj@4``, ``reward/format``, ...
        episodes: the episodes that count; the caller has dealt with errors already.

    Raises:
        UnknownName: there is no such metric.
    """
    return find_metric(name)(episodes)


def pass_k(metric: str) -> int | None:
    """Return K of ``pass@K``, None for another metric."""
    return _k_of(metric, "pass")


def majority_k(metric: str) -> int | None:
    """Return K of ``maj@K``, None for another metric."""
    return _k_of(metric, "maj")


def _k_of(metric: str, name: str) -> int | None:
    found, _, k = metric.partition("@")
    return int(k) if found == name and k.isdecimal() else None


def _tasks(episodes: Sequence[Episode]) -> list[str]:
    return [f"{episode.part}\0{episode.task}" for episode in episodes]


def _attempts(episodes: Sequence[Episode], k: int) -> list[Episode]:
    """Return the episodes of tasks with at least ``k`` episodes; other tasks lost some to errors."""
    tasks = _tasks(episodes)
    times = {task: tasks.count(task) for task in set(tasks)}
    return [e for e, task in zip(episodes, tasks, strict=True) if times[task] >= k]


def _pass_at_k(episodes: Sequence[Episode], k: int) -> Estimate:
    attempts: dict[str, list[bool]] = {}
    for episode in _attempts(episodes, k):
        attempts.setdefault(f"{episode.part}\0{episode.task}", []).append(episode.success)
    shares = [pass_at_k(len(of_task), sum(of_task), k) for of_task in attempts.values()]
    return mean_share(shares) if shares else NOTHING


def _majority_at_k(episodes: Sequence[Episode], k: int) -> Estimate:
    enough = _attempts(episodes, k)
    return mean_share(list(majority_shares(enough, k).values())) if enough else NOTHING


@register_metric("success", share=True)
def _success(episodes: Sequence[Episode]) -> Sequence[float]:
    return [float(episode.success) for episode in episodes]


@register_metric("return", share=False)
def _return(episodes: Sequence[Episode]) -> Sequence[float]:
    return [episode.total_reward for episode in episodes]


@register_metric("steps", share=False)
def _steps(episodes: Sequence[Episode]) -> Sequence[float]:
    return [float(len(episode.steps)) for episode in episodes]


@register_metric("valid_actions", share=True)
def _valid_actions(episodes: Sequence[Episode]) -> Estimate:
    """Return the share of valid actions among all actions, not the mean of the episodes' shares."""
    shares = [float(np.mean([s.valid for s in e.steps])) if e.steps else 0.0 for e in episodes]
    steps = [len(episode.steps) for episode in episodes]
    return bootstrap_mean(shares, _tasks(episodes), weights_N=steps)


@register_metric("unparsable", share=True)
def _unparsable(episodes: Sequence[Episode]) -> Sequence[float]:
    return [float(episode.answer is None) for episode in episodes]


@register_metric("response_tokens", share=False)
def _response_tokens(episodes: Sequence[Episode]) -> Estimate:
    return _mean_length(
        episodes, [[s.reply_tokens for s in e.steps if s.reply_tokens] for e in episodes]
    )


@register_metric("response_characters", share=False)
def _response_characters(episodes: Sequence[Episode]) -> Estimate:
    return _mean_length(episodes, [[len(s.reply or s.action) for s in e.steps] for e in episodes])


@register_metric("tokens_read", share=False)
def _tokens_read(episodes: Sequence[Episode]) -> Sequence[float]:
    """Return the prompt tokens of each episode; NaN where they were not counted."""
    return [float(sum(s.prompt_tokens for s in e.steps)) or math.nan for e in episodes]


@register_metric("tokens_written", share=False)
def _tokens_written(episodes: Sequence[Episode]) -> Sequence[float]:
    return [float(sum(s.reply_tokens for s in e.steps)) or math.nan for e in episodes]


def _mean_length(episodes: Sequence[Episode], lengths: Sequence[Sequence[int]]) -> Estimate:
    """Return the mean over all replies."""
    means = [float(np.mean(of_one)) if of_one else 0.0 for of_one in lengths]
    return bootstrap_mean(means, _tasks(episodes), weights_N=[len(of_one) for of_one in lengths])
