"""What the first iteration says about a run that will hardly learn."""

from collections.abc import Sequence

import numpy as np

from onelayer.agents.episodes import Episode

_MANY = 0.5
"""share of replies that are cut"""
_UNKNOWN = 0.25
"""share of what is read that the tokenizer does not know"""
_FEW = 0.02
"""share of actions that are understood"""


def first_signs(
    episodes: Sequence[Episode], unknown_id: int | None, response_limit: int
) -> list[str]:
    """Return sentences for the user: what was seen, and what to change; none where all looks well.

    Args:
        episodes: of the first iteration.
        unknown_id: the id that the tokenizer gives to words it does not know; None: it knows all.
        response_limit: tokens after which a reply is cut.
    """
    steps = [step for episode in episodes if episode.error is None for step in episode.steps]
    if not steps:
        return []
    signs = []
    read = np.concatenate([np.asarray(step.prompt_ids, dtype=np.int64) for step in steps])
    unknown = float(np.mean(read == unknown_id)) if unknown_id is not None and len(read) else 0.0
    if unknown > _UNKNOWN:
        signs.append(
            f"the model reads {unknown:.0%} of its input as unknown words: it was made for other texts, "
            "so take another --model"
        )
    cut = float(np.mean([step.cut for step in steps]))
    if cut > _MANY:
        signs.append(
            f"{cut:.0%} of the replies were cut at --response-limit {response_limit}: raise it, or ask "
            "for shorter answers"
        )
    understood = float(np.mean([step.valid for step in steps]))
    if understood < _FEW and cut <= _MANY:
        signs.append(
            f"{understood:.1%} of the actions were understood by the environment: look at some with "
            "`onelayer view`, and at the instructions with `onelayer envs show`"
        )
    return signs
