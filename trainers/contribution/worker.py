"""One piece of work of a profile: train a run as far as it is not trained, then let it play.

Everything is written to the folders of the run and of its scores, and goes on from there.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from onelayer.agents.episodes import Episode
from onelayer.agents.play import Play
from onelayer.agents.policy import PolicyAgent
from onelayer.evals.results import Results
from onelayer.evals.run import evaluate
from onelayer.evals.suite import Suite
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.contribution.existing import find
from onelayer.trainers.contribution.held_out import training_env
from onelayer.trainers.contribution.scores import Evaluation, TaskScores, write_scores
from onelayer.trainers.contribution.weights import own_copies, trained, update_norms
from onelayer.trainers.layer_spec import parse_layers, trains_everything
from onelayer.trainers.layers import decoder_layers, trained_parameters
from onelayer.trainers.run_folder import RunFolder
from onelayer.trainers.tasks import hash_seed
from onelayer.trainers.trainer import Trainer

Tell = Callable[[str, str, Any], None]
"""called with what happened (iteration, episode, trained, scored), to which job, and the details"""


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
    config: TrainConfig | None = None
    """None for the base"""
    sampling: int = 0
    """0: random numbers of the suite's seed; another number gives others"""
    parallel: int = 32


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
        Diverged: training came to numbers that are not finite.
    """
    if job.config is None:
        results = _play(job, model, tokenizer, tell, should_stop)
        scores = _scores(job, results)
    else:
        train(job.config, model, tokenizer, name=job.name, tell=tell, should_stop=should_stop)
        with trained(model, job.config.folder) as weights:
            results = _play(job, model, tokenizer, tell, should_stop)
        scores = replace(
            _scores(job, results),
            config=job.config.what_learns(),
            iterations=job.config.iterations,
            trained_parameters=sum(tensor.numel() for tensor in weights.tensors.values()),
            update_norm=update_norms(model, weights),
            **_cost(job.config),
        )
    write_scores(job.path, scores, job.evaluation)
    _journal(job).unlink(missing_ok=True)
    tell("scored", job.name, scores)
    return scores


def train(
    config: TrainConfig,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    *,
    name: str,
    tell: Tell,
    should_stop: Callable[[], bool],
) -> None:
    """Train a run to its last iteration; one that is finished is left as it is."""
    depth = len(decoder_layers(model))
    found = find(config, depth)
    if found.finished == config.iterations:
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
        if not trainer.train():
            raise Stopped(name)
    tell("trained", name, None)


def _play(
    job: Job,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    tell: Tell,
    should_stop: Callable[[], bool],
) -> Results:
    def ended(episode: Episode) -> None:
        tell("episode", job.name, episode.success)
        if should_stop():
            raise Stopped(job.name)

    play = Play.of(job.evaluation.settings)
    agent = play.agent(model, tokenizer, job.suite.make_env())
    settings = {**job.evaluation.settings, "sampling": job.sampling}
    if job.config is not None:
        settings["iterations"] = job.config.iterations
    return evaluate(
        job.suite,
        _OtherNumbers(agent, job.sampling),
        settings=settings,
        journal=_journal(job),
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


def _scores(job: Job, results: Results) -> TaskScores:
    solved: dict[str, list[bool]] = {}
    for episode in results.episodes:
        solved.setdefault(episode.task, []).append(episode.success)
    return TaskScores(
        name=job.name,
        tasks=tuple(solved),
        scores=tuple(sum(successes) / len(successes) for successes in solved.values()),
        errors=sum(episode.error is not None for episode in results.episodes),
    )


def _cost(config: TrainConfig) -> dict[str, Any]:
    """Return what training took, from the run's own log."""
    seconds, groups = 0.0, config.iterations * config.tasks_per_iteration
    for metrics in RunFolder(config.folder).history():
        seconds += metrics.get("seconds/rollout", 0.0) + metrics.get("seconds/update", 0.0)
        groups += int(metrics.get("redrawn_groups", 0))
    episodes = groups * config.group_size
    return {"seconds": round(seconds, 3), "episodes": episodes}


def _journal(job: Job) -> Path:
    return job.path.with_suffix(".jsonl")
