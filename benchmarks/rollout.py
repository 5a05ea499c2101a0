"""How long episodes take to play: this checkout's engine beside another's, the same tasks, seeds and weights.

    git worktree add ../before fd4255a
    python benchmarks/rollout.py --before ../before                       # the tiny model, generated ALFWorld
    python benchmarks/rollout.py --before ../before --model FOLDER --episodes 8 --turns 30 --response-limit 16

Each engine plays in a process of its own, and the two take turns, so that both meet the same load of the
machine. Seconds are CPU seconds of one thread; the table shows the first rollout and the median of the
others. The tokens that both draw are compared: in float32, and with a small vocabulary, they are the same.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--before", help="another checkout, to compare with")
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--episodes", type=int, default=128)
    parser.add_argument("--group-size", type=int, default=8)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--response-limit", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--play", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.play:
        play(options)
        return
    folders = {"now": HERE} | ({"before": Path(options.before)} if options.before else {})
    players = {name: _start(folder) for name, folder in folders.items()}
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in folders}
    for _ in range(options.rounds):
        for name, player in players.items():
            results[name].append(_ask(player))
    for player in players.values():
        player.stdin.close()
        player.wait()
    _print(results)


def _start(folder: Path) -> Any:
    """Start a process that plays with the packages of a checkout."""
    command = [sys.executable, __file__, *sys.argv[1:], "--play"]
    pipe = subprocess.PIPE
    # typings/onelayer holds links to the packages of a checkout, and precedes the installed ones.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(folder / "typings")}
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)


def _ask(player: Any) -> dict[str, Any]:
    player.stdin.write("play\n")
    player.stdin.flush()
    return dict(json.loads(player.stdout.readline()))


def _print(results: dict[str, list[dict[str, Any]]]) -> None:
    print("| | first rollout, s | others, s (median) | passes | tokens read, with padding |")
    print("|---|---|---|---|---|")
    for name, rounds in results.items():
        seconds = statistics.median(found["seconds"] for found in rounds[1:])
        print(
            f"| {name} | {rounds[0]['seconds']:.2f} | {seconds:.2f} | {rounds[-1]['passes']} "
            f"| {rounds[-1]['read']} |"
        )
    first = results["now"][0]
    print(
        f"\n{first['replies']} replies, {first['tokens'] / first['replies']:.1f} tokens on average"
    )
    if "before" in results:
        both = zip(results["now"], results["before"], strict=True)
        same = all(a["digest"] == b["digest"] for a, b in both)
        print(
            "the same tokens"
            if same
            else "other tokens: docs/rollouts.md says when that is rounding"
        )


def play(options: argparse.Namespace) -> None:
    """Play a rollout for each line of input, and write its cost."""
    import torch

    from onelayer.agents.decoder import Sampling
    from onelayer.agents.models import load_model
    from onelayer.agents.policy import PolicyAgent
    from onelayer.agents.prompts import format_for
    from onelayer.agents.rollout import rollout
    from onelayer.envs import plugins

    torch.set_num_threads(1)
    model, tokenizer = load_model(options.model)
    world = {"games": "generated", "room_size": 8, "max_steps": options.turns}
    envs = [plugins.make("onelayer/ALFWorld-v0", **world) for _ in range(options.episodes)]
    shown = format_for(tokenizer, instructions=envs[0].unwrapped.instructions)
    sampling = Sampling(response_limit=options.response_limit)
    agent = PolicyAgent(model, tokenizer, sampling=sampling, prompt_format=shown)
    tasks = [envs[0].unwrapped.tasks[i] for i in range(options.episodes // options.group_size)]
    shapes: list[int] = []
    model.register_forward_pre_hook(
        lambda _, args, kwargs: shapes.append(kwargs["input_ids"].numel()), with_kwargs=True
    )
    for seed, _ in enumerate(sys.stdin):
        shapes.clear()
        agent.reseed(seed)
        start = time.process_time()
        episodes = rollout(envs, agent, tasks, options.group_size)
        seconds = time.process_time() - start
        ids = [list(step.action_ids) for episode in episodes for step in episode.steps]
        found = {
            "seconds": seconds,
            "passes": len(shapes),
            "read": sum(shapes),
            "replies": len(ids),
            "tokens": sum(map(len, ids)),
            "digest": hashlib.sha256(json.dumps(ids).encode()).hexdigest(),
        }
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
