"""onelayer's side of `against_trl.py`: the same prompts and replies of the same length."""

import argparse
import tempfile
import time
from typing import Any

import numpy as np
import torch


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Train ``rounds`` + 1 iterations; return the seconds of each part of each iteration but the first."""
    from model_sizes import model_of
    from trl_arm import synchronize

    torch.set_num_threads(options.threads)
    model, tokenizer = model_of(options.model, options.dtype, options.device)
    trainer = trainer_of(options, model, tokenizer)
    iterations = []
    for iteration in range(options.rounds + 1):
        trainer.iteration = iteration
        started = clock(synchronize)
        episodes = trainer.play()
        played = clock(synchronize)
        if not options.rollout_only:
            # Replies cut at their limit hold no action, so all earn the same: draw advantages at random.
            steps = sum(len(episode.steps) for episode in episodes)
            advantages_N = np.random.default_rng(iteration).normal(size=steps)
            trainer.learner.update(episodes, advantages_N, iteration)
        updated = clock(synchronize)
        iterations.append(
            {
                "rollout": played[0] - started[0],
                "update": updated[0] - played[0],
                "cpu_rollout": played[1] - started[1],
                "cpu_update": updated[1] - played[1],
            }
        )
    steps = [step for episode in episodes for step in episode.steps]
    return {
        "iterations": iterations,
        "sampled": sum(len(step.action_ids) for step in steps),
        "prompt": len(episodes[0].steps[0].prompt_ids),
    }


def trainer_of(options: argparse.Namespace, model: Any, tokenizer: Any) -> Any:
    """Return a trainer on the benchmark's prompts whose replies all have the full length."""
    from prompts import make_prompts

    from onelayer.trainers.config import TrainConfig
    from onelayer.trainers.trainer import Trainer

    config = TrainConfig(
        model=options.model,
        env="prompts",
        out=tempfile.mkdtemp(),
        algorithm="grpo",
        layers=options.layer,
        tasks_per_iteration=options.tasks,
        group_size=options.group_size,
        response_limit=options.reply,
        epochs=options.epochs,
        beta=options.beta,
        learning_rate=1e-5,
        dtype=options.dtype,
        eval_every=0,
    )
    trainer = Trainer(
        model, tokenizer, lambda: make_prompts(options.tasks, options.words, options.turns), config
    )
    never_stop(trainer.games.agent)
    return trainer


def never_stop(agent: Any) -> None:
    """Let every reply run to its limit."""
    agent.engine._stop = frozenset()


def prompt_ids_of(options: argparse.Namespace, model: Any, tokenizer: Any) -> list[list[int]]:
    """Return the tokens of each task's first prompt, in onelayer's format."""
    from prompts import make_prompts

    from onelayer.agents.prompts import Turn, encode, format_for

    shown = format_for(tokenizer, free_form=True)
    env = make_prompts(options.tasks, options.words, options.turns)
    tasks = env.unwrapped.tasks
    prompts = [shown.prompt([Turn(env.reset(options={"task": task})[0])]) for task in tasks]
    return encode(tokenizer, prompts)


def clock(synchronize: Any) -> tuple[float, float]:
    """Wait for the GPU; return wall-clock and processor seconds."""
    synchronize()
    return time.perf_counter(), time.process_time()
