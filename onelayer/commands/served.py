"""The player that asks a served model: `onelayer eval --endpoint URL --model NAME`."""

from typing import TYPE_CHECKING, Any

import gymnasium as gym

from onelayer.commands.evaluation_options import Config
from onelayer.commands.players import Player, Subject, how_to_play

if TYPE_CHECKING:
    from onelayer.agents.base import Agent


def served(subject: Subject, config: Config) -> Player:
    """Return the player of a served model.

    Raises:
        ValueError: the address or the key cannot work, or the server has several models and none is named.
    """
    from onelayer.agents.chat_server import ChatServer, key_from, served_models
    from onelayer.agents.json_server import public_address

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
        play = how_to_play(subject.trained, config)
        server = ChatServer(
            config.endpoint,
            model,
            key,
            timeout_s=config.request_timeout,
            retries=config.retries,
            connections=config.at_once,
        )
        agent = play.served_agent(server, env, keep_tokens=config.keep_tokens)
        address = public_address(config.endpoint)
        return agent, {"endpoint": address, "model": model, **play.settings}

    return player
