"""The raw results of the second study: a file of JSON lines for each setting, which needs no weights.

The first line says what was measured. Each other line is a run as ``onelayer profile`` keeps its scores
(``scores/<name>.json``), with what the run is: whoever goes on with the study writes them back into the
folder of the profile, and nothing is measured twice.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from study2_settings import task_of

from onelayer.evals.contribution.profile_file import profile_of
from onelayer.evals.contribution.record import Profile, Run
from onelayer.files import write_atomically
from onelayer.trainers.profile.profiler import Profiler

RESULTS = Path(__file__).parents[1] / "docs" / "results" / "study2"

_ABOUT = ("created", "model", "env", "env_args", "algorithm", "budget", "versions")


def keep(profiler: Profiler, path: Path) -> None:
    """Write all that a profile has measured so far; what the file holds of other seeds stays there."""
    profile = profiler.record()
    if profile is None:
        return
    content = json.loads(json.dumps(asdict(profile), default=str))
    about = {name: content[name] for name in _ABOUT}
    known, *old = _lines(path) if path.is_file() else [{"selection": None}]
    first: dict[str, Any] = {
        "about": about,
        "selection": _selection(profiler) or known["selection"],
    }
    lines = {line["name"]: line for line in old}
    for name in filter(is_base, profiler.scores):
        lines[name] = _line(profiler, name, {})
    for run in profile.runs:
        what = {"role": run.role, "control": run.control, "layers": list(run.layers)}
        what |= {"seed": run.seed, "learning_rate": run.learning_rate}
        lines[run.name] = _line(profiler, run.name, what)
    ordered = [first, *(lines[name] for name in sorted(lines))]
    write_atomically(path, "".join(json.dumps(line, default=str) + "\n" for line in ordered))


def _line(profiler: Profiler, name: str, what: dict[str, Any]) -> dict[str, Any]:
    file = json.loads(profiler.folder.score_path(name).read_text())
    return {"name": name, "run": what, "file": file}


def restore(path: Path, folder: Path) -> int:
    """Write what a file holds into the folder of a profile; return how many runs were not there."""
    if not path.is_file():
        return 0
    first, *lines = _lines(path)
    (folder / "scores").mkdir(parents=True, exist_ok=True)
    if first["selection"] is not None and not (folder / "selection.json").exists():
        write_atomically(folder / "selection.json", json.dumps(first["selection"]) + "\n")
    new = 0
    for line in lines:
        file = folder / "scores" / f"{line['name']}.json"
        if not file.exists():
            write_atomically(file, json.dumps(line["file"]) + "\n")
            new += 1
    return new


def share_bases(setting: str, folder: Path) -> None:
    """Exchange the scores of the untouched model with other profiles of the setting's task.

    They play the same problems with the same random numbers: what one has measured, all have.
    """
    shelf, scores = Path("bases", task_of(setting)), folder / "scores"
    for source, target in ((shelf, scores), (scores, shelf)):
        target.mkdir(parents=True, exist_ok=True)
        for file in source.glob("base-*.json"):
            if not (target / file.name).exists():
                write_atomically(target / file.name, file.read_text())


def read(path: Path) -> Profile:
    """Return the profile of a file, without statistics.

    Raises:
        ValueError: it is damaged, or its scores are not whole.
    """
    try:
        first, *lines = _lines(path)
        bases = [line["file"] for line in lines if is_base(line["name"])]
        content = first["about"] | {"tasks": bases[0]["tasks"], "dev_tasks": bases[0]["dev_tasks"]}
        content["base"] = [base["scores"] for base in bases]
        content["dev_base"] = [base["dev_scores"] for base in bases]
        content["runs"] = [_run(line) for line in lines if not is_base(line["name"])]
        content["config"] = {"selection": first["selection"]}
        return profile_of(content)
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError(f"{path} is no raw result of the study: {error!r}") from error


def is_base(name: str) -> bool:
    """Return whether the scores of this name are of the untouched model."""
    return name.startswith("base-")


def _run(line: dict[str, Any]) -> dict[str, Any]:
    file = line["file"]
    known = set(Run.__dataclass_fields__) & set(file)
    norms = (
        file["update_norm"]
        if len(file["update_norm"] or ()) == len(line["run"]["layers"])
        else None
    )
    return {name: file[name] for name in known} | line["run"] | {"update_norm": norms}


def _selection(profiler: Profiler) -> dict[str, Any] | None:
    return None if profiler.selection is None else asdict(profiler.selection)


def _lines(path: Path) -> Sequence[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
