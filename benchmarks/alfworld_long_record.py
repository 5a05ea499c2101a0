"""What is kept of a finished run of ``alfworld_long.py``: its curves, and its wins in the last evaluation."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onelayer
from onelayer.evals.paired import by_task
from onelayer.evals.result_rows import Results
from onelayer.evals.results import load_results
from onelayer.json_lines import read_records

KEPT = (
    *("success", "return", "episode_length", "valid_actions"),
    *("lone_steps", "step_group_size", "groups_without_signal"),
    *("episode_advantage", "step_advantage", "wins_below_losses", "kl", "clipped"),
)
"""of each iteration"""


def record(folder: Path, episodes_per_iteration: int) -> dict[str, Any]:
    """Return the curves of the run in ``folder``, and what it won in the evaluation in ``folder/final``."""
    lines = [line for line in read_records(folder / "metrics.jsonl") if line is not None]
    played = [line for line in lines if "success" in line]
    watched = [line for line in lines if "eval/success" in line]
    phases = ("rollout", "update", "evaluate")
    seconds = {p: round(sum(line.get(f"seconds/{p}", 0.0) for line in lines)) for p in phases}
    return {
        "version": onelayer.__version__,
        "episodes": [line["iteration"] * episodes_per_iteration for line in watched],
        "held_out": [line["eval/success"] for line in watched],
        "training": {key: [line[key] for line in played] for key in KEPT if key in played[0]},
        "seconds": seconds,
        **{agent: final(results) for agent, results in load_results(folder / "final").items()},
    }


def final(results: Results) -> Mapping[str, Any]:
    """Return the wins at every game, in the order of the games, and those of each task type."""
    games = by_task(results.episodes)
    of_kind: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for episode in results.episodes:
        of_kind[episode.kind][0] += episode.success
        of_kind[episode.kind][1] += 1
    steps = [step for episode in results.episodes for step in episode.steps]
    return {
        "attempts": len(results.episodes) // len(games),
        "wins": [sum(episode.success for episode in played) for played in games.values()],
        "wins_and_episodes": dict(sorted(of_kind.items())),
        "legal": sum(step.valid for step in steps) / len(steps),
        "steps": len(steps) / len(results.episodes),
    }
