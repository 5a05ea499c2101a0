"""A training run of a second, in a process of its own that may be told when to die.

    python counting_run.py '{"model": FOLDER, "out": FOLDER, ...}' [MOMENT ITERATION [SIGNAL [RANK]]]

The process gets the signal (SIGKILL by default) in that iteration: while it plays, when the weights have
moved and nothing is written yet, in the middle of a line of metrics, or in the middle of a checkpoint. Of
several processes the one of that rank gets it, or all (-1). A name that is no signal is something else that
happens to it: an error, an exit, a world that hangs, one gradient that is no number, or other settings,
weights or tasks from the start.
"""

import json
import os
import signal
import sys
import time
from typing import Any

import torch

from onelayer.agents.models import load_model
from onelayer.envs.plugins import make
from onelayer.trainers import checkpoints, heartbeat
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.trainer import Trainer

WORLD = {"digits": 2, "length": 2}
OTHER = {"digits": 3, "length": 2}


def main(
    settings: str, moment: str = "", iteration: str = "0", name: str = "SIGKILL", rank: str = "-1"
) -> None:
    struck = rank in ("-1", os.environ.get("RANK", "0"))
    wished = json.loads(settings)
    if struck and name == "settings":
        wished["minibatches"] = 1
    config = TrainConfig(**wished)
    if name == "SIGSTOP":
        heartbeat.EVERY, heartbeat.SILENCE = 1.0, 10.0
    model, tokenizer = load_model(config.model, config.dtype)
    if struck and name == "weights":
        with torch.no_grad():
            model.lm_head.weight[0, 0] += 1e-3
    world = {} if config.env.startswith("[") else WORLD  # a mixture names its members' own
    trainer = Trainer(
        model,
        tokenizer,
        lambda: make(config.env, **(OTHER if struck and name == "tasks" else world)),
        config,
        held_out=lambda: make(config.env, split="test", **world),
    )
    if struck and moment:
        arm(trainer, moment, int(iteration), name)
    try:
        trainer.train()
    except KeyboardInterrupt:
        sys.exit(130)


def arm(trainer: Trainer, moment: str, iteration: int, name: str) -> None:
    """Send this process the signal when the moment of that iteration has come."""

    plain = trainer.learner.scorer.backward

    def strike() -> None:
        if trainer.iteration != iteration:
            return
        if name == "hang":
            time.sleep(1000)
        if name == "nan":
            parameter = next(iter(trainer.learner.parameters.values()))
            parameter.grad = torch.full_like(parameter, float("nan"))
            trainer.learner.scorer.backward = plain  # once is enough
            return
        if name == "error":
            raise MemoryError("this process alone has no memory left")
        if name == "exit":
            os._exit(0)
        os.kill(os.getpid(), getattr(signal, name))

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

    if moment == "agent":
        before(trainer.games.agent, "step")
    elif moment == "gradient":
        before(trainer.learner.scorer, "backward")
    elif moment == "world":
        before(trainer.games.envs[0], "step")
    elif moment == "play":
        before(trainer.games.envs[5], "step")
    elif moment == "evaluate":
        before(trainer.held_out.envs[0], "step")
    elif moment == "update":
        before(trainer.reporter, "log")
    elif moment == "log":
        trainer.folder.log = torn  # type: ignore[method-assign]
    elif moment == "save":
        before(checkpoints, "write_atomically")


if __name__ == "__main__":
    main(*sys.argv[1:])
