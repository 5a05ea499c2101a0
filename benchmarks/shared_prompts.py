"""What reading a group's prompt once saves while playing: CPU seconds and tokens read.

    python benchmarks/shared_prompts.py                            # the tiny model
    python benchmarks/shared_prompts.py --model FOLDER --dtype bfloat16 --tasks 8 --reply 9

"Shared" is the usual case: all prompts begin with the same instructions, each task has its own problem, and
there are several episodes a task. "Apart" is the same number of tokens with nothing in common, because every
prompt begins differently. One thread.
"""

import argparse
import statistics
import time

import numpy as np
import torch


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--tasks", type=int, default=8)
    parser.add_argument("--group-size", type=int, default=8)
    parser.add_argument(
        "--instructions", type=int, default=45, help="tokens all prompts begin with"
    )
    parser.add_argument("--problem", type=int, default=8, help="tokens of a task's own")
    parser.add_argument("--reply", type=int, default=9, help="tokens of a reply")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print("| prompts | tokens read, with padding | CPU s |")
    print("|---|---|---|")
    for name, (tokens, seconds) in measure(options).items():
        print(f"| {name} | {tokens} | {seconds:.2f} |")


def measure(options: argparse.Namespace) -> dict[str, tuple[int, float]]:
    """Return the tokens read and the median CPU seconds of each way."""
    from onelayer.agents.decoder import Decoder, Sampling
    from onelayer.agents.engine import sample
    from onelayer.agents.models import load_model

    model, _ = load_model(options.model, options.dtype)
    rng = np.random.default_rng(0)
    vocabulary = model.config.get_text_config().vocab_size
    instructions = rng.integers(10, vocabulary, options.instructions).tolist()
    shared = []
    for _ in range(options.tasks):
        problem = rng.integers(10, vocabulary, options.problem).tolist()
        shared += [[*instructions, *problem]] * options.group_size
    ways = {"apart": [[10 + i, *prompt[1:]] for i, prompt in enumerate(shared)], "shared": shared}
    slots = range(len(shared))
    read: list[int] = []
    model.register_forward_pre_hook(
        lambda _, args, kwargs: read.append(kwargs["input_ids"].numel()), with_kwargs=True
    )
    tokens: dict[str, int] = {}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, prompts in ways.items():
            read.clear()
            decoder = Decoder(model, [], Sampling(response_limit=options.reply))
            start = time.process_time()
            sample(decoder, slots, prompts, [[0, slot] for slot in slots])
            seconds[name].append(time.process_time() - start)
            tokens[name] = sum(read)
    return {name: (tokens[name], statistics.median(seconds[name])) for name in ways}


if __name__ == "__main__":
    main()
