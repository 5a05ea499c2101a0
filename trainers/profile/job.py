"""One job of a profile: train the rest of a run, then evaluate it.

The results go to the folders of the run and of its scores, and a job that was stopped goes on from there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from onelayer.agents.episodes import Episode
from onelayer.agents.play import Play
from onelayer.agents.policy import PolicyAgent
from onelayer.evals.results import Results
from onelayer.evals.run import evaluate
from onelayer.evals.suite import Suite
from onelayer.trainers.bad_steps import Diverged
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.layer_spec import mask_seed, parse_layers, trains_everything
from onelayer.trainers.layers import decoder_layers, trained_parameters
from onelayer.trainers.population import Population
from onelayer.trainers.profile.existing_runs import find
from onelayer.trainers.profile.failure import Failure, failure_in, keep_failure
from onelayer.trainers.profile.held_out import training_env
from onelayer.trainers.profile.shared_weights import (
    own_copies,
    trained,
    transplanted,
    update_norms,
)
from onelayer.trainers.profile.task_scores import Evaluation, TaskScores, write_scores
from onelayer.trainers.random_mask import mask_size
from onelayer.trainers.run_folder import RunFolder
from onelayer.trainers.tasks import hash_seed
from onelayer.trainers.trainer import Trainer

Tell = Callable[[str, str, Any], None]
"""called with what happened (iteration, episode, trained, failed, scored), to which job, and the details"""


class Stopped(Exception):
    """The work was asked to stop, and is saved."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run to train and to score, or one evaluation of the base."""

    name: str
    """of the file of scores"""
    path: Path
    """of the file of scores"""
    suite: Suite
    evaluation: Evaluation
    dev: Suite | None = None
    """the dev tasks, by which choices are made; None: there are none"""
    config: TrainConfig | None = None
    """None for the base"""
    transplant: int | None = None
    """put only this layer of the finished run into the base; None: train the run, and put in all of it"""
    sampling: int = 0
    """0: random numbers of the suite's seed; another number gives others"""
    parallel: int = 32


@dataclass(frozen=True, slots=True)
class Together:
    """Several runs that are trained in one batch, and then scored one after the other."""

    jobs: tuple[Job, ...]

    @property
    def name(self) -> str:
        """Of the first of them."""
        return self.jobs[0].name


def perform_together(
    group: Together,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    *,
    tell: Tell,
    should_stop: Callable[[], bool],
) -> None:
    """Carry out what is left of several jobs; the arguments and errors are those of ``perform``."""
    depth = len(decoder_layers(model))
    runs = {job.name: job.config for job in group.jobs if job.config is not None}
    left = {}
    for name, config in runs.items():
        found = find(config, depth)
        if found.finished < config.iterations and failure_in(config.folder) is None:
            left[name] = found.config
    if left:
        _train_together(left, model, tokenizer, tell, should_stop)
    for job in group.jobs:
        perform(job, model, tokenizer, tell=tell, should_stop=should_stop)


def _train_together(
    configs: Mapping[str, TrainConfig],
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    tell: Tell,
    should_stop: Callable[[], bool],
) -> None:
    names, shared = list(configs), next(iter(configs.values()))
    population = Population(
        model,
        tokenizer,
        lambda: training_env(shared.env, shared.env_args),
        list(configs.values()),
        on_iteration=lambda number, metrics: tell("iteration", names[number], metrics),
        should_stop=should_stop,
    )
    diverged = population.train()
    for number, error in diverged.items():
        tell("failed", names[number], give_up(population.trainers[number], error).sentence)
    for name, trainer in zip(names, population.trainers, strict=True):
        if trainer.iteration < trainer.config.iterations and names.index(name) not in diverged:
            raise Stopped(name)
        tell("trained", name, None)


def perform(
    job: Job,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    *,
    tell: Tell,
    should_stop: Callable[[], bool],
) -> TaskScores:
    """Carry out what is left of a job; ``model`` is the base, and is the base again afterwards.

    Raises:
        Stopped: ``should_stop`` said so; what was done is saved.
        ValueError: something cannot work.
    """
    play = partial(_play_both, job, model, tokenizer, tell, should_stop)
    if job.config is None:
        scores = play()
    else:
        # A transplant comes after its run; where only the scores of that were brought here, it is made again.
        train(job.config, model, tokenizer, name=job.name, tell=tell, should_stop=should_stop)
        scores = _of_run(job, job.config, model, play)
    write_scores(job.path, scores, job.evaluation)
    for journal in (_journal(job), _journal(job, dev=True)):
        journal.unlink(missing_ok=True)
    tell("scored", job.name, scores)
    return scores


def _of_run(
    job: Job, config: TrainConfig, model: PreTrainedModel, play: Callable[[], TaskScores]
) -> TaskScores:
    """Put what a run trained into the base, let it play, and return its scores with what it took."""
    failure = failure_in(config.folder)
    about: dict[str, Any] = {
        "config": config.resume_key(),
        "iterations": config.iterations,
        "failed": None if failure is None else failure.sentence,
    }
    if failure is not None and not failure.weights_of:
        return replace(play(), **about, **_cost(config, failure))
    put_in = trained(model, config.folder)
    if job.transplant is not None:
        put_in = transplanted(model, config.folder, job.transplant)
    else:
        about |= _cost(config, failure)
    with put_in as weights:
        scores = play()
    moved = sum(tensor.numel() for tensor in weights.tensors.values())
    if mask_seed(config.layers) is not None:
        moved = mask_size(model)
    return replace(
        scores, **about, trained_parameters=moved, update_norm=update_norms(model, weights)
    )


def train(
    config: TrainConfig,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    *,
    name: str,
    tell: Tell,
    should_stop: Callable[[], bool],
) -> None:
    """Train a run to its last iteration, or until it diverges; one that is finished is left as it is."""
    depth = len(decoder_layers(model))
    found = find(config, depth)
    if found.finished == config.iterations or failure_in(config.folder) is not None:
        return
    names = (
        {}
        if config.lora_rank
        else trained_parameters(
            model,
            parse_layers(config.layers, depth),
            everything=trains_everything(config.layers),
            train_embeddings=config.train_embeddings,
        )
    )
    with own_copies(model, list(names)):
        trainer = Trainer(
            model,
            tokenizer,
            lambda: training_env(config.env, config.env_args),
            found.config,
            on_iteration=lambda metrics: tell("iteration", name, metrics),
            should_stop=should_stop,
        )
        try:
            if not trainer.train():
                raise Stopped(name)
        except Diverged as error:
            tell("failed", name, give_up(trainer, error).sentence)
    tell("trained", name, None)


def give_up(trainer: Trainer, error: Diverged) -> Failure:
    """Keep the last finite weights of a run that diverged, and note that it did."""
    failure = Failure(trainer.iteration, trainer.saving.go_back(), str(error))
    if failure.weights_of:
        trainer.saving.save_layer()
    keep_failure(trainer.config.folder, failure)
    return failure


def _play_both(
    job: Job,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    tell: Tell,
    should_stop: Callable[[], bool],
) -> TaskScores:
    """Play the suite, and the dev tasks where there are any."""
    play = partial(_play, job, model, tokenizer, tell, should_stop)
    tasks, scores, errors = _by_task(play(job.suite, _journal(job)))
    found = TaskScores(job.name, tasks, scores, errors)
    if job.dev is None:
        return found
    tasks, scores, errors = _by_task(play(job.dev, _journal(job, dev=True)))
    return replace(found, dev_tasks=tasks, dev_scores=scores, errors=found.errors + errors)


def _play(
    job: Job,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    tell: Tell,
    should_stop: Callable[[], bool],
    suite: Suite,
    journal: Path,
) -> Results:
    def ended(episode: Episode) -> None:
        tell("episode", job.name, episode.success)
        if should_stop():
            raise Stopped(job.name)

    play = Play.of(job.evaluation.settings)
    agent = play.agent(model, tokenizer, suite.make_env())
    settings = {**job.evaluation.settings, "sampling": job.sampling}
    if job.config is not None:
        settings["iterations"] = job.config.iterations
    return evaluate(
        suite,
        _OtherNumbers(agent, job.sampling),
        settings=settings,
        journal=journal,
        parallel=job.parallel,
        on_episode=ended,
    )


class _OtherNumbers:
    """An agent that plays with random numbers other than the suite's; 0 leaves them."""

    def __init__(self, agent: PolicyAgent, sampling: int):
        self._agent, self._sampling = agent, sampling
        self.act, self.reset = agent.act, agent.reset
        self.submit, self.step = agent.submit, agent.step

    def reseed(self, seed: int) -> None:
        self._agent.reseed(hash_seed(seed, self._sampling) if self._sampling else seed)


def _by_task(results: Results) -> tuple[tuple[str, ...], tuple[float, ...], int]:
    """Return the tasks, the share of attempts at each that solved it, and the number of errors."""
    solved: dict[str, list[bool]] = {}
    for episode in results.episodes:
        solved.setdefault(episode.task, []).append(episode.success)
    scores = tuple(sum(successes) / len(successes) for successes in solved.values())
    errors = sum(episode.error is not None for episode in results.episodes)
    return tuple(solved), scores, errors


def _cost(config: TrainConfig, failure: Failure | None) -> dict[str, Any]:
    """Return what training took, from the run's own log."""
    seconds = cpu_seconds = tokens = redrawn = 0.0
    for metrics in RunFolder(config.folder).history():
        seconds += metrics.get("seconds/rollout", 0.0) + metrics.get("seconds/update", 0.0)
        cpu_seconds += metrics.get("cpu_seconds", 0.0)
        tokens += metrics.get("tokens", 0.0)
        redrawn += metrics.get("redrawn_groups", 0.0)
    iterations = config.iterations if failure is None else failure.iteration + 1
    return {
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu_seconds, 3),
        "tokens": int(tokens),
        "episodes": (iterations * config.tasks_per_iteration + int(redrawn)) * config.group_size,
    }


def _journal(job: Job, dev: bool = False) -> Path:
    return job.path.with_suffix(".dev.jsonl" if dev else ".jsonl")
