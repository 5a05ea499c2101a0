"""Log-probabilities of sampled tokens, and the gradient that they send back.

A forward pass begins at the first layer that learns: the output of the frozen layers below it was kept
while the episodes were played, or is computed once. It ends at the last layer. What comes after that, the
final norm and the head, reads every token by itself, so it runs on chunks of tokens, and the logits of a
batch never exist at once. Since a token's loss is known as soon as its log-probability is, the backward pass
of a chunk comes before the next chunk.

Axes: as in ``batch.py``; ``C`` sampled tokens of a chunk, ``V`` vocabulary.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel

from onelayer.agents.attention import attending
from onelayer.agents.devices import without_cudnn_attention
from onelayer.agents.forward import after_layers, entering, leaving
from onelayer.trainers.batch import Batch, batch
from onelayer.trainers.memory import is_out_of_memory
from onelayer.trainers.placement import own_part
from onelayer.trainers.token_rows import Row

_LOGITS_BYTES = {"cpu": 32 << 20}
_LOGITS_BYTES_ELSEWHERE = 256 << 20
"""logits of one chunk: few enough for the caches of a CPU, enough to keep a GPU busy"""

_ROUNDING = {torch.float32: 1e-4, torch.bfloat16: 0.1}
"""mean difference of log-probabilities, in nats, that a model may show at the start"""

Slope = Callable[[Tensor, slice], Tensor]
"""takes log-probabilities ``[C]`` and where they lie among the ``N``; returns the derivative of the loss by
them"""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What the policy thinks of the sampled tokens of a batch, without gradient."""

    logp_N: Tensor
    entropy_N: Tensor
    """of the whole distribution at each token"""


class Scorer:
    """Runs a model on batches from one of its layers on.

    Args:
        model: the policy.
        layers: its stack of decoder layers.
        temperature: as the tokens were sampled (0 counts as 1).
        checkpointing: recompute each layer's activations in the backward pass instead of keeping them.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        layers: Sequence[nn.Module],
        *,
        temperature: float = 1.0,
        checkpointing: bool = False,
    ):
        self.model, self.layers = model, layers
        self.temperature = temperature or 1.0
        self.checkpointing = checkpointing
        self.shares = True
        """whether batches may hold common prefixes once"""
        self.head_alone: Callable[[], AbstractContextManager[None]] = nullcontext
        """a context in which what follows the layers may run without them"""

    @torch.no_grad()
    def score(self, batch: Batch, first: int = 0, entering_MD: Tensor | None = None) -> Scores:
        """Return log-probabilities and entropies of the sampled tokens, without gradient.

        Args:
            batch: of rows.
            first: the layer to begin at.
            entering_MD: the states that enter it (``states``); None where it is layer 0.
        """
        with self._attending(batch) as where:
            leaving_MD = self._run(batch, where, first, len(self.layers), entering_MD)
        return self._through_head(leaving_MD[batch.predicting_N], batch.target_N, None)[0]

    def backward(
        self, batch: Batch, slope: Slope, first: int = 0, entering_MD: Tensor | None = None
    ) -> Scores:
        """Score, and add the gradient of a loss to every parameter that requires one.

        Args:
            batch: of rows.
            slope: derivative of the loss by the log-probability of each token; it is called once for each
                chunk, in order.
            first: the layer to begin at; no parameter below it may require a gradient.
            entering_MD: as above.
        """
        with self._recomputing(), self._attending(batch) as where:
            leaving_MD = self._run(batch, where, first, len(self.layers), entering_MD)
        hidden_ND = leaving_MD[batch.predicting_N]
        scores, gradient_ND = self._through_head(hidden_ND.detach(), batch.target_N, slope)
        if hidden_ND.requires_grad:
            with self._attending(batch):  # layers that are recomputed attend again
                torch.autograd.backward(hidden_ND, gradient_ND)
        return scores

    @torch.no_grad()
    def states(self, batch: Batch, layer: int) -> Tensor:
        """Return the states that enter a layer at every place, ``[M, D]``, by running those below it."""
        with self._attending(batch) as where:
            return self._run(batch, where, 0, layer, None)

    @contextmanager
    def _attending(self, batch: Batch) -> Iterator[dict[str, Tensor]]:
        """Let tokens attend to their texts; yield what the model needs beside its tokens."""
        if not batch.runs:
            yield {}  # whole rows need no mask: padding comes last, and the model counts from 0
            return
        own = [runs.position_RQ.flatten()[runs.real_X] for runs in batch.runs]
        with attending(self.model, torch.cat(own)[None], runs=batch.runs) as where:
            yield where

    def _run(
        self,
        batch: Batch,
        where: dict[str, Tensor],
        first: int,
        end: int,
        entering_MD: Tensor | None,
    ) -> Tensor:
        """Return what leaves layer ``end - 1`` at every place, ``[M, D]``."""
        with ExitStack() as stack:
            if first > 0 and entering_MD is not None:
                hidden_BTD = entering_MD.view(*batch.ids_BT.shape, -1)
                stack.enter_context(entering(self.layers, first, hidden_BTD))
            last = self.layers[end - 1]
            left_BTD = leaving(self.model, last, input_ids=batch.ids_BT, use_cache=False, **where)
        return left_BTD.flatten(0, 1)

    def _through_head(
        self, hidden_ND: Tensor, target_N: Tensor, slope: Slope | None
    ) -> tuple[Scores, Tensor]:
        """Return the scores, and the derivative of the loss by the states that enter the final norm."""
        gradient_ND = torch.zeros_like(hidden_ND)
        logps, entropies = [], []
        for chunk in self._chunks(len(hidden_ND)):
            hidden_CD = hidden_ND[chunk].requires_grad_(slope is not None)
            with torch.set_grad_enabled(slope is not None):
                logits_CV = self._logits(hidden_CD)
            with torch.no_grad():
                scores, share_CV = _scores(logits_CV, target_N[chunk])
                logps.append(scores.logp_N)
                entropies.append(scores.entropy_N)
            if slope is not None:
                # d logp / d logits = one_hot(sampled token) - softmax(logits)
                slope_C1 = slope(scores.logp_N, chunk)[:, None]
                by_logits_CV = share_CV.mul_(-slope_C1)
                by_logits_CV.scatter_add_(1, target_N[chunk][:, None], slope_C1)
                torch.autograd.backward(logits_CV, by_logits_CV)
                assert hidden_CD.grad is not None
                gradient_ND[chunk] = hidden_CD.grad
        return Scores(torch.cat(logps), torch.cat(entropies)), gradient_ND

    def _logits(self, hidden_CD: Tensor) -> Tensor:
        with self.head_alone():
            logits_CV = after_layers(self.model, self.layers, hidden_CD)
        logits_CV = logits_CV.to(torch.promote_types(logits_CV.dtype, torch.float32))
        return logits_CV if self.temperature == 1.0 else logits_CV / self.temperature

    def _chunks(self, tokens: int) -> Iterator[slice]:
        vocabulary = self.model.get_output_embeddings().weight.shape[0]
        most = _LOGITS_BYTES.get(self.model.device.type, _LOGITS_BYTES_ELSEWHERE)
        size = max(16, most // (4 * vocabulary))
        return (slice(start, min(start + size, tokens)) for start in range(0, tokens, size))

    @contextmanager
    def _recomputing(self) -> Iterator[None]:
        """Let the layers keep only their inputs for the backward pass, if that was asked for."""
        if not self.checkpointing:
            yield
            return
        try:
            for layer in self.layers:
                layer.forward = partial(checkpoint, layer.forward, use_reentrant=False)
            yield
        finally:
            for layer in self.layers:
                layer.__dict__.pop("forward", None)


def _scores(logits_CV: Tensor, target_C: Tensor) -> tuple[Scores, Tensor]:
    """Return the scores and the softmax of the logits."""
    share_CV = torch.softmax(logits_CV, dim=-1)
    highest_C, where_C = logits_CV.max(dim=-1)
    # logsumexp from the softmax: the highest share is exp(highest - logsumexp)
    total_C = highest_C - share_CV.gather(-1, where_C[:, None])[:, 0].log()
    logp_C = logits_CV.gather(-1, target_C[:, None])[:, 0] - total_C
    mean_C = torch.bmm(share_CV[:, None, :], logits_CV[:, :, None])[:, 0, 0]
    return Scores(logp_C, total_C - mean_C), share_CV


@without_cudnn_attention()
def check_scoring(scorer: Scorer) -> None:
    """Compare log-probabilities as they are computed here with those of plain forward passes.

    If they differ where rows share prefixes, as in a model whose attention is not transformers' own,
    ``scorer.shares`` becomes False, and rows are read whole.

    Raises:
        ValueError: they differ even then, because the model does something between its layers and its head.
    """
    size = scorer.model.get_input_embeddings().num_embeddings
    rows = [_made_up(size, prompt=9, written=written) for written in (2, 5)]
    expected_N = torch.cat([_plainly(scorer, row) for row in rows])
    for share in (True, False):
        try:
            found_N = scorer.score(batch(rows, scorer.model.device, share=share)).logp_N
        except (RuntimeError, TypeError, ValueError, LookupError, AttributeError) as error:
            if is_out_of_memory(error):
                raise
            continue
        difference = float((found_N - expected_N).abs().mean())
        if difference <= _ROUNDING.get(scorer.model.dtype, 1e-4):
            scorer.shares = share
            return
    raise ValueError(
        f"{type(scorer.model).__name__} cannot be trained: with its head run apart from its layers it "
        "computes other log-probabilities; use another model"
    )


def _made_up(vocabulary: int, prompt: int, written: int) -> Row:
    ids_T = np.arange(3, 3 + prompt + written) * 7
    ids_T[prompt:] += written
    sampled_T, zeros_T = np.arange(len(ids_T)) >= prompt, np.zeros(len(ids_T), np.float32)
    return Row(ids_T % vocabulary, sampled_T, zeros_T, zeros_T, steps=1)


@torch.no_grad()
def _plainly(scorer: Scorer, row: Row) -> Tensor:
    """Return the log-probabilities of a row by the model's own forward pass."""
    ids_T = torch.from_numpy(row.ids_T).to(scorer.model.device)
    logits_TV = scorer.model(input_ids=ids_T[None, :-1], use_cache=False).logits[0].float()
    logp_TV = torch.log_softmax(logits_TV / scorer.temperature, dim=-1)
    sampled_T = torch.from_numpy(row.sampled_T[1:]).to(ids_T.device)
    return logp_TV.gather(-1, ids_T[1:, None])[:, 0][sampled_T]


@contextmanager
def weights_of(
    parameters: Mapping[str, nn.Parameter], weights: Mapping[str, Tensor]
) -> Iterator[None]:
    """Put other weights in place for a while, such as those before training, which the reference policy has.

    They may be in another dtype; parameters that ``weights`` lacks stay as they are.
    """
    current = {name: parameter.data for name, parameter in parameters.items()}
    split = any(isinstance(parameter, DTensor) for parameter in current.values())
    if split:  # a process's part of a parameter has to stay in its memory
        current = {name: own_part(parameters[name].data).clone() for name in weights}
    try:
        for name, tensor in weights.items():
            if split:
                own_part(parameters[name].data).copy_(own_part(tensor))
            else:
                parameters[name].data = tensor.to(current[name].dtype)
        yield
    finally:
        for name, before in current.items():
            if split:
                own_part(parameters[name].data).copy_(before)
            else:
                parameters[name].data = before
