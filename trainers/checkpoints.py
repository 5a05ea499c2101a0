"""Checkpoints that a run goes on from: written atomically, checked when they are read; two are kept.

``<iteration>/state.pt`` holds tensors, ``<iteration>/about.json`` everything else and the digests of both. A
checkpoint is written to a draft folder and renamed, so that it is whole or not there. If the disk damages it
later, the digests show it, and the checkpoint before it is used.
"""

import errno
import hashlib
import json
import logging
import os
import pickle
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import torch

from onelayer.files import sync_folder, write_atomically

logger = logging.getLogger(__name__)

KEPT = 2
"""checkpoints of a run: the newest, and the one before it in case the newest is damaged"""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """Everything a run needs to go on, beside its base model."""

    iteration: int
    """the next one to run"""
    config: Mapping[str, Any]
    """the settings that decide what is learned; a resumed run must have the same"""
    weights: Mapping[str, torch.Tensor]
    optimizer: Mapping[str, Any]
    identity: Mapping[str, str] = field(default_factory=dict)
    """digests of what the run was begun with, see ``identity.py``"""
    processes: int = 1
    """how many trained it"""
    threads: int | None = None
    """of each process; the order of sums depends on them; None: not known"""


class Damaged(ValueError):
    """A checkpoint is not as it was written."""


class Checkpoints:
    """The checkpoints of one run, in a folder."""

    def __init__(self, path: Path):
        self.path = path

    def __bool__(self) -> bool:
        """Whether there is one; a draft that a crash left does not count."""
        return bool(self._saved())

    @property
    def last_iteration(self) -> int:
        """The iteration of the newest checkpoint, damaged or not; 0 where there is none."""
        return int(self._saved()[-1].name) if self else 0

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint; delete the oldest ones, and drafts that a crash left.

        On a full disk the older ones make room; the newest stays until this one is whole.

        Raises:
            OSError: it cannot be written; the message names the checkpoint to resume from.
        """
        folder = self.path / f"{checkpoint.iteration:06d}"
        if folder.exists():
            return
        try:
            try:
                self._write(folder, checkpoint)
            except OSError as error:
                if error.errno not in _NO_ROOM or len(self._saved()) < 2:
                    raise
                self._keep(1)
                self._write(folder, checkpoint)
        except OSError as error:
            raise OSError(
                f"{folder} cannot be written: {reason(error)}; {self._way_out()}"
            ) from error
        self._keep(KEPT)

    def newest(self) -> Checkpoint:
        """Return the newest undamaged checkpoint, its tensors on the CPU; warn of damaged ones.

        Raises:
            ValueError: there is none.
        """
        damages = []
        for folder in reversed(self._saved()):
            try:
                checkpoint = _read(folder)
            except Damaged as damage:
                damages.append(str(damage))
                continue
            for damage_told in damages:
                logger.warning("%s; going on from iteration %d", damage_told, checkpoint.iteration)
            return checkpoint
        raise ValueError("; ".join([*damages, self._nothing()]))

    def config(self) -> Mapping[str, Any]:
        """Return the settings of the newest checkpoint whose settings can be read.

        Raises:
            ValueError: there is none.
        """
        damages = []
        for folder in reversed(self._saved()):
            try:
                config: Mapping[str, Any] = _about(folder)["config"]
                return config
            except Damaged as damage:
                damages.append(str(damage))
        raise ValueError("; ".join([*damages, self._nothing()]))

    def forget(self) -> None:
        """Delete all of them: the run is finished, and nothing goes on from it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def set_aside_after(self, iteration: int) -> None:
        """Rename the checkpoints of later iterations, which are damaged: new ones take their place."""
        for folder in self._saved():
            if int(folder.name) > iteration:
                aside = folder.with_name(f"damaged-{folder.name}")
                shutil.rmtree(aside, ignore_errors=True)
                os.replace(folder, aside)

    def _write(self, folder: Path, checkpoint: Checkpoint) -> None:
        self._clear()
        draft = self.path / f".draft-{os.getpid()}"
        try:
            draft.mkdir(parents=True)
            state = {"weights": dict(checkpoint.weights), "optimizer": dict(checkpoint.optimizer)}
            with open(draft / "state.pt", "wb") as file:
                digest = _save(state, file)
            about = {
                "iteration": checkpoint.iteration,
                "config": dict(checkpoint.config),
                "identity": dict(checkpoint.identity),
                "processes": checkpoint.processes,
                "threads": checkpoint.threads,
                "state": digest,
            }
            text = json.dumps({**about, "digest": _digest(about)}, indent=1)
            write_atomically(draft / "about.json", text)
            os.replace(draft, folder)
            sync_folder(self.path)
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)  # a half-written one would fill the disk
            raise

    def _clear(self) -> None:
        for left in self.path.glob(".draft-*"):
            shutil.rmtree(left)

    def _keep(self, count: int) -> None:
        for old in self._saved()[:-count]:
            shutil.rmtree(old)

    def _saved(self) -> list[Path]:
        return sorted(folder for folder in self.path.glob("[0-9]*") if folder.is_dir())

    def _way_out(self) -> str:
        if not self:
            return "there is no checkpoint before it"
        return f"when it can, go on from the checkpoint of iteration {self.last_iteration} with --resume"

    def _nothing(self) -> str:
        if self._saved():
            return f"{self.path.parent} holds no other checkpoint; train again with another --out"
        return f"{self.path.parent} holds no checkpoint to resume from; leave --resume out to start"


def reason(error: OSError) -> str:
    """Return what the system says, such as ``No space left on device``."""
    return error.strerror or str(error)


class _Digesting:
    """A file for ``torch.save`` that hashes what is written, in order, and keeps the disk's own error."""

    def __init__(self, file: BinaryIO):
        self.file, self.digest = file, hashlib.sha256()
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        self.digest.update(data)
        try:
            return self.file.write(data)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        self.file.flush()


def _save(state: Mapping[str, Any], file: BinaryIO) -> str:
    """Write the tensors to the disk itself; return the SHA-256 of what was written."""
    target = _Digesting(file)
    try:
        torch.save(state, cast(IO[bytes], target))
    except RuntimeError:  # "unexpected pos": torch does not say what the disk said
        if target.error is not None:
            raise target.error from None
        raise
    file.flush()
    os.fsync(file.fileno())
    return target.digest.hexdigest()


def _read(folder: Path) -> Checkpoint:
    about = _about(folder)
    path = folder / "state.pt"
    try:
        if "state" in about:  # onelayer 0.1 wrote none
            with open(path, "rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != about["state"]:
                raise Damaged(f"{path} is damaged: it is not what was written")
        state = torch.load(path, map_location="cpu", weights_only=True)
        return Checkpoint(
            about["iteration"],
            about["config"],
            state["weights"],
            state["optimizer"],
            about.get("identity", {}),
            about.get("processes", 1),
            about.get("threads"),
        )
    except (OSError, EOFError, KeyError, TypeError, RuntimeError, pickle.UnpicklingError) as error:
        raise Damaged(f"{path} is damaged: {' '.join(str(error).split())}") from error


def _about(folder: Path) -> dict[str, Any]:
    path = folder / "about.json"
    try:
        about: dict[str, Any] = json.loads(path.read_bytes())
        of_0_1 = about.keys() == {"iteration", "config"}
        if not of_0_1 and about.pop("digest", None) != _digest(about):
            raise ValueError("it is not what was written")
        if about["iteration"] != int(folder.name):
            raise ValueError(f"it is of iteration {about['iteration']}")
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise Damaged(f"{path} is damaged: {error}") from error
    return about


def _digest(about: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
