"""The training loop: play, give credit, move one layer, log, evaluate, save.

Everything random is a function of the seed, the iteration and the task, so that a checkpoint needs no random
state and a run that goes on equals one that never stopped.
"""

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import torch
from accelerate import Accelerator
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from onelayer.agents.episodes import Episode
from onelayer.trainers.advantages import estimator, penalise_invalid
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.delta import FILE_NAME, LayerDelta
from onelayer.trainers.interrupts import deferred_interrupt
from onelayer.trainers.layers import frozen_checksum, trains_everything
from onelayer.trainers.lora import Adapters
from onelayer.trainers.mismatch import LIMIT as MISMATCH_LIMIT
from onelayer.trainers.playing import HeldOutGames, MakeEnv, TrainingGames
from onelayer.trainers.processes import names_of_all, summed
from onelayer.trainers.run_folder import Checkpoint, RunFolder
from onelayer.trainers.signal import signal
from onelayer.trainers.summary import summary
from onelayer.trainers.update import Learner

logger = logging.getLogger(__name__)


class Diverged(RuntimeError):
    """A metric is no finite number any more."""


class Trainer:
    """Improve a policy by comparing its episodes with each other.

    Args:
        model: a causal language model; it is changed in place.
        tokenizer: the model's.
        env: makes one environment of the training split.
        config: the run.
        held_out: makes one environment of the held-out split; None leaves evaluation out.
        on_iteration: called with each iteration's metrics.
        should_stop: asked before each iteration; where it says yes, training ends with a checkpoint.

    Raises:
        ValueError: a layer, algorithm or number that cannot work, a folder that holds another run, or with
            ``resume`` none; before anything is played or written.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        env: MakeEnv,
        config: TrainConfig,
        *,
        held_out: MakeEnv | None = None,
        on_iteration: Callable[[Mapping[str, Any]], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ):
        self.config = config
        self.folder = RunFolder(config.folder)
        if config.resume:
            self.folder.require_run(config.what_learns())
        else:
            self.folder.require_new()
        self.estimate = estimator(config.algorithm)
        self.accelerator = Accelerator(
            log_with=config.log_with or None, project_dir=str(config.folder)
        )
        self.model = model.to(self.accelerator.device).eval()
        self.learner = Learner(self.model, config, self.accelerator)
        shared = (config, self.model, tokenizer, self.accelerator)
        self.games = TrainingGames(env, *shared, self.learner.states)
        self.held_out = None
        if held_out is not None and config.eval_every:
            self.held_out = HeldOutGames(held_out, *shared, len(self.games.envs))
        self.on_iteration = on_iteration
        self.should_stop = should_stop
        self.iteration = 0
        self.seconds: dict[str, float] = {}

    def train(self) -> bool:
        """Run to the last iteration, from the start or from the last checkpoint.

        Returns:
            Whether it came to the last one; False where ``should_stop`` ended it before.

        Raises:
            KeyboardInterrupt: after a checkpoint was saved.
            Diverged: a metric is not finite; what came before is saved.
            RuntimeError: a frozen tensor changed.
        """
        config = self.config
        if config.resume:
            self._restore()
        else:
            self._start()
        frozen = frozen_checksum(self.model, self.learner.parameters.values())
        try:
            while self.iteration < config.iterations:
                if self.should_stop is not None and self.should_stop():
                    self.save()
                    return False
                self.seconds = {}
                held_out = self.evaluate() if self._evaluation_is_due() else {}
                episodes = self.play()
                with deferred_interrupt():  # the weights move: finish what belongs together
                    self._learn(episodes, held_out)
                if self.iteration % config.checkpoint_every == 0:
                    self.save()
            self.seconds = {}
            if held_out := self.evaluate() if config.eval_every else {}:
                self._log({"iteration": self.iteration, **held_out, **self._timings()})
        except KeyboardInterrupt:
            self.save()
            raise
        finally:
            for tracker in self.accelerator.trackers:
                tracker.finish()
        if frozen_checksum(self.model, self.learner.parameters.values()) != frozen:
            raise RuntimeError("a frozen tensor changed during training; please report this")
        self.save()
        self.save_layer()
        return True

    def play(self) -> list[Episode]:
        """Roll out this iteration's tasks of this process."""
        with self._timed("rollout"), self.learner.autocast():
            return self.games.play(self.iteration)

    def evaluate(self) -> dict[str, float]:
        """Play the held-out games; return what ``HeldOutGames.play`` does, nothing where there are none."""
        if self.held_out is None:
            return {}
        with self._timed("evaluate"), self.learner.autocast():
            return self.held_out.play()

    def _learn(self, episodes: Sequence[Episode], held_out: Mapping[str, float]) -> None:
        """Give credit, update, log; then the iteration is over."""
        config = self.config
        compared = penalise_invalid(episodes, config.invalid_penalty)
        advantages_N = self.estimate(
            compared, gamma=config.gamma, omega=config.omega, divide_by_std=config.divide_by_std
        )
        with self._timed("update"):
            update = self.learner.update(compared, advantages_N, self.iteration)
        metrics = {
            "iteration": self.iteration,
            **self._averaged(summary(episodes)),
            "errors": summed(self.accelerator, [sum(e.error is not None for e in episodes)])[0],
            **self._averaged(
                signal(
                    compared, advantages_N, gamma=config.gamma, divide_by_std=config.divide_by_std
                )
            ),
            **update,
            **held_out,
            **self._timings(update["tokens"]),
        }
        if self.accelerator.is_main_process:
            of_first_task = sum(len(e.steps) for e in compared[: config.group_size])
            self.folder.log_episodes(
                self.iteration, compared[: config.group_size], advantages_N[:of_first_task]
            )
        self._log(metrics)
        self.iteration += 1

    def _log(self, metrics: dict[str, Any]) -> None:
        if metrics.get("advantage") == 0:
            logger.warning(
                "iteration %d taught nothing: every advantage is 0 (success %.2f in all groups)",
                metrics["iteration"],
                metrics["success"],
            )
        if metrics.get("wins_below_losses", 0.0) > 0:
            logger.warning(
                "iteration %d: in %.0f %% of the pairs a solved episode earned less than an unsolved one of "
                "its task; lower --invalid-penalty (%g) or raise the environment's reward of success",
                metrics["iteration"],
                100 * metrics["wins_below_losses"],
                self.config.invalid_penalty,
            )
        if metrics.get("logp_drift", 0.0) > MISMATCH_LIMIT[self.config.dtype]:
            logger.warning(
                "sampling and training disagree on log-probabilities by %.1e on average",
                metrics["logp_drift"],
            )
        if not all(math.isfinite(v) for v in metrics.values() if isinstance(v, float)):
            raise Diverged(f"training diverged: {metrics}; try a lower --learning-rate")
        if self.config.log_with:
            self.accelerator.log(metrics, step=metrics["iteration"])
        if self.accelerator.is_main_process:
            self.folder.log(metrics)
            if self.on_iteration is not None:
                self.on_iteration(metrics)

    def save(self) -> None:
        """Write a checkpoint from which a run goes on at this iteration.

        Before the first update it holds no tensors: the weights are those of the base, and the optimizer has
        no state yet.
        """
        if self.accelerator.is_main_process:
            learner = self.learner
            moved = learner.parameters if self.iteration > 0 else {}
            self.folder.save(
                Checkpoint(
                    iteration=self.iteration,
                    config=self.config.what_learns(),
                    weights={name: p.detach().cpu() for name, p in moved.items()},
                    optimizer=learner.optimizer.state_dict(),
                )
            )
        self.accelerator.wait_for_everyone()

    def save_layer(self) -> None:
        """Write the trained layer, or the adapters, to the run folder."""
        if not self.accelerator.is_main_process:
            return
        if self.config.lora_rank:
            self.adapters().save(self.folder.path)
        else:
            self.delta().save(self.folder.path / FILE_NAME)

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

    def _start(self) -> None:
        self.accelerator.wait_for_everyone()  # all have seen that the folder was new
        self._start_trackers()
        self.save()

    def _restore(self) -> None:
        checkpoint = self.folder.last()
        if self.accelerator.is_main_process:
            self.folder.take_back(checkpoint.iteration)
        with torch.no_grad():
            for name, weight in checkpoint.weights.items():
                self.learner.parameters[name].copy_(weight)
        self.learner.optimizer.load_state_dict(dict(checkpoint.optimizer))
        self.iteration = checkpoint.iteration
        self._start_trackers()

    def _start_trackers(self) -> None:
        if self.config.log_with:
            self.accelerator.init_trackers("onelayer", config=asdict(self.config))

    def _evaluation_is_due(self) -> bool:
        return self.config.eval_every > 0 and self.iteration % self.config.eval_every == 0

    def _averaged(self, metrics: Mapping[str, float]) -> dict[str, float]:
        """Return the mean over processes, all of which play as many episodes."""
        names = names_of_all(self.accelerator, list(metrics))
        totals = summed(self.accelerator, [metrics.get(name, 0.0) for name in names])
        processes = self.accelerator.num_processes
        return {name: total / processes for name, total in zip(names, totals, strict=True)}

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[phase] = time.perf_counter() - start

    def _timings(self, tokens: float = 0.0) -> dict[str, float]:
        timings = {f"seconds/{phase}": seconds for phase, seconds in self.seconds.items()}
        if tokens and "rollout" in self.seconds:
            busy = self.seconds["rollout"] + self.seconds["update"]
            timings["tokens_per_second"] = tokens / busy
        return timings
