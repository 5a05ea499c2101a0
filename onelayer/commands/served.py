"""The player that asks a served model: `onelayer eval --endpoint URL --model NAME`."""

from typing import TYPE_CHECKING, Any

import gymnasium as gym

from onelayer.commands.players import Player, Subject, how_to_play
from onelayer.envs.attributes import attribute

if TYPE_CHECKING:
    from onelayer.agents.base import Agent
    from onelayer.commands.evaluate import Config


def served(subject: Subject, config: "Config") -> Player:
    """Return the player of a served model.

    Raises:
        ValueError: the address or the key cannot work, or the server has several models and none is named.
    """
    from onelayer.agents.chat import ChatMessages
    from onelayer.agents.chat_server import ChatServer, key_from, public_address, served_models
    from onelayer.agents.endpoint import EndpointAgent

    key = key_from(config.key_from)
    model, offered = config.model, served_models(config.endpoint, key)  # is anybody there?
    if not model:
        if len(offered) != 1:
            listed = ", ".join(offered[:8]) or "no list"
            raise ValueError(
                f"name the model with --model; {public_address(config.endpoint)} has {listed}"
            )
        model = offered[0]

    def player(env: gym.Env[str, str]) -> tuple["Agent", dict[str, Any]]:
        settings = how_to_play(subject.trained, config).settings
        history = str(settings["history"])
        server = ChatServer(
            config.endpoint,
            model,
            key,
            timeout_s=config.request_timeout,
            retries=config.retries,
            connections=config.at_once,
        )
        chat = ChatMessages(
            instructions=attribute(env, "instructions", ""),
            show_admissible=settings["show_admissible"],
            thinking=settings["thinking"],
            free_form=attribute(env, "free_form", False),
        )
        agent = EndpointAgent(
            server,
            chat,
            temperature=settings["temperature"],
            top_p=settings["top_p"] if settings["top_p"] < 1 else None,
            response_limit=settings["response_limit"],
            history=int(history) if history.isdecimal() else history,
            keep_tokens=config.keep_tokens,
        )
        return agent, {"endpoint": public_address(config.endpoint), "model": model, **settings}

    return player
