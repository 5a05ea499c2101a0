"""`onelayer profile compare`: do profiles rank the layers alike, more than a common slope would?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onelayer.commands.configuration import parse_config

HELP = "compare profiles: rank correlations, best layers, heat map"


def _option(default: Any, help: str) -> Any:  # noqa: A002  (argparse's word)
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, slots=True)
class Config:
    """One comparison."""

    profiles: list[str] = field(
        default_factory=list,
        metadata={
            "help": "two profiles or more: profile.json or its folder",
            "positional": True,
        },
    )
    top: int | None = _option(
        None, "how many best layers to look for in both; default: a fifth, at least 2"
    )
    trend: int = _option(1, "degree of the depth trend that is removed")
    seed: int = _option(0, "of the resampling")
    out: str = _option(
        "", "folder of comparison.md and comparison.png; default: only print the comparison"
    )

    def __post_init__(self) -> None:
        if len(self.profiles) < 2:
            raise ValueError(
                f"`onelayer profile compare` takes two profiles or more, got {len(self.profiles)}"
            )
        if self.top is not None and self.top < 1:
            raise ValueError(f"top must be at least 1, got {self.top}")
        if self.trend < 1:
            raise ValueError(f"trend must be at least 1, got {self.trend}")
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0, got {self.seed}")


def main(arguments: Sequence[str]) -> int:
    """Compare and print."""
    return run(
        parse_config(Config, arguments, program="onelayer profile compare", description=HELP)
    )


def run(config: Config) -> int:
    """Print the comparison; with ``out`` write it, and the heat map, too.

    Raises:
        ValueError: a profile can't be used, or two share too little.
        OSError: there is no such profile.
    """
    from onelayer.files import write_atomically
    from onelayer.trainers.contribution.compare import compare_files

    out = Path(config.out)
    page = compare_files(
        config.profiles,
        top=config.top,
        degree=config.trend,
        seed=config.seed,
        picture=out / "comparison.png" if config.out else None,
    )
    print(page)
    if config.out:
        write_atomically(out / "comparison.md", page)
        drawn = " and comparison.png" if (out / "comparison.png").is_file() else ""
        print(f"comparison.md{drawn} in {out}")
    return 0
