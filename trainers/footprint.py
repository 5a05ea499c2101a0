"""What a run will hold in memory and move between machines, computed from the model's configuration alone.

The model is built without weights (torch's ``meta`` device), so that a plan for 8B parameters takes no
memory and a second. Bytes of parameters are exact; activations follow from the shapes of a decoder layer.
The same rules that a run follows decide how many episodes and tokens are held at once on a CPU or a GPU.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from onelayer.agents.devices import CACHE_SHARE, cache_columns
from onelayer.agents.models import model_folder
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.layer_spec import parse_layers, trains_everything
from onelayer.trainers.layers import decoder_layers, trained_parameters
from onelayer.trainers.lora import matrices
from onelayer.trainers.memory import (
    ACTIVATIONS,
    FEWEST,
    MOST,
    STATES_ON_A_CPU,
    STATES_SHARE,
    tokens_of_a_pass,
)
from onelayer.trainers.weight_sizes import FLOAT32, Counts, split_weights, whole_weights

_LOGITS = 4 * (32 << 20)
"""bytes of a chunk of logits, its log-softmax, its gradient and one more, see ``score.py``"""
_LOGITS_ON_A_GPU = 4 * (256 << 20)


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes of one process, and bytes that one iteration moves."""

    layers: tuple[int, ...]
    trained: int
    """parameters that learn"""
    parameters: int
    always: Mapping[str, int]
    """held all the time, by what it is"""
    starting: Mapping[str, int]
    """held before the first iteration, when the rest is not there yet"""
    playing: Mapping[str, int]
    updating: Mapping[str, int]
    moved: Mapping[str, int]
    """in one iteration, by where it goes"""

    @property
    def peak(self) -> int:
        """Bytes at the worst moment: start, playing and updating follow each other."""
        playing, updating = sum(self.playing.values()), sum(self.updating.values())
        return max(sum(self.starting.values()), sum(self.always.values()) + max(playing, updating))


def bare_model(name: str, dtype: str) -> PreTrainedModel:
    """Return the model of a name, folder or hub id, with shapes and without weights.

    Raises:
        ValueError: there is no such model, or it is no causal language model.
    """
    try:
        config = AutoConfig.from_pretrained(model_folder(name))
        with torch.device("meta"):
            return AutoModelForCausalLM.from_config(config, dtype=getattr(torch, dtype))
    except (OSError, ValueError) as error:
        reason = (str(error).strip() or "no reason given").splitlines()[0]
        raise ValueError(f"model {name!r} cannot be planned: {reason}") from error


def footprint(
    config: TrainConfig,
    bare: PreTrainedModel,
    *,
    episode_tokens: int,
    processes: int = 1,
    card: int = 0,
) -> Footprint:
    """Compute what a run holds and moves.

    Args:
        config: the run.
        bare: its model, see ``bare_model``.
        episode_tokens: of a whole episode with ``history=all``, of a prompt and its reply otherwise.
        processes: how many share the tasks.
        card: bytes of the GPU of a process; 0: it runs on a CPU.
    """
    stack = decoder_layers(bare)
    depth = len(stack)
    layers = parse_layers(config.layers, depth)
    counts = Counts(
        trained=_trained(config, bare, layers),
        parameters=sum(p.numel() for p in bare.parameters()),
        layers=sum(p.numel() for p in stack.parameters()),
        layer=max(sum(p.numel() for p in layer.parameters()) for layer in stack),
        width=getattr(torch, config.dtype).itemsize,
        processes=processes,
    )
    split = config.shard and processes > 1
    weights = split_weights(config, counts) if split else whole_weights(config, counts)
    amounts = _Amounts.of(config, bare, counts, episode_tokens)
    held = sum(weights.always.values())
    room = (
        _room_on_a_card(config, amounts, card - held) if card else _room_on_a_cpu(config, amounts)
    )
    # With a windowed history each step is a row, and rows share prefixes: how many is not known here.
    passes = max(config.minibatches, -(-amounts.episodes * episode_tokens // room.read))
    moved = {
        "checkpoint, to the disk": 3 * counts.trained * FLOAT32 // config.checkpoint_every,
        **weights.moved(config, passes),
    }
    if config.engine == "vllm":
        moved["whole layers, to each server"] = _whole_layers(config, bare, layers) * counts.width
    return Footprint(
        tuple(layers),
        counts.trained,
        counts.parameters,
        weights.always,
        *(
            {name: size for name, size in parts.items() if size}
            for parts in (
                weights.starting,
                {**weights.playing, **_playing(config, amounts, room)},
                {**weights.updating, **_updating(config, amounts, room)},
                moved,
            )
        ),
    )


@dataclass(frozen=True, slots=True)
class _Amounts:
    """What an iteration has in one process, and the bytes of each."""

    episodes: int
    tokens: int
    """of one episode"""
    row: int
    """bytes of the keys and values of one episode"""
    entering: int
    """bytes of the states that enter the first layer that learns, of one episode with its spare columns"""
    states: int
    """bytes of those states of all episodes"""
    per_token: int
    """bytes that autograd keeps of a token"""
    per_token_checkpointed: int
    """the same with gradient checkpointing: what enters each layer"""
    one_layer: int
    """bytes that autograd keeps of a token in one layer"""

    @classmethod
    def of(
        cls, config: TrainConfig, bare: PreTrainedModel, counts: Counts, episode_tokens: int
    ) -> "_Amounts":
        shape, depth = _Shape.of(bare), len(decoder_layers(bare))
        full = trains_everything(config.layers) and not config.lora_rank
        all_learn = full or config.train_embeddings
        first = 0 if all_learn else min(parse_layers(config.layers, depth))
        episodes = -(-config.tasks_per_iteration // counts.processes) * config.group_size
        columns, learning = cache_columns(episode_tokens), depth - first
        state = shape.width * counts.width if first > 0 else 0
        return cls(
            episodes=episodes,
            tokens=episode_tokens,
            row=columns * depth * shape.kept_by_cache * counts.width,
            entering=columns * state,
            states=episodes * episode_tokens * state,
            per_token=learning * shape.kept_for_backward * counts.width,
            per_token_checkpointed=learning * shape.width * counts.width,
            one_layer=shape.kept_for_backward * counts.width,
        )


@dataclass(frozen=True, slots=True)
class _Room:
    """How much is held at once."""

    at_once: int
    """episodes that play"""
    read: int
    """tokens of a forward pass of an update"""
    kept: int
    """bytes of states that enter the first layer that learns, while it updates"""
    logits: int
    """bytes"""
    recorded: bool
    """whether those states are recorded while playing"""


def _room_on_a_cpu(config: TrainConfig, amounts: _Amounts) -> _Room:
    return _Room(
        at_once=min(config.parallel or amounts.episodes, amounts.episodes),
        read=config.tokens_per_forward or tokens_of_a_pass(amounts.tokens),
        kept=min(amounts.states, STATES_ON_A_CPU),
        logits=_LOGITS,
        recorded=True,
    )


def _room_on_a_card(config: TrainConfig, amounts: _Amounts, free: int) -> _Room:
    free = max(0, free)
    fitting = max(1, int(CACHE_SHARE * free) // amounts.row)
    read = min(max(ACTIVATIONS // amounts.per_token, FEWEST), MOST)
    return _Room(
        at_once=min(config.parallel or fitting, amounts.episodes),
        read=config.tokens_per_forward or read,
        kept=min(amounts.states, int(STATES_SHARE * free)),
        logits=_LOGITS_ON_A_GPU,
        recorded=False,
    )


def _playing(config: TrainConfig, amounts: _Amounts, room: _Room) -> dict[str, int]:
    if config.engine == "vllm":  # servers keep what they play with
        return {}
    playing = {"keys and values": room.at_once * amounts.row}
    if room.recorded:
        playing["states entering the layer, in rows"] = room.at_once * amounts.entering
        playing["states entering the layer, kept"] = room.kept
    return playing


def _updating(config: TrainConfig, amounts: _Amounts, room: _Room) -> dict[str, int]:
    of_a_token = amounts.per_token
    if config.gradient_checkpointing:  # what enters each layer, and one layer's own
        of_a_token = amounts.per_token_checkpointed + amounts.one_layer
    return {
        "states entering the layer, kept": room.kept,
        "activations": room.read * of_a_token,
        "logits": room.logits,
    }


def _whole_layers(config: TrainConfig, bare: PreTrainedModel, layers: list[int]) -> int:
    """Return the parameters that a server gets: adapters go over merged into their layers."""
    parameters = trained_parameters(
        bare,
        layers,
        everything=trains_everything(config.layers) and not config.lora_rank,
        train_embeddings=config.train_embeddings,
    )
    return sum(parameter.numel() for parameter in parameters.values())


def _trained(config: TrainConfig, bare: PreTrainedModel, layers: list[int]) -> int:
    if config.lora_rank:
        modules = dict(bare.named_modules())
        chosen = [modules[name] for name in matrices(bare, layers)]
        return sum(config.lora_rank * sum(m.weight.shape) for m in chosen)
    chosen_parameters = trained_parameters(
        bare,
        layers,
        everything=trains_everything(config.layers),
        train_embeddings=config.train_embeddings,
    )
    return sum(parameter.numel() for parameter in chosen_parameters.values())


@dataclass(frozen=True, slots=True)
class _Shape:
    """Numbers of one token in one decoder layer."""

    width: int
    kept_by_cache: int
    """numbers of its keys and values"""
    kept_for_backward: int
    """numbers that autograd keeps"""

    @classmethod
    def of(cls, bare: PreTrainedModel) -> "_Shape":
        config = bare.config.get_text_config()
        width, heads = config.hidden_size, config.num_attention_heads
        head = getattr(config, "head_dim", None) or width // heads
        values = 2 * (getattr(config, "num_key_value_heads", None) or heads) * head
        inner = getattr(config, "intermediate_size", None) or 4 * width
        return cls(
            width=width,
            kept_by_cache=values,
            # Norms keep their input, its scaled form and their output; queries and keys exist before and
            # after rotation, attention keeps both, its values and its result; the MLP keeps two inner
            # activations, the nonlinear one and their product.
            kept_for_backward=8 * width + 4 * heads * head + 2 * values + 4 * inner,
        )
