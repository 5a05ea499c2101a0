"""`onelayer profile compare`: do profiles rank the layers alike, more than a common slope would?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from onelayer.commands.configuration import parse_config
from onelayer.settings import option

HELP = "compare profiles: rank correlations, best layers, heat map"


@dataclass(frozen=True, slots=True)
class Config:
    """One comparison."""

    profiles: list[str] = option(
        [], "two profiles or more: profile.json or its folder", positional=True
    )
    top: int | None = option(
        None, "how many best layers to look for in both; default: a fifth, at least 2"
    )
    trend: int = option(1, "degree of the depth trend that is removed")
    seed: int = option(0, "of the resampling")
    out: str = option(
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
    from onelayer.evals.contribution.comparison_page import compare_files
    from onelayer.files import write_atomically

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
