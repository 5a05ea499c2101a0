"""Files of trained weights: ``.safetensors`` that say in their metadata what they are and of which base.

Reading what a file says about itself needs no torch.
"""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from safetensors import SafetensorError, safe_open

if TYPE_CHECKING:
    from torch import Tensor

LAYER_FILE = "layer.safetensors"
"""what a run folder calls the layers that it trained"""
ADAPTER_FILE = "adapter_model.safetensors"
"""and what it calls its LoRA adapters; peft's name"""
TRAINED = (LAYER_FILE, ADAPTER_FILE)
"""what a finished run leaves: one of these"""

T = TypeVar("T")
_DAMAGED = (SafetensorError, KeyError, TypeError, ValueError)


def write_weights(
    path: Path | str,
    tensors: Mapping[str, "Tensor"],
    form: str,
    kind: str,
    about: Mapping[str, Any],
) -> None:
    """Write weights atomically: readers, and what a crash leaves, are the old file or the new one.

    Args:
        path: the file.
        tensors: by name, on the CPU.
        form: name and version of the file's format.
        kind: ``delta`` or ``adapters``; the key of ``about`` in the metadata.
        about: what the weights are; anything that JSON can hold.
    """
    from safetensors.torch import save_file

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    # "format": transformers refuses safetensors files that don't name their framework
    metadata = {"format": "pt", "onelayer": form, kind: json.dumps(about)}
    try:
        draft.touch()
        mode = draft.stat().st_mode  # save_file's own 0600 would hide the file from a group
        save_file(dict(tensors), draft, metadata)
        draft.chmod(mode)
        with open(draft, "rb") as file:
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def read_weights(path: Path, form: str, kind: str) -> tuple[dict[str, "Tensor"], dict[str, Any]]:
    """Return the tensors of a file, and what it says about itself; the arguments are those of writing.

    Raises:
        ValueError: the file is damaged or something else.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("onelayer") != form:
                raise ValueError(f"it is not of the format {form}")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return tensors, json.loads(metadata[kind])
    except _DAMAGED as error:
        raise ValueError(f"{path} is damaged or holds no {kind} of onelayer: {error}") from error


def read_about(path: Path, kind: str) -> tuple[dict[str, Any], int]:
    """Return what a file of weights says about itself, and how many numbers it holds.

    Raises:
        ValueError: the file is damaged or something else.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            about: dict[str, Any] = json.loads((file.metadata() or {})[kind])
            shapes = [file.get_slice(name).get_shape() for name in file.keys()]  # noqa: SIM118
    except _DAMAGED as error:
        raise ValueError(f"{path} is damaged or holds no {kind} of onelayer: {error!r}") from error
    return about, sum(math.prod(shape) for shape in shapes)


def build(kind: type[T], path: Path, **fields: Any) -> T:
    """Return a ``kind`` with these fields, as they were read from the file ``path``.

    Raises:
        ValueError: a field is unknown or missing.
    """
    try:
        return kind(**{**fields, "layers": tuple(fields["layers"])})
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged, or of another version: {error}") from error
