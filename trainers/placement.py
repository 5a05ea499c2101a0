"""Where the parameters that learn lie: whole in every process, or split over them.

One layer is small, so every process holds the whole model and the processes add up one layer's gradient.
A model whose every parameter learns takes 16 bytes a parameter (weight, gradient, two moments); where no
card has room for that, ``Sharded`` splits them with FSDP2. Both have the same methods.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from transformers import PreTrainedModel

from onelayer.agents.forward import decoder_layers
from onelayer.trainers.processes import largest, lost_as_a_sentence, sum_gradients


class Replicated:
    """Every process holds all parameters, and they are equal."""

    sharded = False

    def __init__(self, accelerator: Accelerator):
        self._accelerator = accelerator

    def whole(self) -> AbstractContextManager[None]:
        """Return a context in which the model is a plain one, for playing; all enter it together."""
        return nullcontext()

    def head_alone(self) -> AbstractContextManager[None]:
        """Return a context in which what follows the layers may run without them."""
        return nullcontext()

    def begin_passes(self, own: int) -> int:
        """Return how many passes a process makes that has ``own`` batches; all call it together."""
        return own

    def sum_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Let every process have the sum of all gradients of what it holds."""
        sum_gradients(self._accelerator, parameters)


class Sharded:
    """Every process holds an equal share of each parameter, in float32, and of its gradient and moments.

    A decoder layer is whole only while a pass runs through it. What comes before and after the layers
    (embedding, last norm, head) is whole during a pass, in float32. While playing everything is whole: a
    token step reads all weights, and to fetch them for each token would take longer than the step.

    A layer is fetched by all processes together, so all make as many passes: ``begin_passes``.

    Args:
        model: all of whose parameters learn, whole in every process; it is split in place.
        accelerator: of a run of several processes.
        dtype: of a layer while it is whole.
    """

    sharded = True

    def __init__(self, model: PreTrainedModel, accelerator: Accelerator, dtype: torch.dtype):
        self._accelerator = accelerator
        mesh = init_device_mesh(accelerator.device.type, (accelerator.num_processes,))
        rounded = None if dtype == torch.float32 else dtype
        policy = MixedPrecisionPolicy(param_dtype=rounded, reduce_dtype=torch.float32)
        for layer in decoder_layers(model):
            fully_shard(layer, mesh=mesh, mp_policy=policy)
        fully_shard(model, mesh=mesh, reshard_after_forward=True)
        self._modules = [module for module in model.modules() if isinstance(module, FSDPModule)]
        for module in self._modules:
            module.set_gradient_divide_factor(1.0)  # the loss is divided already: gradients add up
            module.set_force_sum_reduction_for_comms(True)  # gloo has no scaled sum

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Let this process hold all weights in the block; see ``Replicated.whole``."""
        with lost_as_a_sentence(self._accelerator):
            for module in self._modules:
                module.unshard()
        try:
            with self.head_alone():
                yield
        finally:
            for module in self._modules:
                module.reshard()

    @contextmanager
    def head_alone(self) -> Iterator[None]:
        """Keep modules from fetching and dropping weights in the block; see ``Replicated.head_alone``."""
        modules: list[Any] = [*self._modules]
        kept = [(m, m._forward_pre_hooks, m._forward_hooks) for m in modules]
        try:
            for module in modules:
                module._forward_pre_hooks, module._forward_hooks = OrderedDict(), OrderedDict()
            yield
        finally:
            for module, before, after in kept:
                module._forward_pre_hooks, module._forward_hooks = before, after

    def begin_passes(self, own: int) -> int:
        """Return how many passes the process with the most batches makes; see ``Replicated``."""
        for module in self._modules:
            module.reshard()  # a pass without gradient leaves the ends whole, and weights may have changed
        return int(largest(self._accelerator, own))

    def sum_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Gradients were added up in each backward pass; a parameter that has none gets zeros."""
        for parameter in parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)


def own_part(tensor: Tensor) -> Tensor:
    """Return what this process holds of a tensor, in the same memory."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def whole_on_cpu(tensor: Tensor, keep: bool = True) -> Tensor:
    """Return a copy of the whole tensor on the CPU; all processes call it for a split one.

    Args:
        tensor: split or not.
        keep: False in a process that does not need the copy: it gets an empty tensor.
    """
    full = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
    return full.detach().cpu() if keep else torch.empty(0)


def placed_like(full: Tensor, place: Tensor) -> Tensor:
    """Return a whole tensor, which every process has, on the device of ``place`` and split as that is."""
    full = full.to(place.device)
    if not isinstance(place, DTensor):
        return full
    return distribute_tensor(full, place.device_mesh, place.placements, src_data_rank=None)


def whole_state(optimizer: torch.optim.Optimizer, keep: bool = True) -> dict[str, Any]:
    """Return the state of an optimizer with whole tensors on the CPU; ``keep`` as in ``whole_on_cpu``."""
    state: dict[str, Any] = optimizer.state_dict()
    gathered = {
        index: {name: _mapped(value, keep) for name, value in values.items()}
        for index, values in state["state"].items()
    }
    return {**state, "state": gathered}


def load_whole_state(optimizer: torch.optim.Optimizer, state: Mapping[str, Any]) -> None:
    """Load a state of ``whole_state``; each process takes its own part."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    own = {
        index: {
            name: placed_like(value, parameters[index]) if value.ndim else value
            for name, value in values.items()
        }
        for index, values in state["state"].items()
    }
    optimizer.load_state_dict({**state, "state": own})


def _mapped(value: Any, keep: bool) -> Any:
    return whole_on_cpu(value, keep) if isinstance(value, Tensor) else value
