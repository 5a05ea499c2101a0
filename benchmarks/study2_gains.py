"""What a user of the second study's settings gains by training one layer: scores beside what they cost."""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from study2_settings import LABELS, SETTINGS
from study_data import Setting

from onelayer.evals.contribution.record import Profile, Run
from onelayer.evals.formatting import share
from onelayer.evals.table import render

NOTE = """\
Success on the test problems with 95 % intervals over problems and seeds; tokens of the replies and CPU
seconds of playing and learning, mean of the runs (one thread, two runs on two cores at a time); peak memory
of an iteration, each arm in a process of its own. The best layer was chosen by these runs, so its success
holds some of their luck: see finding 1."""


def gains_table(settings: Sequence[Setting], results: Path) -> str:
    """Return a row for each arm that a user would choose among: its score, and what it costs."""
    peaks = {key: f"{entry['peak_mib']:,}" for key, entry in measured_costs(results).items()}
    rows = []
    for setting in settings:
        for arm, name, estimate, runs in _arms(setting.profile):
            peak = peaks.get((setting.label, arm), "")
            cells = [share(estimate), _mean([run.tokens for run in runs])]
            rows.append(
                [setting.label, name, *cells, _mean([run.cpu_seconds for run in runs]), peak]
            )
    head = ["setting", "what learns", "success", "tokens a run", "CPU s a run", "peak MiB"]
    return render(head, rows)


def costs_table(results: Path) -> str:
    """Return what an iteration of each arm costs; "" where nothing was measured."""
    rows = [
        [
            *(label, "everything" if arm == "full" else arm, f"{entry['parameters']:,}"),
            *(f"{entry['tokens']:,.0f}", f"{entry['cpu_seconds']:.1f}", f"{entry['peak_mib']:,}"),
        ]
        for (label, arm), entry in measured_costs(results).items()
    ]
    head = ["setting", "what learns", "parameters", "tokens", "CPU s", "peak MiB"]
    return render(head, rows) if rows else ""


def measured_costs(results: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the last measurement of each setting, by its label, and arm, in the order of the settings."""
    path = results / "cost.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    order = list(SETTINGS)
    entries = sorted(map(json.loads, lines), key=lambda entry: order.index(entry["setting"]))
    return {(LABELS[entry["setting"]], entry["arm"]): entry for entry in entries}


def _arms(profile: Profile) -> list[tuple[str, str, Sequence[float], Sequence[Run]]]:
    """Return each arm's name in the record, its name in words, its score, and its runs."""
    assert profile.full is not None and profile.base_score is not None
    base, full, middle = profile.base_score, profile.full, profile.model.num_layers // 2
    rows = {row.name: row for row in (*profile.contributions, *profile.controls)}
    words = {f"layer {middle}": f"layer {middle}, the middle one"}
    if profile.best is not None:
        best = f"layer {profile.best.layer}"
        words[best] = f"{words.get(best, best)}, best on dev"
    words |= {"lora": "LoRA of a layer's size", "mask": "random mask of that size"}
    found: list[tuple[str, str, Sequence[float], Sequence[Run]]] = [
        ("base", "nothing", (base.score, base.low, base.high), ()),
        ("full", "everything", (full.score, full.low, full.high), profile.of_role("full")),
    ]
    for arm, name in words.items():
        if (row := rows.get(arm)) is not None:
            alone = () if row.layer is None else profile.of_layer(row.layer)
            runs = alone or [run for run in profile.runs if run.control == arm]
            found.append((arm, name, (row.score, row.score_low, row.score_high), runs))
    return found


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{fmean(known):,.0f}" if known else ""
