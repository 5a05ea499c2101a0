"""docs/study-smollm2.md: what the raw results of the second study say, and what they cannot say yet."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from study2 import what_is_left
from study2_data import read
from study2_gains import NOTE, costs_table, gains_table
from study2_picture import draw_contributions
from study2_seeds import fewest_seeds, seeds_for_rankings, seeds_needed
from study2_settings import LABELS, SEEDS, SETTINGS, TUNING_SEED
from study_data import Setting
from study_findings import Section, section_text, sections, summary

from onelayer.evals.contribution.compare import compare_profiles
from onelayer.evals.contribution.comparison_page import comparison_page
from onelayer.evals.contribution.contrast import Contrasts
from onelayer.evals.contribution.contributions import measured
from onelayer.evals.contribution.findings import MOST, Finding, above, in_the_middle, judged
from onelayer.evals.contribution.page import profile_page
from onelayer.evals.contribution.record import Profile
from onelayer.evals.table import render
from onelayer.files import write_atomically

HEAD = """\
# Which layer of a chat model is worth training: the second study

SmolLM2-135M-Instruct has 30 layers. On a CPU, ten of them were trained alone, beside full training, LoRA and
a random mask of one layer's size, random layers, and transplants: in sums and products, in comparing numbers,
and in a text world of several turns. Rates were chosen with seed 99, and the best layer by all seeds, both on
*dev* problems; every score here is of *test* problems, which had no part in that. A run that diverged counts
as it ended. `python benchmarks/study2.py page` makes this page from the scores of every run on every problem,
`docs/results/study2/*.jsonl`; `study2.py run` measures what is missing from them.

    C(k) = (S_k - S_base) / (S_full - S_base)"""
TASKS = """\
Runs of SmolLM2 start from the untouched model, which at temperature 1 answers with sentences about other
things:

- *sums*: two numbers of one or two digits, added, subtracted or multiplied;
- *comparisons*: the largest or the smallest of four numbers of two digits;
- *maze*: three squares a side, the exit two or three moves away, four replies to find it. A reply that
  names no open way costs a tenth of what the exit earns.

*ALFWorld* is another model: the shipped `small` one, of eight layers, on ALFWorld's own games, with half the
episodes of `examples/alfworld.yaml`; rates as there, scores of 100 `valid_seen` games."""
ANSWERS = {"holds": "yes", "does not hold": "no", "cannot be told": "cannot be told"}
COSTS = "Of the second iteration, each arm in a process of its own with one thread."
HOW = """\
- Intervals are of 10,000 resamples over problems and seeds, as in [the first study](study.md). The same
  problems are drawn for all arms of a setting, and for two settings of one task.
- *Seeds needed*: if the effect is as it is seen and only seeds are added, about how many make the interval so
  narrow that half of it is as large as the effect. The part of the interval that is due to problems does not
  shrink, so it is a lower bound. For a rank correlation: the seeds with which the noise would leave enough of
  it for p of 0.05, judged by how well one half of the seeds ranks the layers as the other does.
- LoRA, the mask and random layers have the layer's rate, which was tuned with layer 15 and not with them.
- *Cannot be told* is not *equal*. Verdicts are rules about single intervals: of twenty, one goes wrong by
  chance.
- Mazes and problems are made up; the model is small; ten of thirty layers are measured. What holds here need
  not hold elsewhere."""


def build(results: Path, out: Path) -> None:
    """Write the page of what is there, and the picture beside the raw results."""
    settings = []
    for name in SETTINGS:
        path = results / f"{name}.jsonl"
        if path.is_file():
            profile = measured(read(path))
            settings.append(Setting(LABELS[name], profile, Contrasts(profile)))
    ranked = {s.label: s.profile for s in settings if len(s.profile.layers) >= 3}
    comparison = compare_profiles(ranked) if len(ranked) >= 2 else None
    complete = [s for s in settings if s.profile.full is not None and s.profile.layers]
    found = sections(complete, comparison)
    parts = [HEAD]
    if complete:
        parts += ["## In short", findings_table(found, complete)]
        parts += ["## What one layer gains", gains_table(complete, results), NOTE]
    parts += ["## What was trained", TASKS, _there(results, settings)]
    if any(setting.contrasts.is_defined for setting in complete):
        picture = results / "contributions.png"
        draw_contributions(complete, picture)
        shown = os.path.relpath(picture, out.parent)
        parts += [f"![C(k) of every layer, by task and algorithm]({shown})"]
    if complete:
        parts += ["## Effects", effects_table(complete), "## The findings, one by one"]
        parts += [section_text(number, section) for number, section in enumerate(found, 1)]
    if comparison is not None:
        parts += ["## Across tasks and algorithms", comparison_page(comparison)]
        parts += [seeds_for_rankings(comparison)]
    if costs := costs_table(results):
        parts += ["## What an iteration costs", costs, COSTS]
    parts += [_tuning(results), "## How to read this", HOW]
    for setting in settings:
        page = profile_page(setting.profile).split("\n", 2)[2]
        parts += [f"## All scores: {setting.label}", page.strip()]
    write_atomically(out, "\n\n".join(part for part in parts if part) + "\n")


def findings_table(found: Sequence[Section], settings: Sequence[Setting]) -> str:
    """Return the paper's findings: what each setting says, and how many seeds would tell."""
    fewest = {s.label: fewest_seeds(s.profile) for s in settings}
    rows = []
    for number, section in enumerate(found, 1):
        counts, title = summary(section), f"{number}. {section.title}"
        asked = section.found or {"": {}}
        if list(asked) != [""]:
            rows.append([f"{title}:", *[""] * (len(fewest) + 1)])
        for question, findings in asked.items():
            cells = [_verdict(findings.get(label), n) for label, n in fewest.items()]
            one_by_one = findings and set(findings) <= set(fewest)
            pairs = "" if one_by_one else counts[question]  # or that nothing was measured
            rows.append([f"- {question}" if question else title, *cells, pairs])
    heads = [f"{label} ({n} seed{'s' * (n > 1)})" for label, n in fewest.items()]
    return render(["finding of the paper", *heads, "pairs of settings"], rows)


def _verdict(finding: Finding | None, seeds: int) -> str:
    if finding is None:
        return ""
    if finding.verdict != "cannot be told" or finding.margin is None:
        return finding.verdict
    return f"cannot be told ({seeds_needed(seeds, finding.margin)} seeds)"


def effects_table(settings: Sequence[Setting]) -> str:
    """Return what one arm earns above another, in C, and how many seeds would tell."""
    rows = []
    for setting in settings:
        contrasts = setting.contrasts
        if not contrasts.is_defined:
            rows.append([setting.label, "everything", "C is undefined", "", "", ""])
            continue
        seeds = fewest_seeds(setting.profile)
        for name, weights, threshold in _asked(setting.profile, contrasts):
            value = contrasts(weights)
            margin = above(value, threshold)
            verdict = judged(margin)
            shown = f"{value.value:+.2f} [{value.low:+.2f}, {value.high:+.2f}]"
            needed = seeds_needed(seeds, margin) if verdict == "cannot be told" else ""
            rows.append([setting.label, name, shown, str(seeds), ANSWERS[verdict], needed])
    return render(
        ["setting", "is it so?", "difference in C", "seeds", "answer", "seeds needed"], rows
    )


def _asked(profile: Profile, contrasts: Contrasts) -> list[tuple[str, Mapping[str, float], float]]:
    """Return what is asked of a setting: a sentence, the weights of arms, and a threshold."""
    assert profile.best is not None
    best, depth, layers = f"layer {profile.best.layer}", profile.model.num_layers, profile.layers
    last, others = layers[-1], layers[:-1]
    middle = [k for k in layers if in_the_middle(k, depth)]
    outer = [k for k in layers if k not in middle]
    drawn = next((arm for arm in contrasts.mean if arm.endswith("draws")), "")
    asked: dict[str, tuple[Mapping[str, float], float]] = {
        f"the best layer ({best}) recovers more than half": ({best: 1.0}, MOST),
        "the middle third above the rest": (_mean(middle, 1.0) | _mean(outer, -1.0), 0.0),
        f"layer {last} alone below the others": (_mean(others, 1.0) | _mean([last], -1.0), 0.0),
    }
    mid = f"layer {depth // 2}"
    pairs = [(best, second) for second in ("full", "lora", "mask", drawn)]
    pairs += [(mid, "full"), (mid, drawn), ("full", "lora"), ("full", "mask")]
    for first, second in pairs:
        if first in contrasts.mean and second in contrasts.mean:
            name = "full training" if second == "full" else second
            asked[f"{first} above {name}"] = ({first: 1.0, second: -1.0}, 0.0)
    return [(name, weights, threshold) for name, (weights, threshold) in asked.items()]


def _mean(layers: Sequence[int], sign: float) -> dict[str, float]:
    return {f"layer {k}": sign / len(layers) for k in layers}


def _there(results: Path, settings: Sequence[Setting]) -> str:
    rows = []
    for setting in settings:
        profile = setting.profile
        trained = [run for run in profile.runs if run.role != "transplant"]
        hours = sum(run.cpu_seconds or 0.0 for run in trained) / 3600
        rates = f"{profile.budget.lr_full:g}, {profile.budget.lr_layer:g}"
        gain = "" if profile.full is None else f"{profile.full.gain:+.1%}"
        base = "" if profile.base_score is None else f"{profile.base_score.score:.1%}"
        failed = sum(run.failed is not None for run in profile.runs)
        counts = [
            str(len(trained)),
            str(failed),
            str(len(profile.tasks)),
            str(len(profile.dev_tasks)),
        ]
        rows.append([setting.label, *counts, rates, base, gain, f"{hours:.2f}"])
    head = [
        "setting",
        "runs",
        "failed",
        "test",
        "dev",
        "rates: full, layer",
        "base",
        "full gains",
        "CPU hours",
    ]
    left = what_is_left(results, SEEDS)
    missing = f"**Missing from the raw results:**\n\n{left}" if left else ""
    return "\n\n".join([render(head, rows), missing]) if rows else missing


def _tuning(results: Path) -> str:
    path = results / "tuning.jsonl"
    if not path.is_file():
        return ""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [
        [
            line["task"],
            line["arm"],
            f"{line['rate']:g}",
            f"{line['base']:.1%}",
            f"{line['dev']:.1%}",
        ]
        for line in lines
    ]
    head = ["task", "what learns", "rate", "base on dev", "trained, on dev"]
    note = f"Seed {TUNING_SEED}, {lines[0]['n']} dev problems; one run each."
    return "\n\n".join(["## How the rates were chosen", render(head, rows), note])
