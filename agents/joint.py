"""Several policies that differ in some layers write their replies in one batch.

Each row of the cache is one policy's. A pass runs the common, frozen model for all rows; wherever a module of
a policy's own layers comes, the rows of that policy go through the policy's module instead. Attention needs
nothing of this: rows do not read each other. So the many small steps of decoding are taken once for all
policies, and what a token costs beside its matrix products is shared.

On a CPU the rows of a policy are picked out of each module's input. On a GPU every module of a policy's own
layers runs for all rows, and a mask chooses: no shape depends on who plays, as a CUDA graph requires.

Axes: ``R`` rows of the cache, ``B`` rows of a pass.
"""

import copy
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from onelayer.agents.cache import RaggedCache
from onelayer.agents.cached import CachedModel
from onelayer.agents.decoder import Decoder
from onelayer.agents.engine import Ids, Sampled
from onelayer.agents.forward import capturing, decoder_layers
from onelayer.agents.sampling import Sampling
from onelayer.agents.states import CapturedStates

_ROUNDING = {torch.float32: 1e-3, torch.bfloat16: 0.5}
"""largest difference of logits that the joint pass may have from a policy's own"""


def sharing_weights(model: PreTrainedModel, own: Collection[str] = ()) -> PreTrainedModel:
    """Return a model with modules of its own and the parameters of ``model``, but for copies of ``own``.

    Args:
        model: its parameters are those of the result too.
        own: names of parameters that the result may change.
    """
    shared = {id(p): p for name, p in model.named_parameters() if name not in own}
    shared |= {id(buffer): buffer for buffer in model.buffers()}
    twin: PreTrainedModel = copy.deepcopy(model, shared)
    return twin


@dataclass(frozen=True, slots=True, eq=False)
class Player:
    """One policy: a model that shares all but its own layers with the others'."""

    model: PreTrainedModel
    layers: tuple[int, ...]
    """those that are its own"""
    states: CapturedStates | None
    """keeps what enters the lowest of them; None: nothing is kept"""


@dataclass(slots=True, eq=False)
class _Pass:
    """Whose the rows of a pass are."""

    masks: bool
    """choose by masks of fixed shape instead of picking rows out"""
    player_B: Tensor | None = None
    rows: dict[int, Tensor] = field(default_factory=dict)
    """by player, those that it has any of"""


class JointDecoder(Decoder):
    """Samples for several players; slot ``s`` of player ``p`` of ``P`` is the slot ``s * P + p``.

    Args:
        model: the common base. Its modules are not touched.
        players: the policies.
        stop_ids: as of ``Decoder``.
        sampling: the same for all players.
        masks: see the module; None: on everything but a CPU.

    Raises:
        ValueError: a layer of this model cannot be run row by row.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        players: Sequence[Player],
        stop_ids: Sequence[int],
        sampling: Sampling,
        *,
        masks: bool | None = None,
    ):
        common = sharing_weights(model)
        self.players = players
        self._pass = _Pass(model.device.type != "cpu" if masks is None else masks)
        self._player_R = torch.zeros(0, dtype=torch.long, device=model.device)
        _let_rows_choose(common, players, self._pass)
        _require_same_logits(common, players, self._pass)
        super().__init__(common, stop_ids, sampling)

    def forget_player(self, player: int) -> None:
        """Drop what was read by a player that has no slots now: its weights changed."""
        first_R = self._held.ids_RK[:, :1] >> 32
        self._held.length_R[(first_R == player).any(axis=1)] = 0

    def _owner(self, slot: int) -> int:
        return slot % len(self.players)

    def _states_of(self, slot: int) -> CapturedStates | None:
        return self.players[self._owner(slot)].states

    def _cached_model(self, cache: RaggedCache) -> CachedModel:
        self._player_R = torch.zeros(cache.rows, dtype=torch.long, device=self.model.device)
        self._place_players()
        return _JointModel(self.model, cache, self.players, self._pass, self._player_R)

    def _seat(self, slots: Sequence[int] | dict[int, Ids]) -> None:
        super()._seat(slots)
        self._place_players()

    def _bring_to_front(self, columns: int) -> None:
        before = dict(self._row_of)
        super()._bring_to_front(columns)
        if self._row_of != before:
            self._place_players()

    def _place_players(self) -> None:
        """Say whose each row is, where the buffer has room for it already."""
        rows = {row: self._owner(slot) for slot, row in self._row_of.items()}
        known = [row for row in rows if row < len(self._player_R)]
        if known:
            at = torch.tensor(known, device=self._player_R.device)
            whose = torch.tensor([rows[row] for row in known], device=self._player_R.device)
            self._player_R[at] = whose


class _JointModel(CachedModel):
    """Passes whose rows are several players'."""

    def __init__(
        self,
        model: PreTrainedModel,
        cache: RaggedCache,
        players: Sequence[Player],
        now: _Pass,
        player_R: Tensor,
    ):
        super().__init__(model, cache, None)
        self._now, self._player_R, self._layers = now, player_R, decoder_layers(model)
        self._keepers: dict[int, list[int]] = {}
        """layer: players that keep what enters it"""
        for number, player in enumerate(players):
            if player.states is not None:
                self._keepers.setdefault(min(player.layers), []).append(number)

    @contextmanager
    def _of_rows(self, row_B: Tensor) -> Iterator[None]:
        now = self._now
        _begin_pass(now, self._player_R[row_B])
        with ExitStack() as stack:
            captured = {
                layer: stack.enter_context(capturing(self._layers[layer]))
                for layer in self._keepers
            }
            yield
        for layer, keepers in self._keepers.items():
            rows = _rows_of(now, keepers)
            if len(rows):
                self.cache.keep_hidden(captured[layer][0], rows)


class JointEngine:
    """Lets several players share a ``JointDecoder``: each has a ``Seat``, which is an engine.

    A token step is taken for all players when one asks for a second time: the others find what ended for
    them when they ask.
    """

    def __init__(self, decoder: JointDecoder):
        self.decoder = decoder
        self.seats = [Seat(self, number) for number in range(len(decoder.players))]
        self._asked: set[int] = set()

    def step(self, number: int) -> None:
        """Take a step if this player has seen what came of the last one."""
        if number in self._asked:
            self._asked.clear()
            for slot, reply in self.decoder.step():
                own, whose = divmod(slot, len(self.seats))
                self.seats[whose].ended.append((own, reply))
        self._asked.add(number)

    def forget(self, number: int) -> None:
        """Drop what depends on a player's weights; everything once nobody plays."""
        self._asked.discard(number)
        if any(seat.slots for seat in self.seats):
            self.decoder.forget_player(number)
        else:
            self.decoder.forget()


class Seat:
    """The engine of one player; see ``Engine``."""

    answers_alone = False

    def __init__(self, joint: JointEngine, number: int):
        self.joint, self.number, self.context = joint, number, joint.decoder.context
        self.slots: set[int] = set()
        """in which an episode runs"""
        self.ended: list[tuple[int, Sampled]] = []

    def submit(self, slot: int, prompt_ids: Sequence[int] | Ids, key: Sequence[int]) -> None:
        """Ask for a reply."""
        self.slots.add(slot)
        self.joint.decoder.submit(self._joint(slot), prompt_ids, key)

    def step(self) -> list[tuple[int, Sampled]]:
        """Go on writing for a moment, unless that was done for others since this player asked last."""
        if not self.ended:
            self.joint.step(self.number)
        ended, self.ended = self.ended, []
        return ended

    def release(self, slots: Sequence[int]) -> None:
        """End these episodes."""
        self.joint.decoder.release([self._joint(slot) for slot in slots])
        self.slots.difference_update(slots)

    def forget(self) -> None:
        """End all of this player's episodes, and drop what depends on its weights."""
        self.release(list(self.slots))
        self.ended = []
        self.joint.forget(self.number)

    def _joint(self, slot: int) -> int:
        return slot * len(self.joint.seats) + self.number


def _begin_pass(now: _Pass, player_B: Tensor) -> None:
    now.player_B = player_B
    now.rows = {}
    if not now.masks:
        for player in sorted(set(player_B.tolist())):
            now.rows[player] = (player_B == player).nonzero()[:, 0]


def _rows_of(now: _Pass, players: Sequence[int]) -> Tensor:
    assert now.player_B is not None
    return torch.isin(now.player_B, now.player_B.new_tensor(players)).nonzero()[:, 0]


def _let_rows_choose(common: PreTrainedModel, players: Sequence[Player], now: _Pass) -> None:
    """Let every module of the players' layers run the rows of a player through the player's own module."""
    stack = decoder_layers(common)
    stacks = [decoder_layers(player.model) for player in players]
    for index, layer in enumerate(stack):
        whose = [number for number, player in enumerate(players) if index in player.layers]
        for name, module in layer.named_modules():
            if whose and any(p is not None for p in module._parameters.values()):
                own = {number: stacks[number][index].get_submodule(name) for number in whose}
                choose = _by_mask if now.masks else _by_rows
                module.forward = partial(choose, module.forward, own, now)


def _by_rows(
    frozen: Callable[[Tensor], Tensor], own: dict[int, nn.Module], now: _Pass, hidden: Tensor
) -> Tensor:
    """Run the rows of each player through its module, all others through the frozen one."""
    mine = [(module, now.rows[number]) for number, module in own.items() if number in now.rows]
    if len(mine) == 1 and len(mine[0][1]) == len(hidden):
        only: Tensor = mine[0][0](hidden)
        return only
    result = frozen(hidden)
    for module, rows in mine:
        result.index_copy_(0, rows, module(hidden.index_select(0, rows)).to(result.dtype))
    return result


def _by_mask(
    frozen: Callable[[Tensor], Tensor], own: dict[int, nn.Module], now: _Pass, hidden: Tensor
) -> Tensor:
    """Run all rows through all modules, and choose."""
    assert now.player_B is not None
    result = frozen(hidden)
    for number, module in own.items():
        mask = (now.player_B == number).view(-1, *[1] * (result.dim() - 1))
        result = torch.where(mask, module(hidden).to(result.dtype), result)
    return result


@torch.no_grad()
def _require_same_logits(common: PreTrainedModel, players: Sequence[Player], now: _Pass) -> None:
    """Compare a joint pass, a row for each player, with the players' own.

    Raises:
        ValueError: they differ: some module of the layers does not work row by row, as experts do not.
    """
    size = min(common.get_input_embeddings().num_embeddings, 97)
    ids_BQ = (torch.arange(7 * len(players), device=common.device) * 31 % size).view(-1, 7)
    _begin_pass(now, torch.arange(len(players), device=common.device))
    own = [player.model(input_ids=ids_BQ[i : i + 1]).logits[0] for i, player in enumerate(players)]
    try:
        found = common(input_ids=ids_BQ).logits
        difference = float((found - torch.stack(own)).abs().max())
    except (RuntimeError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"{_cannot(common)}: {error}") from error
    if not difference <= _ROUNDING.get(common.dtype, 1e-3):
        raise ValueError(f"{_cannot(common)}: logits differ by {difference:.1e}")


def _cannot(model: PreTrainedModel) -> str:
    return f"{type(model).__name__} cannot be trained with --together: leave it out"
