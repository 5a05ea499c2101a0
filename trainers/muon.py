"""Muon for the matrices inside the layers, AdamW for everything else, as one optimizer.

Muon (Jordan et al. 2024, `torch.optim.Muon`) orthogonalises the update of a matrix. It is not made for
embeddings and norms.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


class MuonWithAdamW(torch.optim.Optimizer):
    """Two optimizers behind one interface, so that a schedule scales both learning rates.

    Args:
        model: all of its parameters are trained.
        layers: the decoder layers, whose matrices Muon updates.
        matrix_learning_rate: of Muon.
        learning_rate: of AdamW.
    """

    def __init__(
        self,
        model: nn.Module,
        layers: nn.ModuleList,
        *,
        matrix_learning_rate: float,
        learning_rate: float,
    ):
        matrices = [p for p in layers.parameters() if p.ndim == 2]
        inside = {id(p) for p in matrices}
        others = [p for p in model.parameters() if id(p) not in inside]
        groups = [
            {"params": matrices, "lr": matrix_learning_rate},
            {"params": others, "lr": learning_rate},
        ]
        super().__init__(groups, {})
        self._parts = (
            torch.optim.Muon(matrices, lr=matrix_learning_rate, weight_decay=0.01),
            torch.optim.AdamW(others, lr=learning_rate, betas=(0.9, 0.98), weight_decay=0.0),
        )

    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Take one step of each at the learning rates that stand in ``param_groups``."""
        if closure is not None:
            raise ValueError("MuonWithAdamW takes no closure")
        for group, part in zip(self.param_groups, self._parts, strict=True):
            part.param_groups[0]["lr"] = group["lr"]
            part.step()
