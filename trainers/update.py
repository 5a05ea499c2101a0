"""One update: what a batch of episodes, and the advantage of each of their steps, do to the weights.

Everything here is about gradients; where episodes come from and when to save is ``trainer.py``. Axis
letters: ``N`` sampled tokens of a batch, ``T`` tokens of a row, ``M`` places of a batch.
"""

import itertools
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor
from torch.distributed.tensor import DTensor
from transformers import PreTrainedModel

from onelayer.agents.devices import without_cudnn_attention
from onelayer.agents.episodes import Episode
from onelayer.agents.model_check import check_model
from onelayer.agents.states import CapturedStates
from onelayer.trainers.bad_steps import BadSteps
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.fingerprint import base_fingerprint
from onelayer.trainers.gradient import Gradients, scores_old_policy
from onelayer.trainers.layers import (
    choose_layers,
    decoder_layers,
    train_only,
    trained_parameters,
    trains_everything,
)
from onelayer.trainers.lora import add_adapters
from onelayer.trainers.memory import advised, states_budget
from onelayer.trainers.passes import Passes
from onelayer.trainers.placement import Replicated, Sharded
from onelayer.trainers.random_mask import keep_to, random_masks
from onelayer.trainers.score import Scorer, check_scoring
from onelayer.trainers.sharing import minibatches
from onelayer.trainers.token_rows import Row, rows


class Learner:
    """The layers that learn, their optimizer, and the gradient step.

    Attributes:
        layers: indices of the layers that learn.
        first: the lowest of them; layers below it keep nothing for a backward pass.
        states: what enters layer ``first``; None where that is the embedding.
        masks: which numbers of the trained layers learn, by name; empty where all do.
        start: the trained weights before training, which are the reference policy; empty at ``beta`` 0.
        dtype: of the frozen weights, and of the trained ones outside of training.
        fingerprint: of the base that LoRA adapters were added to; None without them.

    The trained weights are kept in float32 whatever ``dtype`` is, and rounded on their way into a matrix
    product (``autocast``): in bfloat16 most steps of a small learning rate would round to nothing.

    Raises:
        ValueError: the model lacks a layer, is in another dtype, or cannot be played as it is.
    """

    def __init__(self, model: PreTrainedModel, config: TrainConfig, accelerator: Accelerator):
        stack = decoder_layers(model)
        self.model, self.config, self.accelerator = model, config, accelerator
        self.layers = choose_layers(model, config.layers)
        faster = choose_layers(model, config.boost_layers) if config.boost_layers else []
        if idle := set(faster) - set(self.layers):
            raise ValueError(
                f"boost_layers names layer {min(idle)}, which is none of those trained"
            )
        self.dtype = model.get_input_embeddings().weight.dtype
        if self.dtype != getattr(torch, config.dtype):
            raise ValueError(
                f"the model is in {self.dtype}, not in {config.dtype}; load it in that, or set dtype"
            )
        self.fingerprint = base_fingerprint(model) if config.lora_rank else None
        self.parameters = self._chosen_parameters()
        self.masks = random_masks(model, config.layers, self.parameters)
        whole = trains_everything(config.layers) and not config.lora_rank
        self.first = 0 if whole or config.train_embeddings else self.layers[0]
        self.states: CapturedStates | None = None
        if self.first > 0:
            self.states = CapturedStates(stack[self.first], states_budget(self._device))
        check_model(model, self.first)
        self.scorer = Scorer(
            model,
            list(stack),
            temperature=config.temperature,
            checkpointing=config.gradient_checkpointing,
        )
        check_scoring(self.scorer)
        self.start: dict[str, Tensor] = {}
        if config.beta > 0 and not config.shard:
            self.start = {name: p.detach().clone() for name, p in self.parameters.items()}
        for parameter in self.parameters.values():
            parameter.data = parameter.data.float()
        self.bad_steps = BadSteps()
        self.placement: Replicated | Sharded = Replicated(accelerator)
        self._faster = [stack[layer] for layer in faster]
        self.optimizer = self._adamw()
        again = config.epochs > 1 or config.beta > 0 or scores_old_policy(config, self.dtype)
        self.passes = Passes(
            self.scorer,
            self.first,
            self.states,
            config.tokens_per_forward,
            again,
            self.placement,
        )

    def shard(self) -> None:
        """Split all parameters over the processes, before the first update; all call it together."""
        if self.accelerator.num_processes > 1:
            self.place(Sharded(self.model, self.accelerator, self.dtype))
        if self.config.beta > 0:
            self.start = {name: p.detach().clone() for name, p in self.parameters.items()}

    def place(self, placement: Sharded) -> None:
        """Learn from now on with the parameters where ``placement`` has put them, with a new optimizer."""
        self.placement = self.passes.placement = placement
        self.scorer.head_alone = placement.head_alone
        self.parameters = dict(self.model.named_parameters())
        self.optimizer = self._adamw()

    @property
    def captured(self) -> CapturedStates | None:
        """The states that playing has to fill; None on a GPU, where running the layers again costs less."""
        return self.states if self._device.type == "cpu" else None

    def _chosen_parameters(self) -> dict[str, torch.nn.Parameter]:
        """Freeze all parameters but those that learn, and return these by name."""
        config = self.config
        if config.lora_rank:
            return add_adapters(self.model, self.layers, config.lora_rank, config.seed)
        everything, ends = trains_everything(config.layers), config.train_embeddings
        train_only(self.model, self.layers, everything=everything, train_embeddings=ends)
        return trained_parameters(
            self.model, self.layers, everything=everything, train_embeddings=ends
        )

    def _adamw(self) -> torch.optim.AdamW:
        return torch.optim.AdamW(
            self._groups(), lr=self.config.learning_rate, weight_decay=self.config.weight_decay
        )

    def _groups(self) -> list[dict[str, Any]]:
        """Return what the optimizer moves: all alike, or with the boosted parameters apart."""
        ids = {id(parameter) for layer in self._faster for parameter in layer.parameters()}
        parameters = list(self.parameters.values())
        groups: list[dict[str, Any]] = [{"params": [p for p in parameters if id(p) not in ids]}]
        if faster := [p for p in parameters if id(p) in ids]:
            groups.append({"params": faster, "boost": self.config.boost})
        return groups

    def autocast(self) -> AbstractContextManager[None]:
        """Return the context in which the model is run, while playing as while learning."""
        reduced = self.dtype != torch.float32
        return torch.autocast(self._device.type, dtype=self.dtype, enabled=reduced)

    @without_cudnn_attention()
    def update(
        self, episodes: Sequence[Episode], advantages_N: NDArray[np.float64], iteration: int
    ) -> dict[str, float]:
        """Take an optimizer step for each minibatch of each epoch; return what to log.

        A minibatch without a gradient, because every advantage in it is 0 and there is no KL, takes no
        step: the optimizer's momentum would move the weights.

        Raises:
            ValueError: a step has no sampled tokens.
            OutOfMemory: for the second time, or in an optimizer step; the weights may have moved.
        """
        config = self.config
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(config, iteration) * group.get("boost", 1.0)
        learned = rows(episodes, advantages_N, without_cut=config.mask_cut_replies)
        self.passes.prepare(learned)
        try:
            epochs = [
                self._minibatches(learned, iteration, epoch) for epoch in range(config.epochs)
            ]
            one = Gradients(self, epochs[0])
            norms = []
            for minibatch in itertools.chain.from_iterable(epochs):
                found = one.accumulate(minibatch)
                if not found.teaches:
                    one.count(found)
                    continue
                norm = self._step(found.sums["loss"])
                if norm is not None:
                    one.count(found)
                    norms.append(norm)
        finally:
            if self.states is not None:
                self.states.clear()
        return {
            **one.metrics(),
            "gradient_norm": float(np.mean(norms)) if norms else 0.0,
            "steps_left_out": self.bad_steps.count,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
        }

    def _minibatches(self, learned: Sequence[Row], iteration: int, epoch: int) -> list[list[Row]]:
        """Return the rows of this process in each minibatch of an epoch."""
        random = np.random.default_rng([self.config.seed, iteration, epoch])
        drawn = minibatches(
            self.accelerator,
            len(learned),
            self.config.minibatches,
            random,
            most=self.config.minibatch_rows,
        )
        return [[learned[i] for i in part] for part in drawn]

    @advised(
        "in an optimizer step",
        "end what else holds memory there (a new run with fewer --layers needs less)",
    )
    def _step(self, loss: float) -> float | None:
        """Join the processes' gradients, clip, move the layers; return the norm before clipping.

        None: the loss or the norm is no finite number, and nothing moved.
        """
        parameters = list(self.parameters.values())
        keep_to(self.masks, self.parameters)
        self.placement.sum_gradients(parameters)
        norm = torch.nn.utils.clip_grad_norm_(parameters, self.config.max_grad_norm)
        if isinstance(norm, DTensor):
            norm = norm.full_tensor()
        taken = self.bad_steps.allow(loss, float(norm))
        if taken:
            self.optimizer.step()
        self.optimizer.zero_grad()
        return float(norm) if taken else None

    @property
    def _device(self) -> torch.device:
        return torch.device(self.accelerator.device)


def learning_rate(config: TrainConfig, iteration: int) -> float:
    """Return the learning rate of an iteration: it rises over ``warmup`` and falls over ``decay``."""
    risen = min(1.0, (iteration + 1) / max(config.warmup, 1))
    fallen = 0.9 * min(1.0, iteration / config.decay) if config.decay else 0.0
    return config.learning_rate * risen * (1 - fallen)
