"""What a run leaves on the disk, and how it goes on from there: its checkpoints, and what it trained."""

import logging
import shutil
from collections.abc import Mapping
from dataclasses import asdict, replace

import torch
from accelerate import Accelerator
from transformers import PreTrainedModel

from onelayer.agents.weight_files import LAYER_FILE
from onelayer.interrupts import deferred_interrupt
from onelayer.trainers.bad_steps import Diverged
from onelayer.trainers.checkpoints import KEPT, Checkpoint
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.delta import LayerDelta
from onelayer.trainers.identity import require_same
from onelayer.trainers.layers import trains_everything
from onelayer.trainers.lora import Adapters
from onelayer.trainers.placement import (
    load_whole_state,
    own_part,
    placed_like,
    whole_on_cpu,
    whole_state,
)
from onelayer.trainers.processes import FirstProcessLogger, everyones, wait_for_all
from onelayer.trainers.run_folder import RunFolder
from onelayer.trainers.update import Learner

logger = FirstProcessLogger(logging.getLogger(__name__))

_BYTES_EACH = 12
"""of a trained parameter in a checkpoint: itself and the optimizer's two moments, in float32"""


class Saving:
    """Saves and restores what a learner has learned.

    Args:
        config: the run.
        folder: where it is kept.
        model: the model that is trained.
        learner: trains it.
        accelerator: the run's.
        identity: digests of the base and the tasks, which must be the same when the run goes on.
    """

    def __init__(
        self,
        config: TrainConfig,
        folder: RunFolder,
        model: PreTrainedModel,
        learner: Learner,
        accelerator: Accelerator,
        identity: Mapping[str, str],
    ):
        self.config, self.folder = config, folder
        self.model, self.learner, self.accelerator = model, learner, accelerator
        self.identity = identity

    def save_checkpoint(self, iteration: int) -> None:
        """Write a checkpoint from which a run goes on at ``iteration``.

        Before the first update it holds no tensors: the weights are those of the base, and the optimizer has
        no state yet.
        """
        learner, main = self.learner, self.accelerator.is_main_process
        if not main and not learner.placement.sharded:
            return
        self.require_finite_weights()
        moved = learner.parameters if iteration > 0 else {}
        weights = {name: whole_on_cpu(p, main) for name, p in moved.items()}
        optimizer = whole_state(learner.optimizer, main)
        if not main:
            return
        checkpoint = Checkpoint(
            iteration=iteration,
            config=self.config.resume_key(),
            weights=weights,
            optimizer=optimizer,
            identity=self.identity,
            processes=self.accelerator.num_processes,
            threads=torch.get_num_threads(),
        )
        with deferred_interrupt():
            self.folder.save(checkpoint)

    def restore(self) -> int:
        """Put back the last checkpoint, set what is newer in the folder aside, and return its iteration."""
        folder = self.folder
        checkpoint = folder.last()
        require_same(self.identity, checkpoint.identity, str(folder.path))
        before = (checkpoint.processes, checkpoint.threads or torch.get_num_threads())
        now = (self.accelerator.num_processes, torch.get_num_threads())
        if before != now:
            logger.warning(
                "%s was trained by %d processes of %d threads, now by %d of %d: equal up to rounding",
                *(folder.path, *before, *now),
            )
        with torch.no_grad():
            for name, weight in checkpoint.weights.items():
                parameter = self.learner.parameters[name]
                parameter.copy_(placed_like(weight, parameter))
        load_whole_state(self.learner.optimizer, checkpoint.optimizer)
        wait_for_all(self.accelerator)  # all have read what the first may now change
        if self.accelerator.is_main_process:
            if checkpoint.iteration < self.config.iterations:
                folder.set_weights_aside()
            folder.saved.set_aside_after(checkpoint.iteration)
            folder.take_back(checkpoint.iteration)
        return checkpoint.iteration

    def go_back(self) -> int:
        """Put the weights of the last checkpoint back, and return its iteration.

        At 0 no weight had moved yet, and the checkpoint holds none.
        """
        checkpoint = self.folder.last()
        with torch.no_grad():
            for name, weight in checkpoint.weights.items():
                self.learner.parameters[name].copy_(weight)
        return checkpoint.iteration

    def require_room(self) -> None:
        """Raise OSError where the disk has no room for the checkpoints that a run keeps."""
        learned = sum(p.numel() for p in self.learner.parameters.values())
        needed = (KEPT + 1) * learned * _BYTES_EACH
        there = next(p for p in self.folder.path.absolute().parents if p.exists())
        free = shutil.disk_usage(there).free
        if free < needed:
            raise OSError(
                f"the checkpoints of {self.folder.path} take up to {needed / 2**20:,.0f} MiB, and its "
                f"disk has {free / 2**20:,.0f} free; name another --out"
            )

    def require_finite_weights(self) -> None:
        """Raise Diverged where a weight is no finite number: no run could go on from there."""
        named = self.learner.parameters.items()
        bad = [name for name, p in named if not bool(own_part(p.detach()).isfinite().all())]
        if self.learner.placement.sharded:
            bad = everyones(self.accelerator, bad)
        if bad:
            raise Diverged(f"{bad[0]} holds numbers that are not finite")

    def save_layer(self, iterations: int) -> None:
        """Write the trained layer, or the adapters, to the run folder.

        Args:
            iterations: how many made these weights; the file says this number, not the planned one.
        """
        with self.learner.placement.whole():
            if not self.accelerator.is_main_process:
                return
            lora, folder = self.config.lora_rank, self.folder.path
            found: LayerDelta | Adapters = self.adapters() if lora else self.delta()
            told = replace(found, config={**found.config, "iterations": iterations})
            told.save(folder if lora else folder / LAYER_FILE)

    def delta(self) -> LayerDelta:
        """Return the trained layer as it is now."""
        return LayerDelta.from_model(
            self.model,
            self.learner.layers,
            self.config.model,
            everything=trains_everything(self.config.layers),
            train_embeddings=self.config.train_embeddings,
            config=asdict(self.config),
            dtype=self.learner.dtype,
        )

    def adapters(self) -> Adapters:
        """Return the LoRA adapters as they are now."""
        return Adapters.from_model(
            self.model,
            self.learner.layers,
            self.config.model,
            fingerprint=str(self.learner.fingerprint),
            config=asdict(self.config),
        )
