"""One run in a process of its own; prints by how many bytes its own memory grew, at the worst moment.

Pages of files are not counted: how many of a mapped model's are resident is up to the system.

python measured_peak.py '{"model": FOLDER, "out": FOLDER, "env": ..., ...}'
"""

import json
import re
import sys
import threading
import time
from pathlib import Path

import torch

from onelayer.agents.models import load_model
from onelayer.envs.plugins import make
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.trainer import Trainer


class Peak(threading.Thread):
    """Looks every few milliseconds how many bytes the process holds that belong to no file."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.before = self.highest = resident()

    def run(self) -> None:
        while True:
            self.highest = max(self.highest, resident())
            time.sleep(0.005)


def resident() -> int:
    """Return the bytes of memory that the process has now, without pages of files."""
    status = Path("/proc/self/status").read_text()
    [kilobytes] = re.findall(r"^RssAnon:\s*(\d+) kB", status, re.MULTILINE)
    return int(kilobytes) * 1024


def main(settings: str) -> None:
    """Train, and print what was read of episodes too: the plan has to be told."""
    torch.set_num_threads(1)
    config = TrainConfig(**json.loads(settings))
    torch.ones(8, 8, requires_grad=True).matmul(torch.ones(8, 8)).sum().backward()
    peak = Peak()
    peak.start()
    model, tokenizer = load_model(config.model)
    for parameter in model.parameters():  # not pages of the model's file any more
        parameter.data = parameter.data.clone()
    Trainer(
        model, tokenizer, lambda: make("onelayer/Counting-v0", digits=2, length=2), config
    ).train()
    print(json.dumps({"grown": peak.highest - peak.before}))


if __name__ == "__main__":
    main(*sys.argv[1:])
