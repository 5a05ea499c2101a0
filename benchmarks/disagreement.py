"""How far log-probabilities differ in bfloat16 between sampling and training, by the precision of the head.

    python benchmarks/disagreement.py --model SMOLLM2 [--tokens 60] [--device cuda]

With either precision the same eight prompts are played with the same random numbers, in turn, in one process.
Prints differences in nats, and the median time of a token step.
"""

import argparse
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from transformers import PreTrainedModel

from onelayer.agents import forward
from onelayer.agents.decoder import Decoder, Sampling
from onelayer.agents.engine import sample
from onelayer.agents.episodes import Episode, Step
from onelayer.agents.models import load_model
from onelayer.trainers.batch import batch
from onelayer.trainers.score import Scorer
from onelayer.trainers.token_rows import Row, rows

QUESTIONS = (
    "What is the capital of France, and why is it famous?",
    "Calculate 17 + 25 and explain your steps.",
    "Write a Python function that reverses a list.",
    "You stand in a kitchen and see a fridge and a sink. How do you cool an apple?",
    "Tell me a short story about a dog and a cat that share a bowl.",
    "List five fruits.",
    "A train leaves at 3 pm at 60 miles an hour. When has it gone 180 miles?",
    "Explain gravity to a child.",
)


def main() -> None:
    """Print a line for each precision of the head."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--tokens", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    model, tokenizer = load_model(options.model, options.dtype, options.device)
    model.requires_grad_(False)
    prompts = [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": question}], add_generation_prompt=True, return_dict=False
        )
        for question in QUESTIONS
    ]
    sampling = Sampling(response_limit=options.tokens)
    steps: dict[str, list[float]] = {}
    lines: dict[str, str] = {}
    for _ in range(options.rounds):
        for name, float32 in (("head rounds its logits", False), ("head in float32", True)):
            with head(float32):
                made, seconds = played(model, prompts, tokenizer.eos_token_id, sampling)
                steps.setdefault(name, []).append(seconds / options.tokens)
                difference = disagreement(model, made)
            lines[name] = (
                f"| {len(difference)} | {difference.mean():.4f} | {np.quantile(difference, 0.99):.3f} "
                f"| {difference.max():.3f} |"
            )
    print(f"{options.model}, {options.dtype}, {options.device}, {torch.get_num_threads()} threads")
    print("| | tokens | mean | 99 % below | largest | ms a token step |\n|---|---|---|---|---|---|")
    for name, line in lines.items():
        print(f"| {name} {line} {1e3 * statistics.median(steps[name]):.0f} |")


@contextmanager
def head(float32: bool) -> Iterator[None]:
    """Within the block, let the head compute in float32 as usual, or keep the model's dtype."""
    rounds = forward.rounds
    forward.rounds = rounds if float32 else lambda _: False
    try:
        yield
    finally:
        forward.rounds = rounds


def played(
    model: PreTrainedModel, prompts: list[list[int]], end: int, sampling: Sampling
) -> tuple[list[Row], float]:
    """Return a row for each prompt and its reply, and the seconds that playing took."""
    decoder = Decoder(model, [end], sampling)
    start = time.perf_counter()
    replies = sample(decoder, range(len(prompts)), prompts, [[0, i] for i in range(len(prompts))])
    seconds = time.perf_counter() - start
    episodes = [
        Episode(
            "task",
            (
                Step(
                    "",
                    "",
                    0.0,
                    0,
                    prompt_ids=tuple(prompt),
                    action_ids=reply.ids,
                    logprobs=reply.logprobs,
                ),
            ),
            False,
        )
        for prompt, reply in zip(prompts, replies, strict=True)
    ]
    return rows(episodes, np.ones(len(episodes))), seconds


@torch.no_grad()
def disagreement(model: PreTrainedModel, made: list[Row]) -> np.ndarray:
    """Return the distance in nats of each sampled token's log-probability to that of the learning pass."""
    one = batch(made, model.device)
    learned_N = Scorer(model, list(forward.decoder_layers(model))).score(one).logp_N
    return np.asarray((learned_N - one.logp_N).abs().cpu())


if __name__ == "__main__":
    main()
