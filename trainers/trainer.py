"""The training loop: play, give credit, move one layer, log, evaluate, save.

Everything random is a function of the seed, the iteration and the task, so that a checkpoint needs no random
state and a run that goes on equals one that never stopped.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import asdict
from functools import partial
from typing import Any

from accelerate import Accelerator
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from onelayer.agents.episodes import Episode
from onelayer.envs.attributes import tasks_of
from onelayer.errors import RunFailed
from onelayer.interrupts import Interrupted, StopRequests, deferred_interrupt
from onelayer.trainers.advantages import penalise_invalid
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.dynamic_sampling import DynamicSampling
from onelayer.trainers.engines import engines_of
from onelayer.trainers.heartbeat import Heartbeat
from onelayer.trainers.identity import identity
from onelayer.trainers.layers import frozen_checksum
from onelayer.trainers.learning_signal import signal
from onelayer.trainers.memory import advised
from onelayer.trainers.meter import Meter
from onelayer.trainers.playing import HeldOutGames, MakeEnv, TrainingGames
from onelayer.trainers.processes import (
    FirstProcessLogger,
    largest,
    require_alike,
    wait_for_all,
)
from onelayer.trainers.reporter import Progress, Reporter
from onelayer.trainers.reward_order import reversed_orders
from onelayer.trainers.run_folder import RunFolder
from onelayer.trainers.saving import Saving
from onelayer.trainers.sharing import episodes_of_all
from onelayer.trainers.summary import errors, summary
from onelayer.trainers.update import Learner

logger = FirstProcessLogger(logging.getLogger(__name__))

_PLAYING_FITS = partial(
    advised, "while playing", "lower --parallel, or end what else holds memory there"
)


class NothingPlayed(RunFailed):
    """Every episode of an iteration ended in an error."""


class Trainer:
    """Improve a policy by comparing its episodes with each other.

    Args:
        model: a causal language model; it is changed in place.
        tokenizer: the model's.
        env: makes one environment of the training split.
        config: the run.
        held_out: makes one environment of the held-out split; None leaves evaluation out.
        on_iteration: called with each iteration's metrics.
        on_progress: called when a phase begins, and with each of its episodes that ends.
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
        on_progress: Callable[[Progress], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ):
        self.config = config
        self.folder = RunFolder(config.folder)
        self.folder.require_for(config)
        self.estimate = config.estimator()
        self.accelerator = Accelerator(
            log_with=config.log_with or None, project_dir=str(config.folder)
        )
        self.model = model.to(self.accelerator.device).eval()
        self.learner = Learner(self.model, config, self.accelerator)
        self.engines = engines_of(config, self.learner, tokenizer, self.accelerator)
        shared = (config, self.model, tokenizer, self.accelerator, self.engines)
        self.games = TrainingGames(env, *shared)
        self.held_out = None
        if held_out is not None and config.eval_every:
            self.held_out = HeldOutGames(held_out, *shared, len(self.games.envs))
        self.should_stop = should_stop
        if self.accelerator.is_main_process:
            for sentence in reversed_orders(self.games.envs[0], config.invalid_penalty):
                logger.warning("%s", sentence)
        self.identity = identity(self.model, tasks_of(self.games.envs[0]))
        if config.shard:
            if self.accelerator.num_processes == 1:
                logger.warning("--shard does nothing in one process; see torchrun --nproc-per-node")
            self.learner.shard()
        self.saving = Saving(
            config, self.folder, self.model, self.learner, self.accelerator, self.identity
        )
        self.stop = StopRequests(lambda number: int(largest(self.accelerator, number)))
        self.iteration = 0
        self.heartbeat = Heartbeat(self.accelerator)
        self.meter = Meter(self.accelerator, self.heartbeat)
        unknown_id: int | None = getattr(tokenizer, "unk_token_id", None)
        self.reporter = Reporter(
            config, self.folder, self.accelerator, unknown_id, on_iteration, on_progress
        )
        self._consistent = False
        """weights, optimizer and logs are those of ``iteration``: a checkpoint can be made"""

    def train(self) -> bool:
        """Run to the last iteration, from the start or from the last checkpoint.

        If it ends earlier, for any reason, it leaves a checkpoint of the last whole iteration if it can.

        Returns:
            Whether it came to the last one; False where ``should_stop`` ended it before.

        Raises:
            KeyboardInterrupt: Ctrl-C, SIGTERM or SIGHUP, after a checkpoint was saved.
            Diverged: a number is not finite; what came before is saved.
            OutOfMemory: the message says what to change; a checkpoint was saved unless weights had moved.
            NothingPlayed: every episode of an iteration ended in an error; a checkpoint was saved.
            ValueError: another process trains in the folder, or the processes of the run do not agree.
            OSError: the disk is full or cannot be written; the last checkpoint is kept.
            RuntimeError: a frozen tensor changed, or a process of the run is gone.
        """
        with self.session():
            self._iterate()
        return self.iteration == self.config.iterations

    @contextmanager
    def session(self) -> Iterator[None]:
        """Begin the run, or go on with it, and leave it saved as ``train`` does, however the block ends."""
        with ExitStack() as stack:
            if self.accelerator.is_main_process:
                stack.enter_context(self.folder.alone())
            stack.enter_context(self.stop.heard())
            stack.callback(self.engines.close)
            self._begin()
            stack.enter_context(self.heartbeat.beating(self._write_if_consistent))
            frozen = frozen_checksum(self.model, self.learner.parameters.values())
            try:
                yield
            except Interrupted:  # all processes come here together
                self.save()
                raise
            except BaseException as error:
                with suppress(OSError) if isinstance(error, OSError) else nullcontext():
                    self._write_if_consistent()
                raise
            finally:
                self.reporter.trackers.finish()
            if frozen_checksum(self.model, self.learner.parameters.values()) != frozen:
                raise RuntimeError("a frozen tensor changed during training; please report this")
            self.save()
            if self.iteration == self.config.iterations:
                self.saving.save_layer(self.iteration)

    def _iterate(self) -> None:
        """Train up to the last iteration, or until ``should_stop`` says that it is enough."""
        config = self.config
        while self.iteration < config.iterations:
            if self.should_stop is not None and self.should_stop():
                return
            self.meter.begin()
            held_out = self.evaluate() if self._evaluation_is_due() else {}
            no_episodes: list[Episode] = []
            with self.learner.placement.whole():
                episodes = self.stop.at_once(self.play, no_episodes)
                self.stop.obey()
                sampled = self._drawn_again(episodes)
            self._end_iteration(sampled, held_out)
        self.meter.begin()
        if held_out := self.evaluate() if config.eval_every else {}:
            metrics = {"iteration": self.iteration, **held_out, **self.meter.metrics()}
            self.reporter.log(metrics)
            self.reporter.tell(metrics)

    def learn_from(self, episodes: Sequence[Episode]) -> None:
        """End an iteration whose episodes were played elsewhere: update, log, save where that is due."""
        config, accelerator = self.config, self.accelerator
        sampled = DynamicSampling(self.games, config, accelerator, self.iteration, episodes)
        self._end_iteration(sampled, {})

    def _end_iteration(self, sampled: DynamicSampling, held_out: Mapping[str, float]) -> None:
        with deferred_interrupt():  # the weights move: finish what belongs together
            self._learn(sampled, held_out)
        if self.iteration % self.config.checkpoint_every == 0:
            self.save()
        self.stop.obey()

    def play(self) -> list[Episode]:
        """Roll out this iteration's tasks of this process."""
        self._hand_over()
        shown = self.reporter.phase(self.iteration, "play", self.games.episodes)
        return self._rolled_out(partial(self.games.play, self.iteration, shown))

    def _rolled_out(self, play: Callable[[], list[Episode]]) -> list[Episode]:
        """Return what ``play`` returns, with the weights handed over last; measure the time."""
        with self.meter.phase("rollout"), _PLAYING_FITS(), self.learner.autocast():
            return self.engines.playing(play)

    def _hand_over(self) -> None:
        """Let the engines play with the weights as they are now."""
        start = time.perf_counter()
        if self.engines.take(self.iteration):
            self.meter.seconds["transfer"] = time.perf_counter() - start

    def _drawn_again(self, episodes: Sequence[Episode]) -> DynamicSampling:
        """Replace groups that teach nothing, as often as ``dynamic_sampling`` allows."""
        sampled = DynamicSampling(
            self.games, self.config, self.accelerator, self.iteration, episodes
        )
        while sampled.draw_again():
            shown = self.reporter.phase(self.iteration, "play again", sampled.due)
            play = partial(sampled.play, shown)
            nothing: list[Episode] = []
            fresh = self.stop.at_once(partial(self._rolled_out, play), nothing)
            self.stop.obey()
            sampled.take(fresh)
        return sampled

    def evaluate(self) -> dict[str, float]:
        """Play the held-out games; return what ``HeldOutGames.play`` does, nothing where there are none."""
        if self.held_out is None:
            return {}
        self._hand_over()
        shown = self.reporter.phase(self.iteration, "evaluate", len(self.held_out.tasks))
        play: Callable[[], dict[str, float]] = partial(
            self.engines.playing, partial(self.held_out.play, shown)
        )
        whole = self.learner.placement.whole()
        with self.meter.phase("evaluate"), _PLAYING_FITS(), whole, self.learner.autocast():
            # Several processes wait for each other's results, so none may stop in between.
            alone = self.accelerator.num_processes == 1
            nothing: dict[str, float] = {}
            metrics = self.stop.at_once(play, nothing) if alone else play()
        self.stop.obey()
        return metrics

    def _learn(self, sampled: DynamicSampling, held_out: Mapping[str, float]) -> None:
        """Give credit, update, log; then the iteration is over."""
        config, episodes = self.config, sampled.episodes
        several = self.accelerator.num_processes > 1
        with self.meter.phase("waiting") if several else nullcontext():
            kept, own_N = episodes_of_all(self.accelerator, episodes)
            played = [*kept, *sampled.replaced()]
        self._require_some_played(played)
        if self.iteration == 0:
            self.reporter.warn_of_first(played)
        self._consistent = False
        compared = penalise_invalid(kept, config.invalid_penalty)
        advantages_N = self.estimate(
            compared, gamma=config.gamma, omega=config.omega, divide_by_std=config.divide_by_std
        )
        self.reporter.phase(self.iteration, "learn", 0)
        with self.meter.phase("update"):
            update = self.learner.update(episodes, advantages_N[own_N], self.iteration)
        self.saving.require_finite_weights()
        metrics = {
            "iteration": self.iteration,
            **summary(played),
            **errors(played),
            **signal(
                compared, advantages_N, gamma=config.gamma, divide_by_std=config.divide_by_std
            ),
            **sampled.metrics(kept),
            **update,
            **held_out,
            **self.meter.metrics(update["tokens"]),
        }
        group = compared[: config.group_size]
        shown = (group, advantages_N[: sum(len(e.steps) for e in group)])
        self.reporter.log(metrics, shown)
        self.iteration += 1
        self._consistent = True
        self.reporter.tell(metrics, shown)

    def save(self) -> None:
        """Write a checkpoint from which a run goes on at this iteration; all processes wait for it."""
        self.saving.save_checkpoint(self.iteration)
        wait_for_all(self.accelerator)

    def _write_if_consistent(self) -> None:
        """Write a checkpoint where one can be made without other processes, which may be gone."""
        if self._consistent and not self.learner.placement.sharded:
            self.saving.save_checkpoint(self.iteration)

    def _begin(self) -> None:
        """Start the run, or resume it, if that is still possible and all processes agree."""
        if self.accelerator.is_main_process:  # another run may have used the folder meanwhile
            self.folder.require_for(self.config)
        require_alike(self.accelerator, {**asdict(self.config), **self.identity})
        if self.config.resume:
            self.iteration = self.saving.restore()
        else:
            self.saving.require_room()
        self._consistent = True
        self.reporter.begin()
        self.save()

    def _evaluation_is_due(self) -> bool:
        return self.config.eval_every > 0 and self.iteration % self.config.eval_every == 0

    def _require_some_played(self, episodes: Sequence[Episode]) -> None:
        if all(episode.error is not None for episode in episodes):
            raise NothingPlayed(
                f"all {len(episodes)} episodes of iteration {self.iteration} ended in an error, the first: "
                f"{episodes[0].error}"
            )
