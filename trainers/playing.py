"""What a run plays: the games that it learns from, and the held-out ones that tell how well it does."""

from collections.abc import Callable, Sequence

import gymnasium as gym
from accelerate import Accelerator
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from onelayer.agents.episodes import Episode
from onelayer.agents.rollout import Rollout, begin_rollout, rollout
from onelayer.envs.attributes import tasks_of
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.engines import Engines
from onelayer.trainers.processes import summed
from onelayer.trainers.sharing import share
from onelayer.trainers.tasks import (
    EVAL_SEED,
    Tasks,
    hash_seed,
    held_out_tasks,
    training_tasks,
)

MakeEnv = Callable[[], gym.Env[str, str]]
OnEpisode = Callable[[Episode], None]


class TrainingGames:
    """The games that a process of a run learns from.

    Args:
        make: makes one environment of the training split.
        config: the run.
        model: plays.
        tokenizer: the model's.
        accelerator: of the run; its processes share the tasks.
        engines: write the replies.

    Raises:
        ValueError: there are no tasks, or too few for several processes.
    """

    def __init__(
        self,
        make: MakeEnv,
        config: TrainConfig,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        accelerator: Accelerator,
        engines: Engines,
    ):
        count, processes = config.tasks_per_iteration, accelerator.num_processes
        first = make()
        tasks = tasks_of(first)
        if tasks is not None and len(tasks) == 0:
            raise ValueError(f"{config.env} has no tasks to train on")
        if tasks is not None and processes > 1 and len(tasks) < count:
            raise ValueError(
                f"{config.env} has {len(tasks)} tasks, fewer than tasks_per_iteration={count}: "
                "several processes would play the same"
            )
        self.config, self.accelerator = config, accelerator
        self.episodes = len(share(range(count), accelerator)) * config.group_size
        """of an iteration in this process; may be 0"""
        parallel = engines.at_once(max(1, self.episodes))
        self.envs = [first, *(make() for _ in range(parallel - 1))]
        self.agent = config.play.agent(model, tokenizer, first, engines.maker(learning=True))

    def tasks(self, iteration: int) -> Tasks:
        """Return the tasks of an iteration, those of all processes."""
        count = self.config.tasks_per_iteration
        return training_tasks(self.envs[0], iteration, count, self.config.seed)

    def play(self, iteration: int, on_episode: OnEpisode | None = None) -> list[Episode]:
        """Roll out this process's tasks of an iteration; ``on_episode`` gets each as it ends."""
        return self._to_the_end(self.begin(iteration, on_episode))

    def begin(self, iteration: int, on_episode: OnEpisode | None = None) -> Rollout:
        """Begin the rollout of this process's tasks of an iteration."""
        mine = share(self.tasks(iteration), self.accelerator)
        return self._begun(mine, hash_seed(self.config.seed, iteration), on_episode)

    def roll_out(
        self, tasks: Sequence[str | int], seed: int, on_episode: OnEpisode | None = None
    ) -> list[Episode]:
        """Play a group of each task, with random numbers of the seed."""
        return self._to_the_end(self._begun(tasks, seed, on_episode))

    def _to_the_end(self, played: Rollout) -> list[Episode]:
        while played.runs:
            played.turn()
        self.agent.reset()  # the update needs the memory of the cache
        return played.episodes

    def _begun(
        self, tasks: Sequence[str | int], seed: int, on_episode: OnEpisode | None
    ) -> Rollout:
        config = self.config
        self.agent.reseed(seed)
        return begin_rollout(
            self.envs,
            self.agent,
            tasks,
            config.group_size,
            on_episode,
            reproducible=not self.agent.answers_alone,
            seed=seed,
            step_timeout=config.step_timeout,
            retries=config.retries,
        )


class HeldOutGames:
    """The games that tell, while a run goes on, how well it does; further arguments as of ``TrainingGames``.

    Args:
        most: environments that are stepped together.
    """

    def __init__(
        self,
        make: MakeEnv,
        config: TrainConfig,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        accelerator: Accelerator,
        engines: Engines,
        most: int,
    ):
        self.config, self.accelerator = config, accelerator
        first = make()
        self.tasks = share(held_out_tasks(first, config.eval_tasks), accelerator)
        self.envs = [first, *(make() for _ in range(min(len(self.tasks), most) - 1))]
        self.agent = config.eval_play.agent(model, tokenizer, first, engines.maker(learning=False))

    def play(self, on_episode: OnEpisode | None = None) -> dict[str, float]:
        """Play the tasks, always the same with the same random numbers; ``on_episode`` gets each episode.

        Returns:
            ``eval/`` ``success`` (a rate), ``tasks``, ``steps`` (a mean) and ``errors``, of all processes.
        """
        self.agent.reseed(EVAL_SEED)
        episodes = rollout(
            self.envs,
            self.agent,
            self.tasks,
            on_episode=on_episode,
            reproducible=not self.agent.answers_alone,
            seed=EVAL_SEED,
            step_timeout=self.config.step_timeout,
            retries=self.config.retries,
        )
        self.agent.reset()
        won, steps, errors, played = summed(
            self.accelerator,
            [
                sum(e.success for e in episodes),
                sum(len(e.steps) for e in episodes),
                sum(e.error is not None for e in episodes),
                len(episodes),
            ],
        )
        return {
            "eval/success": won / played,
            "eval/tasks": played,
            "eval/steps": steps / played,
            "eval/errors": errors,
        }
