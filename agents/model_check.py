"""Is a model played, and trained, as it is? Found out before anything is played, in a tenth of a second.

Sampling keeps a cache whose rows progress apart, and learning starts in the middle of the model. Both must
give what the model's plain forward pass gives, or all numbers that follow are wrong without a word.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionMaskInterface, DynamicCache, PreTrainedModel
from transformers.masking_utils import eager_mask

from onelayer.agents.attention import additive_mask, attending, check_kind, implementation
from onelayer.agents.decoder import Decoder
from onelayer.agents.engine import sample
from onelayer.agents.forward import decoder_layers, entering, hidden_entering
from onelayer.agents.sampling import Sampling

_LONGEST_PLAYED = 64
"""a window of more tokens is compared mask by mask only, without running the model over so many"""
_ROUNDING = {torch.float32: 1e-4, torch.bfloat16: 2e-2, torch.float16: 5e-3}
"""mean difference of log-probabilities, in nats, that is always allowed"""
_TIMES_ROUNDING = 5
"""how many times the difference between two plain forward passes is allowed too"""


@torch.no_grad()
def check_model(model: PreTrainedModel, first: int = 0) -> None:
    """Compare how onelayer runs ``model`` with how the model runs itself.

    Three comparisons: the masks on both sides of each window's edge with those that transformers builds;
    two sequences of different length, played in two turns, with a plain forward pass of each; and a
    forward pass that starts at layer ``first`` with a whole one.

    Args:
        model: as it will be played.
        first: the lowest layer that learns, from 0 on; 0 where nothing does.

    Raises:
        ValueError: there is a difference, or the model is of a kind that cannot be played. The message
            names the model and the size of the difference.
    """
    check_kind(model)
    try:
        _compare_masks(model)
        _compare_playing(model)
        _compare_entering(model, first)
    except torch.OutOfMemoryError:
        raise
    except _Different as difference:
        raise ValueError(f"{type(model).__name__} {difference}") from difference
    except _ANY_FAILURE as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValueError(f"{type(model).__name__} cannot be played: {reason}") from error


class _Different(Exception):
    """Two ways of running the model disagree; says how."""


_ANY_FAILURE = (RuntimeError, TypeError, ValueError, LookupError, AttributeError)
"""what a model may raise that does not know our cache or masks"""


def _compare_playing(model: PreTrainedModel) -> None:
    """Play two turns of two rows, one of them across the edge of the smallest window."""
    across = min([w for w in _windows(model) if w <= _LONGEST_PLAYED], default=0)
    prompts = [_ids(model, 4), _ids(model, max(across, 9), start=5)]
    decoder = Decoder(model, (), Sampling(response_limit=3))
    difference, rounding = [], []
    for _ in range(2):
        replies = sample(decoder, [0, 1], prompts, [[0, 0], [0, 1]])
        rows = [[*prompt, *reply.ids] for prompt, reply in zip(prompts, replies, strict=True)]
        padded = [row + [0] * (max(map(len, rows)) - len(row)) for row in rows]
        together_BTV = _logp(model, padded)
        for row, reply, together_TV in zip(rows, replies, together_BTV, strict=True):
            alone_TV = _logp(model, [row])[0]
            sampled = slice(len(row) - len(reply.ids) - 1, len(row) - 1)
            chosen = torch.tensor(reply.ids, device=alone_TV.device)[:, None]
            plain = alone_TV[sampled].gather(-1, chosen)[:, 0].cpu()
            difference.append((plain - torch.tensor(reply.logprobs)).abs())
            rounding.append((alone_TV - together_TV[: len(row)])[sampled].abs().flatten())
        prompts = [[*row, *_ids(model, 2)] for row in rows]
    found, noise = (float(torch.cat(parts).mean()) for parts in (difference, rounding))
    allowed = max(_ROUNDING.get(model.dtype, 1e-4), _TIMES_ROUNDING * noise)
    if not found <= allowed:
        raise _Different(
            f"is not played right: log-probabilities differ by {found:.1e} nats from those of a plain "
            f"forward pass, where rounding explains {allowed:.1e}; use another model"
        )


def _compare_entering(model: PreTrainedModel, first: int) -> None:
    """Start at layer ``first`` and compare with a whole pass."""
    if first == 0:
        return
    layers = decoder_layers(model)
    ids_BT = torch.tensor([_ids(model, 6), _ids(model, 6, start=5)], device=model.device)
    whole_BTV = model(input_ids=ids_BT, use_cache=False).logits
    hidden_BTD = hidden_entering(model, layers[first], input_ids=ids_BT)
    with entering(layers, first, hidden_BTD):
        split_BTV = model(input_ids=ids_BT, use_cache=False).logits
    difference = float((whole_BTV - split_BTV).abs().max() / whole_BTV.abs().max().clamp(min=1e-6))
    if not difference <= _ROUNDING.get(model.dtype, 1e-4):
        raise _Different(
            f"computes something else when it starts at layer {first} "
            f"(relative difference {difference:.1e}); train from layer 0 on, or use another model"
        )


def _compare_masks(model: PreTrainedModel) -> None:
    """Compare masks around the edge of each window with those that transformers makes for one row."""
    agree: list[bool] = []

    def compare(**arguments: Any) -> Any:
        theirs = eager_mask(**arguments)
        if theirs is None:
            raise _Different("cannot be played: its tokens read later ones too")
        agree.append(torch.equal(theirs == 0, additive_mask(**arguments) == 0))
        return theirs

    AttentionMaskInterface.register("onelayer_compare", compare)
    layers, ids_1Q = decoder_layers(model), torch.tensor([_ids(model, 8)], device=model.device)
    for edge in {8, *_windows(model)}:
        start, columns = edge - 4, edge + 4
        position_1Q = torch.arange(start, columns, device=model.device)[None]
        with (
            attending(model, position_1Q, columns=columns),
            implementation(model, "onelayer_compare"),
        ):
            hidden_entering(
                model,
                layers[0],
                input_ids=ids_1Q,
                position_ids=position_1Q,
                past_key_values=_Told(start, columns),
            )
    if not agree:
        raise _Different("cannot be played: it does not let transformers build its attention masks")
    if not all(agree):
        raise _Different(
            "is not played right: its attention masks differ from those of transformers"
        )


class _Told(DynamicCache):  # type: ignore[misc]
    """An empty cache that says it holds tokens."""

    def __init__(self, start: int, columns: int):
        super().__init__()
        self.start, self.columns = start, columns

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return self.start

    def get_mask_sizes(self, query_length: int, layer_idx: int = 0) -> tuple[int, int]:
        return self.columns, 0


def _windows(model: PreTrainedModel) -> list[int]:
    """Return how far back layers look that do not read the whole prefix, in tokens."""
    config = model.config.get_text_config()
    named = (getattr(config, name, None) for name in ("sliding_window", "attention_chunk_size"))
    return sorted({window for window in named if isinstance(window, int) and window > 0})


def _ids(model: PreTrainedModel, length: int, start: int = 3) -> list[int]:
    size = model.get_input_embeddings().num_embeddings
    return [(start + 7 * t) % size for t in range(length)]


def _logp(model: PreTrainedModel, rows: Sequence[Sequence[int]]) -> Tensor:
    """Return the log-probabilities of a plain forward pass, ``[B, T, V]``."""
    ids_BT = torch.tensor(rows, device=model.device)
    logits_BTV: Tensor = model(input_ids=ids_BT, use_cache=False).logits
    return torch.log_softmax(logits_BTV.float(), dim=-1)
