"""Carries out the jobs of a profile, in this process or in several that share the model's weights.

If a process is killed, only that one is replaced, and its run goes on from its last checkpoint. The pools of
the standard library cannot do that: ``ProcessPoolExecutor`` ends all its processes when one dies, and
``multiprocessing.Pool`` waits for ever for the lost job. Each process has a pipe of its own, and is told to
stop through shared memory without a lock, because a killed process may have held a lock or a queue.
"""

import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from types import FrameType
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from onelayer.errors import RunFailed
from onelayer.interrupts import STOPPING, Interrupted, answered_by
from onelayer.trainers.profile.job import Job, Stopped, Tell, Together, Workshop
from onelayer.trainers.profile.perform import perform, perform_together
from onelayer.trainers.profile.shared_weights import SharedModel

MOST_DEATHS = 3
"""a job is given up when this many processes have died on it"""


@dataclass(slots=True)
class _Worker:
    process: Any
    pipe: Connection
    job: Job | Together | None = None


class Workers:
    """Carries out jobs: in this process, or in several others that stay until the context is left.

    Args:
        model: the base; with several processes its parameters are moved into shared memory.
        tokenizer: the model's.
        processes: 1: no process but this one.
        tell: see ``job.Tell``; also told ``died``, a process that was replaced.
        should_stop: asked all the time; once it says yes, everything is saved and no more is done.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        processes: int,
        *,
        tell: Tell,
        should_stop: Callable[[], bool],
    ):
        self.model, self.tokenizer, self.processes = model, tokenizer, processes
        self.tell, self.should_stop = tell, should_stop
        self.context = multiprocessing.get_context("spawn")
        self.stop = self.context.RawValue("b", 0)
        self.shared: SharedModel | None = None
        self.workers: list[_Worker] = []
        self.waiting: list[Job | Together] = []
        self.deaths: Counter[str] = Counter()
        self.error: BaseException | None = None
        self.unfinished = False

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:  # they wait for work; after a second Ctrl-C, they are in it
            worker.process.kill()
            worker.process.join()
        self.workers = []

    def carry_out(self, jobs: Sequence[Job | Together]) -> bool:
        """Carry out the jobs.

        Returns:
            Whether all were carried out; False where ``should_stop`` ended it.

        Raises:
            KeyboardInterrupt: Ctrl-C, SIGTERM or SIGHUP, after everything was saved.
            RunFailed: the process of a job died ``MOST_DEATHS`` times.
            Exception: what a job raised, after the others were saved.
        """
        if self.processes == 1 or (len(jobs) == 1 and not self.workers):
            return self._here(jobs)
        self.shared = self.shared or SharedModel.of(self.model)
        self.waiting = list(jobs)
        with answered_by(self._stop):
            while self._advance():
                pass
        if self.error is not None:
            raise self.error
        return not self.unfinished

    def _here(self, jobs: Sequence[Job | Together]) -> bool:
        if self.processes > 1:  # as in the other processes: several threads would round differently
            torch.set_num_threads(1)
        for job in jobs:
            if self.should_stop():
                return False
            shop = Workshop(self.model, self.tokenizer, self.tell, self.should_stop)
            kind, _, details = _outcome(job, shop)
            if kind == "raised":
                raise details
            if kind == "stopped":
                return False
        return True

    def _advance(self) -> bool:
        """Give jobs to idle workers, then wait for news; return False when all is done."""
        if not self.stop.value and self.should_stop():
            self.stop.value = 1
        if self.stop.value:
            self.unfinished |= bool(self.waiting)
            self.waiting = []
        for worker in list(self.workers):
            if worker.job is None and self.waiting:
                self._hand_over(worker, self.waiting.pop(0))
        while self.waiting and len(self.workers) < self.processes:
            self.workers.append(self._start_worker())
            self._hand_over(self.workers[-1], self.waiting.pop(0))
        busy = [worker for worker in self.workers if worker.job is not None]
        if not busy:
            return False
        # A pipe whose other end has died is ready too.
        ready = wait([worker.pipe for worker in busy], timeout=0.5)
        for worker in busy:
            if worker.pipe in ready:
                self._receive(worker)
        return True

    def _start_worker(self) -> _Worker:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(
            target=_serve, args=(self.shared, self.tokenizer, theirs, self.stop), daemon=True
        )
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _hand_over(self, worker: _Worker, job: Job | Together) -> None:
        worker.job = job
        try:
            worker.pipe.send(job)
        except OSError:  # it died while it had nothing to do
            self._replace(worker)

    def _receive(self, worker: _Worker) -> None:
        try:
            kind, name, details = worker.pipe.recv()
        except (EOFError, OSError):
            self._replace(worker)
            return
        if kind in ("done", "stopped", "raised"):
            worker.job = None
            self.unfinished |= kind == "stopped"
        if kind == "raised":
            self._end_with(details)
        elif kind not in ("done", "stopped"):
            self.tell(kind, name, details)

    def _replace(self, worker: _Worker) -> None:
        """Let another process go on with the job of one that died."""
        self.workers.remove(worker)
        worker.process.join(10)
        worker.pipe.close()
        job = worker.job
        if job is None:
            return
        self.deaths[job.name] += 1
        if self.deaths[job.name] >= MOST_DEATHS:
            self._end_with(
                RunFailed(
                    f"the process of {job.name} died {MOST_DEATHS} times (exit code "
                    f"{worker.process.exitcode}); where memory is short, lower --jobs"
                )
            )
            return
        self.tell("died", job.name, worker.process.exitcode)
        self.waiting.insert(0, job)

    def _end_with(self, error: BaseException) -> None:
        """Stop everybody, and raise the first error when they have saved their work."""
        self.error = self.error or error
        self.stop.value = 1

    def _stop(self, number: int, _: FrameType | None) -> None:
        """Let the first signal stop everybody in good order; the second one does not wait."""
        if self.stop.value:
            raise Interrupted(number)
        self._end_with(Interrupted(number))


def _serve(
    shared: SharedModel, tokenizer: PreTrainedTokenizerBase, pipe: Connection, stop: Any
) -> None:
    """Carry out the jobs that come through the pipe, in a process of its own."""
    for number in STOPPING:  # they often reach all processes; the first one answers them
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    model = shared.model()

    def tell(kind: str, name: str, details: Any) -> None:
        pipe.send((kind, name, details))

    shop = Workshop(model, tokenizer, tell, should_stop=lambda: bool(stop.value))
    while True:
        try:
            job: Job | Together = pipe.recv()
        except (EOFError, OSError):
            return
        kind, name, details = _outcome(job, shop)
        tell(kind, name, _portable(details) if kind == "raised" else details)


def _outcome(job: Job | Together, shop: Workshop) -> tuple[str, str, Any]:
    try:
        if isinstance(job, Together):
            perform_together(job, shop)
        else:
            perform(job, shop)
    except Stopped:
        return "stopped", job.name, None
    except Exception as error:
        return "raised", job.name, error
    return "done", job.name, None


def _portable(error: Exception) -> Exception:
    """Return the error as the first process can read it, with the traceback that it has here."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _die_with_parent() -> None:
    """End at once when the first process is gone: nobody would stop this one."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
