"""`onelayer warmstart`: make the tiny model from nothing, on demonstrations of a searching expert.

With ``--model`` it fine-tunes a chat model on demonstrations instead, see ``warmstart_chat``.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from onelayer.commands.announce import announce
from onelayer.files import require_new_folder
from onelayer.json_files import write_json
from onelayer.settings import option, require

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

    from onelayer.agents.episodes import Episode
    from onelayer.trainers.warmstart import Rooms

HELP = "teach by demonstrations: the tiny model from nothing, or a chat model (--model)"


FULL = "full"
"""a room with all receptacles of its scene, 23 on average"""
GAMES = "games"
"""the games of ``--games``"""


@dataclass(frozen=True, slots=True)
class Config:
    """The recipe; its defaults made the model that ships."""

    out: str = option("", "folder to write; new or empty", positional=True)
    start: str = option(
        "", "go on from this model, which may have fewer layers or words; give another seed"
    )
    demonstrations: int = option(20_000, "won episodes of the random-order searcher")
    room_sizes: str = option(
        "4-10", "receptacles of the rooms: from-to, or a list such as 4-8,full,games"
    )
    repeats: int = option(1, "times that a game is played, in other orders of search")
    games: str = option("", "ALFWorld's own games, for `games` in room_sizes: a folder or a file")
    max_steps: int = option(30, "a demonstration that takes longer is left out")
    stumbles: float = option(0.1, "probability that a demonstrated step is an impossible command")
    dawdles: float = option(0.0, "probability of a possible command that leads nowhere")
    echoes: bool = option(False, "also learn what an answer repeats of the command before it")
    steps: int = option(2_500, "optimizer steps on them")
    own_games: int = option(
        0, "games that it plays itself then, to learn the possible ones of its own commands"
    )
    own_steps: int = option(0, "optimizer steps on these, at half the rates")
    batch: int = option(16, "episodes in an optimizer step")
    matrix_learning_rate: float = option(0.02, "of Muon, for the matrices in the layers")
    learning_rate: float = option(3e-3, "of AdamW, for embedding and norms")
    warmup: int = option(50, "steps in which both rise, before they fall to 0")
    architecture: str = option("qwen3", "of the network: qwen3, or qwen2 (that of Qwen2.5)")
    width: int = option(128, "of the network; a multiple of 32")
    layers: int = option(6, "of the network")
    dtype: str = option("float32", "of matrix products in training: float32 or bfloat16")
    seed: int = option(0, "of games, demonstrations and weights")
    threads: int = option(0, "CPU threads; 0 leaves the choice to torch")
    eval_room_size: str = option("8", "receptacles of the rooms that measure the result, or full")
    eval_max_steps: int = option(10, "actions until an episode is over there")
    eval_episodes: int = option(400, "held-out games that measure the result")

    def __post_init__(self) -> None:
        counts = ("demonstrations", "steps", "batch", "layers", "warmup", "max_steps", "repeats")
        require(self, *counts, at_least=1)
        require(self, "own_games", "own_steps", at_least=0)
        if bool(self.own_games) != bool(self.own_steps):
            raise ValueError(
                "own_games and own_steps go together: the games are what the steps learn from; "
                f"got {self.own_games} and {self.own_steps}"
            )
        require(self, "matrix_learning_rate", "learning_rate", above=0)
        for name in ("stumbles", "dawdles"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be in [0, 1), got {getattr(self, name)}")
        if self.dtype not in ("float32", "bfloat16"):
            raise ValueError(f"dtype is float32 or bfloat16, got {self.dtype!r}")
        if self.architecture not in ("qwen3", "qwen2"):
            raise ValueError(f"architecture is qwen3 or qwen2, got {self.architecture!r}")
        if self.width < 32 or self.width % 32:
            raise ValueError(f"width must be a multiple of 32, got {self.width}")


def main(arguments: Sequence[str]) -> None:
    """Run with these arguments: with ``--model`` teach a chat model, else make the tiny model."""
    from onelayer.commands.configuration import parse_config
    from onelayer.commands.warmstart_chat import ChatConfig, run_chat

    named = {"program": "onelayer warmstart", "description": HELP}
    if any(word == "--model" or word.startswith("--model=") for word in arguments):
        run_chat(parse_config(ChatConfig, arguments, **named))
    else:
        run(parse_config(Config, arguments, **named))


def run(config: Config) -> None:
    """Play, train, measure, save.

    Raises:
        ValueError: ``out`` is missing or taken, or the room sizes make no sense.
    """
    if not config.out:
        raise ValueError("warmstart takes the folder to write: onelayer warmstart FOLDER")
    out = require_new_folder(config.out)
    rooms = _rooms(config)
    eval_size = _size(config.eval_room_size)
    announce("loading torch and transformers")

    import torch

    from onelayer.agents.models import load_model
    from onelayer.trainers.warmstart import measure

    if config.threads:
        torch.set_num_threads(config.threads)
    earlier = load_model(config.start) if config.start else None
    start = time.perf_counter()
    episodes = _demonstrated(config, rooms)
    model, tokenizer = _model_for(config, episodes, earlier)
    _train(config, model, tokenizer, episodes, config.steps)
    if config.own_games:
        own = _own_games(config, rooms, model, tokenizer)
        _train(config, model, tokenizer, own, config.own_steps, share_of_rates=0.5)
    model.half().save_pretrained(out)
    tokenizer.save_pretrained(out)
    found = measure(
        model.float(),
        tokenizer,
        room_size=eval_size,
        max_steps=config.eval_max_steps,
        episodes=config.eval_episodes,
    )
    seconds = time.perf_counter() - start
    recipe = {**asdict(config), "seconds": round(seconds), "measured": asdict(found)}
    write_json(out / "warmstart.json", recipe)
    print(
        f"{out}: {found.success:.1%} success, {found.legal_actions:.1%} legal actions at temperature "
        f"1 in {found.episodes} held-out games of {config.eval_room_size} receptacles within "
        f"{config.eval_max_steps} steps; {seconds / 60:.0f} minutes"
    )


def _demonstrated(config: Config, rooms: "list[Rooms]") -> "list[Episode]":
    """Return games that the searcher won."""
    from onelayer.trainers.warmstart import demonstrations

    print(f"playing {config.demonstrations} demonstrations")
    return list(
        demonstrations(
            rooms,
            config.demonstrations,
            config.seed,
            config.max_steps,
            config.stumbles,
            config.dawdles,
            config.repeats,
        )
    )


def _own_games(
    config: Config,
    rooms: "list[Rooms]",
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerFast",
) -> "list[Episode]":
    """Return games that the model played, won or not."""
    from onelayer.trainers.warmstart import own_games

    print(f"playing {config.own_games} games of its own")
    model.eval()
    seed = config.seed + 1
    return list(own_games(model, tokenizer, rooms, config.own_games, seed, config.max_steps))


def _model_for(
    config: Config,
    episodes: "list[Episode]",
    earlier: "tuple[PreTrainedModel, PreTrainedTokenizerFast] | None",
) -> "tuple[PreTrainedModel, PreTrainedTokenizerFast]":
    """Return a model whose words are those of the episodes: new, or the earlier one grown to them."""
    from onelayer.trainers.growing import grown
    from onelayer.trainers.tiny_model import tiny_tokenizer, untrained_tiny_model
    from onelayer.trainers.warmstart import things

    texts = (text for e in episodes for s in e.steps for text in (s.observation, s.action))
    tokenizer = tiny_tokenizer(texts, things())
    if earlier is not None:
        model = grown(*earlier, tokenizer, layers=config.layers, seed=config.seed)
        return model, tokenizer
    model = untrained_tiny_model(
        tokenizer,
        architecture=config.architecture,
        width=config.width,
        layers=config.layers,
        seed=config.seed,
    )
    return model, tokenizer


def _train(
    config: Config,
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerFast",
    episodes: "list[Episode]",
    steps: int,
    share_of_rates: float = 1.0,
) -> None:
    """Train all parameters of the model in place on the possible commands of the episodes."""
    from onelayer.agents.prompts import PlainFormat
    from onelayer.trainers.warmstart import example, fit

    shown = PlainFormat(tokenizer)
    examples = [example(episode, shown, echoes=config.echoes) for episode in episodes]
    print(f"training {model.num_parameters():,} parameters on {len(examples)} episodes")
    with tempfile.TemporaryDirectory() as scratch:
        fit(
            model,
            tokenizer,
            examples,
            scratch=Path(scratch),
            steps=steps,
            batch=config.batch,
            matrix_learning_rate=share_of_rates * config.matrix_learning_rate,
            learning_rate=share_of_rates * config.learning_rate,
            warmup=config.warmup,
            seed=config.seed,
            bfloat16=config.dtype == "bfloat16",
        )


def _rooms(config: Config) -> "list[Rooms]":
    """Return the sizes of a list such as ``4-8,full,games``; ``full`` is None, ``games`` a path."""
    rooms: list[Rooms] = []
    for part in config.room_sizes.split(","):
        first, dash, last = part.strip().partition("-")
        if first == GAMES:
            if not config.games:
                raise ValueError(f"{GAMES} in room_sizes needs --games: a folder or file of them")
            rooms.append(Path(config.games).expanduser())
            continue
        low, high = _size(first), _size(last if dash else first)
        if dash and (low is None or high is None or low > high):
            raise ValueError(
                "room_sizes is a list of sizes and from-to, such as 4-8,full, "
                f"got {config.room_sizes!r}"
            )
        rooms += [None] if low is None or high is None else range(low, high + 1)
    return rooms


def _size(text: str) -> int | None:
    """Return a number of receptacles, None for ``full``."""
    if text == FULL:
        return None
    if not text.isdigit() or int(text) < 3:
        raise ValueError(f"the size of a room is a number from 3 on or {FULL}, got {text!r}")
    return int(text)
