"""Warm start: from an untrained tiny model to one that plays ALFWorld legally and wins part of the time.

A searching expert plays generated games without knowing where things lie. The model learns the expert's
commands by next-token prediction, and only reads the rest. It cannot learn here where to look first: that is
left for reinforcement learning.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from onelayer.agents.episodes import Episode
from onelayer.agents.play import Play
from onelayer.agents.prompts import PlainFormat, Turn, Unencoded, encode
from onelayer.agents.rollout import rollout
from onelayer.agents.searcher import SearchingAgent
from onelayer.agents.stumbling import StumblingAgent
from onelayer.envs.alfworld import household
from onelayer.envs.plugins import make
from onelayer.trainers.layers import decoder_layers
from onelayer.trainers.muon import MuonWithAdamW
from onelayer.trainers.supervised import IGNORED, Example, fine_tune

ENV = "onelayer/ALFWorld-v0"
REPLY_LIMIT = 12
"""tokens; the longest command takes seven"""


_UNGENERATED = set(
    """
    baseballbat basketball bathtub blinds boots chair curtains floorlamp footstool laundryhamperlid
    lightswitch painting plunger poster scrubbrush showerdoor showerglass sink stoveknob tennisracket window
    """.split()  # noqa: SIM905 (a paragraph of quotes is no clearer)
)
"""kinds of things in ALFWorld's own games that generated ones lack"""


Rooms = int | Path | None
"""receptacles of generated houses, None for all that a scene has, or a file or folder of games"""


@dataclass(frozen=True, slots=True)
class Measurement:
    """How the warm-started model plays at temperature 1."""

    episodes: int
    success: float
    legal_actions: float
    steps: float


def demonstrations(
    room_sizes: Sequence[Rooms],
    count: int,
    seed: int,
    max_steps: int,
    stumbles: float,
    dawdles: float = 0.0,
    repeats: int = 1,
) -> Iterator[Episode]:
    """Yield ``count`` won episodes of the random-order searcher, spread evenly over the room sizes.

    None is ALFWorld's own size, 23 receptacles on average; a path holds games, whose training split is
    played. A size that is named twice has twice as many episodes. A game is played ``repeats`` times, with
    different orders of the search; episodes that are not won within ``max_steps`` are left out.

    Raises:
        ValueError: it wins too few.
    """
    for rooms, wanted in _spread(count, room_sizes):
        envs, tasks = _houses(rooms, wanted, seed, max_steps)
        own_seed = seed + (rooms if isinstance(rooms, int) else 0)
        expert = StumblingAgent(SearchingAgent(own_seed, dawdles=dawdles), stumbles, own_seed)
        found = start = 0
        while found < wanted:
            chosen = tasks[start : start + 512 // repeats]
            if not chosen:
                raise ValueError(
                    f"the expert won {found} of {len(tasks)} games of {rooms or 'all'} receptacles within "
                    f"{max_steps} steps, too few for {wanted} demonstrations; raise max_steps"
                )
            start += len(chosen)
            played = rollout(envs, expert, chosen, group_size=repeats)
            won = [episode for episode in played if episode.success][: wanted - found]
            found += len(won)
            yield from won


def own_games(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    room_sizes: Sequence[Rooms],
    count: int,
    seed: int,
    max_steps: int,
) -> Iterator[Episode]:
    """Yield ``count`` episodes that the model plays at temperature 1, won or not; see ``demonstrations``.

    ``example`` labels only the possible commands. A model that learns from its own ones says impossible
    commands less often in the very places where it says them, and keeps its preferences among the possible.
    """
    for rooms, wanted in _spread(count, room_sizes):
        envs, tasks = _houses(rooms, wanted, seed, max_steps)
        agent = Play(temperature=1.0, response_limit=REPLY_LIMIT).agent(model, tokenizer, envs[0])
        for start in range(0, wanted, 256):
            yield from rollout(envs, agent, tasks[start : min(start + 256, wanted)])


def _spread(count: int, room_sizes: Sequence[Rooms]) -> Iterator[tuple[Rooms, int]]:
    """Yield each of the room sizes once, with its part of ``count``; the parts add up to it."""
    done = 0
    for rooms, share in Counter(room_sizes).items():
        yield rooms, count * (done + share) // len(room_sizes) - count * done // len(room_sizes)
        done += share


def _houses(
    rooms: Rooms, wanted: int, seed: int, max_steps: int
) -> tuple[list[gym.Env[str, str]], list[str]]:
    """Return environments, and the games to play until ``wanted`` of them are won, in order."""
    # Games of each seed: seeds with the same ``wanted`` share no generated game.
    reserve = 4 * wanted + 64
    arguments: dict[str, Any] = {"split": "train", "max_steps": max_steps}
    if isinstance(rooms, Path):
        arguments |= {"games": str(rooms)}
    else:
        arguments |= {"games": "generated", "room_size": rooms, "count": (seed + 1) * reserve}
    envs = [make(ENV, **arguments) for _ in range(64)]
    tasks = envs[0].unwrapped.tasks  # type: ignore[attr-defined]
    if not isinstance(rooms, Path):
        return envs, [tasks[i] for i in range(seed * reserve, len(tasks))]
    order = np.random.default_rng(seed).permutation(len(tasks))
    return envs, [tasks[order[i % len(tasks)]] for i in range(reserve)]


def example(episode: Episode, prompt_format: PlainFormat, *, echoes: bool = False) -> Example:
    """Return the tokens of an episode and their labels: its possible commands with their end tokens.

    With ``echoes`` also the words that an observation repeats from the command before it, so that the model
    learns to copy names exactly.
    """
    turns = [Turn(step.observation) for step in episode.steps]
    shown = [prompt_format.prompt(turns[:1]), *map(prompt_format.continuation, turns[1:])]
    said = [Unencoded((step.action, prompt_format.stop_ids[0])) for step in episode.steps]
    encoded = encode(prompt_format.tokenizer, [*shown, *said])
    ids: list[int] = []
    labels: list[int] = []
    named: set[int] = set()
    for step, read, written in zip(
        episode.steps, encoded[: len(shown)], encoded[len(shown) :], strict=True
    ):
        read = read[1:] if ids else read  # the token that ends a command is in ``written``
        ids += [*read, *written]
        labels += [token if token in named else IGNORED for token in read]
        labels += written if step.valid else [IGNORED] * len(written)
        named = set(written[:-1]) if echoes else set()
    return {"input_ids": ids, "labels": labels}


def things() -> list[str]:
    """Return every name with its number that a room may hold, in lower case."""
    kinds = {kind.lower() for kind in (*household.PLACES, *household.HOLDS)} | _UNGENERATED
    most = {"cabinet": 30, "drawer": 30, "shelf": 15}
    return sorted(f"{kind} {n}" for kind in kinds for n in range(1, most.get(kind, 8) + 1))


def fit(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    examples: Sequence[Example],
    *,
    scratch: Path,
    steps: int,
    batch: int,
    matrix_learning_rate: float,
    learning_rate: float,
    warmup: int,
    seed: int,
    bfloat16: bool = False,
    callbacks: Sequence[Any] = (),
) -> None:
    """Train all parameters of ``model`` in place for ``steps`` optimizer steps of ``batch`` examples.

    Both learning rates rise for ``warmup`` steps and then fall to 0 in a straight line. With ``bfloat16``
    matrix products are rounded (autocast), weights are not.
    """
    optimizer = MuonWithAdamW(
        model,
        decoder_layers(model),
        matrix_learning_rate=matrix_learning_rate,
        learning_rate=learning_rate,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / warmup) * max(0.0, 1 - step / steps)
    )
    fine_tune(
        model,
        tokenizer,
        examples,
        scratch=scratch,
        steps=steps,
        seed=seed,
        callbacks=callbacks,
        optimizers=(optimizer, schedule),
        per_device_train_batch_size=batch,
        train_sampling_strategy="group_by_length",
        logging_steps=25,
        bf16=bfloat16,
    )


def measure(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    *,
    room_size: int | None,
    max_steps: int,
    episodes: int,
    temperature: float = 1.0,
) -> Measurement:
    """Play held-out games and count legal actions and wins."""
    envs = [
        make(
            ENV,
            games="generated",
            split="test",
            room_size=room_size,
            max_steps=max_steps,
            count=episodes,
        )
        for _ in range(min(episodes, 128))
    ]
    play = Play(temperature=temperature, response_limit=REPLY_LIMIT)
    agent = play.agent(model, tokenizer, envs[0])
    played = rollout(envs, agent, list(envs[0].unwrapped.tasks))  # type: ignore[attr-defined]
    return Measurement(
        episodes=len(played),
        success=float(np.mean([episode.success for episode in played])),
        legal_actions=float(np.mean([step.valid for e in played for step in e.steps])),
        steps=float(np.mean([len(episode.steps) for episode in played])),
    )
