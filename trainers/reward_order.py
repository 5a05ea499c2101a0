"""Whether penalties can turn the order of wins and losses around, asked before anything is played."""

from collections.abc import Iterator
from typing import Any

import gymnasium as gym

from onelayer.envs.attributes import attribute


def reversed_orders(env: gym.Env[Any, Any], penalty: float) -> Iterator[str]:
    """Yield a sentence for each environment in which a win may earn no more than a loss.

    A win has at most ``max_steps - 1`` invalid actions, and a loss may have none. If the penalties of so
    many are below ``success_margin``, the least by which a win earns more than a loss of its task, every
    win earns more than every loss, and GRPO ranks it higher. GiGPO compares states as well: if twice these
    penalties are below the margin, it ranks each step of a win higher at any discount, as long as advantages
    are not divided by a deviation.

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
