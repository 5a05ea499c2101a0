"""`onelayer export`: results as tables, a model card, rows for a spreadsheet or an inspect log."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from onelayer.settings import option

HELP = "write results as Markdown, CSV, LaTeX, a model card or an inspect log"


@dataclass(frozen=True, slots=True)
class Config:
    """Which results, and as what."""

    results: str = option("", "a results folder or results.json", positional=True)
    to: Literal["markdown", "csv", "latex", "model-card", "episodes", "inspect"] = option(
        "markdown",
        "tables as Markdown, CSV or LaTeX; `model-card`: the model-index of a README; "
        "`episodes`: a CSV row an episode; `inspect`: logs for inspect_ai",
    )
    agent: str = option("", "agent of the model card; default: trained, or the model")
    out: str = option("", "file to write, of `inspect` a folder; default: the terminal")


def run(config: Config) -> None:
    """Write or print the results.

    Raises:
        ValueError: no results are named, or they lack the agent.
        FileNotFoundError: there are no results there.
    """
    if not config.results:
        raise ValueError("export takes the results of an evaluation: a folder or a results.json")
    from onelayer.evals import export
    from onelayer.evals.results import load_results
    from onelayer.files import write_atomically

    results = load_results(config.results)
    if config.to == "inspect":
        from onelayer.evals.inspect_log import write_inspect_logs

        source = Path(config.results)
        beside = (source if source.is_dir() else source.parent) / "inspect"
        for path in write_inspect_logs(results, Path(config.out) if config.out else beside):
            print(path)
        return
    if config.to == "model-card":
        text = export.model_card(results, config.agent)
    else:
        written = {
            "markdown": export.markdown,
            "csv": export.csv_table,
            "latex": export.latex,
            "episodes": export.episodes_csv,
        }
        text = written[config.to](results)
    if config.out:
        write_atomically(config.out, text)
        print(config.out)
    else:
        sys.stdout.write(text)
