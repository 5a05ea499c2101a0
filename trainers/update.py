"""One update: what a batch of episodes, and the advantage of each of their steps, do to the weights.

Everything here is about gradients; where episodes come from and when to save is ``trainer.py``. Axis
letters: ``N`` sampled tokens of a batch, ``T`` tokens of a row, ``M`` places of a batch.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
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
from onelayer.trainers.batch import Batch, Row, rows
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
from onelayer.trainers.loss import clipped, clipped_surrogate, importance_weights, kl_k3
from onelayer.trainers.memory import states_budget
from onelayer.trainers.mismatch import Mismatch
from onelayer.trainers.passes import Passes
from onelayer.trainers.processes import sum_gradients, summed
from onelayer.trainers.score import Scorer, check_scoring, weights_of
from onelayer.trainers.sharing import minibatches


class Learner:
    """The layers that learn, their optimizer, and the gradient step.

    Attributes:
        layers: indices of the layers that learn.
        first: the lowest of them; layers below it keep nothing for a backward pass.
        states: what enters layer ``first`` while episodes are played; None where that is the embedding.
        start: the trained weights before training, which are the reference policy; empty where ``beta``
        is 0. dtype: of the frozen weights, and of the trained ones outside of training. fingerprint: of
        the base that LoRA adapters were added to; None without them.

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
        if config.beta > 0:
            self.start = {name: p.detach().clone() for name, p in self.parameters.items()}
        for parameter in self.parameters.values():
            parameter.data = parameter.data.float()
        self.bad_steps = BadSteps()
        self.optimizer = torch.optim.AdamW(
            self._groups([p for layer in faster for p in stack[layer].parameters()]),
            lr=config.learning_rate,
            weight_decay=0.0,
        )
        again = config.epochs > 1 or config.beta > 0
        self.passes = Passes(self.scorer, self.first, self.states, config.tokens_per_forward, again)

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
        """Take ``epochs * minibatches`` optimizer steps; return what to log.

        Raises:
            ValueError: a step has no sampled tokens, or a row is longer than ``tokens_per_forward``.
            OutOfMemory: for the second time; the weights may have moved.
        """
        config = self.config
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(config, iteration) * group.get("boost", 1.0)
        learned = rows(episodes, advantages_N)
        self.passes.prepare(learned)
        try:
            one = _Update(self, learned)
            norms = []
            for epoch in range(config.epochs):
                random = np.random.default_rng([config.seed, iteration, epoch])
                for part in minibatches(self.accelerator, len(learned), config.minibatches, random):
                    found = one.accumulate([learned[i] for i in part])
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

    def _step(self, loss: float) -> float | None:
        """Join the processes' gradients, clip, move the layers; return the norm before clipping.

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

    @property
    def _device(self) -> torch.device:
        return torch.device(self.accelerator.device)


def learning_rate(config: TrainConfig, iteration: int) -> float:
    """Return the learning rate of an iteration: it rises over ``warmup`` and falls over ``decay``."""
    risen = min(1.0, (iteration + 1) / max(config.warmup, 1))
    fallen = 0.9 * min(1.0, iteration / config.decay) if config.decay else 0.0
    return config.learning_rate * risen * (1 - fallen)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What the passes over a minibatch gave, beside gradients."""

    sums: dict[str, float]
    mismatch: Mismatch
    old: dict[Row, Tensor]
    """log-probabilities of each row"""


class _Update:
    """The gradients of one update, and what is known of its rows.

    The old policy, which the ratio compares with, is the one that played. In float32 its
    log-probabilities are those of sampling. Where rounding matters (bfloat16) or there is only one step,
    they are those that the trainer itself computes before the first step: then the ratio begins at
    exactly 1, and what differs from sampling is left to ``importance_weights``.
    """

    def __init__(self, learner: Learner, learned: Sequence[Row]):
        config = learner.config
        self.learner, self.config = learner, config
        self.recomputes = (
            config.epochs * config.minibatches == 1
            or learner.dtype != torch.float32
            or config.importance_limit > 0
        )
        self.moved = False
        self.sums = dict.fromkeys(("tokens", *_SUMS), 0.0)
        self.mismatch = Mismatch()
        self.reference: dict[Row, Tensor] = {}
        self.old: dict[Row, Tensor] = {}
        """filled by the first epoch where that comes before the first step"""
        if config.beta > 0:
            self.reference = self._scored(learned, learner.start)
        if self.recomputes and config.minibatches > 1:
            self.old = self._scored(learned, {})

    @torch.no_grad()
    def _scored(self, learned: Sequence[Row], weights: Mapping[str, Tensor]) -> dict[Row, Tensor]:
        """Return the log-probabilities of each row, with other weights in place of the trained ones."""
        learner = self.learner

        def work() -> dict[Row, Tensor]:
            found: dict[Row, Tensor] = {}
            for made, entering_MD in learner.passes.batches(learned):
                scores = learner.scorer.score(made, learner.first, entering_MD)
                found |= _by_row(made, scores.logp_N)
            return found

        with weights_of(learner.parameters, weights), learner.autocast():
            return learner.passes.within_memory(work)

    def accumulate(self, minibatch: Sequence[Row]) -> "_Found":
        """Add the gradients of a minibatch up; what it found counts if its step is taken."""
        config, learner = self.config, self.learner
        [tokens] = summed(learner.accelerator, [sum(row.tokens for row in minibatch)])
        divisor = max(tokens, 1.0)
        if config.algorithm == "dr_grpo":  # a constant, whatever was written
            episodes = config.tasks_per_iteration * config.group_size
            divisor = episodes * config.response_limit / config.minibatches

        def work() -> tuple[dict[str, float], Mismatch, dict[Row, Tensor]]:
            return self._gradient(self._worth_a_pass(minibatch), divisor)

        parameters = list(learner.parameters.values())
        sums, mismatch, old = learner.passes.within_memory(work, parameters)
        joined = summed(learner.accelerator, [sums[name] for name in _SUMS])
        if not self.moved:
            mismatch = Mismatch(summed(learner.accelerator, mismatch.sums))
        sums = {"tokens": tokens, **dict(zip(_SUMS, joined, strict=True))}
        return _Found(sums, mismatch, old)

    def count(self, found: "_Found") -> None:
        """Take in what a minibatch found; its step has moved the weights."""
        for name, value in found.sums.items():
            self.sums[name] += value
        if not self.moved:
            self.mismatch = found.mismatch
        if self.recomputes:
            self.old |= {row: logp_N for row, logp_N in found.old.items() if row not in self.old}
        self.moved = True

    def _gradient(
        self, minibatch: Sequence[Row], divisor: float
    ) -> tuple[dict[str, float], Mismatch, dict[Row, Tensor]]:
        """Add gradients up; return sums over tokens and each row's log-probabilities."""
        learner = self.learner
        sums, mismatch = dict.fromkeys(_SUMS, 0.0), Mismatch()
        found: dict[Row, Tensor] = {}
        for made, entering_MD in learner.passes.batches(minibatch):
            loss = _Loss(
                self.config, made, self._of(made, self.old), self._of(made, self.reference), divisor
            )
            if not self.recomputes:
                loss.old_N = made.logp_N
            with learner.autocast():
                scores = learner.scorer.backward(made, loss, learner.first, entering_MD)
            logged = loss.sums | {"entropy": scores.entropy_N.sum(), "scored": len(made.logp_N)}
            sums = {name: sums[name] + float(logged[name]) for name in _SUMS}
            mismatch.add(scores.logp_N, made.logp_N)
            found |= _by_row(made, scores.logp_N)
        return sums, mismatch, found

    def _of(self, made: Batch, known: Mapping[Row, Tensor]) -> Tensor | None:
        if not all(row in known for row in made.rows):
            return None
        return torch.cat([known[row] for row in made.rows])

    def _worth_a_pass(self, minibatch: Sequence[Row]) -> list[Row]:
        """Return the rows that have a gradient: without KL, those with an advantage."""
        if self.config.beta > 0:
            return list(minibatch)
        return [row for row in minibatch if row.advantage_T.any()]

    def metrics(self) -> dict[str, float]:
        """Return what to log; how far sampling and training agree is of the passes before the first step."""
        sums, scored = self.sums, max(self.sums["scored"], 1.0)
        return {
            "loss": sums["loss"] / max(sums["tokens"], 1.0),
            "kl": sums["kl"] / scored,
            "entropy": sums["entropy"] / scored,
            "clip_fraction": sums["clipped"] / scored,
            **self.mismatch.metrics(),
            "tokens": sums["tokens"] / self.config.epochs,
        }


class _Loss:
    """The loss of a batch, chunk by chunk, as a function of log-probabilities."""

    def __init__(
        self,
        config: TrainConfig,
        made: Batch,
        old_N: Tensor | None,
        reference_N: Tensor | None,
        divisor: float,
    ):
        self.config, self.made, self.divisor = config, made, divisor
        self.old_N, self.reference_N = old_N, reference_N
        """without an old policy the tokens are scored by it now: the ratio is 1"""
        self.sums: dict[str, Any] = dict.fromkeys(("loss", "kl", "clipped"), 0.0)

    def __call__(self, logp_C: Tensor, chunk: slice) -> Tensor:
        """Return the derivative of the loss by each log-probability, ``[C]``; add up what is logged."""
        config = self.config
        logp_C = logp_C.detach().requires_grad_()
        old_C = logp_C.detach() if self.old_N is None else self.old_N[chunk]
        advantage_C, played_C = self.made.advantage_N[chunk], self.made.logp_N[chunk]
        clip = (config.clip_low, config.clip_high)
        with torch.enable_grad():
            loss_C = clipped_surrogate(logp_C, old_C, advantage_C, *clip)
            loss_C = loss_C * importance_weights(old_C, played_C, config.importance_limit)
            if self.reference_N is not None:
                kl_C = kl_k3(logp_C, self.reference_N[chunk])
                loss_C = loss_C + config.beta * kl_C
                self.sums["kl"] += kl_C.detach().sum()
        self.sums["loss"] += loss_C.detach().sum()
        self.sums["clipped"] += clipped(logp_C.detach(), old_C, advantage_C, *clip).sum()
        [slope_C] = torch.autograd.grad(loss_C.sum(), logp_C)
        return slope_C / self.divisor


_SUMS = ("loss", "kl", "entropy", "clipped", "scored")
"""what is added up over tokens"""


def _by_row(made: Batch, values_N: Tensor) -> dict[Row, Tensor]:
    """Return each row's share of what a batch has for its sampled tokens."""
    split = torch.split(values_N, [row.tokens for row in made.rows])
    return dict(zip(made.rows, split, strict=True))
