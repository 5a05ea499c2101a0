"""Whether penalties can turn the order of wins and losses around, asked before anything is played."""

from collections.abc import Iterator
from typing import Any

import gymnasium as gym

from onelayer.envs.attributes import attribute


def reversed_orders(env: gym.Env[Any, Any], penalty: float) -> Iterator[str]:
    """Yield a sentence for each environment in which a win may earn no more than a loss.

    A win has at most ``max_steps - 1`` invalid actions, and a loss may have none. So where the penalties of
    these are below ``success_margin``, the least by which a solved episode earns more than an unsolved one of
    its task, every win earns more than every loss, and GRPO ranks it higher. Where twice the penalties are
    below the margin, GiGPO without division by a deviation ranks each of its steps higher than the loss's in
    the same state too, whatever the discount: both of its terms then are differences of rewards, and the
    second one takes no more away than the penalties once more.

    Environments that do not tell their margin are left to ``wins_below_losses``, which is counted in play.

    Args:
        env: one environment, or a mixture.
        penalty: what an invalid action costs.
    """
    for name, one in (attribute(env, "members") or {"": env}).items():
        margin, most = attribute(one, "success_margin"), attribute(one, "max_steps")
        if margin is None or most is None or penalty * (most - 1) < margin:
            continue
        where = f"in {name} " if name else ""
        yield (
            f"{where}a win with {most - 1} invalid actions earns no more than a loss: they cost "
            f"{penalty * (most - 1):g}, and a win is worth {margin:g} more (invalid_penalty={penalty:g}, "
            f"max_steps={most}); lower --invalid-penalty below {margin / (most - 1):.2g}, or raise the "
            "environment's reward of success"
        )
