"""The data that trainers learn from; it is defined beside the rollout that makes it."""

from onelayer.agents.episodes import Episode, Step

__all__ = ["Episode", "Step"]
