"""Learners of different layers that play in one batch, and each learn from their own episodes.

A profile trains layer after layer from the same base. While playing, the runs differ in one layer of many: so
their episodes are written together (``onelayer.agents.joint``). Everything else is each learner's own: its
tasks, random numbers, update, log and checkpoints are those that it would have alone, and so are its weights,
up to rounding.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from onelayer.agents.episodes import Episode
from onelayer.agents.joint import JointDecoder, JointEngine, sharing_weights
from onelayer.agents.player_modules import Player
from onelayer.interrupts import StopRequests
from onelayer.trainers.bad_steps import Diverged
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.layer_spec import mask_seed, trains_everything
from onelayer.trainers.layers import choose_layers, trained_parameters
from onelayer.trainers.playing import MakeEnv
from onelayer.trainers.trainer import Trainer


def can_join(config: TrainConfig) -> bool:
    """Return whether a run trains only whole decoder layers, and plays in this process, without redraws."""
    others = config.lora_rank or config.train_embeddings or trains_everything(config.layers)
    elsewhere = config.engine == "vllm" or config.dynamic_sampling
    return not others and not elsewhere and mask_seed(config.layers) is None


class Population:
    """Several runs on one base, each an ordinary ``Trainer`` with copies of what it trains.

    Args:
        model: the base; it is not changed.
        tokenizer: the model's.
        env: makes one environment of the training split.
        configs: of the runs; they may differ in layers, rates, seeds and lengths, and must play alike.
        on_iteration: called with the number of a run and the metrics of its iteration.
        should_stop: asked before each iteration; where it says yes, all end with a checkpoint.

    Raises:
        ValueError: a run trains something else than decoder layers, they play differently, or the model's
            layers cannot be run row by row; and whatever ``Trainer`` raises.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        env: MakeEnv,
        configs: Sequence[TrainConfig],
        *,
        on_iteration: Callable[[int, Mapping[str, Any]], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ):
        _require_alike(configs)
        self.should_stop = should_stop or (lambda: False)
        self.stop = StopRequests(lambda number: number)
        self.trainers = []
        for number, config in enumerate(configs):
            own = trained_parameters(model, choose_layers(model, config.layers))
            told = None if on_iteration is None else partial(on_iteration, number)
            twin = sharing_weights(model, own)
            self.trainers.append(Trainer(twin, tokenizer, env, config, on_iteration=told))
        if self.trainers[0].accelerator.num_processes > 1:
            raise ValueError("a population plays in one process; start it without torchrun")
        players = [
            Player(t.model, tuple(t.learner.layers), t.learner.captured) for t in self.trainers
        ]
        agent = self.trainers[0].games.agent
        joint = JointEngine(JointDecoder(model, players, agent.stop_ids, agent.sampling))
        for trainer, seat in zip(self.trainers, joint.seats, strict=True):
            trainer.games.agent.engine = seat

    def train(self) -> dict[int, Diverged]:
        """Run all to their last iterations, or until ``should_stop`` says that it is enough.

        Returns:
            The runs that diverged, by their numbers; they end there, and the others go on.

        Raises:
            Exception: what ``Trainer.train`` raises, except ``Diverged``; all runs are saved as there.
        """
        diverged: dict[int, Diverged] = {}
        with self.stop.heard(), ExitStack() as everything:
            sessions = []
            for trainer in self.trainers:
                sessions.append(everything.enter_context(ExitStack()))
                sessions[-1].enter_context(trainer.session())
            while running := [i for i in range(len(sessions)) if self._goes_on(i, diverged)]:
                if self.should_stop():
                    break
                nothing: list[list[Episode]] = []
                played = self.stop.at_once(partial(self._play, running), nothing)
                self.stop.obey()
                for i, episodes in zip(running, played, strict=True):
                    try:
                        self.trainers[i].learn_from(episodes)
                    except Diverged as error:
                        diverged[i] = error
                        sessions[i].__exit__(type(error), error, error.__traceback__)
                self.stop.obey()
        return diverged

    def _goes_on(self, number: int, diverged: Mapping[int, Diverged]) -> bool:
        trainer = self.trainers[number]
        return number not in diverged and trainer.iteration < trainer.config.iterations

    def _play(self, running: Sequence[int]) -> list[list[Episode]]:
        """Play the next iteration of these runs together; each counts an equal share of the time."""
        trainers = [self.trainers[i] for i in running]
        start, cpu = time.perf_counter(), time.process_time()
        with trainers[0].learner.autocast():
            begun = [trainer.games.begin(trainer.iteration) for trainer in trainers]
            while going := [rollout for rollout in begun if rollout.runs]:
                for rollout in going:
                    rollout.turn()
        for trainer in trainers:
            trainer.games.agent.reset()
        wall, busy = time.perf_counter() - start, time.process_time() - cpu
        for trainer in trainers:
            trainer.meter.begin()
            trainer.meter.count("rollout", wall / len(trainers), busy / len(trainers))
        return [rollout.episodes for rollout in begun]


def _require_alike(configs: Sequence[TrainConfig]) -> None:
    if not configs:
        raise ValueError("a population needs at least one run")
    first = configs[0]
    for config in configs:
        if not can_join(config):
            raise ValueError(
                f"layers={config.layers} with lora_rank={config.lora_rank} cannot be trained with others: a "
                "population's runs train whole decoder layers"
            )
        for name in ("temperature", "top_p", "response_limit", "dtype"):
            if getattr(config, name) != getattr(first, name):
                raise ValueError(
                    f"runs that play together need the same {name}, got {getattr(first, name)} and "
                    f"{getattr(config, name)}"
                )
