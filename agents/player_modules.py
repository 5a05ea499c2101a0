"""One forward pass whose rows go through modules of several policies.

A policy has modules of its own in its own layers, and shares all others.

On a CPU the rows of a policy are picked out of each module's input. On a GPU the modules of all policies run
on all rows, and a mask chooses the results. So no shape depends on who plays, as a CUDA graph requires.

Axes: ``B`` rows of a pass.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from onelayer.agents.forward import decoder_layers
from onelayer.agents.states import CapturedStates

_ROUNDING = {torch.float32: 1e-3, torch.bfloat16: 0.5}
"""largest difference of logits that the joint pass may have from a policy's own"""


@dataclass(frozen=True, slots=True, eq=False)
class Player:
    """One policy: a model that shares all but its own layers with the others'."""

    model: PreTrainedModel
    layers: tuple[int, ...]
    """those that are its own"""
    states: CapturedStates | None
    """keeps what enters the lowest of them; None: nothing is kept"""


class PlayerModules:
    """Changes the modules of a model: each row of a pass goes through its player's own module, if it has one.

    Args:
        common: the model that the players share; its modules are changed.
        players: whose rows a pass may have.
        masks: choose by masks of fixed shape instead of picking rows out; None: on everything but a CPU.

    Raises:
        ValueError: a layer of this model cannot be run row by row.
    """

    def __init__(self, common: PreTrainedModel, players: Sequence[Player], masks: bool | None):
        self._masks = common.device.type != "cpu" if masks is None else masks
        self._player_B: Tensor | None = None
        self._rows: dict[int, Tensor] = {}
        """of the pass, by player; without masks only"""
        stacks = [decoder_layers(player.model) for player in players]
        for index, layer in enumerate(decoder_layers(common)):
            whose = [number for number, player in enumerate(players) if index in player.layers]
            for name, module in layer.named_modules():
                if whose and any(p is not None for p in module._parameters.values()):
                    own = {number: stacks[number][index].get_submodule(name) for number in whose}
                    choose = self._by_mask if self._masks else self._by_rows
                    module.forward = partial(choose, module.forward, own)
        self._require_same_logits(common, players)

    def begin(self, player_B: Tensor) -> None:
        """Say whose the rows of the next pass are."""
        self._player_B = player_B
        self._rows = {}
        if not self._masks:
            for player in sorted(set(player_B.tolist())):
                self._rows[player] = (player_B == player).nonzero()[:, 0]

    def rows_of(self, players: Sequence[int]) -> Tensor:
        """Return which rows of the pass belong to these players."""
        assert self._player_B is not None
        return torch.isin(self._player_B, self._player_B.new_tensor(players)).nonzero()[:, 0]

    def _by_rows(
        self, frozen: Callable[[Tensor], Tensor], own: dict[int, nn.Module], hidden: Tensor
    ) -> Tensor:
        """Run the rows of each player through its module, all others through the frozen one."""
        mine = [
            (module, self._rows[number]) for number, module in own.items() if number in self._rows
        ]
        if len(mine) == 1 and len(mine[0][1]) == len(hidden):
            only: Tensor = mine[0][0](hidden)
            return only
        result = frozen(hidden)
        for module, rows in mine:
            result.index_copy_(0, rows, module(hidden.index_select(0, rows)).to(result.dtype))
        return result

    def _by_mask(
        self, frozen: Callable[[Tensor], Tensor], own: dict[int, nn.Module], hidden: Tensor
    ) -> Tensor:
        """Run all rows through all modules, and choose."""
        assert self._player_B is not None
        result = frozen(hidden)
        for number, module in own.items():
            mask = (self._player_B == number).view(-1, *[1] * (result.dim() - 1))
            result = torch.where(mask, module(hidden).to(result.dtype), result)
        return result

    @torch.no_grad()
    def _require_same_logits(self, common: PreTrainedModel, players: Sequence[Player]) -> None:
        """Compare a joint pass, with one row for each player, with a pass of each player's own model.

        Raises:
            ValueError: the logits differ, because a module of some layer (such as experts) does not work row
                by row.
        """
        size = min(common.get_input_embeddings().num_embeddings, 97)
        ids_BQ = (torch.arange(7 * len(players), device=common.device) * 31 % size).view(-1, 7)
        self.begin(torch.arange(len(players), device=common.device))
        own = [p.model(input_ids=ids_BQ[i : i + 1]).logits[0] for i, p in enumerate(players)]
        refused = f"{type(common).__name__} cannot be trained with --together: leave it out"
        try:
            found = common(input_ids=ids_BQ).logits
            difference = float((found - torch.stack(own)).abs().max())
        except (RuntimeError, TypeError, IndexError, AttributeError) as error:
            raise ValueError(f"{refused}: {error}") from error
        if not difference <= _ROUNDING.get(common.dtype, 1e-3):
            raise ValueError(f"{refused}: logits differ by {difference:.1e}")
