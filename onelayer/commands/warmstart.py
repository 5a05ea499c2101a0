"""`onelayer warmstart`: make the tiny model from nothing, on demonstrations of a searching expert.

With ``--model`` it fine-tunes a chat model on demonstrations instead, see ``warmstart_chat``.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from onelayer.commands.announce import announce
from onelayer.files import require_new_folder
from onelayer.json_files import write_json
from onelayer.settings import option, require

HELP = "teach by demonstrations: the tiny model from nothing, or a chat model (--model)"


@dataclass(frozen=True, slots=True)
class Config:
    """The recipe; its defaults made the model that ships."""

    out: str = option("", "folder to write; new or empty", positional=True)
    start: str = option("", "go on from this model instead of from nothing; give another seed")
    demonstrations: int = option(20_000, "won episodes of the random-order searcher")
    room_sizes: str = option("4-10", "receptacles of the rooms, from-to")
    max_steps: int = option(30, "a demonstration that takes longer is left out")
    stumbles: float = option(0.1, "probability that a demonstrated step is an impossible command")
    steps: int = option(2_500, "optimizer steps")
    batch: int = option(16, "episodes in an optimizer step")
    matrix_learning_rate: float = option(0.02, "of Muon, for the matrices in the layers")
    learning_rate: float = option(3e-3, "of AdamW, for embedding and norms")
    warmup: int = option(50, "steps in which both rise, before they fall to 0")
    architecture: str = option("qwen3", "of the network: qwen3, or qwen2 (that of Qwen2.5)")
    width: int = option(128, "of the network; a multiple of 32")
    layers: int = option(6, "of the network")
    seed: int = option(0, "of games, demonstrations and weights")
    threads: int = option(0, "CPU threads; 0 leaves the choice to torch")
    eval_room_size: int = option(8, "receptacles of the rooms that measure the result")
    eval_max_steps: int = option(10, "actions until an episode is over there")
    eval_episodes: int = option(400, "held-out games that measure the result")

    def __post_init__(self) -> None:
        counts = ("demonstrations", "steps", "batch", "layers", "warmup", "max_steps")
        require(self, *counts, at_least=1)
        require(self, "matrix_learning_rate", "learning_rate", above=0)
        if not 0 <= self.stumbles < 1:
            raise ValueError(f"stumbles must be in [0, 1), got {self.stumbles}")
        if self.architecture not in ("qwen3", "qwen2"):
            raise ValueError(f"architecture is qwen3 or qwen2, got {self.architecture!r}")
        if self.width < 32 or self.width % 32:
            raise ValueError(f"width must be a multiple of 32, got {self.width}")


def main(arguments: Sequence[str]) -> None:
    """Run with these arguments; ``--model`` decides which of the two is meant."""
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
    sizes = _sizes(config.room_sizes)
    announce("loading torch and transformers")

    import torch

    from onelayer.agents.models import load_model
    from onelayer.agents.prompts import PlainFormat
    from onelayer.trainers.tiny_model import tiny_tokenizer, untrained_tiny_model
    from onelayer.trainers.warmstart import demonstrations, example, fit, measure, things

    if config.threads:
        torch.set_num_threads(config.threads)
    earlier = load_model(config.start) if config.start else None
    start = time.perf_counter()
    print(f"playing {config.demonstrations} demonstrations")
    episodes = list(
        demonstrations(sizes, config.demonstrations, config.seed, config.max_steps, config.stumbles)
    )
    if earlier is not None:
        model, tokenizer = earlier
    else:
        texts = (text for e in episodes for s in e.steps for text in (s.observation, s.action))
        tokenizer = tiny_tokenizer(texts, things())
        model = untrained_tiny_model(
            tokenizer,
            architecture=config.architecture,
            width=config.width,
            layers=config.layers,
            seed=config.seed,
        )
    examples = [example(episode, PlainFormat(tokenizer)) for episode in episodes]
    print(f"training {model.num_parameters():,} parameters on {len(examples)} episodes")
    with tempfile.TemporaryDirectory() as scratch:
        fit(
            model,
            tokenizer,
            examples,
            scratch=Path(scratch),
            steps=config.steps,
            batch=config.batch,
            matrix_learning_rate=config.matrix_learning_rate,
            learning_rate=config.learning_rate,
            warmup=config.warmup,
            seed=config.seed,
        )
    model.half().save_pretrained(out)
    tokenizer.save_pretrained(out)
    found = measure(
        model.float(),
        tokenizer,
        room_size=config.eval_room_size,
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


def _sizes(text: str) -> list[int]:
    first, _, last = text.partition("-")
    if not (first.isdigit() and (last.isdigit() or not last)):
        raise ValueError(f"room_sizes is a number or from-to, such as 4-10, got {text!r}")
    sizes = list(range(int(first), int(last or first) + 1))
    if not sizes or sizes[0] < 3:
        raise ValueError(f"room_sizes must rise from at least 3, got {text!r}")
    return sizes
