"""The tables of an evaluation, on a terminal."""

import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onelayer.evals.results import Results

_WIDTH_OF_A_FILE = 120
"""characters of a line where the output is no terminal, unless ``$COLUMNS`` says otherwise"""


def print_tables(by_agent: "Mapping[str, Results]") -> None:
    """Print success by kind of task and every metric over all tasks, no wider than the terminal."""
    from onelayer.evals.table import metrics_table, success_table

    width = shutil.get_terminal_size((_WIDTH_OF_A_FILE, 24)).columns
    print(success_table(by_agent, width), metrics_table(by_agent, width), sep="\n\n")
