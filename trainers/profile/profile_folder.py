"""The folder of a profile: what it was called with, who works in it, and what it chose.

``profile.yaml`` (the flags; given to ``--config`` it goes on), ``runs/<name>/`` (ordinary run folders),
``scores/<name>.json``, ``selection.json`` (the ranking that controls are chosen by), and at the end
``profile.json``, ``profile.md`` and ``profile.png``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from onelayer.evals.contribution.profile_file import profile_path
from onelayer.files import write_atomically
from onelayer.lock import alone_in
from onelayer.settings import read_settings, write_settings
from onelayer.trainers.profile.controls import parse_controls
from onelayer.trainers.profile.profile_config import ProfileConfig

CONFIG_NAME = "profile.yaml"
THIS_PROFILE = "this profile"


@dataclass(frozen=True, slots=True)
class Selection:
    """The ranking by which best, worst and boosted layers were chosen; it is made once and kept."""

    source: str
    """another profile's path, or ``this profile``"""
    ranking: tuple[int, ...]
    """best first"""
    seeds: tuple[int, ...] = ()
    """training seeds of the runs that were ranked, if they are this profile's"""
    on_dev: bool = False
    """the ranking is by scores on the dev tasks, of which nothing is reported"""

    def sentence(self, layers: Sequence[int]) -> str:
        """Return what a reader of the controls in a profile of these layers must know."""
        left_out = ", ".join(str(layer) for layer in layers if layer not in self.ranking)
        return self._how + f" Not ranked then: layers {left_out}." * bool(left_out)

    @property
    def _how(self) -> str:
        ranked = ", ".join(map(str, self.ranking))
        if self.source == THIS_PROFILE and self.on_dev:
            return (
                "The layers of best, worst, boost and lr were chosen by this profile's scores on the dev "
                f"tasks (seeds {', '.join(map(str, self.seeds))}; ranking {ranked}), which are none of those "
                "reported here; the runs are the same."
            )
        if self.source == THIS_PROFILE:
            return (
                "The layers of best, worst, boost and lr were chosen by this profile's own held-out scores "
                f"(seeds {', '.join(map(str, self.seeds))}; ranking {ranked}): selection on the same data "
                "flatters the best and wrongs the worst."
            )
        return f"The layers of best, worst, boost and lr were chosen by {self.source} (ranking {ranked})."


class ProfileFolder:
    """Reads and writes the files of a profile, apart from its runs."""

    def __init__(self, config: ProfileConfig):
        self.path = config.folder
        self.config = config
        self.scores = self.path / "scores"

    def require_same(self) -> None:
        """Raise ValueError where the folder holds a profile of something else."""
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"{self.path} is a file; name another --out")
        if (self.path / "metrics.jsonl").exists():
            raise ValueError(f"{self.path} holds a training run; name another --out")
        path = self.path / CONFIG_NAME
        if not path.is_file():
            return
        before = _read(path).resume_key()
        for name, value in self.config.resume_key().items():
            if before[name] != value:
                raise ValueError(
                    f"{self.path} holds a profile with {name}={before[name]!r}, not {value!r}; "
                    f"name another --out, or go on with --config {path}"
                )

    def write_config(self) -> None:
        """Write ``profile.yaml``."""
        write_settings(self.config.flags, self.path / CONFIG_NAME)

    def score_path(self, name: str) -> Path:
        """Return the file of a run's scores."""
        return self.scores / f"{name}.json"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from working in the folder.

        Raises:
            ValueError: one does already.
        """
        with alone_in(self.path):
            yield

    def selection(self, num_layers: int) -> Selection | None:
        """Return the ranking that controls were chosen by; None if none were, or none is asked for.

        Raises:
            ValueError: it is the ranking of another profile than ``ranking_from``, it ranks too few
                layers for a control, or its file is damaged.
        """
        path = self.path / "selection.json"
        asked = [
            control for control in parse_controls(self.config.controls) if control.needs_ranking
        ]
        if not asked or not path.is_file():
            return None
        found = _read_selection(path, num_layers)
        if not _same_source(found.source, self.config.ranking_from or THIS_PROFILE):
            before = "" if found.source == THIS_PROFILE else found.source
            raise ValueError(
                f"the controls in {self.path} were chosen by {found.source}, not by "
                f"{self.config.ranking_from or THIS_PROFILE}; go on with --ranking-from {before!r}, or name "
                "another --out"
            )
        most = max(asked, key=lambda control: control.layers)
        if most.layers > len(found.ranking):
            raise ValueError(
                f"control {most.kind}:{most.layers} asks for {most.layers} layers, but {path} has the "
                f"ranking of {len(found.ranking)} that controls were chosen by; move it away to rank all"
            )
        return found

    def select(self, ranking: Sequence[int], *, on_dev: bool) -> Selection:
        """Write down the ranking that controls are chosen by from now on; return it."""
        other = self.config.ranking_from
        chosen = Selection(
            other or THIS_PROFILE,
            tuple(ranking),
            () if other else self.config.seed_list,
            on_dev and not other,
        )
        write_atomically(self.path / "selection.json", json.dumps(asdict(chosen)) + "\n")
        return chosen


def _read(path: Path) -> ProfileConfig:
    try:
        return ProfileConfig.of(read_settings(path))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is damaged ({error}); remove it, and the profile goes on"
        ) from error


def _read_selection(path: Path, num_layers: int) -> Selection:
    try:
        values: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        ranking = values["ranking"]
        known = [k for k in ranking if type(k) is int and 0 <= k < num_layers]
        if not known or sorted(set(known)) != sorted(ranking):
            raise ValueError(f"ranking {ranking!r} is none of {num_layers} layers")
        seeds, on_dev = tuple(values["seeds"]), bool(values.get("on_dev", False))
        return Selection(str(values["source"]), tuple(ranking), seeds, on_dev)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is damaged ({error!r}); remove it, and the layers are ranked again"
        ) from error


def _same_source(one: str, other: str) -> bool:
    """Return whether two sources are the same profile, which may be written in several ways."""
    if THIS_PROFILE in (one, other):
        return one == other
    return one == other or profile_path(one).resolve() == profile_path(other).resolve()
