"""Logits in float32 from a language-model head whose weights are in bfloat16.

The products of two bfloat16 numbers are added up in float32 anyway; rounding the sums to bfloat16 is what
makes sampling and training disagree most (steps of 0.25 at a logit of 40). Here the sums stay as they are.
A GPU's matrix product does that for nothing; a CPU needs a copy of the weights in float32.
"""

from typing import TypeGuard
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn


def float32_logits(head: nn.Linear, hidden_ND: Tensor) -> Tensor:
    """Return ``head(hidden_ND)`` without rounding the result to the weights' dtype, ``[..., V]``.

    The gradient for the hidden states is that of the plain head; the weights get none.
    """
    logits: Tensor = _Product.apply(hidden_ND.to(head.weight.dtype), head)  # type: ignore[no-untyped-call]
    return logits if head.bias is None else logits + head.bias.float()


def unrounded_logits(head: nn.Linear, hidden_ND: Tensor) -> Tensor:
    """Return ``head(hidden_ND)`` of a head in float32, whatever autocast says, with all gradients."""
    with torch.autocast(hidden_ND.device.type, enabled=False):
        return nn.functional.linear(hidden_ND.float(), head.weight, head.bias)


def rounds(head: nn.Module) -> TypeGuard[nn.Linear]:
    """Return whether the head would round its logits, and ``float32_logits`` can take its place."""
    return (
        type(head) is nn.Linear
        and head.weight.dtype in (torch.bfloat16, torch.float16)
        and not (head.weight.requires_grad and torch.is_grad_enabled())
    )


class _Product(torch.autograd.Function):
    """The product of hidden states and the weights of a head, in float32."""

    @staticmethod
    def forward(ctx, hidden: Tensor, head: nn.Linear) -> Tensor:  # type: ignore[no-untyped-def]
        ctx.head = head
        flat_ND = hidden.flatten(0, -2)
        with torch.autocast(hidden.device.type, enabled=False):
            if hidden.device.type == "cuda":
                product_NV = torch.mm(flat_ND, head.weight.T, out_dtype=torch.float32)
            else:
                product_NV = flat_ND.float() @ _in_float32(head).T
        return product_NV.view(*hidden.shape[:-1], -1)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[no-untyped-def]
        return gradient.to(ctx.head.weight.dtype) @ ctx.head.weight, None


_COPIES: WeakKeyDictionary[nn.Module, tuple[tuple[int, int], Tensor]] = WeakKeyDictionary()
"""head on a CPU: address and version of the weights that were copied, and their copy in float32"""


def _in_float32(head: nn.Linear) -> Tensor:
    state = (head.weight.data_ptr(), head.weight._version)
    if head not in _COPIES or _COPIES[head][0] != state:
        _COPIES[head] = (state, head.weight.detach().float())
    return _COPIES[head][1]
