"""Measures a profile: base, full training, each layer alone, controls; interrupted runs are continued."""

import os
import time
from collections.abc import Mapping, Sequence
from statistics import fmean

from accelerate import Accelerator

from onelayer.agents.model_check import check_model
from onelayer.agents.models import load_model
from onelayer.evals.contribution.record import BaseModel, Profile, repeated
from onelayer.trainers.fingerprint import base_fingerprint
from onelayer.trainers.layers import choose_layers, decoder_layers
from onelayer.trainers.lora import rank_like_one_layer
from onelayer.trainers.population import can_join
from onelayer.trainers.profile.assembly import assemble
from onelayer.trainers.profile.controls import parse_controls, ranking_of
from onelayer.trainers.profile.existing_runs import differs, find
from onelayer.trainers.profile.halving import Halving, halve
from onelayer.trainers.profile.held_out import (
    dev_suite,
    evaluation_settings,
    held_out_suite,
    task_names,
    training_env,
)
from onelayer.trainers.profile.job import Job, Tell, Together
from onelayer.trainers.profile.planned_runs import Plan, PlannedRun, by_seed
from onelayer.trainers.profile.profile_config import ProfileConfig
from onelayer.trainers.profile.profile_folder import ProfileFolder
from onelayer.trainers.profile.task_scores import Evaluation, TaskScores, read_scores
from onelayer.trainers.profile.workers import Workers


class Profiler:
    """One profile in its folder.

    Args:
        config: what to measure.
        tell: called with news: see ``job.Tell``; also ``plan`` with the iterations of all runs,
            ``adopted`` with the scores of a run that needs nothing more, and ``died`` with the exit code
            of its process.

    Raises:
        ValueError: something cannot work, or the folder holds something else; nothing was written.
        LookupError: there is no such environment, suite or task.
    """

    def __init__(self, config: ProfileConfig, *, tell: Tell):
        self.config, self.tell = config, tell
        self.folder = ProfileFolder(config)
        config.train.estimator()
        training_env(config.train.env, config.train.env_args).close()
        self.folder.require_same()
        self.suite = held_out_suite(config)
        self.tasks = tuple(task_names(self.suite))
        self.dev = dev_suite(config, self.suite)
        self.dev_tasks = () if self.dev is None else tuple(task_names(self.dev))
        _require_distinct(self.tasks, self.dev_tasks)
        device = Accelerator().device
        model, tokenizer = load_model(config.train.model, config.train.dtype, str(device))
        check_model(model)
        self.model = model
        processes = _processes(config.jobs, device.type)
        self.workers = Workers(model, tokenizer, processes, tell=tell, should_stop=self._is_late)
        self.depth = len(decoder_layers(model))
        self.plan = Plan(config, self.depth, config.lora_rank or rank_like_one_layer(model))
        choose_layers(model, config.layer_spec)  # refuses a profile of another base
        self.fingerprint = base_fingerprint(model)
        self.evaluation = Evaluation(
            self.suite.identity(),
            evaluation_settings(config),
            self.fingerprint,
            None if self.dev is None else self.dev.identity(),
        )
        self.scores: dict[str, TaskScores] = {}
        self.halving: Halving | None = None
        self.selection = self.folder.selection(self.depth)
        self.deadline = time.monotonic() + config.max_hours * 3600 if config.max_hours else None
        self._require_possible()

    def measure(self) -> bool:
        """Carry out what is left.

        Returns:
            Whether the profile is whole; False where ``max_hours`` ended it before.

        Raises:
            KeyboardInterrupt: Ctrl-C, after everything was saved.
        """
        with self.folder.alone(), self.workers:
            self.folder.write_config()
            self.tell("plan", "", {"iterations": self.plan.iterations(self._some_ranking())})
            for run in self._chosen():  # also those that this call may not come to
                self._adopt(run.name, run)
            return self._base() and self._layers() and self._ranked_controls()

    def record(self) -> Profile | None:
        """Return all that was measured so far; None before the base was evaluated."""
        base = [self.scores[name] for name in self._base_names() if name in self.scores]
        if not base:
            return None
        return assemble(
            self.config,
            self._base_model(),
            self.suite,
            base,
            [(run, self.scores[run.name]) for run in self._chosen() if run.name in self.scores],
            rounds=self.scores,
            selection=self.selection,
            halving=self.halving,
        )

    def _base_model(self) -> BaseModel:
        return BaseModel(
            id=self.config.train.model,
            fingerprint=self.fingerprint,
            num_layers=self.depth,
            family=str(self.model.config.model_type),
            parameters=sum(p.numel() for p in self.model.parameters()),
        )

    def _base(self) -> bool:
        """Evaluate the base ``base_evaluations`` times; return whether this was finished."""
        names = enumerate(self._base_names())
        return self._carry_out(
            [self._job(name, None, number) for number, name in names if not self._adopt(name, None)]
        )

    def _layers(self) -> bool:
        """Carry out full training, single layers, controls that need no ranking, and transplants."""
        plan, iterations = self.plan, self.config.train.iterations
        others = [*plan.full(), *plan.free_controls()]
        if not self.config.halving:
            return self._score(by_seed([*others, *plan.each_layer()])) and self._transplants()
        self.halving = halve(plan.layers, iterations, self.config.halving_rounds, self._score_round)
        return self.halving.finished and self._score(others) and self._transplants()

    def _transplants(self) -> bool:
        """Put layers of full training into the base, after one job alone made missing weights again."""
        left = [run for run in self.plan.transplants() if not self._adopt(run.name, run)]
        gone = {run.config.folder: run for run in left if not find(run.config, self.depth).whole}
        return self._score(list(gone.values())) and self._score(left)

    def _score_round(self, layers: Sequence[int], iterations: int) -> Mapping[int, float] | None:
        runs = self.plan.round(layers, iterations)
        if not self._score(runs):
            return None
        return self._means(runs, layers)

    def _means(self, runs: Sequence[PlannedRun], layers: Sequence[int]) -> dict[int, float]:
        """Return the score of each layer over its seeds, on the dev tasks where there are any."""
        return {
            layer: fmean(self.scores[run.name].choosing for run in runs if run.layers == (layer,))
            for layer in layers
        }

    def _ranked_controls(self) -> bool:
        if not any(c.needs_ranking for c in parse_controls(self.config.controls)):
            return True
        if self.selection is None:
            self.selection = self.folder.select(self._ranking(), on_dev=self.dev is not None)
        return self._score(self.plan.ranked_controls(self.selection.ranking))

    def _ranking(self) -> Sequence[int]:
        if self.config.ranking_from:
            return ranking_of(self.config.ranking_from, self.fingerprint)
        if self.halving is not None:
            return self.halving.ranking
        means = self._means(self.plan.each_layer(), self.plan.layers)
        return sorted(means, key=lambda layer: (-means[layer], layer))

    def _score(self, runs: Sequence[PlannedRun]) -> bool:
        """Train and evaluate those of the runs that have no scores yet."""
        return self._carry_out(
            [self._job(run.name, run) for run in runs if not self._adopt(run.name, run)]
        )

    def _adopt(self, name: str, run: PlannedRun | None) -> bool:
        """Return whether a run has scores; those that an earlier call wrote are read."""
        if name in self.scores:
            return True
        path = self.folder.score_path(name)
        if not path.is_file():
            return False
        scores = read_scores(path, self.evaluation)
        if (scores.tasks, scores.dev_tasks) != (self.tasks, self.dev_tasks):
            raise ValueError(
                f"{path} has scores of other tasks; move it away, or name another --out"
            )
        if run is not None and (wrong := self._wrong(scores, run)):
            raise ValueError(
                f"{path} is of another run: {wrong}; move it and the run's folder away, or name another "
                "--out"
            )
        self.scores[name] = scores
        self.tell("adopted", name, scores)
        return True

    def _wrong(self, scores: TaskScores, run: PlannedRun) -> str:
        """Return why the scores are not those of the run, in words; empty if they are."""
        if wrong := differs(run.config, scores.config or {}, self.depth):
            return wrong
        if scores.iterations != run.config.iterations:
            return f"it was trained for {scores.iterations} iterations"
        norms, changed = len(scores.update_norm or ()), len(run.changed(self.depth))
        if norms not in (0, changed):
            return f"it has {norms} update norms for {changed} layers"
        return ""

    def _job(self, name: str, run: PlannedRun | None, sampling: int = 0) -> Job:
        return Job(
            name=name,
            path=self.folder.score_path(name),
            suite=self.suite,
            evaluation=self.evaluation,
            dev=self.dev,
            config=None if run is None else run.config,
            transplant=run.layers[0] if run is not None and run.role == "transplant" else None,
            goes_on=run is not None and run.config.iterations < self.config.train.iterations,
            sampling=sampling,
            parallel=self.config.parallel,
        )

    def _carry_out(self, jobs: Sequence[Job]) -> bool:
        done = False
        try:
            if jobs:
                done = self.workers.carry_out(in_groups(jobs, self.config.together))
        finally:  # what was finished before a Ctrl-C counts
            for job in jobs:
                if job.path.is_file():
                    self.scores[job.name] = read_scores(job.path, self.evaluation)
        return done or not jobs

    def _is_late(self) -> bool:
        return self.deadline is not None and time.monotonic() >= self.deadline

    def _base_names(self) -> list[str]:
        return [f"base-{number}" for number in range(self.config.base_evaluations)]

    def _chosen(self) -> list[PlannedRun]:
        """Return all runs of the whole budget; those that need a ranking only if it is known."""
        return self.plan.everything(self.selection.ranking if self.selection else None)

    def _require_possible(self) -> None:
        """Raise, before anything is trained, if a control is impossible or a folder holds another run."""
        self.plan.ranked_controls(self._some_ranking())
        for run in [*self.plan.first(), *self.plan.transplants()]:
            if not self.folder.score_path(run.name).is_file():
                find(run.config, self.depth)

    def _some_ranking(self) -> Sequence[int]:
        """Return the ranking; before it is known, any order, from which as many controls follow."""
        if self.selection is not None:
            return self.selection.ranking
        if self.config.ranking_from:
            return ranking_of(self.config.ranking_from, self.fingerprint)
        return self.plan.layers


def in_groups(jobs: Sequence[Job], together: int) -> list[Job | Together]:
    """Return the jobs in their order, those that can be trained in one batch in groups of ``together``."""
    found: list[Job | Together] = []
    group: list[Job] = []
    for job in jobs:
        joins = job.config is not None and job.transplant is None and can_join(job.config)
        if together == 1 or not joins:
            found.append(job)
            continue
        group.append(job)
        if len(group) == together:
            found.append(Together(tuple(group)))
            group = []
    return [*found, Together(tuple(group))] if group else found


def _require_distinct(tasks: Sequence[str], dev_tasks: Sequence[str]) -> None:
    """Raise ValueError where a held-out task stands twice: its scores could not be told apart."""
    if twice := repeated([*tasks, *dev_tasks]):
        raise ValueError(
            f"task {twice!r} stands twice among the {len(tasks)} held-out tasks and the {len(dev_tasks)} dev "
            "tasks: lower --eval-tasks or --dev-tasks, or let the environment name each task differently"
        )


def _processes(jobs: int, device: str) -> int:
    """Return how many runs go on at a time."""
    if device != "cpu":
        if jobs > 1:
            raise ValueError(f"on a {device} device runs go one after the other; leave --jobs out")
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return jobs or cores or 1
