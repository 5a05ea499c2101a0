"""What a run will hold in memory and move between machines, computed from the model's configuration alone.

The model is built without weights (torch's ``meta`` device), so that a plan for 8B parameters takes no
memory and a second. Bytes of parameters are exact; activations follow from the shapes of a decoder layer.
Sizes that depend on the device are those of a CPU: a GPU reads more tokens at once where it has the room.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from onelayer.agents.devices import cache_columns
from onelayer.agents.models import model_folder
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.layer_spec import parse_layers, trains_everything
from onelayer.trainers.layers import decoder_layers, trained_parameters
from onelayer.trainers.lora import matrices
from onelayer.trainers.memory import STATES_ON_A_CPU, tokens_of_a_pass

_FLOAT32 = 4
_LOGITS = 4 * (32 << 20)
"""bytes of a chunk of logits, its log-softmax, its gradient and one more, see ``score.py``"""


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes of one process, and bytes that one iteration moves."""

    layers: tuple[int, ...]
    trained: int
    """parameters that learn"""
    parameters: int
    always: Mapping[str, int]
    """held all the time, by what it is"""
    playing: Mapping[str, int]
    updating: Mapping[str, int]
    moved: Mapping[str, int]
    """in one iteration, by where it goes"""

    @property
    def peak(self) -> int:
        """Bytes at the worst moment: playing and updating follow each other."""
        return sum(self.always.values()) + max(
            sum(self.playing.values()), sum(self.updating.values())
        )


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
    config: TrainConfig, bare: PreTrainedModel, *, episode_tokens: int, processes: int = 1
) -> Footprint:
    """Compute what a run holds and moves.

    Args:
        config: the run.
        bare: its model, see ``bare_model``.
        episode_tokens: of a whole episode with ``history=all``, of a prompt and its reply otherwise.
        processes: that share the tasks.
    """
    depth = len(decoder_layers(bare))
    layers = parse_layers(config.layers, depth)
    trained = _trained(config, bare, layers)
    parameters = sum(p.numel() for p in bare.parameters())
    width = getattr(torch, config.dtype).itemsize
    full = trains_everything(config.layers) and not config.lora_rank
    first = 0 if full or config.train_embeddings else min(layers)
    shape = _Shape.of(bare)
    episodes = -(-config.tasks_per_iteration // processes) * config.group_size
    replaced = 0 if config.lora_rank else trained  # these are kept in float32 instead
    always = {
        "frozen weights": (parameters - replaced) * width,
        "trained weights, float32": trained * _FLOAT32,
        "optimizer": 2 * trained * _FLOAT32,
    }
    if config.beta > 0:
        always["start weights"] = trained * width
    at_once = min(config.parallel or episodes, episodes)
    columns = cache_columns(episode_tokens)
    states = episodes * episode_tokens * shape.width * width if first > 0 else 0
    playing = {}
    if config.engine == "onelayer":  # servers keep what they play with
        playing["keys and values"] = at_once * columns * depth * shape.kept_by_cache * width
        if states:
            in_rows = at_once * columns * shape.width * width
            playing["states entering the layer, in rows"] = in_rows
            playing["states entering the layer, kept"] = min(states, STATES_ON_A_CPU)
    read = config.tokens_per_forward or tokens_of_a_pass(episode_tokens)
    updating = {
        "states entering the layer, kept": min(states, STATES_ON_A_CPU),
        "gradient": trained * _FLOAT32,
        "activations": read * (depth - first) * shape.kept_for_backward * width,
        "logits": _LOGITS,
    }
    moved = {
        "checkpoint, to the disk": 3 * trained * _FLOAT32 // config.checkpoint_every,
    }
    if config.engine == "vllm":
        moved["whole layers, to each server"] = width * sum(
            weight.numel()
            for weight in trained_parameters(
                bare,
                layers,
                everything=full,
                train_embeddings=config.train_embeddings,
            ).values()
        )
    if processes > 1:
        steps = config.epochs * config.minibatches
        if (
            config.minibatch_rows
        ):  # where a row is a step, there are more of them than is known here
            rows = config.tasks_per_iteration * config.group_size
            steps = config.epochs * -(-rows // config.minibatch_rows)
        ring = 2 * (processes - 1) / processes
        moved["gradient, to the other processes"] = int(steps * ring * trained * _FLOAT32)
    return Footprint(
        tuple(layers),
        trained,
        parameters,
        always,
        {name: size for name, size in playing.items() if size},
        {name: size for name, size in updating.items() if size},
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
