"""Checks, before anything is played, that playing and learning compute what the model itself computes.

Sampling keeps a cache whose rows have different lengths, and learning starts in the middle of the model. Both
must agree with the model's plain forward pass, or all later numbers would be wrong without notice. The check
takes a tenth of a second for a small model.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionMaskInterface, DynamicCache, PreTrainedModel
from transformers.masking_utils import eager_mask

from onelayer.agents.attention import additive_mask, attending, check_kind, implementation
from onelayer.agents.decoder import Decoder
from onelayer.agents.devices import without_cudnn_attention
from onelayer.agents.engine import Engine, Sampled, sample
from onelayer.agents.forward import decoder_layers, entering, hidden_entering
from onelayer.agents.models import context_length
from onelayer.agents.sampling import Sampling

_BEYOND = 4
"""how many tokens past the edge of a window its mask is compared"""
_LONGEST_PLAYED = 64
"""of a window of more tokens only the masks are compared; the model does not run over so many tokens"""
_ROUNDING = {torch.float32: 1e-4, torch.bfloat16: 2e-2, torch.float16: 3e-3}
"""mean difference of log-probabilities, in nats, that is always allowed"""
_TIMES_ROUNDING = 5
"""this many times the difference between two plain forward passes is allowed too"""


@torch.no_grad()
@without_cudnn_attention()
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
        _compare_runs(model, first)
    except torch.OutOfMemoryError:
        raise
    except _Different as difference:
        raise ValueError(f"{type(model).__name__} {difference}") from difference
    except _ANY_FAILURE as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValueError(f"{type(model).__name__} cannot be played: {reason}") from error


def _compare_runs(model: PreTrainedModel, first: int) -> None:
    """Compare playing and entering; if a model in reduced precision differs, compare again in float32.

    In a mixture of experts rounding alone may send a token to another expert, which changes much.
    """
    try:
        _compare_playing(model)
        _compare_entering(model, first)
    except _Different:
        if model.dtype == torch.float32 or not _fits_twice(model):
            raise
        with _in_float32(model):
            _compare_playing(model)
            _compare_entering(model, first)


def _fits_twice(model: PreTrainedModel) -> bool:
    """Return whether a GPU has room for the model in float32; a CPU is taken to have it."""
    if model.device.type != "cuda":
        return True
    free_bytes, _ = torch.cuda.mem_get_info(model.device)
    return 4 * int(model.num_parameters()) < free_bytes


@contextmanager
def _in_float32(model: PreTrainedModel) -> Iterator[None]:
    """Hold the weights in float32 for a while; the conversions there and back are exact."""
    reduced = [
        (tensor, tensor.dtype)
        for tensor in (*model.parameters(), *model.buffers())
        if tensor.dtype in (torch.bfloat16, torch.float16)
    ]
    try:
        for tensor, _ in reduced:
            tensor.data = tensor.data.float()
        yield
    finally:
        for tensor, dtype in reduced:
            tensor.data = tensor.data.to(dtype)


class _Different(Exception):
    """Two ways of running the model disagree; the message says how."""


_ANY_FAILURE = (RuntimeError, TypeError, ValueError, LookupError, AttributeError)
"""what a model may raise if it cannot work with our cache or masks"""


def _compare_playing(model: PreTrainedModel) -> None:
    """Compare what the decoder plays with a plain forward pass."""
    found, allowed = playing_error(model, Decoder(model, (), Sampling(response_limit=2)))
    if not found <= allowed:
        raise _Different(
            f"is not played right: log-probabilities differ by {found:.1e} nats from those of a plain "
            f"forward pass, where rounding explains {allowed:.1e}; use another model"
        )


def playing_error(
    model: PreTrainedModel, engine: Engine, dtype: torch.dtype | None = None
) -> tuple[float, float]:
    """Play two turns of two rows, one of them across the edge of the smallest window.

    Args:
        model: computes the log-probabilities again, in plain forward passes.
        engine: plays, at temperature 1.
        dtype: what the engine computes in; None: the model's dtype.

    Returns:
        The mean difference of engine's and model's log-probabilities in nats, and how large rounding alone
        may make it.
    """
    across = min([w for w in _windows(model) if w <= _LONGEST_PLAYED], default=0)
    texts = [_ids(model, 4), _ids(model, max(across, 9), start=5)]
    sampled: list[tuple[int, int, Sampled]] = []  # row, where the reply begins, reply
    for turn in range(2):
        texts = [text + _ids(model, 2) if turn else text for text in texts]
        replies = sample(engine, [0, 1], texts, [[0, 0], [0, 1]])
        sampled += [(row, len(texts[row]), reply) for row, reply in enumerate(replies)]
        texts = [[*text, *reply.ids] for text, reply in zip(texts, replies, strict=True)]
    width = max(map(len, texts))
    together_BTV = _logp(model, [text + [0] * (width - len(text)) for text in texts])
    alone_BTV = [_logp(model, [text])[0] for text in texts]
    difference, rounding = [], []
    for row, start, reply in sampled:
        before = slice(start - 1, start - 1 + len(reply.ids))  # the tokens that predict the reply
        alone_TV = alone_BTV[row][before]
        ids_T = torch.tensor(reply.ids, device=alone_TV.device)
        plain_T = alone_TV.gather(-1, ids_T[:, None])[:, 0].cpu()
        difference.append((plain_T - torch.tensor(reply.logprobs)).abs())
        rounding.append((alone_TV - together_BTV[row, before]).abs().flatten())
    found, noise = (float(torch.cat(parts).mean()) for parts in (difference, rounding))
    return found, max(_ROUNDING.get(dtype or model.dtype, 1e-4), _TIMES_ROUNDING * noise)


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
    layers = decoder_layers(model)
    for edge in {8, *_windows(model)}:  # 8: something to compare in models without windows
        start, columns = max(edge - 4, 0), edge + _BEYOND
        position_1Q = torch.arange(start, columns, device=model.device)[None]
        ids_1Q = torch.tensor([_ids(model, columns - start)], device=model.device)
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
    """Return the sizes, in tokens, of the windows of layers that do not read the whole prefix.

    A window that no sequence can outgrow, because the model's context ends before, is left out.
    """
    config, context = model.config.get_text_config(), context_length(model)
    named = {getattr(config, name, None) for name in ("sliding_window", "attention_chunk_size")}
    windows = {window for window in named if isinstance(window, int) and window > 0}
    return sorted(w for w in windows if context is None or w + _BEYOND <= context)


def _ids(model: PreTrainedModel, length: int, start: int = 3) -> list[int]:
    size = model.get_input_embeddings().num_embeddings
    return [(start + 7 * t) % size for t in range(length)]


def _logp(model: PreTrainedModel, rows: Sequence[Sequence[int]]) -> Tensor:
    """Return the log-probabilities of a plain forward pass, ``[B, T, V]``."""
    ids_BT = torch.tensor(rows, device=model.device)
    logits_BTV: Tensor = model(input_ids=ids_BT, use_cache=False).logits
    return torch.log_softmax(logits_BTV.float(), dim=-1)
