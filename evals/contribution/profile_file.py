"""The file ``profile.json``: writing it, and reading it as the ``Profile`` that it holds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from onelayer.evals.contribution.record import (
    Agreement,
    BaseModel,
    Best,
    Budget,
    Contribution,
    Full,
    Profile,
    Run,
    Score,
)
from onelayer.json_files import OneLine, write_json

FORMAT = "onelayer-profile/1"
FILE_NAME = "profile.json"


def save_profile(profile: Profile, path: Path | str) -> None:
    """Write ``profile.json`` atomically, with each run's scores on one line."""
    content = {"format": FORMAT, **asdict(profile)}
    for name in ("base", "dev_base"):
        content[name] = [OneLine(scores) for scores in content[name]]
    for run in content["runs"]:
        run |= {name: OneLine(run[name]) for name in ("scores", "dev_scores")}
    write_json(path, content | {name: OneLine(content[name]) for name in ("tasks", "dev_tasks")})


def load_profile(path: Path | str) -> Profile:
    """Read a profile from its file, or from the folder that holds ``profile.json``.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a profile, of another format, or its scores are incomplete.
    """
    path = profile_path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no profile {path}; `onelayer profile` writes one")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = content.pop("format", None)
        if found != FORMAT:
            raise ValueError(f"its format is {found!r}, not {FORMAT!r}")
        return profile_of(content)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is no profile: {type(error).__name__}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{path} is no profile that can be used: {error}") from error


def profile_path(path: Path | str) -> Path:
    """Return the file of a profile, of which a user may name the folder."""
    path = Path(path)
    return path / FILE_NAME if path.is_dir() else path


def profile_of(content: Mapping[str, Any]) -> Profile:
    """Build a profile from the file's JSON, without its ``format``."""
    values = dict(content)
    full, base, best = (values.get(name) for name in ("full", "base_score", "best"))
    agreement = values.get("transplant_agreement")
    return Profile(
        **values
        | {
            "model": BaseModel(**values["model"]),
            "budget": Budget(**values["budget"]),
            "tasks": tuple(values["tasks"]),
            "base": tuple(tuple(scores) for scores in values["base"]),
            "dev_tasks": tuple(values.get("dev_tasks", ())),
            "dev_base": tuple(tuple(scores) for scores in values.get("dev_base", ())),
            "runs": tuple(Run(**_tuples(run)) for run in values["runs"]),
            "transplants": _rows(values.get("transplants")),
            "transplant_agreement": Agreement(**agreement) if agreement else None,
            "contributions": _rows(values.get("contributions")),
            "controls": _rows(values.get("controls")),
            "full": Full(**full) if full else None,
            "base_score": Score(**base) if base else None,
            "best": Best(**_tuples(best)) if best else None,
        }
    )


def _rows(rows: Sequence[Mapping[str, Any]] | None) -> tuple[Contribution, ...]:
    return tuple(Contribution(**_tuples(row)) for row in rows or ())


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """Make tuples of JSON's lists, except in the record of halving."""
    return {
        key: tuple(value) if isinstance(value, list) and key != "rounds" else value
        for key, value in values.items()
    }
