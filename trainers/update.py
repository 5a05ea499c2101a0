"""One update: what a batch of episodes, and the advantage of each of their steps, do to the weights.

Everything here is about gradients; where episodes come from and when to save is ``trainer.py``. Axis
letters: ``N`` sampled tokens of a batch, ``T`` tokens of a row.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel

from onelayer.agents.episodes import Episode
from onelayer.agents.model_check import check_model
from onelayer.agents.states import CapturedStates
from onelayer.trainers.bad_steps import BadSteps
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.fingerprint import base_fingerprint
from onelayer.trainers.layers import (
    choose_layers,
    decoder_layers,
    train_only,
    trained_parameters,
    trains_everything,
)
from onelayer.trainers.lora import add_adapters
from onelayer.trainers.loss import clipped, clipped_surrogate, kl_k3
from onelayer.trainers.packing import by_beginning, pack
from onelayer.trainers.processes import largest, sum_gradients, summed
from onelayer.trainers.rows import Batch, Row, rows
from onelayer.trainers.scoring import score, weights_of
from onelayer.trainers.sharing import minibatches

DRIFT_LIMIT = {"float32": 1e-3, "bfloat16": 0.1}
"""log-probabilities of sampling and training that differ by more are worth a warning, by ``dtype``"""


class Learner:
    """The layers that learn, their optimizer, and the gradient step.

    Attributes:
        layers: indices of the layers that learn.
        first: the lowest of them; layers below it are run while playing only.
        states: what enters the lowest layer, kept while playing; None where everything is run again.
        start: the trained weights before training, which are the reference policy.
        dtype: of the frozen weights, and of the trained ones outside of training.
        fingerprint: of the base that LoRA adapters were added to; None without them.

    The trained weights are kept in float32 whatever ``dtype`` is, and rounded on their way into a matrix
    product (``autocast``): in bfloat16 most steps of a small learning rate would round to nothing.

    Raises:
        ValueError: the model lacks a layer, is in another dtype, or cannot start at the lowest layer.
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
        whole = trains_everything(config.layers) and not config.lora_rank
        self.first = 0 if whole or config.train_embeddings else self.layers[0]
        self.below = list(stack[: self.first])
        self.states = CapturedStates(stack[self.first], 1 << 40) if self.first > 0 else None
        check_model(model, self.first)
        for parameter in self.parameters.values():
            parameter.data = parameter.data.float()
        self.bad_steps = BadSteps()
        self.start = {name: p.detach().clone() for name, p in self.parameters.items()}
        self.optimizer = torch.optim.AdamW(
            self._groups([p for layer in faster for p in stack[layer].parameters()]),
            lr=config.learning_rate,
            weight_decay=0.0,
        )

    def _chosen_parameters(self) -> dict[str, torch.nn.Parameter]:
        """Freeze the model but for what learns; return that by name."""
        config = self.config
        if config.lora_rank:
            return add_adapters(self.model, self.layers, config.lora_rank, config.seed)
        everything, ends = trains_everything(config.layers), config.train_embeddings
        train_only(self.model, self.layers, everything=everything, train_embeddings=ends)
        return trained_parameters(
            self.model, self.layers, everything=everything, train_embeddings=ends
        )

    def _groups(self, boosted: Sequence[torch.nn.Parameter]) -> list[dict[str, Any]]:
        """Return what the optimizer moves: all alike, or with the boosted parameters apart."""
        ids = {id(parameter) for parameter in boosted}
        parameters = list(self.parameters.values())
        groups: list[dict[str, Any]] = [{"params": [p for p in parameters if id(p) not in ids]}]
        if faster := [p for p in parameters if id(p) in ids]:
            groups.append({"params": faster, "boost": self.config.boost})
        return groups

    def autocast(self) -> AbstractContextManager[None]:
        """Return the context in which the model is run, while playing as while learning."""
        reduced = self.dtype != torch.float32
        return torch.autocast(self._device.type, dtype=self.dtype, enabled=reduced)

    def update(
        self, episodes: Sequence[Episode], advantages_N: NDArray[np.float64], iteration: int
    ) -> dict[str, float]:
        """Take ``epochs * minibatches`` optimizer steps; return what to log."""
        config = self.config
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(config, iteration) * group.get("boost", 1.0)
        learned = rows(episodes, advantages_N, self.states)
        if self.states is not None:
            self.states.clear()
        if config.beta > 0:
            learned = self._with_reference(learned)
        totals = dict.fromkeys(("tokens", *_SUMS), 0.0)
        gradient_norms: list[float] = []
        drift = 0.0
        for epoch in range(config.epochs):
            random = np.random.default_rng([config.seed, iteration, epoch])
            for part in minibatches(self.accelerator, len(learned), config.minibatches, random):
                sums, difference = self._accumulate([learned[i] for i in part])
                drift = drift if gradient_norms else difference  # before the first step only
                norm = self._step(sums["loss"])
                if norm is not None:
                    totals = {name: totals[name] + sums[name] for name in totals}
                    gradient_norms.append(norm)
        scored = max(totals["scored"], 1.0)
        return {
            "loss": totals["loss"] / max(totals["tokens"], 1.0),
            "kl": totals["kl"] / scored,
            "entropy": totals["entropy"] / scored,
            "clip_fraction": totals["clipped"] / scored,
            "gradient_norm": float(np.mean(gradient_norms)) if gradient_norms else 0.0,
            "steps_left_out": self.bad_steps.count,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "logp_drift": drift,
            "tokens": totals["tokens"] / config.epochs,
        }

    def _accumulate(self, minibatch: Sequence[Row]) -> tuple[dict[str, float], float]:
        """Add the gradients of a minibatch up.

        Returns sums over its tokens, and the largest difference between the log-probability of a token
        now and when it was sampled.
        """
        config = self.config
        [tokens] = summed(self.accelerator, [sum(row.tokens for row in minibatch)])
        divisor = max(tokens, 1.0)
        if config.algorithm == "dr_grpo":  # a constant, whatever was written
            episodes = config.tasks_per_iteration * config.group_size
            divisor = episodes * config.response_limit / config.minibatches
        sums, drift = dict.fromkeys(_SUMS, 0.0), 0.0
        for part in by_beginning(self._worth_a_pass(minibatch), config.rows_per_forward):
            batch = pack(part, self._device)
            with self.autocast():
                scores = score(self.model, batch, below=self.below, temperature=config.temperature)
            loss, logged = self._loss(batch, scores.logp_N)
            torch.autograd.backward(loss / divisor)
            logged |= {"entropy": float(scores.entropy_N.sum()), "scored": len(batch.logp_N)}
            sums = {name: sums[name] + logged[name] for name in _SUMS}
            drift = max(drift, float((scores.logp_N.detach() - batch.logp_N).abs().max()))
        joined = summed(self.accelerator, [sums[name] for name in _SUMS])
        drift = largest(self.accelerator, drift)
        return {"tokens": tokens, **dict(zip(_SUMS, joined, strict=True))}, drift

    def _loss(self, batch: Batch, logp_N: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the sum of the loss over the batch's tokens, and sums to log."""
        config, clip = self.config, (self.config.clip_low, self.config.clip_high)
        loss_N = clipped_surrogate(logp_N, batch.logp_N, batch.advantage_N, *clip)
        logged: dict[str, float] = {"kl": 0.0}
        if batch.reference_N is not None:
            kl_N = kl_k3(logp_N, batch.reference_N)
            loss_N = loss_N + config.beta * kl_N
            logged["kl"] = kl_N.sum().item()
        with torch.no_grad():
            was_clipped_N = clipped(logp_N, batch.logp_N, batch.advantage_N, *clip)
            logged["clipped"] = was_clipped_N.sum().item()
            logged["loss"] = loss_N.sum().item()
        return loss_N.sum(), logged

    def _step(self, loss: float) -> float | None:
        """Join the processes' gradients, clip, move the layer; return the norm before clipping.

        None: the loss or the norm is no finite number, and nothing moved.
        """
        parameters = list(self.parameters.values())
        sum_gradients(self.accelerator, parameters)
        norm = torch.nn.utils.clip_grad_norm_(parameters, self.config.max_grad_norm)
        taken = self.bad_steps.allow(loss, float(norm))
        if taken:
            self.optimizer.step()
        self.optimizer.zero_grad()
        return float(norm) if taken else None

    def _worth_a_pass(self, minibatch: Sequence[Row]) -> list[Row]:
        """Return the rows that have a gradient: without KL, those with an advantage."""
        if self.config.beta > 0:
            return list(minibatch)
        return [row for row in minibatch if row.advantage_T.any()]

    @torch.no_grad()
    def _with_reference(self, learned: Sequence[Row]) -> list[Row]:
        """Return the rows with log-probabilities under the weights that training began with."""
        done: dict[int, Row] = {}
        with weights_of(self.parameters, self.start), self.autocast():
            for part in by_beginning(learned, self.config.rows_per_forward):
                batch = pack(part, self._device)
                scores = score(
                    self.model, batch, below=self.below, temperature=self.config.temperature
                )
                done |= zip(map(id, part), _scattered(part, scores.logp_N), strict=True)
        return [done[id(row)] for row in learned]  # in their order, which all processes share

    @property
    def _device(self) -> torch.device:
        return torch.device(self.accelerator.device)


def learning_rate(config: TrainConfig, iteration: int) -> float:
    """Return the learning rate of an iteration: it rises over ``warmup`` and falls over ``decay``."""
    risen = min(1.0, (iteration + 1) / max(config.warmup, 1))
    fallen = 0.9 * min(1.0, iteration / config.decay) if config.decay else 0.0
    return config.learning_rate * risen * (1 - fallen)


_SUMS = ("loss", "kl", "entropy", "clipped", "scored")


def _scattered(part: Sequence[Row], logp_N: Tensor) -> Iterator[Row]:
    """Yield the rows, each with its share of ``logp_N`` at its sampled tokens."""
    values = logp_N.float().cpu().numpy()
    for row in part:
        reference_T = np.zeros(len(row.ids_T), dtype=np.float32)
        reference_T[row.sampled_T] = values[: row.tokens]
        values = values[row.tokens :]
        yield replace(row, reference_T=reference_T)
