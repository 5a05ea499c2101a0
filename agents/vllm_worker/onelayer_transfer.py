"""Lets a vLLM server take trained layers from a file; runs inside the server and imports vLLM only.

The server is started with this folder on its PYTHONPATH and ``--worker-extension-cls
onelayer_transfer.Extension``. Importing the module there registers the weight transfer engine that
``--weight-transfer-config '{"backend": "onelayer_file"}'`` names. Written against vLLM 0.30.
"""

import os
from dataclasses import dataclass
from typing import Any

import torch
from safetensors import safe_open
from vllm.distributed.weight_transfer.base import (
    WeightTransferEngine,
    WeightTransferInitInfo,
    WeightTransferUpdateInfo,
)
from vllm.distributed.weight_transfer.factory import WeightTransferEngineFactory
from vllm.model_executor.model_loader.reload import (
    finalize_layerwise_reload,
    initialize_layerwise_reload,
)
from vllm.platforms import current_platform

BACKEND = "onelayer_file"
_SHAPE = (
    *("model_type", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers"),
    *("num_attention_heads", "num_key_value_heads", "head_dim", "tie_word_embeddings"),
)
"""fields of a model's configuration that decide the shapes of its weights"""


@dataclass
class FileInit(WeightTransferInitInfo):  # type: ignore[misc]
    """Empty: reading files needs no set-up."""


@dataclass
class FileUpdate(WeightTransferUpdateInfo):  # type: ignore[misc]
    """Where the weights are."""

    path: str
    """a ``.safetensors`` file of whole layers under transformers' names"""


class FileTransfer(WeightTransferEngine):  # type: ignore[misc]
    """Loads the weights of a file as vLLM loads those of a checkpoint, layer by layer."""

    init_info_cls, update_info_cls = FileInit, FileUpdate

    def init_transfer_engine(self, init_info: FileInit) -> None:
        """Do nothing: a file needs no connection."""

    def start_weight_update(self) -> None:
        """Let the layers wait for new weights."""
        initialize_layerwise_reload(self.model)

    def update_weights(self, update_info: dict[str, Any]) -> None:
        """Load the weights; unlike the base class, synchronise only where there is an accelerator."""
        self.receive_weights(self.parse_update_info(update_info))
        if torch.accelerator.is_available():
            torch.accelerator.synchronize()

    def receive_weights(self, update_info: FileUpdate) -> None:
        """Read the file; every worker reads it, and keeps its part."""
        with safe_open(update_info.path, framework="pt") as file:
            self.model.load_weights((name, file.get_tensor(name)) for name in file.keys())  # noqa: SIM118

    def finish_weight_update(self) -> None:
        """End the reload: layers that got no weights become what they were."""
        finalize_layerwise_reload(self.model, self.model_config)
        head = getattr(self.model, "lm_head", None)
        method = getattr(head, "quant_method", None)
        if method is not None and current_platform.is_cpu():
            # On a CPU the head keeps a packed copy of its weight, which may be the embedding's.
            method.process_weights_after_loading(head)

    def shutdown(self) -> None:
        """Do nothing."""


class Extension:
    """Methods that vLLM's workers get; called by ``POST /collective_rpc``."""

    vllm_config: Any

    def onelayer_describe(self) -> dict[str, Any]:
        """Return what a trainer must know before it plays here."""
        model, transfer = self.vllm_config.model_config, self.vllm_config.weight_transfer_config
        shape = {name: getattr(model.hf_text_config, name, None) for name in _SHAPE}
        return {
            "backend": None if transfer is None else transfer.backend,
            "dtype": str(model.dtype).removeprefix("torch."),
            "logprobs_mode": str(getattr(model.logprobs_mode, "value", model.logprobs_mode)),
            "context": model.max_model_len,
            "shape": shape,
        }

    def onelayer_bytes(self, path: str) -> dict[str, int]:
        """Return the size of a file as this worker sees it, -1 where it does not."""
        return {"bytes": os.path.getsize(path) if os.path.isfile(path) else -1}


if BACKEND not in WeightTransferEngineFactory._registry:  # the module may be imported twice
    WeightTransferEngineFactory.register_engine(BACKEND, FileTransfer)
