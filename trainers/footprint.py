"""What a run will hold in memory and move between machines, computed from the model's configuration alone.

The model is built without weights (torch's ``meta`` device), so that a plan for 8B parameters takes no
memory and a second. Bytes of parameters are exact; activations follow from the shapes of a decoder layer.
The same rules that a run follows decide how many episodes and tokens are held at once on a CPU or a GPU.
"""

from collections.abc import Callable, Mapping
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

_FLOAT32 = 4
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
        processes: that share the tasks.
        card: bytes of the GPU of a process; 0: it runs on a CPU.
    """
    stack = decoder_layers(bare)
    depth = len(stack)
    layers = parse_layers(config.layers, depth)
    counts = _Counts(
        trained=_trained(config, bare, layers),
        parameters=sum(p.numel() for p in bare.parameters()),
        layers=sum(p.numel() for p in stack.parameters()),
        layer=max(sum(p.numel() for p in layer.parameters()) for layer in stack),
        width=getattr(torch, config.dtype).itemsize,
        processes=processes,
    )
    full = trains_everything(config.layers) and not config.lora_rank
    first = 0 if full or config.train_embeddings else min(layers)
    shape = _Shape.of(bare)
    split = config.shard and processes > 1
    weights = _split_weights(config, counts) if split else _weights(config, counts)
    always = weights.always
    episodes = -(-config.tasks_per_iteration // processes) * config.group_size
    columns = cache_columns(episode_tokens)
    row = columns * depth * shape.kept_by_cache * counts.width
    at_once = min(config.parallel or episodes, episodes)
    states = episodes * episode_tokens * shape.width * counts.width if first > 0 else 0
    per_token = (depth - first) * shape.kept_for_backward * counts.width
    if card:
        free = max(0, card - sum(always.values()))
        if config.parallel is None:
            at_once = max(1, min(episodes, int(CACHE_SHARE * free) // row))
        read = min(max(ACTIVATIONS // per_token, FEWEST), MOST)
        kept, states_while_playing = min(states, int(STATES_SHARE * free)), 0
        logits = _LOGITS_ON_A_GPU
    else:
        read, logits = tokens_of_a_pass(episode_tokens), _LOGITS
        kept = states_while_playing = min(states, STATES_ON_A_CPU)
    read = config.tokens_per_forward or read
    if not config.gradient_checkpointing:
        activations = read * per_token
    else:  # what enters each layer, and one layer's own
        inputs = (depth - first) * shape.width * counts.width
        activations = read * (inputs + shape.kept_for_backward * counts.width)
    playing = dict(weights.playing)
    if config.engine == "onelayer":  # servers keep what they play with
        playing["keys and values"] = at_once * row
        if first > 0 and not card:
            playing["states entering the layer, in rows"] = (
                at_once * columns * shape.width * counts.width
            )
        playing["states entering the layer, kept"] = states_while_playing
    updating = {
        **weights.updating,
        "states entering the layer, kept": kept,
        "activations": activations,
        "logits": logits,
    }
    # Whoever plays with a window has a row for each step; what rows share is not known here.
    passes = max(config.minibatches, -(-episodes * episode_tokens // read))
    moved = {
        "checkpoint, to the disk": 3 * counts.trained * _FLOAT32 // config.checkpoint_every,
        **weights.moved(config, passes),
    }
    if config.engine == "vllm":
        moved["whole layers, to each server"] = counts.width * sum(
            weight.numel()
            for weight in trained_parameters(
                bare,
                layers,
                everything=full,
                train_embeddings=config.train_embeddings,
            ).values()
        )
    return Footprint(
        tuple(layers),
        counts.trained,
        counts.parameters,
        always,
        *(
            {name: size for name, size in parts.items() if size}
            for parts in (weights.starting, playing, updating, moved)
        ),
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    """Numbers of parameters, and what they are kept in."""

    trained: int
    parameters: int
    layers: int
    """of all decoder layers"""
    layer: int
    """of the largest"""
    width: int
    """bytes of a frozen one"""
    processes: int

    @property
    def ends(self) -> int:
        """Parameters before and after the layers."""
        return self.parameters - self.layers


@dataclass(frozen=True, slots=True)
class _Weights:
    """Bytes of weights and of what belongs to each of them."""

    always: Mapping[str, int]
    starting: Mapping[str, int]
    playing: Mapping[str, int]
    updating: Mapping[str, int]
    moved: Callable[[TrainConfig, int], Mapping[str, int]]
    """takes the run and the passes over its rows; returns bytes that a process gets and sends"""


def _weights(config: TrainConfig, counts: _Counts) -> _Weights:
    """Every process holds all weights, and gets the others' gradient of those that learn."""
    replaced = 0 if config.lora_rank else counts.trained  # these are kept in float32 instead
    always = {
        "frozen weights": (counts.parameters - replaced) * counts.width,
        "trained weights, float32": counts.trained * _FLOAT32,
        "optimizer": 2 * counts.trained * _FLOAT32,
    }
    if config.beta > 0:
        always["start weights"] = counts.trained * counts.width
    rounded = {}
    if counts.width < _FLOAT32:
        rounded = {"trained weights, rounded": counts.trained * counts.width}

    def moved(config: TrainConfig, passes: int) -> dict[str, int]:
        ring = 2 * (counts.processes - 1) / counts.processes
        steps = config.epochs * config.minibatches
        if (
            config.minibatch_rows
        ):  # where a row is a step, there are more of them than is known here
            rows = config.tasks_per_iteration * config.group_size
            steps = config.epochs * -(-rows // config.minibatch_rows)
        size = int(steps * ring * counts.trained * _FLOAT32)
        return {"gradient, to the other processes": size}

    # Several gradients lie side by side to be added up at once; then each parameter has a view of the sum.
    gradient = counts.trained * _FLOAT32 * (2 if counts.processes > 1 else 1)
    return _Weights(always, {}, rounded, {"gradient": gradient, **rounded}, moved)


def _split_weights(config: TrainConfig, counts: _Counts) -> _Weights:
    """Every process holds its share of everything; see ``placement.Sharded``."""
    share = -(-counts.trained // counts.processes)
    always = {
        "own share of the weights, float32": share * _FLOAT32,
        "own share of the optimizer": 2 * share * _FLOAT32,
    }
    if config.beta > 0:
        always["own share of the start weights"] = share * _FLOAT32
    layers = counts.layers * counts.width
    ends = counts.ends * _FLOAT32
    # A layer while it runs and the one that is fetched ahead; its gradient, and that in float32 on its way.
    layer = counts.layer * (3 * counts.width + _FLOAT32)
    updating = {
        "own share of the gradient": share * _FLOAT32,
        "a layer and its gradient, whole": layer,
        "embedding, head and their gradient, whole": 3 * ends,
    }

    def moved(config: TrainConfig, passes: int) -> dict[str, int]:
        part = (counts.processes - 1) / counts.processes
        evaluations = 1 / config.eval_every if config.eval_every else 0
        scored = 1 if config.beta > 0 else 0
        fetched = (1 + evaluations) * (layers + ends)
        fetched += passes * (config.epochs * (2 * layers + ends) + scored * (layers + ends))
        return {
            "weights, from the other processes": int(part * fetched),
            "gradients, to the other processes": int(
                part * config.epochs * passes * counts.parameters * _FLOAT32
            ),
        }

    return _Weights(
        always,
        {
            "weights before they are split, float32": counts.parameters * _FLOAT32,
            "own share of the weights, float32": share * _FLOAT32,
        },
        {"weights, whole": layers + ends},
        updating,
        moved,
    )


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
    vocabulary: int
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
            vocabulary=config.vocab_size,
            kept_by_cache=values,
            # Norms keep their input, its scaled form and their output; queries and keys exist before and
            # after rotation, attention keeps both, its values and its result; the MLP keeps two inner
            # activations, the nonlinear one and their product.
            kept_for_backward=8 * width + 4 * heads * head + 2 * values + 4 * inner,
        )
