"""The scores of a job: its suite, and its dev tasks, played by what is in the model now."""

from dataclasses import replace
from pathlib import Path

from onelayer.agents.episodes import Episode
from onelayer.agents.play import Play
from onelayer.agents.policy import PolicyAgent
from onelayer.evals.results import Results
from onelayer.evals.run import evaluate
from onelayer.evals.suite import Suite
from onelayer.trainers.profile.job import Job, Stopped, Workshop
from onelayer.trainers.profile.task_scores import TaskScores
from onelayer.trainers.tasks import hash_seed


def play(job: Job, shop: Workshop) -> TaskScores:
    """Play the suite, and the dev tasks where there are any.

    Raises:
        Stopped: ``should_stop`` said so; the episodes that were played are in the journals.
    """
    tasks, scores, errors = _by_task(_played(job, shop, job.suite, _journal(job)))
    found = TaskScores(job.name, tasks, scores, errors)
    if job.dev is None:
        return found
    tasks, scores, errors = _by_task(_played(job, shop, job.dev, _journal(job, dev=True)))
    return replace(found, dev_tasks=tasks, dev_scores=scores, errors=found.errors + errors)


def forget_journals(job: Job) -> None:
    """Delete the journals of a job that is done."""
    for journal in (_journal(job), _journal(job, dev=True)):
        journal.unlink(missing_ok=True)


def _played(job: Job, shop: Workshop, suite: Suite, journal: Path) -> Results:
    def ended(episode: Episode) -> None:
        shop.tell("episode", job.name, episode.success)
        if shop.should_stop():
            raise Stopped(job.name)

    env = suite.make_env()
    agent = Play.of(job.evaluation.settings).agent(shop.model, shop.tokenizer, env)
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
    """An agent that plays with random numbers other than the suite's; ``sampling`` 0 leaves them."""

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


def _journal(job: Job, dev: bool = False) -> Path:
    return job.path.with_suffix(".dev.jsonl" if dev else ".jsonl")
