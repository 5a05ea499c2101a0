"""The content of ``profile.json``, the one file that everything else about a profile is computed from.

It holds the raw scores, one for each held-out task and run, so contributions, intervals, comparisons
and pictures can be computed again without a model. Letters: T tasks, S runs of one arm. ::

    {"format": "onelayer-profile/1", "created": "2026-11-22T01:00:00+00:00", "versions": {...},
     "config": {...}, "model": {"id": "tiny", "fingerprint": "...", "num_layers": 6, ...},
     "env": "onelayer/ALFWorld-v0", "env_args": {...}, "algorithm": "gigpo", "budget": {...},
     "tasks": ["...", ...], "base": [[0.0, 1.0, ...]],
     "dev_tasks": ["...", ...], "dev_base": [[1.0, 0.0, ...]],
     "runs": [{"name": "layer-03-seed-1", "role": "layer", "control": null, "layers": [3],
               "seed": 1, "learning_rate": 0.002, "scores": [1.0, 0.0, ...],
               "dev_scores": [0.0, 1.0, ...], "failed": null, ...}, ...],
     "contributions": [{"layer": 3, "score": 0.5, "contribution": 0.9, "low": 0.8, ...}, ...],
     "controls": [...], "full": {...}, "base_score": {...}, "best": {...}, "halving": null,
     "transplants": [...], "transplant_agreement": null}

A run that failed is in it with the scores at its end. Choices are made by the scores on the dev tasks, where
there are any; the reported figures are from the other tasks.

Does not import torch.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

Role = Literal["full", "layer", "control", "transplant"]
Scores = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class BaseModel:
    """The model that every run starts from."""

    id: str
    """how it was loaded: a transformers id, a folder, or ``tiny``"""
    fingerprint: str
    num_layers: int
    family: str
    """transformers' model type, such as ``qwen3``"""
    parameters: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """The training budget, which must be the same for all runs for a fair comparison."""

    iterations: int
    episodes_per_run: int
    lr_full: float
    lr_layer: float


@dataclass(frozen=True, slots=True)
class Run:
    """One training run and what it earned on each held-out task."""

    name: str
    role: Role
    layers: tuple[int, ...]
    seed: int
    learning_rate: float
    scores: Scores
    """T values from 0 to 1, in the order of the profile's tasks"""
    control: str | None = None
    """the control, such as ``random:2 draw 0``; runs with the same text are one arm"""
    trained_parameters: int | None = None
    episodes: int | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None
    tokens: int | None = None
    """sampled in training"""
    rounds: Any = None
    """record of successive halving"""
    update_norm: tuple[float, ...] | None = None
    """L2 norm of the change of each of ``layers``"""
    dev_scores: Scores = ()
    """one for each of the profile's dev tasks"""
    failed: str | None = None
    """why it did not finish, and with which weights it was scored; None: it finished"""


@dataclass(frozen=True, slots=True)
class Score:
    """A mean over runs and tasks with its interval."""

    score: float
    low: float
    high: float
    runs: int


@dataclass(frozen=True, slots=True)
class Full(Score):
    """Full training and its gain over the base, of which C(k) is a fraction."""

    gain: float
    gain_low: float
    gain_high: float
    failed: int = 0
    """runs among them that failed, and count as they ended"""


@dataclass(frozen=True, slots=True)
class Contribution:
    """The layer contribution C(k) of one layer, or the same fraction for a control."""

    name: str
    """``layer 3``, or the name of the control"""
    layer: int | None
    """None for a control"""
    layers: tuple[int, ...]
    """the trained layers, of all draws together"""
    score: float
    score_low: float
    score_high: float
    contribution: float | None
    """(S_k - S_base) / (S_full - S_base), or None where that is undefined"""
    low: float | None
    """lower bound of the interval of ``contribution``; None also where there is no bound"""
    high: float | None
    undefined: str | None = None
    """the reason in words"""
    runs: int = 1
    chance_best: float | None = None
    """share of the resamples in which this layer scores highest; None for a control"""
    failed: int = 0
    """runs among them that failed, and count as they ended"""
    dev_score: float | None = None
    """mean on the dev tasks, where there are any"""


@dataclass(frozen=True, slots=True)
class Best:
    """The layer that scored highest, and how certain that is.

    Where there are dev tasks, it is the highest on those, and ``contribution`` is from the other tasks.
    """

    layer: int
    chance: float
    """share of the resamples in which it is the best"""
    candidates: tuple[int, ...]
    """smallest set of layers with the best one in 95 % of the resamples, most likely first"""
    contribution: float | None = None
    corrected: float | None = None
    """``contribution`` corrected for the winner's curse, the bias of picking the highest of noisy values

    Without dev tasks: less what picking adds in the resamples. With them: as the other seeds choose, for each
    seed; None with one seed.
    """
    on_dev: bool = False
    """whether it was chosen on the dev tasks"""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Spearman's rank correlation between two ways to rank the layers."""

    value: float | None
    """None where one of them does not vary"""
    low: float | None
    high: float | None
    p_value: float | None
    """share of all permutations of the layers that agree at least as well"""
    layers: int


@dataclass(frozen=True, slots=True)
class Profile:
    """All scores of one setting, and what was computed from them."""

    created: str
    model: BaseModel
    env: str
    algorithm: str
    budget: Budget
    tasks: tuple[str, ...]
    base: tuple[Scores, ...]
    """T values for each evaluation of the base, at least one"""
    runs: tuple[Run, ...]
    env_args: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    contributions: tuple[Contribution, ...] = ()
    """by layer"""
    controls: tuple[Contribution, ...] = ()
    full: Full | None = None
    base_score: Score | None = None
    best: Best | None = None
    halving: Any = None
    """its rounds, ranking and cost, and by name why runs ``failed`` that it did not take to the end"""
    dev_tasks: tuple[str, ...] = ()
    """held-out tasks for choosing; none of them is among ``tasks``"""
    dev_base: tuple[Scores, ...] = ()
    transplants: tuple[Contribution, ...] = ()
    """one row for each layer k of full training that was put into the base"""
    transplant_agreement: Agreement | None = None
    """between the scores of the transplants and of the layers that were trained alone"""

    def __post_init__(self) -> None:
        _check(self)

    @property
    def layers(self) -> tuple[int, ...]:
        """The layers that were trained alone, sorted."""
        return tuple(sorted({run.layers[0] for run in self.of_role("layer")}))

    def of_role(self, role: Role) -> tuple[Run, ...]:
        """Return the runs of one role, in the order of the file."""
        return tuple(run for run in self.runs if run.role == role)

    def of_layer(self, layer: int) -> tuple[Run, ...]:
        """Return the runs that trained ``layer`` alone, without controls."""
        return tuple(run for run in self.of_role("layer") if run.layers == (layer,))

    def on_dev(self) -> "Profile | None":
        """Return the profile with the dev tasks and their scores as its only ones; None without any."""
        if not self.dev_tasks:
            return None
        return replace(
            self,
            tasks=self.dev_tasks,
            base=self.dev_base,
            runs=tuple(replace(run, scores=run.dev_scores, dev_scores=()) for run in self.runs),
            dev_tasks=(),
            dev_base=(),
        )


def _check(profile: Profile) -> None:
    """Raise ValueError for the first thing that makes the scores unusable."""
    if not profile.tasks:
        raise ValueError("a profile needs held-out tasks, and there are none")
    if twice := repeated(profile.tasks):
        raise ValueError(f"task {twice!r} stands twice among the held-out tasks")
    if not profile.base:
        raise ValueError("there is no evaluation of the base; every contribution starts from it")
    if twice := repeated(run.name for run in profile.runs):
        raise ValueError(f"run {twice!r} stands twice; a run counts once")
    for number, scores in enumerate(profile.base):
        check_scores(f"base evaluation {number}", scores, len(profile.tasks))
    for run in profile.runs:
        _check_run(run, profile)
    _check_dev(profile)


def _check_dev(profile: Profile) -> None:
    """Raise ValueError where the dev scores are incomplete, or a dev task is also a test task."""
    if twice := repeated([*profile.tasks, *profile.dev_tasks]):
        raise ValueError(f"task {twice!r} is a dev task, and stands twice")
    if profile.dev_tasks and not profile.dev_base:
        raise ValueError("there is no evaluation of the base on the dev tasks")
    for number, scores in enumerate(profile.dev_base):
        check_scores(f"dev evaluation {number} of the base", scores, len(profile.dev_tasks))
    for run in profile.runs:
        check_scores(f"run {run.name!r} on dev", run.dev_scores, len(profile.dev_tasks))


def _check_run(run: Run, profile: Profile) -> None:
    check_scores(f"run {run.name!r}", run.scores, len(profile.tasks))
    if run.role not in get_args(Role):
        raise ValueError(f"run {run.name!r} has the role {run.role!r}, not one of {get_args(Role)}")
    if (run.control is not None) != (run.role == "control"):
        raise ValueError(
            f"run {run.name!r} of role {run.role!r} names the control {run.control!r}; a control"
            " names what it is, and nothing else does"
        )
    if run.role in ("layer", "transplant") and len(run.layers) != 1:
        raise ValueError(f"run {run.name!r} has role {run.role!r}, but trained {list(run.layers)}")
    depth = profile.model.num_layers
    if beyond := [layer for layer in run.layers if not 0 <= layer < depth]:
        raise ValueError(
            f"run {run.name!r} trained layer {beyond[0]}, which a model of {depth} layers lacks"
        )
    if run.update_norm is not None and len(run.update_norm) != len(run.layers):
        raise ValueError(
            f"run {run.name!r} has {len(run.update_norm)} update norms for {len(run.layers)} layers"
        )


def check_scores(name: str, scores: Sequence[Any], tasks: int) -> None:
    """Raise ValueError unless ``scores`` has a share from 0 to 1 for each of so many tasks."""
    if len(scores) != tasks:
        raise ValueError(f"{name} has {len(scores)} scores for {tasks} tasks")
    for position, score in enumerate(scores):
        if not isinstance(score, int | float) or not 0 <= score <= 1:
            raise ValueError(f"{name} has no score from 0 to 1 for task {position}, but {score!r}")


def repeated(names: Iterable[str]) -> str | None:
    """Return the name that stands most often, None where each stands once."""
    name, times = max(Counter(names).items(), key=lambda item: item[1], default=("", 0))
    return name if times > 1 else None
