"""A comparison of profiles as a page: contributions, rank correlations, and what they mean."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from onelayer.evals.contribution.compare import Comparison, Pair, compare_profiles
from onelayer.evals.contribution.profile_file import load_profile
from onelayer.evals.contribution.ranking import Overlap, Ranked
from onelayer.evals.formatting import p_value, with_interval
from onelayer.evals.table import render


def compare_files(
    paths: Sequence[Path | str],
    *,
    top: int | None = None,
    degree: int = 1,
    seed: int = 0,
    picture: Path | str | None = None,
) -> str:
    """Return the comparison of the profiles at ``paths`` as Markdown, and draw their heat map.

    Args:
        paths: two or more files or folders of profiles.
        top: see ``compare_profiles``.
        degree: see ``compare_profiles``.
        seed: see ``compare_profiles``.
        picture: file of the heat map, whose ending gives the format. None draws no heat map; nor is one
            drawn where every C(k) is undefined.

    Raises:
        FileNotFoundError: there is no such profile.
        ValueError: fewer than two profiles, one that can't be used, or two that share too little.
    """
    profiles = dict(zip(_labels(paths), map(load_profile, paths), strict=True))
    comparison = compare_profiles(profiles, top=top, degree=degree, seed=seed)
    known = {
        name: row for name, row in comparison.values.items() if any(v is not None for v in row)
    }
    if picture is not None and known:
        from onelayer.evals.contribution.picture import draw_heat_map

        draw_heat_map(known, picture)
    return comparison_page(comparison)


def comparison_page(comparison: Comparison) -> str:
    """Return the comparison as Markdown: contributions, rank correlations, what they mean."""
    notes = [
        "Intervals: 95 % over tasks and seeds; noise in the scores pulls a rank correlation towards 0."
        " p: the share of all orders of the layers that agree at least as well.",
        f"Without the depth trend: a polynomial of degree {comparison.degree} in relative depth is"
        " taken out of each profile first, so that a common slope is no agreement.",
    ]
    known = {name: rho for name, rho in comparison.between_seeds.items() if not math.isnan(rho)}
    if known:
        listed = ", ".join(f"{name} {rho:.2f}" for name, rho in known.items())
        notes.append(
            f"One half of a profile's own seeds with the other half (Spearman): {listed}. Profiles that"
            " agree as well as that agree as far as the noise lets them show."
        )
    for name, profile in comparison.profiles.items():
        if reasons := {row.undefined for row in profile.contributions if row.undefined}:
            notes.append(f"{name}: C(k) is undefined, its scores are ranked: {reasons.pop()}.")
    parts = [contributions_table(comparison.values), rank_table(comparison.pairs)]
    return "\n\n".join([*parts, "\n".join(f"- {note}" for note in notes)]) + "\n"


def contributions_table(values: Mapping[str, Sequence[float | None]]) -> str:
    """Return C(k), a row for each setting and a column for each layer that one of them measured."""
    known = {k for row in values.values() for k, value in enumerate(row) if value is not None}
    rows = [
        [name, *("" if k >= len(row) or row[k] is None else f"{row[k]:.2f}" for k in sorted(known))]
        for name, row in values.items()
    ]
    return render(["C(k)", *map(str, sorted(known))], rows)


def rank_table(pairs: Sequence[Pair]) -> str:
    """Return a row for each pair and rank correlation."""
    rows = []
    for pair in pairs:
        for statistic, raw in pair.raw.items():
            left = pair.detrended.get(statistic)
            rows.append(
                [
                    f"{pair.first} and {pair.second}",
                    statistic,
                    str(pair.depths),
                    shown_ranked(raw),
                    "too few layers" if left is None else shown_ranked(left),
                    shown_overlap(pair.overlap),
                ]
            )
    head = ["profiles", "correlation", "layers", "as it is", "without depth trend", "best layers"]
    return render(head, rows)


def shown_ranked(ranked: Ranked) -> str:
    """Return ``0.76 [0.50, 0.90], p 0.01``."""
    if math.isnan(ranked.value):
        return "undefined: all equal"
    interval = with_interval([ranked.value, ranked.low, ranked.high])
    return f"{interval}, p {p_value(ranked.p_value)}"


def shown_overlap(overlap: Overlap) -> str:
    """Return ``1 [0, 2] of 2, chance 0.4, p 0.38``."""
    interval = f"{overlap.shared} [{overlap.low:.0f}, {overlap.high:.0f}] of {overlap.top}"
    return f"{interval}, chance {overlap.chance:.1f}, p {p_value(overlap.p_value)}"


def _labels(paths: Sequence[Path | str]) -> list[str]:
    """Return a short name for each file: its own, or its folder's where it is a ``profile.json``."""
    short = []
    for path in map(Path, paths):
        folder = path if path.is_dir() else path.parent
        short.append(
            folder.resolve().name if path.is_dir() or path.stem == "profile" else path.stem
        )
    if len(set(short)) == len(short):
        return short
    if len({Path(path).resolve() for path in paths}) < len(paths):
        raise ValueError("a profile was named twice; a comparison needs different ones")
    return [str(path) for path in paths]
