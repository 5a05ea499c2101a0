"""Bytes of weights, gradients and the optimizer in one process, and what processes send each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from onelayer.trainers.config import TrainConfig

FLOAT32 = 4


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of parameters, and what they are kept in."""

    trained: int
    parameters: int
    layers: int
    """in all decoder layers"""
    layer: int
    """in the largest decoder layer"""
    width: int
    """bytes of one frozen parameter"""
    processes: int

    @property
    def ends(self) -> int:
        """Parameters before and after the layers."""
        return self.parameters - self.layers


@dataclass(frozen=True, slots=True)
class Weights:
    """Bytes of weights and of what belongs to each of them."""

    always: Mapping[str, int]
    starting: Mapping[str, int]
    playing: Mapping[str, int]
    updating: Mapping[str, int]
    moved: Callable[[TrainConfig, int], Mapping[str, int]]
    """takes the run and the number of passes over its rows; returns the bytes that a process sends or gets"""


def whole_weights(config: TrainConfig, counts: Counts) -> Weights:
    """Return the bytes where every process holds all weights, and only gradients are exchanged."""
    replaced = 0 if config.lora_rank else counts.trained  # these are kept in float32 instead
    always = {
        "frozen weights": (counts.parameters - replaced) * counts.width,
        "trained weights, float32": counts.trained * FLOAT32,
        "optimizer": 2 * counts.trained * FLOAT32,
    }
    if config.beta > 0:
        always["start weights"] = counts.trained * counts.width
    rounded = {}
    if counts.width < FLOAT32:
        rounded = {"trained weights, rounded": counts.trained * counts.width}

    def moved(config: TrainConfig, passes: int) -> dict[str, int]:
        ring = 2 * (counts.processes - 1) / counts.processes
        steps = config.epochs * config.minibatches
        if config.minibatch_rows:  # with a windowed history, where a row is a step, there are more
            rows = config.tasks_per_iteration * config.group_size
            steps = config.epochs * -(-rows // config.minibatch_rows)
        size = int(steps * ring * counts.trained * FLOAT32)
        return {"gradient, to the other processes": size}

    # Several gradients lie side by side to be added up at once; then each parameter has a view of the sum.
    gradient = counts.trained * FLOAT32 * (2 if counts.processes > 1 else 1)
    return Weights(always, {}, rounded, {"gradient": gradient, **rounded}, moved)


def split_weights(config: TrainConfig, counts: Counts) -> Weights:
    """Return the bytes where every process holds its share of everything; see ``placement.Sharded``."""
    share = -(-counts.trained // counts.processes)
    always = {
        "own share of the weights, float32": share * FLOAT32,
        "own share of the optimizer": 2 * share * FLOAT32,
    }
    if config.beta > 0:
        always["own share of the start weights"] = share * FLOAT32
    layers = counts.layers * counts.width
    ends = counts.ends * FLOAT32
    # A layer that runs, the next one fetched ahead, its gradient, and that gradient in float32 as it is sent.
    layer = counts.layer * (3 * counts.width + FLOAT32)
    updating = {
        "own share of the gradient": share * FLOAT32,
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
                part * config.epochs * passes * counts.parameters * FLOAT32
            ),
        }

    return Weights(
        always,
        {
            "weights before they are split, float32": counts.parameters * FLOAT32,
            "own share of the weights, float32": share * FLOAT32,
        },
        {"weights, whole": layers + ends},
        updating,
        moved,
    )
