"""The gradient of a minibatch: its passes, its loss, and what is logged of them.

Axes: ``N`` sampled tokens of a batch, ``C`` those of a chunk, ``T`` tokens of a row, ``M`` places of a batch.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from onelayer.trainers.batch import Batch
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.loss import (
    KL,
    believable,
    clipped,
    clipped_surrogate,
    importance_weights,
)
from onelayer.trainers.mismatch import Mismatch
from onelayer.trainers.passes import Passes
from onelayer.trainers.processes import summed
from onelayer.trainers.score import Scorer, weights_of
from onelayer.trainers.token_rows import Row


class Policy(Protocol):
    """What is used of ``update.Learner``: a policy whose layers from ``first`` on are run to learn."""

    config: TrainConfig
    accelerator: Accelerator
    dtype: torch.dtype
    parameters: dict[str, nn.Parameter]
    """those that learn, by name"""
    start: dict[str, Tensor]
    """what they were before training"""
    first: int
    passes: Passes
    scorer: Scorer

    def autocast(self) -> AbstractContextManager[None]:
        """Return the context in which the model is run."""


class Gradients:
    """The gradients of one update, and what is known of its rows.

    The old policy of the ratio is the one that played. In float32 its log-probabilities are those of
    sampling. Where rounding matters (bfloat16) or there is only one step, the trainer computes them itself
    before the first step: then the ratio begins at exactly 1, and ``importance_weights`` make up for the
    difference from sampling.

    Args:
        learner: holds the policy.
        minibatches: those of the first epoch. What is scored before the first step is scored in their
            batches, because rounding depends on the shape of a batch.
    """

    def __init__(self, learner: Policy, minibatches: Sequence[Sequence[Row]]):
        config = learner.config
        self.learner, self.config = learner, config
        self.steps = len(minibatches)
        """optimizer steps in an epoch"""
        self.recomputes = config.epochs * self.steps == 1 or _differs_from_playing(
            config, learner.dtype
        )
        self.moved = False
        self.sums = dict.fromkeys(("tokens", *_SUMS), 0.0)
        self.mismatch = Mismatch()
        self.reference: dict[Row, Tensor] = {}
        self.old: dict[Row, Tensor] = {}
        """log-probabilities by the old policy: scored beforehand, or found by the first step's own passes"""
        if config.beta > 0:
            self.reference = self._scored(minibatches, learner.start)
        if scores_old_policy(config, learner.dtype):
            self.old = self._scored(minibatches, {})

    @torch.no_grad()
    def _scored(
        self, minibatches: Sequence[Sequence[Row]], weights: Mapping[str, Tensor]
    ) -> dict[Row, Tensor]:
        """Return the log-probabilities of each row, with other weights in place of the trained ones."""
        learner = self.learner

        def work() -> dict[Row, Tensor]:
            found: dict[Row, Tensor] = {}
            for minibatch in minibatches:
                for made, entering_MD in learner.passes.batches(self._worth_a_pass(minibatch)):
                    scores = learner.scorer.score(made, learner.first, entering_MD)
                    if not made.idle:
                        found |= _by_row(made, scores.logp_N)
            return found

        with weights_of(learner.parameters, weights), learner.autocast():
            return learner.passes.within_memory(work)

    def accumulate(self, minibatch: Sequence[Row]) -> "Found":
        """Add up the gradients of a minibatch; give the result to ``count`` if its step is taken."""
        config, learner = self.config, self.learner
        [tokens] = summed(learner.accelerator, [sum(row.tokens for row in minibatch)])
        divisor = max(tokens, 1.0)
        if config.algorithm == "dr_grpo":  # a constant, however many tokens were written
            episodes = config.tasks_per_iteration * config.group_size
            divisor = episodes * config.response_limit / self.steps

        def work() -> tuple[dict[str, float], Mismatch, dict[Row, Tensor]]:
            return self._gradient(self._worth_a_pass(minibatch), divisor)

        parameters = list(learner.parameters.values())
        # Autocast keeps rounded copies of the weights, so it ends before the step.
        with learner.autocast():
            sums, mismatch, old = learner.passes.within_memory(work, parameters)
        joined = summed(learner.accelerator, [sums[name] for name in _SUMS])
        if not self.moved:
            mismatch = Mismatch(summed(learner.accelerator, mismatch.sums))
        sums = {"tokens": tokens, **dict(zip(_SUMS, joined, strict=True))}
        return Found(sums, mismatch, old)

    def count(self, found: "Found") -> None:
        """Add what a minibatch found to the totals; if it had a gradient, its step has moved the weights."""
        for name, value in found.sums.items():
            self.sums[name] += value
        if not self.moved:
            self.mismatch = found.mismatch
        if self.recomputes:
            self.old |= {row: logp_N for row, logp_N in found.old.items() if row not in self.old}
        self.moved = self.moved or found.teaches

    def _gradient(
        self, minibatch: Sequence[Row], divisor: float
    ) -> tuple[dict[str, float], Mismatch, dict[Row, Tensor]]:
        """Add up gradients; return sums over tokens and each row's log-probabilities."""
        learner = self.learner
        sums, mismatch = dict.fromkeys(_SUMS, 0.0), Mismatch()
        found: dict[Row, Tensor] = {}
        for made, entering_MD in learner.passes.batches(minibatch):
            loss = _Loss(
                self.config, made, self._of(made, self.old), self._of(made, self.reference), divisor
            )
            if not self.recomputes:
                loss.old_N = made.logp_N
            scores = learner.scorer.backward(made, loss, learner.first, entering_MD)
            if made.idle:  # without an advantage: its gradient is 0
                continue
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
        """Return what to log; sampling and training are compared in the passes before the first step."""
        sums, scored = self.sums, max(self.sums["scored"], 1.0)
        return {
            "loss": sums["loss"] / max(sums["tokens"], 1.0),
            "kl": sums["kl"] / scored,
            "entropy": sums["entropy"] / scored,
            "clip_fraction": sums["clipped"] / scored,
            "masked_fraction": sums["masked"] / scored,
            **self.mismatch.metrics(),
            "tokens": sums["tokens"] / self.config.epochs,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What the passes over a minibatch gave, beside gradients."""

    sums: dict[str, float]
    mismatch: Mismatch
    old: dict[Row, Tensor]
    """log-probabilities of each row"""

    @property
    def teaches(self) -> bool:
        """Whether any process had a row with a gradient."""
        return self.sums["scored"] > 0


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
        """if ``old_N`` is None, this pass itself is the old policy's: the ratio is 1"""
        self.kept_N: Tensor | None = None
        """tokens of replies that count; None: all do"""
        if config.sequence_mask > 0:
            assert old_N is not None, "it is scored first"
            self.kept_N = believable(old_N, made.logp_N, made.reply_N, config.sequence_mask)
        self.sums: dict[str, Any] = dict.fromkeys(("loss", "kl", "clipped", "masked"), 0.0)

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
            if self.kept_N is not None:
                loss_C = loss_C * self.kept_N[chunk]
                self.sums["masked"] += (~self.kept_N[chunk]).sum()
            if self.reference_N is not None:
                kl_C = KL[config.kl](logp_C, self.reference_N[chunk])
                loss_C = loss_C + config.beta * kl_C
                self.sums["kl"] += kl_C.detach().sum()
        self.sums["loss"] += loss_C.detach().sum()
        self.sums["clipped"] += clipped(logp_C.detach(), old_C, advantage_C, *clip).sum()
        [slope_C] = torch.autograd.grad(loss_C.sum(), logp_C)
        return slope_C / self.divisor


def scores_old_policy(config: TrainConfig, dtype: torch.dtype) -> bool:
    """Return whether the old policy needs passes of its own, before the first of several minibatches.

    To leave out whole replies, all of their tokens must have been scored before.
    """
    several = config.minibatches > 1 or config.minibatch_rows > 0
    return (several and _differs_from_playing(config, dtype)) or config.sequence_mask > 0


def _differs_from_playing(config: TrainConfig, dtype: torch.dtype) -> bool:
    return dtype != torch.float32 or config.importance_limit > 0 or config.sequence_mask > 0


_SUMS = ("loss", "kl", "entropy", "clipped", "masked", "scored")
"""what is added up over tokens"""


def _by_row(made: Batch, values_N: Tensor) -> dict[Row, Tensor]:
    """Return the values of a batch's sampled tokens, split by row."""
    split = torch.split(values_N, [row.tokens for row in made.rows])
    return dict(zip(made.rows, split, strict=True))
