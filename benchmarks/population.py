r"""What is saved when learners of different layers play in one batch instead of one run after the other.

    python benchmarks/population.py                               # the tiny model, six layers, on one core
    python benchmarks/population.py --tasks 2 --group-size 4      # few episodes an iteration
    python benchmarks/population.py --model SMOLLM2 --layers 5,15,25 --words 40 --reply 24 \
        --tasks 2 --group-size 4
    python benchmarks/population.py --model qwen2.5-1.5b --layers 4,9,14,19,24,27 --words 200 \
        --reply 256 --tasks 4 --group-size 8 --device cuda --dtype bfloat16

Each arm is a process of its own, which loads the model, makes one iteration that is not counted, and then
measures the wall and processor seconds of playing and of learning, and its peak memory. Both arms play the
same episodes and reach the same weights (tests/trainers/test_population.py). With ``--words N`` the world is
a prompt of N words and a reply that runs to its limit; otherwise it is a household of eight pieces of
furniture with ten steps.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from onelayer.evals.table import render

ARMS = ("separate", "together")
PHASES = ("play", "learn")


def main() -> None:
    """Measure both arms, round by round in turns, and print a table and JSON."""
    options = arguments()
    if options.arm:
        print(json.dumps(measure(options)))
        return
    found: dict[str, list[dict[str, float]]] = {arm: [] for arm in ARMS}
    for _ in range(options.rounds):
        for arm in ARMS:
            found[arm].append(in_process(arm))
    print(f"load at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    rows = []
    best = {
        arm: {name: min(r[name] for r in rounds) for name in rounds[0]}
        for arm, rounds in found.items()
    }
    for name in best["separate"]:
        one, other = (best[arm][name] for arm in ARMS)
        ratio = f"{other / one:.2f}" if one else ""
        rows.append([name, f"{one:.2f}", f"{other:.2f}", ratio])
    print(render([f"least of {options.rounds}", *ARMS, "ratio"], rows))
    print(json.dumps({"arguments": sys.argv[1:], **found}))


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--layers", default="0,1,2,3,4,5", help="one learner for each")
    parser.add_argument("--tasks", type=int, default=16)
    parser.add_argument("--group-size", type=int, default=8)
    parser.add_argument("--reply", type=int, default=12, help="tokens of a reply at most")
    parser.add_argument("--words", type=int, default=0, help="of a prompt; 0: households")
    parser.add_argument("--iterations", type=int, default=2, help="that are counted")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--arm", choices=ARMS, help=argparse.SUPPRESS)
    return parser.parse_args()


def in_process(arm: str) -> dict[str, float]:
    """Measure an arm in a process of its own with one thread."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    if "cuda" not in sys.argv:
        environment["ACCELERATE_USE_CPU"] = "true"
    command = [sys.executable, __file__, *sys.argv[1:], "--arm", arm]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Train all learners for some iterations in this process."""
    import torch
    from model_sizes import model_of

    from onelayer.agents.joint import sharing_weights
    from onelayer.trainers.layers import parse_layers, trained_parameters
    from onelayer.trainers.population import Population
    from onelayer.trainers.trainer import Trainer

    model, tokenizer = model_of(options.model, options.dtype, options.device)
    configs = [config_of(options, layer) for layer in options.layers.split(",")]
    clock = Clock(options.device)
    if options.arm == "together":
        population = Population(model, tokenizer, lambda: world(options), configs)
        if options.words:
            never_stop(population.trainers[0].games.agent.engine.joint.decoder)
        everyone = list(range(len(configs)))
        with ExitStack() as stack:
            for trainer in population.trainers:
                stack.enter_context(trainer.session())
            for iteration in range(options.iterations + 1):
                clock.counts = iteration > 0
                with clock.phase("play"):
                    played = population._play(everyone)
                with clock.phase("learn"):
                    for trainer, episodes in zip(population.trainers, played, strict=True):
                        trainer.learn_from(episodes)
    else:
        for config in configs:
            own = trained_parameters(model, parse_layers(config.layers, 10_000))
            trainer = Trainer(
                sharing_weights(model, own), tokenizer, lambda: world(options), config
            )
            if options.words:
                never_stop(trainer.games.agent.engine)
            with trainer.session():
                for iteration in range(options.iterations + 1):
                    clock.counts = iteration > 0
                    with clock.phase("play"):
                        episodes = trainer.play()
                    with clock.phase("learn"):
                        trainer.learn_from(episodes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if options.device == "cuda":
        peak = torch.cuda.max_memory_allocated() / 2**20
    return {**clock.seconds(), "peak MiB": peak}


class Clock:
    """Adds up wall and processor seconds of phases."""

    def __init__(self, device: str):
        self.device, self.counts = device, False
        self.wall = dict.fromkeys(PHASES, 0.0)
        self.cpu = dict.fromkeys(PHASES, 0.0)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the time of the block to a phase, if ``counts``."""
        start, cpu = self._now()
        yield
        end, cpu_end = self._now()
        if self.counts:
            self.wall[name] += end - start
            self.cpu[name] += cpu_end - cpu

    def seconds(self) -> dict[str, float]:
        """Return the seconds of each phase and of both together."""
        found = {}
        for kind, by_phase in (("CPU s", self.cpu), ("wall s", self.wall)):
            found |= {f"{kind}, {phase}": by_phase[phase] for phase in PHASES}
            found[f"{kind}, both"] = sum(by_phase.values())
        return found

    def _now(self) -> tuple[float, float]:
        if self.device == "cuda":
            import torch

            torch.cuda.synchronize()
        return time.perf_counter(), time.process_time()


def config_of(options: argparse.Namespace, layer: str) -> Any:
    """Return the configuration of one learner's run."""
    from onelayer.trainers.config import TrainConfig

    return TrainConfig(
        model=options.model,
        env="benchmark",
        out=f"{tempfile.mkdtemp()}/{layer}",
        layers=layer,
        seed=1,
        tasks_per_iteration=options.tasks,
        group_size=options.group_size,
        response_limit=options.reply,
        minibatches=4,
        learning_rate=2e-3 if options.model == "tiny" else 1e-5,
        dtype=options.dtype,
        eval_every=0,
        iterations=options.iterations + 1,
        checkpoint_every=100,
    )


def world(options: argparse.Namespace) -> Any:
    """Return one environment."""
    from prompts import make_prompts

    from onelayer.envs.plugins import make

    if options.words:
        return make_prompts(options.tasks, options.words)
    return make("onelayer/ALFWorld-v0", games="generated", room_size=8, max_steps=10)


def never_stop(decoder: Any) -> None:
    """Let every reply run to its limit."""
    decoder._stop = frozenset()


if __name__ == "__main__":
    main()
