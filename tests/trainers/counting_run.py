"""A training run of a second, in a process of its own that may be told when to die.

    python counting_run.py '{"model": FOLDER, "out": FOLDER, "env": ..., ...}' [MOMENT ITERATION [SIGNAL]]

The process gets the signal (SIGKILL by default) in that iteration: while it plays, when the weights have
moved and nothing is written yet, in the middle of a line of metrics, or in the middle of a checkpoint.
"""

import json
import os
import signal
import sys
from typing import Any

from onelayer.agents.models import load_model
from onelayer.envs.plugins import make
from onelayer.trainers import checkpoints
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.trainer import Trainer

WORLD = {"digits": 2, "length": 2}


def main(settings: str, moment: str = "", iteration: str = "0", name: str = "SIGKILL") -> None:
    config = TrainConfig(**json.loads(settings))
    model, tokenizer = load_model(config.model)
    trainer = Trainer(
        model,
        tokenizer,
        lambda: make("onelayer/Counting-v0", **WORLD),
        config,
        held_out=lambda: make("onelayer/Counting-v0", split="test", **WORLD),
    )
    arm(trainer, moment, int(iteration), getattr(signal, name))
    try:
        trainer.train()
    except KeyboardInterrupt:
        sys.exit(130)


def arm(trainer: Trainer, moment: str, iteration: int, number: int) -> None:
    """Send this process the signal when the moment of that iteration has come."""

    def strike() -> None:
        if trainer.iteration == iteration:
            os.kill(os.getpid(), number)

    def before(owner: Any, method: str) -> None:
        original = getattr(owner, method)

        def struck(*args: Any, **kwargs: Any) -> Any:
            strike()
            return original(*args, **kwargs)

        setattr(owner, method, struck)

    def torn(metrics: Any) -> None:
        if trainer.iteration == iteration:
            with open(trainer.folder.metrics, "a") as file:
                file.write(json.dumps(metrics)[:40])
            strike()
        type(trainer.folder).log(trainer.folder, metrics)

    if moment == "play":
        before(trainer.games.envs[5], "step")
    elif moment == "evaluate":
        before(trainer.held_out.envs[0], "step")
    elif moment == "update":
        before(trainer, "_log")
    elif moment == "log":
        trainer.folder.log = torn  # type: ignore[method-assign]
    elif moment == "save":
        before(checkpoints, "write_atomically")


if __name__ == "__main__":
    main(*sys.argv[1:])
