"""`onelayer report`: a page of curves, tables and episodes about one run, or several side by side."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from onelayer.settings import option

if TYPE_CHECKING:
    from onelayer.evals.result_rows import Results

HELP = "write a page about one run, or several side by side, into the first one's folder"


@dataclass(frozen=True, slots=True)
class Config:
    """Which runs, and where the page goes."""

    runs: list[str] = option([], "run folders; the page compares them", positional=True)
    out: str | None = option(None, "file to write; default: report.html in the first run")


def run(config: Config) -> None:
    """Write the page and say where it is.

    Raises:
        ValueError: no run is named, a folder is none, or matplotlib is missing.
        OSError: the page can't be written.
    """
    if not config.runs:
        raise ValueError("report takes at least one run folder")
    from onelayer.evals.report import page
    from onelayer.evals.run_record import read_run
    from onelayer.files import write_atomically

    records = [read_run(path) for path in config.runs]
    out = Path(config.out) if config.out else records[0].path / "report.html"
    links = {
        record.path: [(title, _address(path, out)) for title, path in _pages(record.path)]
        for record in records
    }
    write_atomically(out, page(records, links))
    print(out)


def _pages(run: Path) -> Iterator[tuple[str, Path]]:
    """Write a page of all episodes of training, and of each evaluation; yield title and file."""
    from onelayer.evals.results import load_results
    from onelayer.evals.run_record import training_results
    from onelayer.evals.viewer import page
    from onelayer.files import write_atomically

    found: list[tuple[Path, str, Callable[[], Mapping[str, Results]]]] = [
        (run / "episodes.html", "training", partial(training_results, run))
    ]
    for path in sorted((run / "eval").rglob("results.json")):
        title = f"suite {path.parent.name}"
        found.append((path.with_name("view.html"), title, partial(load_results, path)))
    for path, title, read in found:
        try:
            results = read()
        except (OSError, ValueError):  # of another version, or still being written
            continue
        if results:
            write_atomically(path, page(results))
            yield title, path


def _address(path: Path, out: Path) -> str:
    """Return the relative URL by which the page ``out`` links to a file."""
    return quote(os.path.relpath(path, out.parent))
