"""Adding and reading the raw results of the study: profiles in docs/results/study/*.json."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from onelayer.evals.contribution.contrast import Contrasts
from onelayer.evals.contribution.contributions import measured
from onelayer.evals.contribution.profile_file import load_profile, save_profile
from onelayer.evals.contribution.record import Profile

DOCS = Path(__file__).parents[1] / "docs"
RESULTS = DOCS / "results" / "study"
PUBLISHED = DOCS / "results" / "published" / "qwen3-1.7b.json"

PLANNED = {
    ("qwen3", "gigpo"): 5,
    ("qwen3", "grpo"): 3,
    ("qwen3", "dr_grpo"): 3,
    ("qwen2", "gigpo"): 3,
}
"""(family, algorithm) -> number of seeds"""
CONTROLS = ("random:", "mid:", "best:", "worst:", "boost:", "lora", "lr")
ALGORITHMS = {"gigpo": "GiGPO", "grpo": "GRPO", "dr_grpo": "Dr. GRPO"}
FAMILIES = {"qwen3": "tiny Qwen3", "qwen2": "tiny Qwen2"}


@dataclass(frozen=True)
class Setting:
    """One profile of the study."""

    label: str
    profile: Profile
    contrasts: Contrasts


def read_settings(results: Path) -> list[Setting]:
    """Return every profile of the folder, the planned ones first."""
    found = [(path.stem, measured(load_profile(path))) for path in sorted(results.glob("*.json"))]
    planned = list(PLANNED)
    keys = [key_of(profile) for _, profile in found]
    order = sorted(
        range(len(found)),
        key=lambda i: planned.index(keys[i]) if keys[i] in planned else len(planned),
    )
    labels = Counter(label_of(profile) for _, profile in found)
    settings = []
    for i in order:
        stem, profile = found[i]
        label = label_of(profile)
        label = label if labels[label] == 1 else f"{label} ({stem})"
        settings.append(Setting(label, profile, Contrasts(profile)))
    return settings


def take_in(source: Path, target: Path) -> None:
    """Copy a profile without the names of this machine's folders."""
    profile = load_profile(source)
    model = replace(profile.model, id=without_folders(profile.model.id))
    save_profile(replace(profile, model=model, config=without_folders(profile.config)), target)


def without_folders(value: Any) -> Any:
    """Return the value with every absolute path in it cut to its last part."""
    if isinstance(value, Mapping):
        return {key: without_folders(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_folders(item) for item in value]
    return Path(value).name if isinstance(value, str) and value.startswith("/") else value


def published() -> dict[str, Any]:
    """Return the published profile of Qwen3-1.7B."""
    content: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return content


def contributions_of(profile: Profile) -> list[float | None]:
    """Return C(k) of every layer of the model; None where it was not measured or is undefined."""
    rows = {row.layer: row.contribution for row in profile.contributions}
    return [rows.get(k) for k in range(profile.model.num_layers)]


def key_of(profile: Profile) -> tuple[str, str]:
    """Return the family (of a tiny model) or the id (of others, which are not planned), and the algorithm."""
    tiny = "tiny" in profile.model.id
    return (profile.model.family if tiny else profile.model.id, profile.algorithm)


def label_of(profile: Profile) -> str:
    """Return the name of a setting: its model and its algorithm."""
    return name_of(*key_of(profile))


def name_of(family: str, algorithm: str) -> str:
    """Return the name of a family and an algorithm."""
    return f"{FAMILIES.get(family, family)}, {ALGORITHMS.get(algorithm, algorithm)}"
