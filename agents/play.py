"""How a model plays, and the one place where a model becomes an agent.

Training, its evaluations, warm starts, `onelayer eval` and `onelayer profile` can be compared because all of
them make their agents here, from the same few settings.
"""

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import gymnasium as gym

from onelayer.envs.attributes import attribute

if TYPE_CHECKING:
    from collections.abc import Mapping

    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from onelayer.agents.chat_server import ChatServer
    from onelayer.agents.endpoint import EndpointAgent
    from onelayer.agents.engine import MakeEngine
    from onelayer.agents.policy import PolicyAgent
    from onelayer.agents.prompts import PromptFormat


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
            engine: makes the engine that writes the replies; None: the model writes them in this process.
        """
        from onelayer.agents.policy import PolicyAgent
        from onelayer.agents.sampling import Sampling

        return PolicyAgent(
            model,
            tokenizer,
            sampling=Sampling(self.temperature, self.top_p, self.response_limit),
            history=self._pairs,
            prompt_format=self.prompt_format(tokenizer, env),
            engine=engine,
        )

    def prompt_format(
        self, tokenizer: "PreTrainedTokenizerBase", env: gym.Env[str, str]
    ) -> "PromptFormat":
        """Return the format that turns episodes of ``env`` into prompts for the tokenizer's model."""
        from onelayer.agents.prompts import format_for

        return format_for(tokenizer, **self._chat_settings(env))

    def served_agent(
        self, server: "ChatServer", env: gym.Env[str, str], *, keep_tokens: bool = False
    ) -> "EndpointAgent":
        """Return an agent that plays in this way by asking a served model.

        Args:
            server: answers chats.
            env: one of the environments that it will play in; tells its instructions.
            keep_tokens: ask for each token with its log-probability.
        """
        from onelayer.agents.chat import ChatMessages
        from onelayer.agents.endpoint import EndpointAgent

        return EndpointAgent(
            server,
            ChatMessages(**self._chat_settings(env)),
            temperature=self.temperature,
            top_p=self.top_p if self.top_p < 1 else None,  # some servers refuse it
            response_limit=self.response_limit,
            history=self._pairs,
            keep_tokens=keep_tokens,
        )

    @property
    def _pairs(self) -> int | str:
        return int(self.history) if self.history.isdecimal() else self.history

    def _chat_settings(self, env: gym.Env[str, str]) -> dict[str, Any]:
        """Return what a model is shown of an environment, beside its observations."""
        return {
            "instructions": attribute(env, "instructions", ""),
            "show_admissible": self.show_admissible,
            "thinking": self.thinking,
            "free_form": attribute(env, "free_form", False),
        }
