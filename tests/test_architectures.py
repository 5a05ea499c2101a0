"""The table of docs/models.md says what comes of playing and training each architecture."""

import re
from pathlib import Path

import pytest
from architectures import ARCHITECTURES, IMPLEMENTATIONS, RIGHT, verdict

PAGE = Path(__file__).parents[1] / "docs" / "models.md"


def documented() -> dict[str, list[str]]:
    """Return the cells of the table's rows, by architecture."""
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \| (.+) \|$", PAGE.read_text(), flags=re.MULTILINE)
    return {name: cells for name, *cells in rows}


def test_the_table_holds_what_is_tried_and_nothing_is_wrong():
    table = documented()
    assert list(table) == list(ARCHITECTURES)
    cells = [cell for row in table.values() for cell in row]
    assert all(cell in (RIGHT, "not offered") or cell.startswith("refused: ") for cell in cells)
    assert sum(RIGHT in row for row in table.values()) >= 60


FEW = ["mistral", "gemma2", "granite", "llama4_text", "bloom"]


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=() if n in FEW else pytest.mark.slow) for n in ARCHITECTURES],
)
def test_what_comes_of_an_architecture_is_what_the_table_says(name):
    assert [verdict(name, i) for i in IMPLEMENTATIONS] == documented()[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_rounding_to_bfloat16_makes_no_model_look_wrong(name):
    import torch
    from architectures import tiny

    from onelayer.agents.model_check import check_model

    for implementation, cell in zip(IMPLEMENTATIONS, documented()[name], strict=True):
        if cell == RIGHT:
            check_model(tiny(name, implementation, torch.bfloat16), first=2)
