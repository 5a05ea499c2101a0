"""trackio keeps what it is told on this machine; it asks for no account and no network."""

import json
import sqlite3

import pytest

from onelayer.trainers.run_folder import RunFolder
from onelayer.trainers.trackers import COLUMNS


@pytest.mark.slow
def test_trackio_holds_the_metrics_of_a_run_and_a_table_of_episodes(
    finished, settings, monkeypatch, tmp_path
):
    pytest.importorskip("trackio")
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    out = tmp_path / "counting"
    finished(2, {**settings, "checkpoint_every": 2, "log_with": "trackio", "out": str(out)})
    [file] = (tmp_path / "trackio").glob("*.db")
    with sqlite3.connect(file) as database:
        rows = database.execute("select run_name, step, metrics from metrics").fetchall()
    assert {name for name, _, _ in rows} == {"counting"}
    told = [(step, json.loads(metrics)) for _, step, metrics in rows]
    assert [step for step, metrics in told if "loss" in metrics] == [
        0,
        1,
        2,
    ]  # once, by one process
    tables = [
        (step, metrics["episodes"]["_value"]) for step, metrics in told if "episodes" in metrics
    ]
    assert [step for step, _ in tables] == [0, 2]  # as often as checkpoints
    assert tuple(tables[0][1][0]) == COLUMNS
    logged = [json.loads(line) for line in RunFolder(out).episodes.read_text().splitlines()]
    of_first = [line for line in logged if line["iteration"] == 0]
    assert [row["reply"] for row in tables[0][1]] == [
        step["reply"] for episode in of_first for step in episode["steps"]
    ]
