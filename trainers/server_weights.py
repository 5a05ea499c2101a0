"""Sending trained layers to servers, through a file that both sides see."""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from onelayer.agents.vllm_engine import VLLMServers
from onelayer.agents.vllm_server import VLLMServer
from onelayer.agents.weight_files import write_weights
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.layers import trains_everything
from onelayer.trainers.update import Learner
from onelayer.trainers.whole_layers import whole_layers

FORMAT = "onelayer.sent.1"
_SHARED_MEMORY = Path("/dev/shm")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Sender:
    """Writes weights to a file, lets servers take it, and removes it.

    Args:
        servers: get the weights.
        config: of the run.
        learner: has the weights.
        run: in the file's name.
    """

    def __init__(self, servers: VLLMServers, config: TrainConfig, learner: Learner, run: str):
        self.servers, self.config, self.learner, self.run = servers, config, learner, run
        self._shapes = {name: tensor.shape for name, tensor in self.learned().items()}

    def learned(self) -> dict[str, Tensor]:
        """Return what the servers have to be given after an update."""
        config, learner = self.config, self.learner
        return whole_layers(
            learner.model,
            learner.layers,
            everything=trains_everything(config.layers) and not config.lora_rank,
            train_embeddings=config.train_embeddings,
            dtype=learner.dtype,
        )

    def send(
        self,
        tensors: Mapping[str, Tensor],
        version: str,
        servers: Sequence[VLLMServer] | None = None,
    ) -> None:
        """Let servers play with these weights.

        A name or a shape that a server does not know would break it, so both are compared here with those of
        the layers that learn.

        Args:
            tensors: whole layers; all that learn, or some of them.
            version: what the servers call them.
            servers: those that get them; None: all.

        Raises:
            WeightsNotTaken: a server did not take them.
            OSError: the file cannot be written.
        """
        for name, tensor in tensors.items():
            if self._shapes.get(name) != tensor.shape:
                raise RuntimeError(
                    f"{name} of shape {tuple(tensor.shape)} is no weight of the trained layers; "
                    "please report this"
                )
        folder = self._folder(sum(tensor.nbytes for tensor in tensors.values()))
        file = folder / f"onelayer-{self.run}.safetensors"
        try:
            write_weights(file, tensors, FORMAT, "weights", {"version": version})
        except OSError as error:
            raise OSError(
                f"{file} cannot be written: {error}; name a folder with room with --server-files"
            ) from error
        try:
            self.servers.take(file, version, servers)
        finally:
            file.unlink(missing_ok=True)

    def _folder(self, size: int) -> Path:
        """Return the folder for the file: in memory if that has room for it twice, else on the disk."""
        if self.config.server_files:
            return Path(self.config.server_files).expanduser().absolute()
        room = os.access(_SHARED_MEMORY, os.W_OK) and shutil.disk_usage(_SHARED_MEMORY).free
        return _SHARED_MEMORY if room > 2 * size else Path(tempfile.gettempdir())


def require_servers(config: TrainConfig) -> None:
    """Raise, before a model is loaded, if a server cannot be played on.

    Raises:
        ValueError: one is not there or lacks our extension, or is elsewhere and shares no folder with us.
    """
    folder = config.server_files
    servers = VLLMServers.at(config.server)
    hosts = [server.host for server in servers.servers]
    if folder and not os.access(Path(folder).expanduser(), os.W_OK | os.X_OK):
        raise ValueError(f"--server-files {folder} is no folder that can be written")
    if not folder and (away := [host for host in hosts if host not in _LOOPBACK]):
        raise ValueError(
            f"the server on {away[0]} takes trained layers from a file: name a folder that it shares with "
            "this machine with --server-files"
        )
    for server in servers.servers:
        server.describe()
    servers.close()
