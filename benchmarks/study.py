"""The study of layer contributions: docs/study.md and its figures, from raw results alone.

    python benchmarks/study.py                                       # build the page and the figures
    python benchmarks/study.py --add RUN/profile.json --name tiny-qwen3-gigpo   # take in a result first

The raw results are profiles in docs/results/study/*.json: the scores of every run on every held-out task,
without weights. Every number about the runs is computed from them; the page says what is missing.
"""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from study_data import (
    CONTROLS,
    DOCS,
    PLANNED,
    RESULTS,
    Setting,
    contributions_of,
    key_of,
    name_of,
    published,
    read_settings,
    take_in,
)
from study_findings import Section, section_text, sections, summary
from study_text import HOW, LIMITS, REBUILD

from onelayer.evals.contribution.compare import Comparison, compare_profiles
from onelayer.evals.contribution.comparison_page import contributions_table
from onelayer.evals.contribution.page import cautions, profile_table
from onelayer.evals.table import render
from onelayer.files import write_atomically


def main() -> None:
    """Add a result, if one is given, then build the page and the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the raw results")
    parser.add_argument("--out", type=Path, default=DOCS / "study.md", help="the page")
    parser.add_argument("--add", type=Path, help="a profile.json to take in")
    parser.add_argument("--name", help="its name among the raw results")
    options = parser.parse_args()
    try:
        if options.add is not None:
            if not options.name:
                raise ValueError("--add needs --name: what the result is called")
            take_in(options.add, options.results / f"{options.name}.json")
        build(options.results, options.out)
    except (ValueError, OSError) as error:
        sys.exit(f"study: error: {error}")
    print(f"wrote {options.out}")


def build(results: Path, out: Path) -> None:
    """Write the page, and the figures beside the raw results."""
    settings = read_settings(results)
    figures = figure_paths(settings, results)
    write_atomically(out, page(settings, figures, out.parent))
    draw_figures(settings, figures)


def figure_paths(settings: Sequence[Setting], folder: Path) -> dict[str, Path]:
    """Return the path of each setting's figure, and of ``all``, the figure of all settings."""
    figures = {}
    for setting in settings:
        if setting.profile.layers:
            name = "-".join(re.findall(r"[a-z0-9]+", setting.label.lower()))
            figures[setting.label] = folder / f"{name}.png"
    if any(setting.contrasts.is_defined for setting in settings):
        figures["all"] = folder / "contributions.png"
    return figures


def draw_figures(settings: Sequence[Setting], figures: Mapping[str, Path]) -> None:
    """Draw every profile, and all contributions beside the published ones."""
    from onelayer.evals.contribution.picture import draw_heat_map, draw_profile

    rows = {}
    for setting in settings:
        if setting.label in figures:
            draw_profile(setting.profile, figures[setting.label])
        if setting.contrasts.is_defined:
            rows[setting.label] = contributions_of(setting.profile)
    if "all" in figures:
        rows["Qwen3-1.7B, published"] = published()["contributions"]
        draw_heat_map(rows, figures["all"])


def page(settings: Sequence[Setting], figures: Mapping[str, Path], home: Path) -> str:
    """Return the text of docs/study.md; links are relative to the folder ``home``."""
    ranked = {s.label: s.profile for s in settings if len(s.profile.layers) >= 3}
    comparison = compare_profiles(ranked) if len(ranked) >= 2 else None
    found = sections(settings, comparison)
    parts = [_introduction(settings), _what_is_missing(settings)]
    if settings:
        parts += [
            "## In short",
            _short(found),
            "## What was trained",
            _settings_table(settings),
            HOW,
        ]
        parts += ["## Contributions", _contribution_text(settings, comparison, figures, home)]
        parts += ["## The findings, one by one"]
        parts += [section_text(number, section) for number, section in enumerate(found, 1)]
    parts += ["## How far this can be believed", LIMITS, *_cautions(settings)]
    parts += ["## All scores", *_tables(settings)] if settings else []
    parts += ["## Building this page again", REBUILD]
    return "\n\n".join(part for part in parts if part) + "\n"


def _introduction(settings: Sequence[Setting]) -> str:
    runs = [run for setting in settings for run in setting.profile.runs]
    episodes = sum(run.episodes or 0 for run in runs)
    hours = sum(run.seconds or 0.0 for run in runs) / 3600
    text = """\
# Which layer is worth training: a first study

"Is One Layer Enough?" ([arXiv 2607.01232](https://arxiv.org/abs/2607.01232)) trains one transformer layer
at a time by reinforcement learning and reports that the best one recovers all that full training gains, that
it lies in the middle, and that the ranking of layers carries over. Its tables are mostly single runs. This
page repeats the measurement where every layer can be trained several times: on the tiny models of this
repository, in ALFWorld's household games, with intervals, and with the controls that the paper lacks.

    C(k) = (S_k - S_base) / (S_full - S_base)

S is the success on held-out games after the same budget: C = 0 is the model before training, C = 1
full training. A second study asks the same of a chat model of thirty layers, on three tasks:
[study-smollm2.md](study-smollm2.md)."""
    if not runs:
        return text
    return (
        f"{text} The page rests on {len(runs)} training runs"
        + (f", {episodes:,} episodes" if episodes else "")
        + (f" and {hours:.1f} hours on one CPU core each" if hours else "")
        + "."
    )


def _what_is_missing(settings: Sequence[Setting]) -> str:
    """Return which planned settings are not among the raw results."""
    by_key = {key_of(setting.profile): setting.profile for setting in settings}
    missing = []
    for key, seeds in PLANNED.items():
        name = name_of(*key)
        if key not in by_key:
            missing.append(f"{name}: all of it ({seeds} seeds were planned)")
            continue
        profile = by_key[key]
        arms = {f"layer {k}": profile.of_layer(k) for k in range(profile.model.num_layers)}
        arms["full training"] = profile.of_role("full")
        for number in sorted({len(runs) for runs in arms.values() if len(runs) < seeds}):
            short = [arm for arm, runs in arms.items() if len(runs) == number]
            missing.append(f"{name}: {seeds - number} of {seeds} seeds of {', '.join(short)}")
    rows = [row.name for setting in settings for row in setting.profile.controls]
    absent = [
        kind.strip(":")
        for kind in CONTROLS
        if not any(row.startswith(kind) or f" {kind} " in row for row in rows)
    ]
    if absent:
        missing.append(f"controls: {', '.join(absent)}")
    if not missing:
        return ""
    return "\n".join(["**Missing from the raw results:**", "", *(f"- {m}" for m in missing)])


def _short(found: Sequence[Section]) -> str:
    rows = []
    for number, section in enumerate(found, 1):
        asked = summary(section)
        if list(asked) == [""]:
            rows.append((f"{number}. {section.title}", asked[""]))
        else:
            rows.append((f"{number}. {section.title}:", ""))
            rows += [(f"&nbsp;&nbsp;{question}", verdict) for question, verdict in asked.items()]
    lines = ["| finding of the paper | here |", "|---|---|"]
    return "\n".join([*lines, *(f"| {title} | {verdict} |" for title, verdict in rows)])


def _settings_table(settings: Sequence[Setting]) -> str:
    head = ["setting", "layers", "seeds", "episodes a run", "rate full", "rate layer", "games"]
    head += ["base", "full", "gain"]
    rows = []
    for setting in settings:
        profile, full, base = setting.profile, setting.profile.full, setting.profile.base_score
        seeds = sorted({len(profile.of_layer(k)) for k in profile.layers})
        budget = profile.budget
        rows.append(
            [
                setting.label,
                str(profile.model.num_layers),
                "-".join(map(str, seeds)),
                f"{budget.episodes_per_run:,}",
                f"{budget.lr_full:g}",
                f"{budget.lr_layer:g}",
                str(len(profile.tasks)),
                f"{base.score:.1%}" if base else "",
                f"{full.score:.1%}" if full else "none",
                f"{full.gain:+.1%} [{full.gain_low:+.1%}, {full.gain_high:+.1%}]" if full else "",
            ]
        )
    return render(head, rows)


def _contribution_text(
    settings: Sequence[Setting],
    comparison: Comparison | None,
    figures: Mapping[str, Path],
    home: Path,
) -> str:
    parts = [
        contributions_table(
            {s.label: contributions_of(s.profile) for s in settings if s.profile.layers}
        )
        if any(s.profile.layers for s in settings)
        else "No layer was trained alone."
    ]
    if "all" in figures:
        parts.append(_figure("C(k) of all settings over depth", figures["all"], home))
    parts += [
        _figure(f"C(k) of {setting.label}", figures[setting.label], home)
        for setting in settings
        if setting.label in figures
    ]
    known = comparison.between_seeds if comparison else {}
    halves = [f"{name} {rho:.2f}" for name, rho in known.items() if rho == rho]
    if halves:
        parts.append(
            f"One half of a setting's seeds ranks the layers as the other half does (Spearman's rho):"
            f" {', '.join(halves)}. Settings that agree as well as that agree as far as the noise lets them"
            " show."
        )
    return "\n\n".join(parts)


def _figure(title: str, path: Path, home: Path) -> str:
    try:
        place = path.resolve().relative_to(home.resolve())
    except ValueError:
        place = path
    return f"![{title}]({place.as_posix()})"


def _cautions(settings: Sequence[Setting]) -> list[str]:
    lines = [f"- {s.label}: {text}" for s in settings for text in cautions(s.profile)]
    lines += [
        f"- {s.label}: C(k) is undefined: {s.profile.contributions[0].undefined}."
        for s in settings
        if s.profile.contributions and s.profile.contributions[0].undefined
    ]
    return ["\n".join(lines)] if lines else []


def _tables(settings: Sequence[Setting]) -> list[str]:
    return [f"### {s.label}\n\n{profile_table(s.profile)}" for s in settings]


if __name__ == "__main__":
    main()
