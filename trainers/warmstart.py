"""Warm start: from an untrained tiny model to one that plays ALFWorld legally and wins part of the time.

A searching expert plays generated games without knowing where things lie. The model learns the expert's
commands by next-token prediction, and only reads the rest. It cannot learn here where to look first: that is
left for reinforcement learning.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from onelayer.agents.base import Agent
from onelayer.agents.episodes import Episode
from onelayer.agents.household_text import read_errand
from onelayer.agents.play import Play
from onelayer.agents.prompts import PlainFormat, Turn, encode
from onelayer.agents.rollout import rollout
from onelayer.agents.searcher import SearchingAgent
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


@dataclass(frozen=True, slots=True)
class Measurement:
    """How the warm-started model plays at temperature 1."""

    episodes: int
    success: float
    legal_actions: float
    steps: float


class StumblingAgent:
    """Plays like an expert, but now and then says an impossible command before the expert's.

    A model that saw only perfect demonstrations has never read "Nothing happens." and does not recover from
    its first mistake. Half of the impossible commands take the thing that the task names from a place where
    it is not, the mistake that models make most. The others are commands that the expert gave elsewhere.

    Args:
        expert: is not told of the stumble, which changes nothing in the world.
        stumbles: probability of one at each step.
        seed: of when and what.
    """

    def __init__(self, expert: Agent, stumbles: float, seed: int):
        self._expert, self._stumbles = expert, stumbles
        self._random = np.random.default_rng(seed)
        self._intended: dict[int, str] = {}
        self._wanted: dict[int, str] = {}
        self._said = ["look"]

    def reset(self, slots: Sequence[int] | None = None) -> None:
        """See ``Agent.reset``."""
        for slot in list(self._intended) if slots is None else slots:
            self._intended.pop(slot, None)
        self._expert.reset(slots)

    def act(
        self,
        observations: Sequence[str],
        infos: Sequence[Mapping[str, Any]] | None = None,
        slots: Sequence[int] | None = None,
    ) -> list[str]:
        """Return the expert's commands, or stumble."""
        infos = [{}] * len(observations) if infos is None else infos
        slots = range(len(observations)) if slots is None else slots
        fresh = [i for i, slot in enumerate(slots) if slot not in self._intended]
        commands = self._expert.act(
            [observations[i] for i in fresh], [infos[i] for i in fresh], [slots[i] for i in fresh]
        )
        self._intended.update({slots[i]: c for i, c in zip(fresh, commands, strict=True)})
        self._said = (self._said + list(commands))[-2000:]
        return [
            self._say(slot, observation, info)
            for slot, observation, info in zip(slots, observations, infos, strict=True)
        ]

    def _say(self, slot: int, observation: str, info: Mapping[str, Any]) -> str:
        errand = read_errand(observation)
        if errand is not None:
            self._wanted[slot] = errand.thing
        if self._random.random() < self._stumbles:
            place = re.search(r"(?:arrive at|open the) (\w+ \d+)", observation)
            if place is not None and self._random.random() < 0.5:
                number = self._random.integers(1, 4)
                command = f"take {self._wanted[slot]} {number} from {place[1]}"
            else:
                command = self._said[self._random.integers(len(self._said))]
            if command not in (info["admissible"] or ()):
                return command
        return self._intended.pop(slot)


def demonstrations(
    room_sizes: Sequence[int], count: int, seed: int, max_steps: int, stumbles: float
) -> Iterator[Episode]:
    """Yield ``count`` won episodes of the random-order searcher, spread evenly over the room sizes.

    Games that it does not win within ``max_steps`` are played and left out.

    Raises:
        ValueError: it wins too few.
    """
    for i, size in enumerate(room_sizes):
        wanted = count * (i + 1) // len(room_sizes) - count * i // len(room_sizes)
        reserve = 4 * wanted + 64  # games of each seed; no two seeds share one
        arguments = {"split": "train", "room_size": size, "count": (seed + 1) * reserve}
        envs = [make(ENV, games="generated", max_steps=max_steps, **arguments) for _ in range(64)]
        tasks = envs[0].unwrapped.tasks  # type: ignore[attr-defined]
        expert = StumblingAgent(SearchingAgent(seed + size), stumbles, seed + size)
        found, start = 0, seed * reserve
        while found < wanted:
            chosen = [tasks[j] for j in range(start, min(start + 512, len(tasks)))]
            if not chosen:
                raise ValueError(
                    f"the expert won {found} of {reserve} games of {size} receptacles within "
                    f"{max_steps} steps, too few for {wanted} demonstrations; raise max_steps"
                )
            start += len(chosen)
            won = [e for e in rollout(envs, expert, chosen) if e.success][: wanted - found]
            found += len(won)
            yield from won


def example(episode: Episode, prompt_format: PlainFormat) -> Example:
    """Return the tokens of an episode; its possible commands and the tokens that end them are learned."""
    ids: list[int] = []
    labels: list[int] = []
    for step in episode.steps:
        turn = Turn(step.observation)
        shown = prompt_format.continuation(turn) if ids else prompt_format.prompt([turn])
        [read] = encode(prompt_format.tokenizer, [shown])
        read = read[1:] if ids else read
        written = [
            *prompt_format.tokenizer.encode(step.action, add_special_tokens=False),
            prompt_format.stop_ids[0],
        ]
        ids += [*read, *written]
        labels += [IGNORED] * len(read) + (written if step.valid else [IGNORED] * len(written))
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
    callbacks: Sequence[Any] = (),
) -> None:
    """Train all parameters of ``model`` in place for ``steps`` optimizer steps of ``batch`` examples.

    Both learning rates rise for ``warmup`` steps and then fall to 0 in a straight line.
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
    )


def measure(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    *,
    room_size: int,
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
