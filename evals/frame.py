"""Episodes as the rows of a table, for pandas and for spreadsheets."""

from collections.abc import Sequence
from typing import Any

from onelayer.agents.episodes import Episode


def records_of(episodes: Sequence[Episode]) -> list[dict[str, Any]]:
    """Return a flat mapping for each episode; what is not known is None."""
    return [
        {
            "part": episode.part or None,
            "task": episode.task,
            "attempt": episode.attempt,
            "kind": episode.kind or None,
            "success": episode.success,
            "total_reward": episode.total_reward,
            "steps": len(episode.steps),
            "valid_actions": sum(step.valid for step in episode.steps),
            "truncated": episode.truncated,
            "cut_replies": sum(step.cut for step in episode.steps),
            "answer": episode.answer,
            "tokens_read": sum(step.prompt_tokens for step in episode.steps) or None,
            "tokens_written": sum(step.reply_tokens for step in episode.steps) or None,
            "error": episode.error,
            **{f"reward/{name}": value for name, value in episode.reward_parts.items()},
        }
        for episode in episodes
    ]
