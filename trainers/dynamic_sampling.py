"""Drawing again where a group teaches nothing: dynamic sampling.

Where all episodes of a task earn the same, none is better than another and the group has no advantage. DAPO,
Yu et al. 2025, https://arxiv.org/abs/2503.14476, plays other tasks instead. Here a flat group is replaced by
a group of another task, and this again if it is flat too, at most a given number of times. A group that is
still flat then stays, as it would without the option: every iteration learns from the same number of groups.

Only the environment's own rewards are compared. A group whose episodes differ only by penalties for invalid
actions is flat: it says nothing about its task.

The tasks that are drawn are a function of the run's seed, the iteration, the number of the redraw, and the
groups that are flat. So a resumed run draws the same ones, and so do all processes.
"""

from collections import defaultdict
from collections.abc import Sequence

from accelerate import Accelerator

from onelayer.agents.episodes import Episode
from onelayer.trainers.advantages import episode_advantages
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.playing import OnEpisode, TrainingGames
from onelayer.trainers.processes import everyones
from onelayer.trainers.sharing import episodes_of_all, light, share
from onelayer.trainers.tasks import Tasks, hash_seed, other_tasks

Group = Sequence[Episode]


class DynamicSampling:
    """The groups of one iteration that this process plays.

    All processes call ``draw_again`` together. While it returns True, each calls ``play`` and ``take``, and
    all call it again.

    Args:
        games: what is played.
        config: the run; ``dynamic_sampling`` is how often tasks may be drawn again.
        accelerator: of the run.
        iteration: the number of the iteration.
        episodes: what this process played in it, task by task.

    Attributes:
        dropped: episodes of this process that were replaced, without prompts and log-probabilities.
        redraws: how often tasks were drawn again.
        redrawn_groups: groups that were replaced, in all processes.
    """

    def __init__(
        self,
        games: TrainingGames,
        config: TrainConfig,
        accelerator: Accelerator,
        iteration: int,
        episodes: Sequence[Episode],
    ):
        self.games, self.config, self.accelerator = games, config, accelerator
        self.iteration = iteration
        self.redraws = self.redrawn_groups = 0
        self.dropped: list[Episode] = []
        self._groups = groups_of(episodes, config.group_size)
        self._tasks: Tasks = games.tasks(iteration)
        """of all processes, place by place"""
        self._played = set(self._tasks)
        self._mine = share(range(len(self._tasks)), accelerator)
        """the places of this process"""
        self._again: list[int] = []
        """which of its groups are to be replaced"""

    @property
    def episodes(self) -> list[Episode]:
        """What is learned from, group by group."""
        return [episode for group in self._groups for episode in group]

    def draw_again(self) -> bool:
        """Draw tasks in place of those with flat groups; return whether any process has some to play."""
        if self.redraws >= self.config.dynamic_sampling:
            return False
        flat = self._flat()
        shares = everyones(self.accelerator, [flat])
        places = [i for i, is_flat in enumerate(f for part in shares for f in part) if is_flat]
        if not places:
            return False
        self.redraws += 1
        self.redrawn_groups += len(places)
        kept = {task for i, task in enumerate(self._tasks) if i not in set(places)}
        drawn = other_tasks(
            self.games.envs[0],
            len(places),
            kept=kept,
            played=self._played,
            seed=(self.config.seed, self.iteration, self.redraws),
        )
        for place, task in zip(places, drawn, strict=True):
            self._tasks[place] = task
        self._played |= set(drawn)
        self._again = [i for i, is_flat in enumerate(flat) if is_flat]
        return True

    @property
    def due(self) -> int:
        """Episodes that this process is to play again."""
        return len(self._again) * self.config.group_size

    def play(self, on_episode: OnEpisode | None = None) -> list[Episode]:
        """Play this process's share of the drawn tasks; ``on_episode`` gets each episode as it ends."""
        tasks = [self._tasks[self._mine[i]] for i in self._again]
        seed = hash_seed(self.config.seed, self.iteration, self.redraws)
        return self.games.roll_out(tasks, seed, on_episode)

    def take(self, episodes: Sequence[Episode]) -> None:
        """Replace the flat groups by the episodes that were played."""
        fresh = groups_of(episodes, self.config.group_size)
        for place, group in zip(self._again, fresh, strict=True):
            self.dropped += [light(episode) for episode in self._groups[place]]
            self._groups[place] = group

    def replaced(self) -> list[Episode]:
        """Return the episodes of all processes that are not learned from; all call it together."""
        if not self.config.dynamic_sampling:
            return []
        return episodes_of_all(self.accelerator, self.dropped)[0]

    def metrics(self, kept: Sequence[Episode]) -> dict[str, float]:
        """Return what to log; nothing where the run does not draw again.

        Args:
            kept: all that is learned from, of all processes.

        Returns:
            ``redraws``, how often tasks were drawn again; ``redrawn_groups``, the groups that were played and
            are not learned from; ``flat_groups``, those that stayed although they are flat.
        """
        if not self.config.dynamic_sampling:
            return {}
        of_task: dict[str, list[Episode]] = defaultdict(list)
        for episode in kept:
            of_task[episode.task].append(episode)
        flat = sum(len(group) for group in of_task.values() if is_flat(group))
        return {
            "redraws": float(self.redraws),
            "redrawn_groups": float(self.redrawn_groups),
            "flat_groups": flat / self.config.group_size,
        }

    def _flat(self) -> list[bool]:
        """Return for each group of this process whether the episodes of its task all earned the same."""
        of_task: dict[str | int, list[Episode]] = defaultdict(list)
        for place, group in zip(self._mine, self._groups, strict=True):
            of_task[self._tasks[place]] += group
        return [is_flat(of_task[self._tasks[place]]) for place in self._mine]


def groups_of(episodes: Sequence[Episode], size: int) -> list[Group]:
    """Return the episodes in groups of ``size``."""
    return [episodes[i : i + size] for i in range(0, len(episodes), size)]


def is_flat(group: Group) -> bool:
    """Return whether the episodes of one task all earned the same, those with an error left out."""
    return not episode_advantages(group, divide_by_std=False).any()
