"""`onelayer view`: a page to look at every episode of an evaluation."""

import webbrowser
from dataclasses import dataclass
from pathlib import Path

from onelayer.settings import option

HELP = "write a page with every episode of an evaluation: filter, step through, compare"


@dataclass(frozen=True, slots=True)
class Config:
    """Which results, and where the page goes."""

    results: str = option("", "a results folder or results.json", positional=True)
    out: str = option("", "file to write; default: view.html beside the results")
    open: bool = option(False, "open the page in the browser")


def run(config: Config) -> None:
    """Write the page and say where it is.

    Raises:
        ValueError: no results are named, or the file holds none.
        FileNotFoundError: there are no results there.
        OSError: the page can't be written.
    """
    if not config.results:
        raise ValueError("view takes the results of an evaluation: a folder or a results.json")
    from onelayer.evals.results import load_results
    from onelayer.evals.viewer import page
    from onelayer.files import write_atomically

    source = Path(config.results)
    results = load_results(source)
    beside = (source if source.is_dir() else source.parent) / "view.html"
    out = Path(config.out) if config.out else beside
    write_atomically(out, page(results))
    print(out)
    if config.open:
        webbrowser.open(out.resolve().as_uri())
