"""`onelayer report`: a page of curves, tables and episodes about one run, or several side by side."""

from dataclasses import dataclass, field
from pathlib import Path

HELP = "write a page about one run, or several side by side, into the first one's folder"


@dataclass(frozen=True, slots=True)
class Config:
    """Which runs, and where the page goes."""

    runs: list[str] = field(
        default_factory=list,
        metadata={"help": "run folders; the page compares them", "positional": True},
    )
    out: str | None = field(
        default=None, metadata={"help": "file to write; default: report.html in the first run"}
    )


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
    write_atomically(out, page(records))
    print(out)
