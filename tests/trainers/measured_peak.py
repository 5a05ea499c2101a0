"""One run in a process of its own; prints by how many bytes its memory grew, at the worst moment.

python measured_peak.py '{"model": FOLDER, "out": FOLDER, "env": ..., ...}'
"""

import json
import os
import resource
import sys

import torch

from onelayer.agents.models import load_model
from onelayer.envs.plugins import make
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.trainer import Trainer


def resident() -> int:
    """Return the bytes of memory that the process has now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main(settings: str) -> None:
    """Train, and print what was read of episodes too: the plan has to be told."""
    torch.set_num_threads(1)
    config = TrainConfig(**json.loads(settings))
    torch.ones(8, 8, requires_grad=True).matmul(torch.ones(8, 8)).sum().backward()
    before = resident()
    model, tokenizer = load_model(config.model)
    Trainer(
        model, tokenizer, lambda: make("onelayer/Counting-v0", digits=2, length=2), config
    ).train()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"grown": peak - before}))


if __name__ == "__main__":
    main(*sys.argv[1:])
