"""TRL's side of `against_trl.py`: one GRPOTrainer run, with rollouts and updates timed separately."""

import argparse
import os
import tempfile
import time
from typing import Any

import torch

os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Train ``rounds`` + 1 iterations; return the seconds of each part of each iteration but the first."""
    from datasets import Dataset
    from model_sizes import model_of
    from onelayer_arm import prompt_ids_of
    from transformers.utils.logging import disable_progress_bar
    from trl import GRPOConfig, GRPOTrainer

    disable_progress_bar()
    model, tokenizer = model_of(options.model, options.dtype, options.device)
    tokenizer.pad_token_id = tokenizer.pad_token_id or tokenizer.eos_token_id
    if options.layer != "all":
        train_one_layer(model, int(options.layer))
    prompts = prompt_ids_of(options, model, tokenizer)
    texts = [tokenizer.decode(ids) for ids in prompts]
    with tempfile.TemporaryDirectory() as folder:
        if options.beta:  # TRL loads the reference as a second model from the first one's path
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
            model.config._name_or_path = folder
        rows = options.tasks * options.group_size
        config = GRPOConfig(
            output_dir=f"{folder}/run",
            per_device_train_batch_size=options.rows_per_forward,
            gradient_accumulation_steps=rows // options.rows_per_forward,
            num_generations=options.group_size,
            num_iterations=options.epochs,
            max_steps=(options.rounds + 1) * options.epochs,
            max_completion_length=options.reply * options.turns + later_tokens(options),
            generation_kwargs={
                "min_new_tokens": options.reply,
                "max_new_tokens": options.reply,
            },
            temperature=1.0,
            beta=options.beta,
            learning_rate=1e-5,
            lr_scheduler_type="constant",
            shuffle_dataset=False,
            save_strategy="no",
            report_to=[],
            logging_steps=1000,
            disable_tqdm=True,
            use_cpu=options.device == "cpu",
            **({} if options.defaults else own_settings(options)),
        )
        trainer = GRPOTrainer(
            model,
            reward_funcs=reward,
            args=config,
            train_dataset=Dataset.from_dict({"prompt": texts * (options.rounds + 1)}),
            processing_class=tokenizer,
            rollout_func=turn_by_turn(options, tokenizer) if options.turns > 1 else None,
        )
        spans, lengths = timed_generation(trainer)
        torch.set_num_threads(options.threads)
        trainer.train()
        spans.append((time.perf_counter(), 0.0, time.process_time(), 0.0))
    iterations = [
        {
            "rollout": after - before,
            "update": spans[i + 1][0] - after,
            "cpu_rollout": cpu_after - cpu_before,
            "cpu_update": spans[i + 1][2] - cpu_after,
        }
        for i, (before, after, cpu_before, cpu_after) in enumerate(spans[:-1])
    ]
    return {"iterations": iterations, "sampled": lengths[-1], "prompt": len(prompts[0])}


def own_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the fastest settings if memory suffices: no checkpointing, the model's own dtype."""
    bf16 = options.dtype == "bfloat16"
    return {"gradient_checkpointing": False, "bf16": bf16}


def train_one_layer(model: torch.nn.Module, layer: int) -> None:
    """Freeze all but one decoder layer, as a user of TRL would."""
    model.requires_grad_(False)
    stack = model.get_decoder().layers
    stack[layer].requires_grad_(True)


def reward(completions: list[str], **_: Any) -> list[float]:
    """Return the reward that onelayer's environment gives."""
    from prompts import checksum

    return [checksum(text) for text in completions]


def later_tokens(options: argparse.Namespace) -> int:
    """Return room for the observations between the replies."""
    return (options.turns - 1) * 64


def turn_by_turn(options: argparse.Namespace, tokenizer: Any) -> Any:
    """Return a multi-turn ``rollout_func`` on TRL's own generation, one reply a turn."""
    from prompts import Prompts

    def play(prompts: list[str], trainer: Any) -> dict[str, Any]:
        env = Prompts(options.tasks, options.words, options.turns)
        env.reset(seed=0)
        histories = [list(ids) for ids in tokenizer(prompts)["input_ids"]]
        starts = [len(ids) for ids in histories]
        masks: list[list[int]] = [[] for _ in prompts]
        for turn in range(options.turns):
            replies, _ = trainer._generate_single_turn(histories, None, {}, options.group_size)
            for ids, mask, reply in zip(histories, masks, replies, strict=True):
                ids += reply
                mask += [1] * len(reply)
                if turn + 1 < options.turns:
                    seen = tokenizer(" " + env._text(env.later_words))["input_ids"]
                    ids += seen
                    mask += [0] * len(seen)
        return {
            "prompt_ids": [ids[:start] for ids, start in zip(histories, starts, strict=True)],
            "completion_ids": [ids[start:] for ids, start in zip(histories, starts, strict=True)],
            "logprobs": None,
            "env_mask": masks,
        }

    return play


def timed_generation(trainer: Any) -> tuple[list[tuple[float, ...]], list[int]]:
    """Record the start and end of each generation, in wall and processor seconds, and its tokens."""
    spans: list[tuple[float, ...]] = []
    lengths: list[int] = []
    generate = trainer._generate

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        synchronize()
        before, cpu_before = time.perf_counter(), time.process_time()
        result = generate(*args, **kwargs)
        synchronize()
        spans.append((before, time.perf_counter(), cpu_before, time.process_time()))
        masks = result[2]
        lengths.append(
            sum(map(len, result[1])) if masks is None else sum(sum(mask) for mask in masks)
        )
        return result

    trainer._generate = wrapped
    return spans, lengths


def synchronize() -> None:
    """Wait for the GPU, where there is one."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
