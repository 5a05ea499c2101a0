"""Log-probabilities of sampled tokens under the current policy, starting at the first layer that learns.

The layers below it are frozen, so what they hand up never changes: it was captured while the episode was
played (``Step.hidden_TD``), and every epoch, and the reference policy, begin there.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from onelayer.agents.attention import attending
from onelayer.agents.forward import decoder_layers, entering, logits_only_at
from onelayer.trainers.rows import Batch


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What the policy thinks of the sampled tokens of a batch."""

    logp_N: Tensor
    entropy_N: Tensor
    """of the whole distribution at each, without gradient"""


def score(
    model: PreTrainedModel,
    batch: Batch,
    *,
    below: Sequence[nn.Module] = (),
    temperature: float = 1.0,
) -> Scores:
    """Return log-probabilities and entropies of the sampled tokens.

    Args:
        model: the policy.
        batch: with the states that enter the layer after ``below``, or all layers are run.
        below: the frozen layers that need not run again.
        temperature: as the tokens were sampled (0 counts as 1).
    """
    packing = batch.packing
    chosen = batch.predicts_BT if packing is None else packing.predicting_N
    with ExitStack() as stack:
        stack.enter_context(logits_only_at(model, chosen))
        if batch.hidden_BTD is not None and below:
            hidden_BTD = batch.hidden_BTD.to(model.get_input_embeddings().weight.dtype)
            stack.enter_context(entering(decoder_layers(model), len(below), hidden_BTD))
        if packing is None:
            # The rows are padded on the right, so no token reads padding: the model needs no mask.
            where = {"position_ids": batch.positions_BT}
        else:
            where = stack.enter_context(
                attending(model, packing.positions_BT, part_BQ=packing.part_BT)
            )
        logits_NV = model(input_ids=batch.ids_BT, use_cache=False, **where).logits[0]
    logp_NV = torch.log_softmax(logits_NV.float() / (temperature or 1.0), dim=-1)
    with torch.no_grad():
        entropy_N = -(logp_NV.exp() * logp_NV).sum(-1)
    return Scores(logp_NV.gather(-1, batch.target_N[:, None])[:, 0], entropy_N)


@contextmanager
def weights_of(
    parameters: Mapping[str, nn.Parameter], weights: Mapping[str, Tensor]
) -> Iterator[None]:
    """Put other weights in place for a while: the reference policy is the trained layer's first ones."""
    current = {name: parameter.data for name, parameter in parameters.items()}
    try:
        for name, parameter in parameters.items():
            parameter.data = weights[name]
        yield
    finally:
        for name, parameter in parameters.items():
            parameter.data = current[name]
