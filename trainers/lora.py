"""LoRA adapters (peft) in chosen layers: the same few parameters, spread thin instead of in one layer.

The adapters are put into the model itself, so that playing, scoring and checkpoints work as with any other
trained parameters. A run folder holds them in peft's own format, ``adapter_config.json`` and
``adapter_model.safetensors``: ``peft.PeftModel.from_pretrained(base, run_folder)`` loads them. LoRA: Hu et
al. 2021, https://arxiv.org/abs/2106.09685.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from onelayer.agents.weight_files import ADAPTER_FILE, build, read_weights, write_weights
from onelayer.files import require_new_folder
from onelayer.json_files import write_json
from onelayer.trainers.delta import LayerDelta, write_model
from onelayer.trainers.fingerprint import base_fingerprint
from onelayer.trainers.layers import decoder_layers

FORMAT = "onelayer.adapters.1"
CONFIG_NAME = "adapter_config.json"
SCALE = 2
"""lora_alpha / rank, whatever the rank"""
_PREFIX = "base_model.model."
"""what peft puts before a parameter's name"""
_ADAPTER = "default"


def add_adapters(
    model: PreTrainedModel, layers: Sequence[int], rank: int, seed: int
) -> dict[str, nn.Parameter]:
    """Put adapters beside every matrix of the chosen layers and freeze everything else.

    At first they change nothing: ``B`` is 0, and ``A`` is drawn with ``seed``.

    Returns:
        The parameters of the adapters by name, in the model's order.

    Raises:
        ValueError: peft is not installed, or the model has adapters already.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError:
        raise ValueError("lora_rank needs peft: pip install 'onelayer[profile]'") from None
    if adapter_parameters(model):
        raise ValueError("the model has LoRA adapters already; load it afresh")
    model.requires_grad_(False)
    settings = LoraConfig(
        r=rank,
        lora_alpha=SCALE * rank,
        lora_dropout=0.0,
        target_modules=matrices(model, layers),
        bias="none",
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        inject_adapter_in_model(settings, model, adapter_name=_ADAPTER)
    chosen = adapter_parameters(model)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in chosen)
    model.eval()
    return chosen


def remove_adapters(model: PreTrainedModel) -> None:
    """Take all adapters out again; the model is as it was before ``add_adapters``."""
    if not adapter_parameters(model):
        return
    from peft.tuners.tuners_utils import BaseTunerLayer

    for name, module in list(model.named_modules()):
        if isinstance(module, BaseTunerLayer):
            parent, _, child = name.rpartition(".")
            setattr(model.get_submodule(parent), child, module.get_base_layer())
    for attribute in ("peft_config", "_hf_peft_config_loaded"):
        model.__dict__.pop(attribute, None)


def adapter_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the parameters of all adapters by name."""
    return {
        name: parameter
        for name, parameter in model.named_parameters()
        if ".lora_A." in name or ".lora_B." in name
    }


def merged_matrix(model: nn.Module, module: str) -> Tensor:
    """Return the matrix of a module with what the adapter beside it adds, in float32."""
    base = model.get_parameter(f"{module}.base_layer.weight")
    a, b = (model.get_parameter(f"{module}.lora_{side}.{_ADAPTER}.weight") for side in "AB")
    return base.float() + SCALE * (b.float() @ a.float())


def matrices(model: PreTrainedModel, layers: Sequence[int]) -> list[str]:
    """Return the names of the linear modules of the chosen layers, which adapters go beside."""
    stack = decoder_layers(model)
    inside = {id(module) for layer in layers for module in stack[layer].modules()}
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and id(module) in inside
    ]


def rank_like_one_layer(model: PreTrainedModel) -> int:
    """Return the rank at which adapters in all layers have about as many parameters as one layer."""
    stack = decoder_layers(model)
    parameters = dict(model.named_parameters())
    one_layer = sum(parameter.numel() for parameter in stack[0].parameters())
    shapes = [parameters[f"{name}.weight"].shape for name in matrices(model, range(len(stack)))]
    of_rank_one = sum(rows + columns for rows, columns in shapes)
    rank: int = round(one_layer / of_rank_one)
    return max(1, rank)


@dataclass(frozen=True, slots=True, eq=False)
class Adapters:
    """Trained adapters, with the identity of their base model."""

    tensors: Mapping[str, Tensor]
    """by the names that they have in a model with adapters, on the CPU"""
    rank: int
    base_id: str
    """what the base was loaded as"""
    fingerprint: str
    """``base_fingerprint`` of the whole base"""
    layers: tuple[int, ...]
    num_layers: int
    config: Mapping[str, Any] = field(default_factory=dict)
    """how they were trained"""

    @classmethod
    def from_model(
        cls,
        model: PreTrainedModel,
        layers: Sequence[int],
        base_id: str,
        *,
        fingerprint: str,
        config: Mapping[str, Any],
    ) -> "Adapters":
        """Copy the adapters out of ``model``; the arguments are the fields."""
        found = adapter_parameters(model)
        return cls(
            tensors={n: p.detach().to("cpu", copy=True).contiguous() for n, p in found.items()},
            rank=int(config["lora_rank"]),
            base_id=base_id,
            fingerprint=fingerprint,
            layers=tuple(sorted(layers)),
            num_layers=len(decoder_layers(model)),
            config=dict(config),
        )

    def save(self, folder: Path | str) -> None:
        """Write peft's two files; the weights come last, whole or not at all."""
        folder = Path(folder)
        from peft import LoraConfig

        targets = sorted({name.partition(".lora_")[0] for name in self.tensors})
        settings = LoraConfig(
            r=self.rank,
            lora_alpha=SCALE * self.rank,
            lora_dropout=0.0,
            target_modules=targets,
            bias="none",
            task_type="CAUSAL_LM",
            base_model_name_or_path=self.base_id,
            inference_mode=True,
        )
        values = {k: sorted(v) if isinstance(v, set) else v for k, v in settings.to_dict().items()}
        write_json(folder / CONFIG_NAME, values)
        about = {
            "rank": self.rank,
            "base_id": self.base_id,
            "fingerprint": self.fingerprint,
            "layers": list(self.layers),
            "num_layers": self.num_layers,
            "config": dict(self.config),
        }
        named = {_PREFIX + _without_adapter(name): t for name, t in self.tensors.items()}
        write_weights(folder / ADAPTER_FILE, named, FORMAT, "adapters", about)

    @classmethod
    def load(cls, folder: Path | str) -> "Adapters":
        """Read the adapters of a run folder.

        Raises:
            FileNotFoundError: there are none.
            ValueError: the file is damaged or something else.
        """
        path = Path(folder) / ADAPTER_FILE
        if not path.is_file():
            raise FileNotFoundError(f"there are no adapters {path}")
        tensors, about = read_weights(path, FORMAT, "adapters")
        named = {_with_adapter(name): tensor for name, tensor in tensors.items()}
        return build(cls, path, tensors=named, **about)

    def apply(self, model: PreTrainedModel) -> None:
        """Put the adapters into ``model``, a copy of the base without any.

        Raises:
            ValueError: ``model`` is not the base that they were trained on.
        """
        self._require_base(model)
        parameters = add_adapters(model, self.layers, self.rank, seed=0)
        with torch.no_grad():
            for name, tensor in self.tensors.items():
                parameters[name].copy_(tensor)

    def merge(
        self,
        out: Path | str,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase | None = None,
    ) -> None:
        """Add the adapters to the matrices of ``model`` and write a full folder for ``from_pretrained``.

        The sums are computed in float32 and rounded to the model's dtype. The folder appears when it
        is complete.

        Raises:
            ValueError: ``model`` is another base, or ``out`` exists and is not an empty folder.
        """
        require_new_folder(out)
        self._require_base(model)
        with torch.no_grad():
            for name in {name.partition(".lora_")[0] for name in self.tensors}:
                matrix = model.get_parameter(f"{name}.weight")
                matrix.copy_(matrix.float() + self.change(name).to(matrix.device))
        write_model(out, model, tokenizer)

    @property
    def what(self) -> str:
        """What was trained, in words."""
        of = (
            "all layers"
            if len(self.layers) == self.num_layers
            else f"layers {', '.join(map(str, self.layers))}"
        )
        return f"adapters of rank {self.rank} in {of}"

    @property
    def dtype(self) -> str:
        """The dtype to load the base in."""
        return str(self.config.get("dtype", "float32"))

    def change(self, name: str) -> Tensor:
        """Return what the adapter beside the module ``name`` adds to its matrix, in float32."""
        a, b = (self.tensors[f"{name}.lora_{side}.{_ADAPTER}.weight"].float() for side in "AB")
        return SCALE * (b @ a)

    def _require_base(self, model: PreTrainedModel) -> None:
        if base_fingerprint(model) != self.fingerprint:
            raise ValueError(
                f"the adapters were trained on {self.base_id!r}, and this model is not that base"
            )


def load_trained(path: Path | str) -> LayerDelta | Adapters:
    """Return what a run trained: adapters, or whole layers.

    Args:
        path: the run folder, or the file of whole layers.

    Raises:
        FileNotFoundError: there are neither.
        ValueError: the file is damaged or something else.
    """
    return Adapters.load(path) if (Path(path) / ADAPTER_FILE).is_file() else LayerDelta.load(path)


def _without_adapter(name: str) -> str:
    return name.replace(f".{_ADAPTER}.weight", ".weight")


def _with_adapter(name: str) -> str:
    return name.removeprefix(_PREFIX).removesuffix(".weight") + f".{_ADAPTER}.weight"
