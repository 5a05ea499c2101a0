"""Is a vLLM server as good a player as the engine in this process?

    onelayer serve MODEL --context 1024            # in another terminal
    python benchmarks/vllm_engine.py numbers --model MODEL --server URL
    python benchmarks/vllm_engine.py learning --server URL --iterations 12 --seeds 3

``numbers`` compares log-probabilities of sampled tokens with those of a plain forward pass, before and after
a layer is changed and sent. ``learning`` trains the tiny model with both engines on the same tasks and prints
the success of the training episodes. Episodes come in groups of one task, so the intervals, which treat them
as independent, are a little too narrow. At the end the server has its initial weights again.
"""

import argparse
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch

from onelayer.agents.engine import sample
from onelayer.agents.models import context_length, load_model
from onelayer.agents.sampling import Sampling
from onelayer.agents.vllm_engine import VLLMEngine, VLLMServers
from onelayer.agents.vllm_server import FIRST_VERSION
from onelayer.agents.weight_files import write_weights
from onelayer.envs.plugins import make
from onelayer.evals.estimates import wilson
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.layers import decoder_layers
from onelayer.trainers.trainer import Trainer
from onelayer.trainers.whole_layers import whole_layers

REPLY = 32
WORLD = {"games": "generated", "room_size": 8, "max_steps": 10}


def main() -> None:
    """Run ``numbers`` or ``learning``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("numbers", "learning"))
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--server", default="http://127.0.0.1:8000")
    parser.add_argument("--dtype", default="float32", choices=("float32", "bfloat16"))
    parser.add_argument("--groups", type=int, default=8, help="of 8 equal prompts")
    parser.add_argument("--prompt", type=int, default=224, help="tokens")
    parser.add_argument("--iterations", type=int, default=12)
    parser.add_argument("--tasks", type=int, default=16, help="of an iteration, 8 episodes each")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        numbers(options, Path(folder)) if options.what == "numbers" else learning(options, folder)


class Player:
    """A server, and groups of eight equal prompts."""

    def __init__(self, options: argparse.Namespace, vocabulary: int):
        self.servers = VLLMServers.at(options.server)
        self.context = min(server.describe().context for server in self.servers.servers)
        draw = np.random.default_rng(0)
        starts = [draw.integers(3, vocabulary, options.prompt) for _ in range(options.groups)]
        self.prompts = [start for start in starts for _ in range(8)]

    def compare(self, model: torch.nn.Module, temperature: float) -> tuple[np.ndarray, float]:
        """Return differences of log-probabilities to the model's, and the seconds of generation."""
        sampling = Sampling(temperature=temperature, response_limit=REPLY)
        engine = VLLMEngine(self.servers, self.context, [], sampling)
        start = time.perf_counter()
        count = len(self.prompts)
        replies = sample(engine, range(count), self.prompts, [[0, n] for n in range(count)])
        seconds = time.perf_counter() - start
        found = []
        reduced = model.dtype != torch.float32
        with torch.no_grad(), torch.autocast("cpu", model.dtype) if reduced else nullcontext():
            for prompt, reply in zip(self.prompts, replies, strict=True):
                ids = torch.tensor([[*map(int, prompt), *reply.ids]])
                logits = model(ids).logits[0, len(prompt) - 1 : -1].float() / temperature
                said = torch.tensor(reply.ids)[:, None]
                logp = torch.log_softmax(logits, -1).gather(-1, said)[:, 0]
                found.append(logp.numpy() - np.array(reply.logprobs))
        return np.concatenate(found), seconds


def numbers(options: argparse.Namespace, folder: Path) -> None:
    """Print how far log-probabilities are from a plain forward pass."""
    model, _ = load_model(options.model, options.dtype)
    player = Player(options, model.get_input_embeddings().num_embeddings)
    limit = context_length(model)
    assert limit is None or limit >= options.prompt + REPLY
    layer = len(decoder_layers(model)) // 2
    before = {n: t.clone() for n, t in whole_layers(model, [layer]).items()}
    show("weights of the start, T = 1", *player.compare(model, 1.0))
    show("the same from the prefix cache", *player.compare(model, 1.0))
    show("T = 0.7", *player.compare(model, 0.7))
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in decoder_layers(model)[layer].parameters():
            drawn = torch.randn(weight.shape, generator=draw).to(weight)
            weight.add_(0.2 * weight.abs().mean() * drawn)
    show(f"layer {layer} changed here only", *player.compare(model, 1.0))
    start = time.perf_counter()
    send(player.servers, folder, whole_layers(model, [layer]), "changed")
    seconds = time.perf_counter() - start
    size = sum(t.nbytes for t in before.values())
    show(f"layer {layer} changed and sent", *player.compare(model, 1.0))
    print(
        f"sending {size / 2**20:.1f} MiB: {seconds:.2f} s, with the file and the reset of the cache"
    )
    send(player.servers, folder, before, FIRST_VERSION)


def send(
    servers: VLLMServers, folder: Path, tensors: dict[str, torch.Tensor], version: str
) -> None:
    """Send these weights to the servers."""
    write_weights(folder / "sent.safetensors", tensors, "benchmark", "weights", {})
    servers.take(folder / "sent.safetensors", version)


def show(name: str, difference_N: np.ndarray, seconds: float) -> None:
    """Print one line."""
    size_N = np.abs(difference_N)
    print(
        f"{name:32} n = {len(size_N)} tokens, mean {size_N.mean():.1e}, worst {size_N.max():.1e} nats, "
        f"{len(size_N) / seconds:.0f} tokens/s"
    )


def learning(options: argparse.Namespace, folder: str) -> None:
    """Train with both engines, and print success over the first and the last third of the iterations."""
    base, _ = load_model("tiny")
    third = max(1, options.iterations // 3)
    for engine in ("onelayer", "vllm"):
        lines = []
        for seed in range(options.seeds):
            lines.append(history(options, f"{folder}/{engine}-{seed}", engine, seed))
            if engine == "vllm":  # the next run, and the end, need the base's weights
                everything = whole_layers(base, [0], everything=True)
                servers = VLLMServers.at(options.server)
                send(servers, Path(folder), everything, FIRST_VERSION)
        for name, part in (("first", slice(0, third)), ("last", slice(-third, None))):
            rates = [np.mean([line["success"] for line in run[part]]) for run in lines]
            n = 8 * options.tasks * third * options.seeds
            low, high = wilson(round(float(np.mean(rates)) * n), n)
            each = ", ".join(f"{rate:.1%}" for rate in rates)
            print(
                f"{engine:9} {name:5} {third} iterations: success {np.mean(rates):.1%} "
                f"[{low:.1%}, {high:.1%}], n = {n} episodes, of each seed {each}"
            )
        drift = max(line["logp_drift"] for run in lines for line in run)
        rollout = np.mean([line["seconds/rollout"] for run in lines for line in run])
        print(f"{engine:9} largest logp_drift {drift:.1e}, rollout {rollout:.1f} s", flush=True)


def history(options: argparse.Namespace, out: str, engine: str, seed: int) -> list[dict]:
    """Train, and return the logged metrics of each iteration."""
    model, tokenizer = load_model("tiny")
    settings = {"engine": engine, "server": options.server if engine == "vllm" else ""}
    config = TrainConfig(
        out=out,
        seed=seed,
        iterations=options.iterations,
        tasks_per_iteration=options.tasks,
        learning_rate=2.5e-3,
        minibatches=4,
        response_limit=12,
        eval_every=0,
        checkpoint_every=1000,
        **settings,
    )
    trainer = Trainer(model, tokenizer, lambda: make("onelayer/ALFWorld-v0", **WORLD), config)
    trainer.train()
    return [dict(line) for line in trainer.folder.history()]


if __name__ == "__main__":
    main()
