"""How far log-probabilities of sampling and training differ in bfloat16, with each way to compute the head.

    python benchmarks/disagreement.py --model SMOLLM2 [--tokens 60] [--device cuda]

Both ways play the same eight prompts with the same random numbers, take turns in one process, and learn from
the middle layer. Prints nats, and the median time of a token step (of the CPU, where it runs there).
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
from onelayer.agents.decoder import Decoder
from onelayer.agents.devices import without_cudnn_attention
from onelayer.agents.engine import Sampled, sample
from onelayer.agents.models import load_model
from onelayer.agents.sampling import Sampling
from onelayer.agents.states import CapturedStates

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
    """Print a line for each way to compute the head."""
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
                made = played(model, prompts, tokenizer.eos_token_id, sampling)
                steps.setdefault(name, []).append(made[2] / options.tokens)
                difference = disagreement(model, prompts, *made[:2])
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
    """Let the head round its logits for a while, or not."""
    rounds = forward.rounds
    forward.rounds = rounds if float32 else lambda _: False
    try:
        yield
    finally:
        forward.rounds = rounds


def played(
    model: PreTrainedModel, prompts: list[list[int]], end: int, sampling: Sampling
) -> tuple[list[Sampled], CapturedStates, float]:
    """Return a reply to each prompt, the states that enter the middle layer, and the seconds it took."""
    layers = forward.decoder_layers(model)
    states = CapturedStates(layers[len(layers) // 2], budget_bytes=1 << 32)
    engine = Decoder(model, [end], sampling, states)
    clock = time.process_time if model.device.type == "cpu" else time.perf_counter
    start = clock()
    replies = sample(engine, range(len(prompts)), prompts, [[0, i] for i in range(len(prompts))])
    return replies, states, clock() - start


@torch.no_grad()
def disagreement(
    model: PreTrainedModel,
    prompts: list[list[int]],
    replies: list[Sampled],
    states: CapturedStates,
) -> np.ndarray:
    """Return how far each sampled token's log-probability is from that of a learning pass, in nats."""
    texts = [[*prompt, *reply.ids] for prompt, reply in zip(prompts, replies, strict=True)]
    width = max(map(len, texts)) - 1
    ids_BT = torch.tensor([text[:-1] + [0] * (width - len(text) + 1) for text in texts])
    chosen_BT = torch.zeros_like(ids_BT, dtype=torch.bool)
    for b, (prompt, text) in enumerate(zip(prompts, texts, strict=True)):
        chosen_BT[b, len(prompt) - 1 : len(text) - 1] = True
    hidden_BTD = torch.nn.utils.rnn.pad_sequence(
        [states.get(text[:-1]) for text in texts], batch_first=True
    )
    layers, device = forward.decoder_layers(model), model.device
    with (
        without_cudnn_attention(),
        forward.entering(layers, len(layers) // 2, hidden_BTD),
        forward.logits_only_at(model, chosen_BT.to(device)),
    ):
        logits_NV = model(input_ids=ids_BT.to(device), use_cache=False).logits[0]
    target_N = torch.tensor([token for reply in replies for token in reply.ids], device=device)
    logp_N = torch.log_softmax(logits_NV.float(), -1).gather(-1, target_N[:, None])[:, 0].cpu()
    sampled_N = torch.tensor([logp for reply in replies for logp in reply.logprobs])
    return np.asarray((logp_N - sampled_N).abs())


if __name__ == "__main__":
    main()
