"""`onelayer plan` for well-known models: the tables of docs/scale.md. Downloads and runs nothing.

    python benchmarks/plans.py

bfloat16, 16 tasks of 8 episodes, 4,096 tokens an episode, GPUs of 80 GiB.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model_sizes import SIZES

from onelayer.trainers.config import TrainConfig
from onelayer.trainers.footprint import Footprint, bare_model, footprint

CARD = 80 << 30
TOKENS = 4096
RECOMPUTED = {"gradient_checkpointing": True, "tokens_per_forward": 16_384}
WAYS: dict[str, dict[str, Any]] = {
    "one layer": {"layers": "mid"},
    "all": {"layers": "all"},
    "all, split": {"layers": "all", "shard": True},
    "all, split, long passes": {"layers": "all", "shard": True, **RECOMPUTED},
    "the same without KL": {"layers": "all", "shard": True, "beta": 0.0, **RECOMPUTED},
}


def main() -> None:
    """Print a Markdown table for one card and for eight."""
    with tempfile.TemporaryDirectory() as folder:
        for processes in (1, 8):
            print(f"\n{processes} GPU{'s' if processes > 1 else ''} of 80 GiB, GiB of each\n")
            print(
                "| model | what learns | always | start | playing | update | at most | fits ",
                end="",
            )
            print("| moved (GiB an iteration) |\n|" + "---|" * 9)
            for line in lines(Path(folder), processes):
                print(f"| {' | '.join(line)} |", flush=True)


def lines(folder: Path, processes: int) -> Iterator[list[str]]:
    """Yield the cells of each line."""
    for name in SIZES:
        for way, settings in WAYS.items():
            if settings.get("shard") and processes == 1:
                continue
            config = TrainConfig(model=saved(name, folder), dtype="bfloat16", **settings)
            bare = bare_model(config.model, config.dtype)
            found = footprint(config, bare, episode_tokens=TOKENS, processes=processes, card=CARD)
            yield [name, way, *cells(found)]


def cells(found: Footprint) -> list[str]:
    """Return the columns after the first two."""
    always = sum(found.always.values())
    moments = [sum(parts.values()) for parts in (found.starting, found.playing, found.updating)]
    between = sum(size for name, size in found.moved.items() if name.endswith("other processes"))
    sizes = [f"{size / 2**30:.1f}" for size in (always, *moments, found.peak)]
    return [*sizes, "yes" if found.peak <= CARD else "no", f"{between / 2**30:.2f}"]


def saved(name: str, folder: Path) -> str:
    """Return a folder with the configuration of a size."""
    from transformers import CONFIG_MAPPING

    path = folder / name
    if not path.exists():
        fields = dict(SIZES[name])
        CONFIG_MAPPING[fields.pop("model_type")](**fields).save_pretrained(path)
    return str(path)


if __name__ == "__main__":
    sys.exit(main())
