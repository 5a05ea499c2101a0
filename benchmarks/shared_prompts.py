"""What reading a group's prompt once saves, while playing and while learning: CPU seconds and tokens.

    python benchmarks/shared_prompts.py                            # the tiny model
    python benchmarks/shared_prompts.py --model FOLDER --dtype bfloat16 --tasks 8 --reply 9

"Shared" is how episodes are played and learned from: instructions that all prompts begin with, then a problem
of its own for each task, several episodes a task. "Apart" is the same number of tokens with nothing in common
for playing (every prompt begins differently), and one row an episode for learning. Middle layer, one thread.
"""

import argparse
import statistics
import time
from functools import partial

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
    seconds, tokens = measure(options)
    print("| | tokens apart | shared | CPU s apart | shared | ratio |")
    print("|---|---|---|---|---|---|")
    for phase in ("play", "learn"):
        apart, shared = seconds[phase, "apart"], seconds[phase, "shared"]
        print(
            f"| {phase} | {tokens[phase, 'apart']} | {tokens[phase, 'shared']} "
            f"| {apart:.2f} | {shared:.2f} | {apart / shared:.1f} |"
        )


Measured = dict[tuple[str, str], float]


def measure(options: argparse.Namespace) -> tuple[Measured, dict[tuple[str, str], int]]:
    """Return median CPU seconds, and tokens read (padding too), by phase and way."""
    from onelayer.trainers.packing import by_beginning, pack
    from onelayer.trainers.rows import collate, rows
    from onelayer.trainers.scoring import score

    from onelayer.agents.decoder import Decoder, Sampling
    from onelayer.agents.episodes import Episode, Step
    from onelayer.agents.models import load_model
    from onelayer.trainers.layers import decoder_layers, train_only

    model, _ = load_model(options.model, options.dtype)
    stack = decoder_layers(model)
    middle = len(stack) // 2
    train_only(model, [middle])
    rng = np.random.default_rng(0)
    vocabulary = model.config.get_text_config().vocab_size
    instructions = rng.integers(10, vocabulary, options.instructions).tolist()
    prompts = []
    for _ in range(options.tasks):
        problem = rng.integers(10, vocabulary, options.problem).tolist()
        prompts += [[*instructions, *problem]] * options.group_size
    apart = [[10 + i, *prompt[1:]] for i, prompt in enumerate(prompts)]
    slots = list(range(len(prompts)))
    keys = [[0, slot] for slot in slots]
    sampling = Sampling(response_limit=options.reply)
    found: dict[tuple[str, str], list[float]] = {}
    tokens: dict[tuple[str, str], int] = {}

    def timed(name: tuple[str, str], work):
        read: list[int] = []
        hook = model.register_forward_pre_hook(
            lambda _, args, kwargs: read.append(kwargs["position_ids"].numel()), with_kwargs=True
        )
        start = time.process_time()
        result = work()
        found.setdefault(name, []).append(time.process_time() - start)
        hook.remove()
        tokens[name] = sum(read)
        return result

    def play(shown):
        decoder = Decoder(model, [], sampling, capture=stack[middle])
        return decoder.sample(slots, shown, keys)

    def learn(batch) -> None:
        loss = (score(model, batch, below=stack[:middle]).logp_N * batch.advantage_N).mean()
        torch.autograd.backward(loss)
        model.zero_grad()

    for _ in range(options.rounds):
        timed(("play", "apart"), partial(play, apart))
        replies = timed(("play", "shared"), partial(play, prompts))
        episodes = [
            Episode(
                "task",
                (
                    Step(
                        observation="",
                        action="",
                        reward=0.0,
                        anchor=0,
                        prompt_ids=tuple(prompt),
                        action_ids=reply.ids,
                        logprobs=reply.logprobs,
                        hidden_TD=reply.hidden_TD,
                    ),
                ),
                success=False,
            )
            for prompt, reply in zip(prompts, replies, strict=True)
        ]
        [made] = by_beginning(rows(episodes, rng.normal(size=len(episodes))), len(episodes))
        for way, batch in (("apart", collate(made)), ("shared", pack(made))):
            timed(("learn", way), partial(learn, batch))
    return {name: statistics.median(values) for name, values in found.items()}, tokens


if __name__ == "__main__":
    main()
