"""Log-probabilities of sampled tokens, and the gradient that they send back.

A forward pass begins at the first layer that learns: what the frozen layers below it hand up was kept
while the episodes were played, or is computed once. It ends at the last layer. What comes after that, the
final norm and the head, reads every token by itself, so it is run in chunks of tokens, and the logits of
a batch never exist at once. Since a token's loss is known as soon as its log-probability is, each chunk
goes there and back before the next one.

Axes: as in ``batch.py``; ``C`` sampled tokens of a chunk, ``V`` vocabulary.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel
from transformers.cache_utils import Cache

from onelayer.agents.attention import attending
from onelayer.agents.forward import after_layers, entering, leaving
from onelayer.trainers.batch import Batch, Row, batch

_LOGITS_BYTES = {"cpu": 32 << 20}
_LOGITS_BYTES_ELSEWHERE = 256 << 20
"""logits of one chunk: few enough for the caches of a CPU, enough to keep a GPU busy"""

_ROUNDING = {torch.float32: 1e-4, torch.bfloat16: 0.1}
"""mean difference of log-probabilities, in nats, that a model may show at the start"""

Slope = Callable[[Tensor, slice], Tensor]
"""takes log-probabilities ``[C]`` and which of the ``N`` they are; returns the derivative of the loss by
them"""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What the policy thinks of the sampled tokens of a batch, without gradient."""

    logp_N: Tensor
    entropy_N: Tensor
    """of the whole distribution at each"""


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

    @torch.no_grad()
    def score(self, batch: Batch, first: int = 0, entering_MD: Tensor | None = None) -> Scores:
        """Return log-probabilities and entropies of the sampled tokens, without gradient.

        Args:
            batch: of rows.
            first: the layer to begin at.
            entering_MD: the states that enter it (``states``); None where it is layer 0.
        """
        leaving_MD = self._run(batch, first, len(self.layers), entering_MD)
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
        with self._recomputing():
            leaving_MD = self._run(batch, first, len(self.layers), entering_MD)
            hidden_ND = leaving_MD[batch.predicting_N]
            scores, gradient_ND = self._through_head(hidden_ND.detach(), batch.target_N, slope)
            if hidden_ND.requires_grad:
                torch.autograd.backward(hidden_ND, gradient_ND)
        return scores

    @torch.no_grad()
    def states(self, batch: Batch, layer: int) -> Tensor:
        """Return the states that enter a layer at every place, ``[M, D]``, by running those below it."""
        return self._run(batch, 0, layer, None)

    def _run(self, batch: Batch, first: int, end: int, entering_MD: Tensor | None) -> Tensor:
        """Return what leaves layer ``end - 1`` at every place, ``[M, D]``."""
        beginnings = batch.beginning_ids_PT.numel()
        entering: tuple[Tensor | None, Tensor | None] = (None, None)
        if entering_MD is not None:
            entering = (entering_MD[:beginnings], entering_MD[beginnings:])
        if beginnings == 0:
            return self._run_part(batch.ids_BT, first, end, entering[1])
        kept = _Kept()
        ids_PT, ids_BT = batch.beginning_ids_PT, batch.ids_BT
        left = [self._run_part(ids_PT, first, end, entering[0], past_key_values=kept)]
        if ids_BT.numel():
            cache = _Following(kept, batch.beginning_B, columns=ids_PT.shape[1])
            keys = batch.key_position_BK
            with attending(self.model, batch.position_BT, key_position_BK=keys) as where:
                left.append(
                    self._run_part(ids_BT, first, end, entering[1], past_key_values=cache, **where)
                )
        return torch.cat(left)

    def _run_part(
        self, ids_BT: Tensor, first: int, end: int, entering_MD: Tensor | None, **where: Any
    ) -> Tensor:
        """Return what leaves layer ``end - 1`` at these tokens, ``[B * T, D]``."""
        # Whole rows need no mask and no positions: padding comes last, and the model counts from 0.
        with ExitStack() as stack:
            if first > 0 and entering_MD is not None:
                hidden_BTD = entering_MD.view(*ids_BT.shape, -1)
                stack.enter_context(entering(self.layers, first, hidden_BTD))
            left_BTD = leaving(
                self.model,
                self.layers[end - 1],
                input_ids=ids_BT,
                use_cache="past_key_values" in where,
                **where,
            )
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
                # d logp / d logits is 1 at the token that was sampled, less the share of each.
                slope_C1 = slope(scores.logp_N, chunk)[:, None]
                by_logits_CV = share_CV.mul_(-slope_C1)
                by_logits_CV.scatter_add_(1, target_N[chunk][:, None], slope_C1)
                torch.autograd.backward(logits_CV, by_logits_CV)
                assert hidden_CD.grad is not None
                gradient_ND[chunk] = hidden_CD.grad
        return Scores(torch.cat(logps), torch.cat(entropies)), gradient_ND

    def _logits(self, hidden_CD: Tensor) -> Tensor:
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
    """Return the scores and the share of each token of the vocabulary."""
    share_CV = torch.softmax(logits_CV, dim=-1)
    highest_C, where_C = logits_CV.max(dim=-1)
    # log sum exp, from what softmax has computed already: the highest share is exp(highest - it)
    total_C = highest_C - share_CV.gather(-1, where_C[:, None])[:, 0].log()
    logp_C = logits_CV.gather(-1, target_C[:, None])[:, 0] - total_C
    mean_C = torch.bmm(share_CV[:, None, :], logits_CV[:, :, None])[:, 0, 0]
    return Scores(logp_C, total_C - mean_C), share_CV


class _Kept(Cache):  # type: ignore[misc]
    """Keeps the keys and values of the beginnings, layer by layer, with their gradient."""

    def __init__(self) -> None:
        super().__init__(layers=[])
        self.of_layer: dict[int, tuple[Tensor, Tensor]] = {}

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_: Any, **__: Any
    ) -> tuple[Tensor, Tensor]:
        """Keep what is given and return it."""
        return self.of_layer.setdefault(layer_idx, (key_states, value_states))

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Return 0: positions are always given, never derived from the cache."""
        return 0

    def get_mask_sizes(self, query_length: int, layer_idx: int = 0) -> tuple[int, int]:
        """Return how many columns are read, and the first of them."""
        return query_length, 0


class _Following(_Kept):
    """Puts the keys and values of each row's beginning before the row's own, and keeps nothing.

    It is a pure function of what it is given, so a layer that is recomputed in the backward pass finds
    the same.
    """

    def __init__(self, kept: _Kept, beginning_B: Tensor, columns: int):
        super().__init__()
        self.kept, self.beginning_B, self.columns = kept, beginning_B, columns

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_: Any, **__: Any
    ) -> tuple[Tensor, Tensor]:
        """Return the beginnings' keys and values with these after them."""
        keys, values = self.kept.of_layer[layer_idx]
        return (
            torch.cat([keys[self.beginning_B], key_states], dim=2),
            torch.cat([values[self.beginning_B], value_states], dim=2),
        )

    def get_mask_sizes(self, query_length: int, layer_idx: int = 0) -> tuple[int, int]:
        """Return how many columns are read, and the first of them."""
        return self.columns + query_length, 0


def check_scoring(scorer: Scorer) -> None:
    """Compare log-probabilities behind a shared beginning, and a head run apart, with plain forward passes.

    Raises:
        ValueError: they differ: the model does something between its layers and its head, or with its cache,
            that we do not know.
    """
    model, size = scorer.model, scorer.model.get_input_embeddings().num_embeddings
    texts = [
        [(3 + 7 * t) % size for t in range(9)] + [(5 + 11 * t) % size for t in range(own)]
        for own in (2, 5)
    ]
    one = batch(
        [
            Row(
                ids_T=np.array(ids),
                sampled_T=np.arange(len(ids)) >= 9,
                logp_T=np.zeros(len(ids), np.float32),
                advantage_T=np.zeros(len(ids), np.float32),
                steps=1,
            )
            for ids in texts
        ],
        model.device,
    )
    plain = []
    with torch.no_grad():
        for ids in texts:
            ids_T = torch.tensor(ids, device=model.device)
            logits_TV = model(input_ids=ids_T[None, :-1], use_cache=False).logits[0, 8:].float()
            logp_TV = torch.log_softmax(logits_TV / scorer.temperature, dim=-1)
            plain.append(logp_TV.gather(-1, ids_T[9:, None])[:, 0])
    difference = float((scorer.score(one).logp_N - torch.cat(plain)).abs().mean())
    if not difference <= _ROUNDING.get(model.dtype, 1e-4):
        raise ValueError(
            f"{type(model).__name__} cannot be trained: with shared prompts and its head run apart, "
            f"log-probabilities differ by {difference:.1e} nats; use another model"
        )


@contextmanager
def weights_of(
    parameters: Mapping[str, nn.Parameter], weights: Mapping[str, Tensor]
) -> Iterator[None]:
    """Put other weights in place for a while: the reference policy is the trained layer's first ones.

    They may be in another dtype; parameters that ``weights`` lacks stay as they are.
    """
    current = {name: parameter.data for name, parameter in parameters.items()}
    try:
        for name, tensor in weights.items():
            parameters[name].data = tensor.to(current[name].dtype)
        yield
    finally:
        for name, parameter in parameters.items():
            parameter.data = current[name]
