"""How a model plays, and the one place where a model becomes an agent.

Training, its evaluations, `onelayer eval` and `onelayer profile` are comparable because they all make their
agents here, from the same few settings.
"""

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import gymnasium as gym

from onelayer.envs.attributes import attribute

if TYPE_CHECKING:
    from collections.abc import Mapping

    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from onelayer.agents.engine import MakeEngine
    from onelayer.agents.policy import PolicyAgent


@dataclass(frozen=True, slots=True)
class Play:
    """What decides an episode, beside the weights, the task and the random numbers.

    Raises:
        ValueError: ``history`` is neither "all" nor a number.
    """

    temperature: float = 1.0
    """of sampling, from 0 (always the likeliest token) on"""
    top_p: float = 1.0
    """sample among the likeliest tokens that have this much probability together"""
    response_limit: int = 512
    """tokens of a reply, after which it is cut"""
    history: str = "all"
    """"all": the prompt grows; "K": first turn and last K pairs"""
    show_admissible: bool = True
    """list the legal actions in a chat prompt"""
    thinking: bool = False
    """ask for a thought before the action"""

    def __post_init__(self) -> None:
        if self.history != "all" and not self.history.isdecimal():
            raise ValueError(f"history is `all` or a number of turns, got {self.history!r}")

    @classmethod
    def of(cls, settings: "Mapping[str, Any]") -> "Play":
        """Return it from a mapping that holds its fields, and may hold others."""
        values = {field.name: settings[field.name] for field in fields(cls)}
        return cls(**{**values, "history": str(values["history"])})

    @property
    def settings(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)

    def agent(
        self,
        model: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        env: gym.Env[str, str],
        engine: "MakeEngine | None" = None,
    ) -> "PolicyAgent":
        """Return a model that plays in this way.

        Args:
            model: a causal language model.
            tokenizer: the model's.
            env: one of the environments that it will play in; tells its instructions.
            engine: makes what writes the replies; None: the model does.
        """
        from onelayer.agents.policy import PolicyAgent
        from onelayer.agents.prompts import format_for
        from onelayer.agents.sampling import Sampling

        return PolicyAgent(
            model,
            tokenizer,
            sampling=Sampling(self.temperature, self.top_p, self.response_limit),
            history=int(self.history) if self.history.isdecimal() else self.history,
            prompt_format=format_for(
                tokenizer,
                instructions=attribute(env, "instructions", ""),
                show_admissible=self.show_admissible,
                thinking=self.thinking,
                free_form=attribute(env, "free_form", False),
            ),
            engine=engine,
        )
