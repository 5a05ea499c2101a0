"""Train language-model agents in text environments by RL, changing one transformer layer."""

__version__ = "0.2.0"
