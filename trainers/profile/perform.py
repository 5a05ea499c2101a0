"""Carries out a job of a profile: trains the rest of a run, then evaluates it.

The results go to the folders of the run and of its scores, and a job that was stopped goes on from there.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from onelayer.trainers.bad_steps import Diverged
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.layer_spec import mask_seed, parse_layers, trains_everything
from onelayer.trainers.layers import decoder_layers, trained_parameters
from onelayer.trainers.population import Population
from onelayer.trainers.profile.existing_runs import find
from onelayer.trainers.profile.failure import Failure, failure_in, keep_failure
from onelayer.trainers.profile.held_out import training_env
from onelayer.trainers.profile.job import Job, Stopped, Together, Workshop
from onelayer.trainers.profile.job_scores import forget_journals, play
from onelayer.trainers.profile.shared_weights import (
    own_copies,
    trained,
    transplanted,
    update_norms,
)
from onelayer.trainers.profile.task_scores import TaskScores, write_scores
from onelayer.trainers.random_mask import mask_size
from onelayer.trainers.run_folder import RunFolder
from onelayer.trainers.trainer import Trainer


def perform(job: Job, shop: Workshop) -> TaskScores:
    """Carry out what is left of a job.

    Raises:
        Stopped: ``should_stop`` said so; what was done is saved.
        ValueError: something cannot work.
    """
    if job.config is None:
        return _finish(job, play(job, shop), shop)
    # A transplant needs the weights of its run; where only its scores were brought here, train it again.
    trained_here = train(job.name, job.config, shop)
    scores = _finish(job, _of_run(job, job.config, shop), shop)
    if trained_here:
        _forget_checkpoints(job)
    return scores


def _finish(job: Job, scores: TaskScores, shop: Workshop) -> TaskScores:
    write_scores(job.path, scores, job.evaluation)
    forget_journals(job)
    shop.tell("scored", job.name, scores)
    return scores


def _forget_checkpoints(job: Job) -> None:
    """Make room for the next runs; those of a run that failed, or that another command trained, stay."""
    assert job.config is not None
    if not job.goes_on and failure_in(job.config.folder) is None:
        RunFolder(job.config.folder).saved.forget()


def perform_together(group: Together, shop: Workshop) -> None:
    """Carry out what is left of several jobs; the errors are those of ``perform``."""
    depth = len(decoder_layers(shop.model))
    runs = {job.name: job.config for job in group.jobs if job.config is not None}
    left = {}
    for name, config in runs.items():
        found = find(config, depth)
        if not found.whole:
            left[name] = found.config
    if left:
        _train_together(left, shop)
    for job in group.jobs:
        perform(job, shop)
        if job.name in left:
            _forget_checkpoints(job)


def train(name: str, config: TrainConfig, shop: Workshop) -> bool:
    """Train a run to its last iteration, or until it diverges; one that is finished is left as it is.

    Returns:
        Whether there was something left to train.
    """
    depth = len(decoder_layers(shop.model))
    found = find(config, depth)
    if found.whole:
        return False
    names = (
        {}
        if config.lora_rank
        else trained_parameters(
            shop.model,
            parse_layers(config.layers, depth),
            everything=trains_everything(config.layers),
            train_embeddings=config.train_embeddings,
        )
    )
    with own_copies(shop.model, list(names)):
        trainer = Trainer(
            shop.model,
            shop.tokenizer,
            lambda: training_env(config.env, config.env_args),
            found.config,
            on_iteration=lambda metrics: shop.tell("iteration", name, metrics),
            should_stop=shop.should_stop,
        )
        try:
            if not trainer.train():
                raise Stopped(name)
        except Diverged as error:
            shop.tell("failed", name, give_up(trainer, error).sentence)
    shop.tell("trained", name, None)
    return True


def _train_together(configs: Mapping[str, TrainConfig], shop: Workshop) -> None:
    names, shared = list(configs), next(iter(configs.values()))
    population = Population(
        shop.model,
        shop.tokenizer,
        lambda: training_env(shared.env, shared.env_args),
        list(configs.values()),
        on_iteration=lambda number, metrics: shop.tell("iteration", names[number], metrics),
        should_stop=shop.should_stop,
    )
    diverged = population.train()
    for number, error in diverged.items():
        shop.tell("failed", names[number], give_up(population.trainers[number], error).sentence)
    for name, trainer in zip(names, population.trainers, strict=True):
        if trainer.iteration < trainer.config.iterations and names.index(name) not in diverged:
            raise Stopped(name)
        shop.tell("trained", name, None)


def give_up(trainer: Trainer, error: Diverged) -> Failure:
    """Keep the last finite weights of a run that diverged, and note that it did.

    The note comes last. Weights without it are of fewer iterations than planned, and the run goes on.
    """
    failure = Failure(trainer.iteration, trainer.saving.go_back(), error.cause)
    if failure.weights_of:
        trainer.saving.save_layer(failure.weights_of)
    keep_failure(trainer.config.folder, failure)
    return failure


def _of_run(job: Job, config: TrainConfig, shop: Workshop) -> TaskScores:
    """Put what a run trained into the base, let it play, and return its scores with what it took."""
    failure = failure_in(config.folder)
    about: dict[str, Any] = {
        "config": config.resume_key(),
        "iterations": config.iterations,
        "failed": None if failure is None else failure.sentence,
    }
    if failure is not None and not failure.weights_of:
        return replace(play(job, shop), **about, **_cost(config, failure))
    put_in = trained(shop.model, config.folder)
    if job.transplant is not None:
        put_in = transplanted(shop.model, config.folder, job.transplant)
    else:
        about |= _cost(config, failure)
    with put_in as weights:
        scores = play(job, shop)
    moved = sum(tensor.numel() for tensor in weights.tensors.values())
    if mask_seed(config.layers) is not None:
        moved = mask_size(shop.model)
    return replace(
        scores, **about, trained_parameters=moved, update_norm=update_norms(shop.model, weights)
    )


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
