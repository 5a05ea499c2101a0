"""Several policies that differ in some layers write their replies in one batch.

Each row of the cache belongs to one policy. A pass runs the common, frozen model on all rows; in the layers
that a policy has of its own, its rows go through its own modules instead (``player_modules``). Attention
needs no change, because rows do not read each other. So each small step of decoding serves all policies, and
they share its fixed cost.

Axes: ``R`` rows of the cache, ``B`` rows of a pass.
"""

import copy
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor
from transformers import PreTrainedModel

from onelayer.agents.cache import RaggedCache
from onelayer.agents.cached import CachedModel
from onelayer.agents.decoder import Decoder
from onelayer.agents.engine import Ids, Sampled
from onelayer.agents.forward import capturing, decoder_layers
from onelayer.agents.held import owner_of
from onelayer.agents.player_modules import Player, PlayerModules
from onelayer.agents.sampling import Sampling
from onelayer.agents.states import CapturedStates


def sharing_weights(model: PreTrainedModel, own: Collection[str] = ()) -> PreTrainedModel:
    """Return a copy of ``model`` that shares its parameters and buffers, but not its modules.

    Args:
        model: the model.
        own: names of parameters that are copied instead, so that the result may change them.
    """
    shared = {id(p): p for name, p in model.named_parameters() if name not in own}
    shared |= {id(buffer): buffer for buffer in model.buffers()}
    twin: PreTrainedModel = copy.deepcopy(model, shared)
    return twin


class JointDecoder(Decoder):
    """Samples for ``P`` players; slot ``s`` of player ``p`` is the decoder's slot ``s * P + p``.

    Args:
        model: the common base. Its modules are not touched.
        players: the policies.
        stop_ids: as of ``Decoder``.
        sampling: the same for all players.
        masks: see ``PlayerModules``.

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
        self._player_R = torch.zeros(0, dtype=torch.long, device=model.device)
        self._modules = PlayerModules(common, players, masks)
        super().__init__(common, stop_ids, sampling)

    def forget_player(self, player: int) -> None:
        """Drop what a player has read, since its weights changed; it must have no slots now."""
        owner_RK = owner_of(self._held.ids_RK[:, :1])
        self._held.length_R[(owner_RK == player).any(axis=1)] = 0

    def _owner(self, slot: int) -> int:
        return slot % len(self.players)

    def _states_of(self, slot: int) -> CapturedStates | None:
        return self.players[self._owner(slot)].states

    def _cached_model(self, cache: RaggedCache) -> CachedModel:
        self._player_R = torch.zeros(cache.rows, dtype=torch.long, device=self.model.device)
        self._place_players()
        return _JointModel(self.model, cache, self.players, self._modules, self._player_R)

    def _seat(self, slots: Sequence[int] | dict[int, Ids]) -> None:
        super()._seat(slots)
        self._place_players()

    def _bring_to_front(self, columns: int) -> None:
        before = dict(self._row_of)
        super()._bring_to_front(columns)
        if self._row_of != before:
            self._place_players()

    def _place_players(self) -> None:
        """Write down whose each row is, for the rows that the buffer already has room for."""
        rows = {row: self._owner(slot) for slot, row in self._row_of.items()}
        known = [row for row in rows if row < len(self._player_R)]
        if known:
            at = torch.tensor(known, device=self._player_R.device)
            whose = torch.tensor([rows[row] for row in known], device=self._player_R.device)
            self._player_R[at] = whose


class _JointModel(CachedModel):
    """Passes over rows of several players."""

    def __init__(
        self,
        model: PreTrainedModel,
        cache: RaggedCache,
        players: Sequence[Player],
        modules: PlayerModules,
        player_R: Tensor,
    ):
        super().__init__(model, cache, None)
        self._modules, self._player_R, self._layers = modules, player_R, decoder_layers(model)
        self._keepers: dict[int, list[int]] = {}
        """layer: players that keep what enters it"""
        for number, player in enumerate(players):
            if player.states is not None:
                self._keepers.setdefault(min(player.layers), []).append(number)

    @contextmanager
    def _of_rows(self, row_B: Tensor) -> Iterator[None]:
        self._modules.begin(self._player_R[row_B])
        with ExitStack() as stack:
            captured = {
                layer: stack.enter_context(capturing(self._layers[layer]))
                for layer in self._keepers
            }
            yield
        for layer, keepers in self._keepers.items():
            rows = self._modules.rows_of(keepers)
            if len(rows):
                self.cache.keep_hidden(captured[layer][0], rows)


class JointEngine:
    """Lets several players share a ``JointDecoder``: each has a ``Seat``, which is an engine.

    A token step is taken for all players once one of them asks a second time. Replies that ended for the
    others wait in their seats.
    """

    def __init__(self, decoder: JointDecoder):
        self.decoder = decoder
        self.seats = [Seat(self, number) for number in range(len(decoder.players))]
        self._asked: set[int] = set()

    def step(self, number: int) -> None:
        """Take a step if this player has already seen the result of the last one."""
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
        """Return replies that ended since this player asked last; if none did, go on writing for a moment."""
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
