"""`onelayer plan`: what a run will hold in memory and move, before anything is loaded or downloaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from onelayer.commands.announce import announce
from onelayer.commands.configuration import parse_config
from onelayer.settings import option, require
from onelayer.trainers.config import TrainConfig

HELP = "compute the memory and the bytes moved of a run before it starts"

_GIB, _MIB = 2**30, 2**20
_WIDTH = 50


@dataclass(frozen=True, slots=True)
class Config(TrainConfig):
    """A run, and two numbers that its configuration does not hold."""

    episode_tokens: int = option(
        1024, "tokens of a whole episode; with --history K of one prompt and its reply"
    )
    processes: int = option(1, "that share the tasks of an iteration")
    card: int = option(0, "GiB of memory of each process's GPU; 0: it runs on a CPU")

    def __post_init__(self) -> None:
        TrainConfig.__post_init__(self)
        require(self, "episode_tokens", "processes", at_least=1)
        require(self, "card", at_least=0)
        if self.shard and self.processes == 1:
            raise ValueError("shard needs --processes of at least 2: one has nobody to split with")


def main(arguments: Sequence[str]) -> None:
    """Print the plan of a run."""
    run(parse_config(Config, arguments, program="onelayer plan", description=HELP))


def run(config: Config) -> None:
    """Print what a run holds and moves.

    Raises:
        ValueError: there is no such model, layer or number.
    """
    announce("loading torch and the model's configuration")
    from onelayer.trainers.footprint import bare_model, footprint

    planned = TrainConfig(**{f.name: getattr(config, f.name) for f in fields(TrainConfig)})
    found = footprint(
        planned,
        bare_model(config.model, config.dtype),
        episode_tokens=config.episode_tokens,
        processes=config.processes,
        card=config.card * _GIB,
    )
    share = found.trained / found.parameters
    layers = ", ".join(map(str, found.layers))
    print(f"{config.model}, layers {layers}: {found.trained:,} parameters learn, {share:.1%}")
    print(f"\nmemory of {'each process' if config.processes > 1 else 'the run'}")
    for title, parts in (
        ("always", found.always),
        ("at the start", found.starting),
        ("while playing", found.playing),
        ("in the update", found.updating),
    ):
        _print_parts(title, parts)
    print(f"{'at most, at one time':<{_WIDTH + 2}}{_size(found.peak):>12}")
    if config.card:
        left = config.card * _GIB - found.peak
        what = "left of the card" if left >= 0 else "does not fit; missing"
        print(f"{what:<{_WIDTH + 2}}{_size(abs(left)):>12}")
    print("\nmoved in each iteration")
    _print_parts("", found.moved)


def _print_parts(title: str, parts: Mapping[str, Any]) -> None:
    for name, size in parts.items():
        label = f"{title}: {name}" if title else name
        print(f"  {label:<{_WIDTH}}{_size(size):>12}")


def _size(size: int) -> str:
    return f"{size / _GIB:,.2f} GiB" if size >= _GIB else f"{size / _MIB:,.1f} MiB"
