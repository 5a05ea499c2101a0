"""docs/study-smollm2.md: what the raw results of the second study say, and what they cannot say yet."""

import json
import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from study2 import what_is_left
from study2_data import read
from study2_gains import NOTE, costs_table, gains_table
from study2_picture import draw_contributions
from study2_seeds import fewest_seeds, seeds_for_rankings, seeds_needed
from study2_settings import LABELS, RATES, SEEDS, SETTINGS, layers_of
from study2_text import COSTS, HEAD, HOW, MISSING, SCORES, TASKS, TUNING
from study_data import Setting
from study_findings import Section, section_text, sections, summary

from onelayer.evals.contribution.compare import compare_profiles
from onelayer.evals.contribution.comparison_page import comparison_page
from onelayer.evals.contribution.contrast import Contrasts
from onelayer.evals.contribution.contributions import measured
from onelayer.evals.contribution.findings import Finding
from onelayer.evals.contribution.page import profile_page
from onelayer.evals.table import render
from onelayer.files import write_atomically


def build(results: Path, out: Path) -> None:
    """Write the page of what is there, another of all scores, and the picture beside the raw results."""
    settings, complete = [], []
    for name in SETTINGS:
        path = results / f"{name}.jsonl"
        if path.is_file():
            profile = measured(read(path))
            settings.append(Setting(LABELS[name], profile, Contrasts(profile)))
            if set(layers_of(name)) <= set(profile.layers) and fewest_seeds(profile) > 1:
                complete.append(settings[-1])
    ranked = {s.label: s.profile for s in complete}
    comparison = compare_profiles(ranked) if len(ranked) >= 2 else None
    scores = out.with_name(f"{out.stem}-scores.md")
    parts = [HEAD.format(scores=scores.name)]
    if any(setting.contrasts.is_defined for setting in complete):
        picture = results / "contributions.png"
        draw_contributions(complete, picture)
        shown = os.path.relpath(picture, out.parent)
        parts += [f"![C(k) of every layer, by task and algorithm]({shown})"]
    if complete:
        found = sections(complete, comparison)
        seeds = {s.label: fewest_seeds(s.profile) for s in complete}
        told = partial(_seeds_that_would_tell, seeds)
        parts += ["## In short", findings_table(found, seeds)]
        parts += ["## What one layer gains", gains_table(complete, results), NOTE]
    parts += ["## What was trained", TASKS, _there(results, complete)]
    if complete:
        parts += ["## The findings, one by one"]
        parts += [section_text(number, section, told) for number, section in enumerate(found, 1)]
    if comparison is not None:
        parts += ["## Across tasks and algorithms", comparison_page(comparison).strip()]
        parts += [seeds_for_rankings(comparison)]
    if costs := costs_table(results):
        parts += ["## What an iteration costs", costs, COSTS]
    parts += [_tuning(results), "## How to read this", HOW]
    _write(out, parts)
    _write(scores, [SCORES.format(page=out.name), *map(_scores, settings)])


def _write(path: Path, parts: Sequence[str]) -> None:
    write_atomically(path, "\n\n".join(part for part in parts if part) + "\n")


def _scores(setting: Setting) -> str:
    page = profile_page(setting.profile).split("\n", 2)[2]
    return f"## {setting.label}\n\n{page.strip()}"


def findings_table(found: Sequence[Section], seeds: Mapping[str, int]) -> str:
    """Return the paper's findings, what each setting says, and how many seeds would tell.

    Args:
        found: the findings.
        seeds: of each setting, by its label.
    """
    rows = []
    for number, section in enumerate(found, 1):
        counts, title = summary(section), f"{number}. {section.title}"
        asked = section.found or {"": {}}
        if list(asked) != [""]:
            rows.append([f"{title}:", *[""] * (len(seeds) + 1)])
        for question, findings in asked.items():
            cells = [_verdict(findings.get(label), n) for label, n in seeds.items()]
            one_by_one = findings and set(findings) <= set(seeds)
            pairs = "" if one_by_one else counts[question]  # or that nothing was measured
            rows.append([f"- {question}" if question else title, *cells, pairs])
    heads = [f"{label} ({n} seed{'s' * (n > 1)})" for label, n in seeds.items()]
    return render(["finding of the paper", *heads, "pairs of settings"], rows)


def _verdict(finding: Finding | None, seeds: int) -> str:
    if finding is None:
        return ""
    if finding.verdict != "cannot be told" or finding.margin is None:
        return finding.verdict
    return f"cannot be told ({seeds_needed(seeds, finding.margin)} seeds)"


def _seeds_that_would_tell(seeds: Mapping[str, int], label: str, finding: Finding) -> str:
    """Return how many seeds would tell what a setting cannot tell; "" where that is unknown."""
    if finding.verdict != "cannot be told" or finding.margin is None or label not in seeds:
        return ""
    return f" ({seeds_needed(seeds[label], finding.margin)} seeds would)"


def _there(results: Path, settings: Sequence[Setting]) -> str:
    rows = []
    for setting in settings:
        profile = setting.profile
        trained = [run for run in profile.runs if run.role != "transplant"]
        hours = sum(run.cpu_seconds or 0.0 for run in trained) / 3600
        rates = f"{profile.budget.lr_full:g}, {profile.budget.lr_layer:g}"
        failed = sum(run.failed is not None for run in trained)
        counts = [
            str(len(trained)),
            str(failed),
            str(len(profile.tasks)),
            str(len(profile.dev_tasks)),
        ]
        rows.append([setting.label, *counts, rates, f"{hours:.2f}"])
    head = [
        "setting",
        "runs",
        "failed",
        "test",
        "dev",
        "rates: full, layer",
        "CPU hours",
    ]
    left = what_is_left(results, SEEDS)
    missing = f"{MISSING}\n\n{left}" if left else ""
    return "\n\n".join([render(head, rows), missing]) if rows else missing


def _tuning(results: Path) -> str:
    path = results / "tuning.jsonl"
    if not path.is_file():
        return ""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = []
    for line in lines:
        is_chosen = line["rate"] == RATES[line["task"]][line["arm"] != "full"]
        rate = f"{line['rate']:g}{', chosen' if is_chosen else ''}"
        what = "everything" if line["arm"] == "full" else line["arm"]
        shown = [f"{line['base']:.1%}", f"{line['dev']:.1%}", str(line["n"])]
        rows.append([line["task"], what, rate, *shown])
    head = ["task", "what learns", "rate", "base on dev", "trained, on dev", "dev problems"]
    return "\n\n".join(["## How the rates were chosen", render(head, rows), TUNING])
