"""`onelayer warmstart FOLDER --model MODEL`: fine-tune a chat model on demonstrations, written as chats."""

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onelayer.files import require_new_folder, write_atomically
from onelayer.json_files import write_json
from onelayer.settings import option, parse_mapping, require

if TYPE_CHECKING:
    from onelayer.agents.episodes import Episode
    from onelayer.agents.play import Play

CHATS = "chats.jsonl"
"""the demonstrations as chats, ``{"messages": [...]}`` a line, which any trainer of chat models reads"""


@dataclass(frozen=True, slots=True)
class ChatConfig:
    """Whose demonstrations a chat model learns, and how."""

    out: str = option("", "folder to write; new or empty", positional=True)
    model: str = option("", "the chat model: a transformers folder, or a hub id")
    env: str = option("onelayer/ALFWorld-v0", "environment id, module:id, or a YAML list")
    env_args: str = option("", "YAML mapping of its arguments: {games: FOLDER, max_steps: 30}")
    expert: str = option(
        "solution",
        "who demonstrates: solution (ALFWorld's walkthroughs), or search (ALFWorld's expert)",
    )
    demonstrations: int = option(500, "solved episodes of the training split")
    layers: str = option("all", "layers that learn: all, mid, 14, 10-14, 3,7")
    lora_rank: int = option(0, "train LoRA adapters of this rank in them, and merge them; 0: no")
    show_admissible: bool = option(True, "list the legal actions, as training does by default")
    steps: int = option(200, "optimizer steps; 0 writes the chats and trains nothing")
    batch: int = option(8, "chats in an optimizer step")
    learning_rate: float = option(5e-5, "of AdamW")
    warmup: int = option(10, "steps in which it rises, before it falls to 0")
    dtype: str = option("float32", "of the weights")
    seed: int = option(0, "of tasks, demonstrations and order")
    eval_split: str = option("test", "split of the held-out tasks")
    eval_episodes: int = option(50, "held-out tasks that are played before and after; 0: none")
    eval_response_limit: int = option(48, "tokens of a reply there")
    eval_temperature: float = option(0.4, "of sampling there; 0: the likeliest token")

    def __post_init__(self) -> None:
        require(self, "demonstrations", "batch", at_least=1)
        require(self, "steps", "warmup", "lora_rank", "eval_episodes", "seed", at_least=0)
        require(self, "eval_temperature", at_least=0)
        require(self, "learning_rate", above=0)
        if self.expert not in ("solution", "search"):
            raise ValueError(f"expert is solution or search, got {self.expert!r}")


def run_chat(config: ChatConfig) -> None:
    """Play, write the chats, train, measure before and after, save.

    Raises:
        ValueError: ``out`` is missing or taken, the model is no chat model, or nothing is demonstrated.
    """
    if not config.out:
        raise ValueError(
            "warmstart takes the folder to write: onelayer warmstart FOLDER --model MODEL"
        )
    out = require_new_folder(config.out)
    arguments = parse_mapping(config.env_args, "--env-args")

    from onelayer.agents.models import load_model
    from onelayer.agents.prompts import ChatFormat
    from onelayer.envs.plugins import make
    from onelayer.trainers.chats import chat, chat_example, fit_chats, won_episodes
    from onelayer.trainers.layer_spec import check_form

    check_form(config.layers)
    env = make(config.env, **arguments)
    model, tokenizer = load_model(config.model, config.dtype)
    shown = _play(config).prompt_format(tokenizer, env)
    if not isinstance(shown, ChatFormat):
        raise ValueError(f"{config.model} has no chat template; name an instruction-tuned model")
    start = time.perf_counter()
    print(f"playing {config.demonstrations} demonstrations", flush=True)
    episodes = list(
        won_episodes(config.env, arguments, _expert(config), config.demonstrations, config.seed)
    )
    out.mkdir(parents=True, exist_ok=True)
    _write_chats(out / CHATS, [chat(episode, shown) for episode in episodes])
    print(f"{out / CHATS}: {len(episodes)} chats, {_lengths(episodes)}", flush=True)
    if not config.steps:
        return
    examples = [chat_example(episode, shown) for episode in episodes]
    before = _measured(config, arguments, model, tokenizer)
    with tempfile.TemporaryDirectory() as scratch:
        trained = fit_chats(
            model,
            tokenizer,
            examples,
            layers=config.layers,
            lora_rank=config.lora_rank,
            scratch=Path(scratch),
            steps=config.steps,
            batch=config.batch,
            learning_rate=config.learning_rate,
            warmup=config.warmup,
            seed=config.seed,
        )
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    after = _measured(config, arguments, model, tokenizer)
    recipe = {**asdict(config), "trained": trained, "before": before, "after": after}
    write_json(out / "warmstart.json", recipe)
    print(f"trained {trained:,} parameters in {(time.perf_counter() - start) / 60:.1f} minutes")
    if before is not None and after is not None:
        print(f"held-out success {before['success']:.1%} -> {after['success']:.1%}")
    print(f"go on with\n  onelayer train --model {out} --env {config.env!r}")


def _play(config: ChatConfig) -> "Play":
    """Return how the model plays: what it is shown in training, and how it is measured."""
    from onelayer.agents.play import Play

    return Play(
        temperature=config.eval_temperature,
        response_limit=config.eval_response_limit,
        show_admissible=config.show_admissible,
    )


def _expert(config: ChatConfig) -> Any:
    if config.expert == "solution":
        return None
    from onelayer.agents.searcher import SearchingAgent

    return SearchingAgent.informed(config.seed)


def _write_chats(path: Path, chats: Sequence[list[dict[str, str]]]) -> None:
    lines = (json.dumps({"messages": messages}, ensure_ascii=False) for messages in chats)
    write_atomically(path, "".join(f"{line}\n" for line in lines))


def _lengths(episodes: "Sequence[Episode]") -> str:
    lengths = sorted(len(episode.steps) for episode in episodes)
    return f"{lengths[0]} to {lengths[-1]} actions, {lengths[len(lengths) // 2]} in the median"


def _measured(
    config: ChatConfig, arguments: dict[str, Any], model: Any, tokenizer: Any
) -> dict[str, float] | None:
    """Play held-out tasks and return the success, the share of legal actions and the number of episodes."""
    if not config.eval_episodes:
        return None
    from onelayer.agents.rollout import rollout
    from onelayer.envs.plugins import arguments as takes
    from onelayer.envs.plugins import make, resolve
    from onelayer.trainers.summary import summary
    from onelayer.trainers.tasks import EVAL_SEED, held_out_tasks

    split = {"split": config.eval_split} if "split" in takes(resolve(config.env)) else {}
    count = min(config.eval_episodes, 16)
    envs = [make(config.env, **{**arguments, **split}) for _ in range(count)]
    agent = _play(config).agent(model, tokenizer, envs[0])
    agent.reseed(EVAL_SEED)
    tasks = held_out_tasks(envs[0], config.eval_episodes)
    told = summary(rollout(envs, agent, tasks, seed=EVAL_SEED))
    return {
        "success": told["success"],
        "valid_actions": told["valid_actions"],
        "episodes": len(tasks),
    }
