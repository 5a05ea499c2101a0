"""What happened in a batch of episodes, as numbers to log."""

from collections.abc import Sequence

import numpy as np

from onelayer.agents.episodes import Episode


def summary(episodes: Sequence[Episode]) -> dict[str, float]:
    """Return means over the episodes, and over their steps; those with an error do not count.

    Of a run in several environments there are ``success/<env>``, ``return/<env>`` and ``episodes/<env>``.
    ``reward/<part>``, where the environment tells the parts of its reward, is the sum of a part over an
    episode, as a mean over episodes.
    ``doubtful/<what>`` are shares, from 0 to 1, of what should stay rare: reward earned by answers that did
    not stand where the task asked for them (``fallback``), episodes in which judging ran out of time
    (``timeouts``), and episodes that were dropped because of an error (``dropped``).
    """
    whole = [episode for episode in episodes if episode.error is None]
    steps = [step for episode in whole for step in episode.steps]
    return {
        "success": _mean([episode.success for episode in whole]),
        "return": _mean([episode.total_reward for episode in whole]),
        "episode_length": _mean([len(episode.steps) for episode in whole]),
        "valid_actions": _mean([step.valid for step in steps]),
        "cut_replies": _mean([step.cut for step in steps]),
        "reply_tokens": _mean([len(step.action_ids) for step in steps]),
        **_doubtful(episodes, whole),
        **_reward_parts(whole),
        **_by_environment(whole),
    }


def errors(episodes: Sequence[Episode]) -> dict[str, float]:
    """Return how many episodes ended in an error, in all and for each place that had any."""
    where = [e.error.partition(":")[0] for e in episodes if e.error is not None]
    counts = {f"errors/{name}": float(where.count(name)) for name in ("env", "context", "timeout")}
    return {"errors": float(len(where)), **{name: n for name, n in counts.items() if n}}


def _doubtful(episodes: Sequence[Episode], whole: Sequence[Episode]) -> dict[str, float]:
    steps = [step for episode in whole for step in episode.steps if step.reward > 0]
    earned = sum(step.reward for step in steps)
    by_fallback = sum(step.reward for step in steps if step.fallback)
    return {
        "doubtful/fallback": by_fallback / earned if earned else 0.0,
        "doubtful/timeouts": _mean([any(step.timeouts for step in e.steps) for e in whole]),
        "doubtful/dropped": _mean([episode.error is not None for episode in episodes]),
    }


def _by_environment(episodes: Sequence[Episode]) -> dict[str, float]:
    """Return the success, the return and the number of episodes of each of several environments."""
    found: dict[str, float] = {}
    for name in sorted({episode.env for episode in episodes if episode.env}):
        its = [episode for episode in episodes if episode.env == name]
        found[f"success/{name}"] = _mean([episode.success for episode in its])
        found[f"return/{name}"] = _mean([episode.total_reward for episode in its])
        found[f"episodes/{name}"] = float(len(its))
    return found


def _reward_parts(episodes: Sequence[Episode]) -> dict[str, float]:
    parts = [episode.reward_parts for episode in episodes]
    names = sorted({name for part in parts for name in part})
    return {f"reward/{name}": _mean([part.get(name, 0.0) for part in parts]) for name in names}


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else 0.0
