"""How one new token of each row reads many cached ones, without copying keys and values for each query head.

Axes: ``B`` rows, ``K`` columns that are read, ``H`` query heads, ``G`` query heads for one key head, ``D``
width of a head, ``X`` key heads of all rows.
"""

import torch
from torch import Tensor


def by_products(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor, scaling: float | None = None
) -> Tensor:
    """Return the attention of one new token for each row, ``[B, 1, H, D]``, by two matrix products.

    The query heads that share a key head are the rows of one matrix, so keys and values are read once and
    never copied for each query head.

    Args:
        query: ``[B, H, 1, D]``.
        key: ``[B, H / G, K, D]``.
        value: as ``key``; its heads may be of another width.
        mask: added to the scores, ``[B, 1, 1, K]``.
        scaling: of the scores; by default ``D ** -0.5``.
    """
    rows, heads, _, width = query.shape
    key_heads = key.shape[1]
    query_XGD = query.reshape(rows * key_heads, heads // key_heads, width)
    mask_XGK = mask.expand(rows, key_heads, heads // key_heads, -1).flatten(0, 1)
    score_XGK = torch.baddbmm(
        mask_XGK.to(query.dtype),
        query_XGD,
        key.flatten(0, 1).transpose(1, 2),
        alpha=width**-0.5 if scaling is None else scaling,
    )
    share_XGK = torch.softmax(score_XGK, dim=-1, dtype=torch.float32).to(value.dtype)
    return torch.bmm(share_XGK, value.flatten(0, 1)).reshape(rows, 1, heads, -1)


def by_fused(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor, scaling: float | None = None
) -> Tensor:
    """Return the same by torch's fused attention, which is as fast or faster on a CPU.

    ``benchmarks/decode_attention.py`` measures both.
    """
    rows, heads, _, width = query.shape
    query_BKGD = query.reshape(rows, key.shape[1], -1, width)
    attended = torch.nn.functional.scaled_dot_product_attention(
        query_BKGD, key, value, attn_mask=mask, scale=scaling
    )
    return attended.reshape(rows, 1, heads, -1)
