"""Demonstrations as chats, and any chat model fine-tuned on them: one layer, LoRA adapters, or all of it.

A chat looks exactly as ``onelayer train`` will show its episodes. Only the expert's words are learned: its
actions and the tokens that end them.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from onelayer.agents.base import Agent
from onelayer.agents.chat import ChatMessages, Turn
from onelayer.agents.episodes import Episode
from onelayer.agents.prompts import ChatFormat, encode
from onelayer.agents.rollout import rollout
from onelayer.agents.scripted import OracleAgent
from onelayer.envs.attributes import attribute, tasks_of
from onelayer.envs.plugins import make
from onelayer.trainers.layers import choose_layers, train_only, trains_everything
from onelayer.trainers.lora import add_adapters
from onelayer.trainers.supervised import IGNORED, Example, fine_tune

_TOGETHER = 32
"""episodes that are played at once"""


def won_episodes(
    env_id: str, arguments: dict[str, Any], expert: Agent | None, count: int, seed: int
) -> Iterator[Episode]:
    """Yield up to ``count`` solved episodes of tasks of the training split, each task once.

    Args:
        env_id: the environment.
        arguments: of the environment.
        expert: plays; None: the environment's own solutions.
        count: how many.
        seed: draws the tasks.

    Raises:
        ValueError: the environment has no tasks, or nothing is solved.
    """
    import numpy as np

    envs = [make(env_id, **arguments) for _ in range(min(count, _TOGETHER))]
    tasks = tasks_of(envs[0])
    if not tasks:
        raise ValueError(f"{env_id} has no tasks to demonstrate")
    player = OracleAgent(envs[0]) if expert is None else expert
    order = np.random.default_rng(seed).permutation(len(tasks)).tolist()
    known = (tasks[i] for i in order if expert is not None or _has_solution(envs[0], tasks[i]))
    found = 0
    while found < count:
        chosen = [task for task, _ in zip(known, range(2 * _TOGETHER), strict=False)]
        if not chosen:
            break
        won = [e for e in rollout(envs, player, chosen, seed=seed) if e.success][: count - found]
        found += len(won)
        yield from won
    if not found:
        raise ValueError(
            f"{env_id}: none of {len(tasks)} tasks was solved; there is nothing to learn"
        )


def _has_solution(env: gym.Env[str, str], task: str) -> bool:
    solution = attribute(env, "solution")
    return solution is not None and solution(task) is not None


def chat(episode: Episode, shown: ChatMessages) -> list[dict[str, str]]:
    """Return an episode as messages, the expert's last action included."""
    turns = [Turn(step.observation, step.admissible, step.action) for step in episode.steps]
    replies = [_reply(step.action, shown) for step in episode.steps]
    messages = shown.messages(turns, replies=replies[:-1])
    return [*messages, {"role": "assistant", "content": replies[-1]}]


def chat_example(episode: Episode, shown: ChatFormat) -> Example:
    """Return the tokens of an episode, as a policy with ``history="all"`` reads them, and their labels."""
    ids: list[int] = []
    labels: list[int] = []
    for step in episode.steps:
        turn = Turn(step.observation, step.admissible)
        follows = shown.continuation(turn)
        [read] = encode(shown.tokenizer, [follows if ids else shown.prompt([turn])])
        read = read[1:] if ids else read  # the token that ends a reply is in ``written``
        said = shown.tokenizer.encode(_reply(step.action, shown), add_special_tokens=False)
        assert follows.first is not None
        written = [*said, follows.first]
        ids += [*read, *written]
        labels += [IGNORED] * len(read) + (written if step.valid else [IGNORED] * len(written))
    return {"input_ids": ids, "labels": labels}


def fit_chats(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    examples: Sequence[Example],
    *,
    layers: str,
    lora_rank: int,
    scratch: Path,
    steps: int,
    batch: int,
    learning_rate: float,
    warmup: int,
    seed: int,
) -> int:
    """Fine-tune the chosen layers of ``model`` in place; return how many parameters were trained.

    Args:
        model: a chat model.
        tokenizer: its tokenizer.
        examples: see ``chat_example``.
        layers: as in ``onelayer train``: ``all``, ``mid``, ``3,7``.
        lora_rank: train adapters of this rank, which are merged at the end; 0: train the layers themselves.
        scratch: a folder for the trainer.
        steps: optimizer steps.
        batch: examples in one of them.
        learning_rate: of AdamW; it rises for ``warmup`` steps and falls to 0.
        warmup: steps.
        seed: of the order of the examples and of the adapters.
    """
    chosen = choose_layers(model, layers)
    if lora_rank:
        learned = dict(add_adapters(model, chosen, lora_rank, seed))
    elif trains_everything(layers):
        model.requires_grad_(True)
        learned = dict(model.named_parameters())
    else:
        learned = {str(i): p for i, p in enumerate(train_only(model, chosen))}
    fine_tune(
        model,
        tokenizer,
        examples,
        scratch=scratch,
        steps=steps,
        seed=seed,
        per_device_train_batch_size=1,
        gradient_accumulation_steps=batch,
        learning_rate=learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=warmup,
        logging_steps=10,
    )
    if lora_rank:
        _merge_adapters(model)
    model.requires_grad_(False)
    return sum(parameter.numel() for parameter in learned.values())


def _merge_adapters(model: PreTrainedModel) -> None:
    """Merge the adapters into their base matrices and remove them."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    from onelayer.trainers.lora import remove_adapters

    for module in model.modules():
        if isinstance(module, BaseTunerLayer):
            module.merge()
    remove_adapters(model)


def _reply(action: str, shown: ChatMessages) -> str:
    return action if shown.free_form else f"<action>{action}</action>"
