"""Which tokens each token reads.

transformers builds the mask of each kind of layer (the whole prefix, a sliding window, chunks) from a rule
on two numbers: may the token at ``q`` read the token at ``k``? It passes column numbers. These are wrong when
the rows of a cache have different lengths, or when several replies follow one prompt. Inside ``attending``
the model still builds its own masks, but the rule gets the position of each token in its own sequence. The
model's own code decides which layer has which window, so this file needs no table of them.

Masks are added to the scores: 0 where a token is read, the dtype's lowest number where it is not. Eager
and SDPA attention both take them. All tensors have fixed shapes, as CUDA graphs require.

Axes: ``B`` rows, ``Q`` new tokens, ``K`` columns that are read, ``H`` query heads, ``D`` width of a head.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel

from onelayer.agents.one_token_attention import by_fused, by_products

UNREAD = 1 << 30
"""position of padding among the keys; larger than any other, so no token reads it"""


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Runs of similar length, padded to one shape, in a row that packs several texts.

    Texts that begin alike share the tokens of their beginning. A run is the end of a text; its tokens read
    that whole text, and so tokens of other runs too. All runs of a row, one after another, are its tokens in
    their order. Axes: ``R`` runs, ``Q`` tokens of the longest run, ``K`` tokens of the longest text, ``X``
    tokens of all these runs.
    """

    query_RQ: Tensor
    """column of each token of a run; padding repeats the run's last token"""
    key_RK: Tensor
    """columns of the text that a run reads"""
    position_RQ: Tensor
    """position of each token in its text"""
    key_position_RK: Tensor
    """position of each token that is read; ``UNREAD`` for padding"""
    real_X: Tensor
    """places in ``[R * Q]`` that are no padding"""


@contextmanager
def attending(
    model: PreTrainedModel,
    position_BQ: Tensor,
    *,
    columns: int | None = None,
    runs: Sequence[Runs] = (),
) -> Iterator[dict[str, Tensor]]:
    """Run forward passes of ``model`` in which each token reads what its position allows.

    Yields the keyword arguments that the model needs beside its tokens and cache::

        with attending(model, position_BQ, columns=used) as where:
            model(input_ids=ids_BQ, past_key_values=cache, use_cache=True, **where)

    While it is open the model has our attention functions; afterwards it has its own again. Keep it open
    around ``backward`` too where layers are recomputed there (activation checkpointing).

    Args:
        model: any causal language model that ``check_kind`` lets pass.
        position_BQ: position of each new token in its own sequence. Padding must have one as well: any
            position that the model knows.
        columns: how many columns of a cache are read; the token of position ``t`` lies in column ``t``.
            None: there is no cache, and the tokens read each other.
        runs: how a single row that packs several texts is divided, without a cache only. Empty: each row is
            one sequence.
    """
    if columns is None:
        layout = _Layout(position_BQ, position_BQ, runs)
    else:
        layout = _Layout(position_BQ, torch.arange(columns, device=position_BQ.device)[None])
    own = model.config.get_text_config()._attn_implementation
    _OPEN.append(layout)
    try:
        with implementation(model, _SDPA if own != "eager" and model._supports_sdpa else _EAGER):
            # Without a mask, transformers would start a new sequence wherever positions fall.
            ones_BK = position_BQ.new_ones((len(position_BQ), columns or position_BQ.shape[1]))
            yield {"position_ids": position_BQ, "attention_mask": ones_BK}
    finally:
        _OPEN.pop()


@contextmanager
def implementation(model: PreTrainedModel, name: str) -> Iterator[None]:
    """Let ``model`` use the attention and mask functions registered as ``name`` for a while."""
    config = model.config.get_text_config()
    own = config._attn_implementation
    config._attn_implementation = name
    try:
        yield
    finally:
        config._attn_implementation = own


def check_kind(model: PreTrainedModel) -> None:
    """Raise if tokens of ``model`` read earlier ones in any other way than by attention with a mask.

    Raises:
        ValueError: it has state-space, linear or convolution layers, chooses the tokens that it reads
            (DeepSeek-V3.2, Doge), cuts windows inside its attention (GPT-Neo), or adds biases by
            column (ALiBi).
    """
    config = model.config.get_text_config()
    kinds = {
        *(getattr(config, "layer_types", None) or ()),
        *(getattr(config, "attention_layers", None) or ()),
    }
    mixed_in = sorted(kinds - _PLAYED)
    if not mixed_in and model._is_stateful:
        mixed_in = ["layers with a state"]
    # In a text longer than this number, such a layer chooses itself which tokens it reads, whatever the mask.
    if not mixed_in and any(getattr(config, name, None) for name in _CHOOSE_TOKENS):
        mixed_in = ["attention to chosen tokens"]
    if getattr(config, "alibi", any("alibi" in name for name in dir(model.base_model))):
        mixed_in = ["ALiBi"]
    if mixed_in:
        raise ValueError(
            f"{type(model).__name__} cannot be played: it mixes in {', '.join(mixed_in)}; onelayer plays "
            "models whose layers all read earlier tokens by attention (docs/models.md)"
        )


_PLAYED = {"full_attention", "sliding_attention", "chunked_attention", "global"}
_CHOOSE_TOKENS = ("index_topk", "keep_window_size")


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the tokens of a forward pass stand in their sequences."""

    position_BQ: Tensor
    key_position_BK: Tensor
    runs: Sequence[Runs] = ()


_OPEN: list[_Layout] = []
"""layouts of the passes that are open, innermost last. A context variable would not do: on a GPU a backward
pass recomputes layers in its own thread, which would not see it."""


def additive_mask(
    *,
    mask_function: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor],
    dtype: torch.dtype = torch.float32,
    **_: Any,
) -> Tensor:
    """Return the mask ``[B, 1, Q, K]`` of the layers that follow ``mask_function``.

    For a row made of runs, return the masks of all runs, flattened and joined, ``[1, 1, 1, total]``.

    transformers calls this while ``attending`` is open. ``mask_function`` takes row numbers, head numbers,
    query positions and key positions, and returns bools.
    """
    layout = _OPEN[-1]

    def mask(position_BQ: Tensor, key_position_BK: Tensor) -> Tensor:
        rows = torch.arange(len(position_BQ), device=position_BQ.device)[:, None, None, None]
        read_B1QK = mask_function(
            rows,
            torch.zeros_like(rows[:1]),
            position_BQ[:, None, :, None],
            key_position_BK[:, None, None, :],
        )
        nothing = torch.zeros((), dtype=dtype, device=read_B1QK.device)
        return torch.where(read_B1QK, nothing, torch.finfo(dtype).min)

    if not layout.runs:
        return mask(layout.position_BQ, layout.key_position_BK)
    of_runs = [mask(runs.position_RQ, runs.key_position_RK).flatten() for runs in layout.runs]
    return torch.cat(of_runs)[None, None, None]


Attend = Callable[..., tuple[Tensor, Tensor | None]]


def _by_runs(attend: Attend) -> Attend:
    """Return ``attend``, extended: a row that is made of runs is attended run by run."""

    def attend_by_runs(
        module: torch.nn.Module,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attention_mask: Tensor | None,
        **rest: Any,
    ) -> tuple[Tensor, Tensor | None]:
        layout = _OPEN[-1] if _OPEN else None
        if layout is None or not layout.runs or attention_mask is None:
            return attend(module, query, key, value, attention_mask, **rest)
        sizes = [runs.query_RQ.numel() * runs.key_RK.shape[1] for runs in layout.runs]
        found = []
        for runs, mask in zip(
            layout.runs, torch.split(attention_mask.flatten(), sizes), strict=True
        ):
            attended_RQHD, _ = attend(
                module,
                _taken(query, runs.query_RQ),
                _taken(key, runs.key_RK),
                _taken(value, runs.key_RK),
                mask.view(len(runs.key_RK), 1, -1, runs.key_RK.shape[1]),
                **rest,
            )
            found.append(attended_RQHD.flatten(0, 1)[runs.real_X])
        return torch.cat(found)[None], None

    return attend_by_runs


def _taken(states_1HMD: Tensor, column_RK: Tensor) -> Tensor:
    """Return the states in these columns of the only row, ``[R, H, K, D]``."""
    heads = states_1HMD.shape[1]
    # An embedding lookup, because its gradient is added up quickly.
    table_MX = states_1HMD[0].transpose(0, 1).flatten(1)
    taken_RKX = torch.nn.functional.embedding(column_RK, table_MX)
    return taken_RKX.view(*column_RK.shape, heads, -1).transpose(1, 2)


def _sdpa(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    **rest: Any,
) -> tuple[Tensor, Tensor | None]:
    """Attend as transformers' SDPA does; for one new token per row, without expanding keys and values."""
    plain = not any(rest.get(name) is not None for name in _BEYOND_PLAIN) and not module.training
    one_token = query.shape[2] == 1
    if one_token and plain and attention_mask is not None and attention_mask.shape[1] == 1:
        attend = by_products if query.is_cuda else by_fused
        return attend(query, key, value, attention_mask, scaling), None
    functions = _modeling(module, "ALL_ATTENTION_FUNCTIONS", AttentionInterface())
    attended: tuple[Tensor, Tensor | None] = functions["sdpa"](
        module, query, key, value, attention_mask, scaling=scaling, **rest
    )
    return attended


_BEYOND_PLAIN = ("softcap", "s_aux", "position_bias", "cache")
"""arguments that change what attention computes; transformers' own function takes or refuses them"""


def _eager(module: torch.nn.Module, *args: Any, **rest: Any) -> tuple[Tensor, Tensor | None]:
    """Attend by the model's own eager function, with its sinks and caps."""
    attended: tuple[Tensor, Tensor | None] = _modeling(module, "eager_attention_forward")(
        module, *args, **rest
    )
    return attended


def _modeling(module: torch.nn.Module, name: str, default: Any = None) -> Any:
    """Return the global ``name`` of the file that defines the module's class, else ``default``."""
    for kind in type(module).__mro__:
        if found := getattr(sys.modules[kind.__module__], name, None):
            return found
    return default


_SDPA, _EAGER = "onelayer_sdpa", "onelayer_eager"
for _name, _function in ((_SDPA, _sdpa), (_EAGER, _eager)):
    AttentionInterface.register(_name, _by_runs(_function))
    AttentionMaskInterface.register(_name, additive_mask)
