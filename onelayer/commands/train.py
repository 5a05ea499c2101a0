"""`onelayer train`: improve an agent by reinforcement learning, changing the chosen layers only."""

import importlib.util
import shlex
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from onelayer.commands.announce import announce
from onelayer.commands.configuration import own_folder, parse_config
from onelayer.commands.machine import keep_report, report_of
from onelayer.envs import plugins
from onelayer.envs.text import require_text
from onelayer.settings import parse_mapping
from onelayer.trainers.config import TrainConfig as Config

if TYPE_CHECKING:
    from onelayer.trainers.reporter import Progress

HELP = "train an agent, changing one transformer layer"
_SECONDS_APART, _SECONDS_APART_IN_A_FILE = 0.2, 30.0
"""seconds between two updates of the bar by episodes that end, on a terminal and in a file"""
_MOVED, _ITERATIONS_TO_MOVE = 1e-3, 10
"""a policy with less than this KL to the start policy, in nats, after so many iterations has hardly moved"""

__all__ = ["HELP", "Config", "main", "run"]


def main(arguments: Sequence[str]) -> None:
    """Train as the arguments say."""
    config = parse_config(Config, arguments, program="onelayer train", description=HELP)
    if config.resume:  # a run folder that was copied or moved goes on where it is
        config = replace(config, out=own_folder(arguments, beside="checkpoints") or config.out)
    run(config)


def run(config: Config) -> None:
    """Train to the end, or until Ctrl-C or another signal to stop, after which a checkpoint is saved.

    Raises:
        ValueError: an environment, model, layer, algorithm or number that cannot work.
        EnvironmentFailed: the environment cannot work on this machine.
        KeyboardInterrupt: a signal to stop; what was learned is saved.
    """
    config = replace(config, out=str(config.folder))
    _check_names(config)
    announce(f"making the environment {_shortened(config.env)}")
    make_train, make_held_out = _environments(config)
    machine = report_of(make_train())

    announce("loading torch and transformers")
    from onelayer.agents.models import load_model
    from onelayer.trainers.run_folder import RunFolder
    from onelayer.trainers.server_weights import require_servers
    from onelayer.trainers.trainer import Trainer

    folder = RunFolder(config.folder)
    folder.require_for(config)
    if config.engine == "vllm":
        require_servers(config)
    announce(
        f"loading the model {config.model}, and comparing how it is played with how it runs itself"
    )
    model, tokenizer = load_model(config.model, config.dtype)
    progress = _Progress(config)
    trainer = Trainer(
        model,
        tokenizer,
        make_train,
        config,
        held_out=make_held_out,
        on_iteration=progress,
        on_progress=progress.show,
    )
    is_main = trainer.accelerator.is_main_process
    if is_main:
        keep_report(machine, folder.path)
        announce(_trained_parameters(trainer))
    try:
        trainer.train()
    except KeyboardInterrupt:
        progress.close()
        if is_main:
            print(
                f"\nstopped before iteration {trainer.iteration} of {config.iterations}; go on with\n"
                f"  onelayer train --config {shlex.quote(str(folder.path / 'config.yaml'))} --resume"
            )
        raise
    finally:
        progress.close()
    if is_main:
        progress.conclude(trainer)


def _check_names(config: Config) -> None:
    """Check the settings that can be checked before the model is loaded."""
    from onelayer.trainers.layer_spec import check_form

    config.estimator()
    check_form(config.layers)
    if config.log_with and config.log_with not in ("tensorboard", "wandb", "trackio"):
        raise ValueError(f"log_with is tensorboard, wandb or trackio, got {config.log_with!r}")
    if config.log_with and importlib.util.find_spec(config.log_with) is None:
        raise ValueError(f"log_with={config.log_with} needs `pip install {config.log_with}`")


def _environments(config: Config) -> tuple[Callable[[], Any], Callable[[], Any] | None]:
    """Return makers of the training and the held-out environment, after one of each was made."""
    arguments = parse_mapping(config.env_args, "--env-args")
    takes = plugins.arguments(plugins.resolve(config.env))
    if config.allow_contamination:
        if "allow_contamination" not in takes:
            raise ValueError(f"{config.env} compares no data sets; leave --allow-contamination out")
        arguments["allow_contamination"] = True
    takes_split = "split" in takes
    held_out = {**arguments, "split": config.eval_split} if takes_split else arguments

    def train_env() -> Any:
        return plugins.make(config.env, **arguments)

    def held_out_env() -> Any:
        return plugins.make(config.env, **held_out)

    first = train_env()
    require_text(first)
    first.close()
    if not config.eval_every:
        return train_env, None
    held_out_env().close()
    if not takes_split:
        warnings.warn(
            f"{config.env} has no splits: evaluation plays the tasks that are trained on",
            stacklevel=2,
        )
    return train_env, held_out_env


def _shortened(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _trained_parameters(trainer: Any) -> str:
    """Return the layers, the size of the run and its folder, in one line."""
    config, learner = trainer.config, trainer.learner
    learned = sum(p.numel() for p in learner.parameters.values())
    layers = ", ".join(map(str, learner.layers))
    plural = "s" if len(learner.layers) > 1 else ""
    return (
        f"training layer{plural} {layers} ({learned:,} parameters) for {config.iterations} iterations "
        f"of {config.tasks_per_iteration} tasks x {config.group_size} episodes in {config.folder}"
    )


class _Progress:
    """A bar over iterations that says what is being done, and a line for each evaluation."""

    def __init__(self, config: Config):
        self.config = config
        self.bar: Any = None
        self.last = ""
        """the figures of the last iteration"""
        self.shown = 0.0
        """when the bar was last drawn for an episode"""

    def show(self, progress: "Progress") -> None:
        """Say which phase it is, and how many of its episodes are over."""
        now = time.monotonic()
        apart = _SECONDS_APART if sys.stderr.isatty() else _SECONDS_APART_IN_A_FILE
        if progress.done and progress.done < progress.total and now - self.shown < apart:
            return
        self.shown = now
        counted = f" {progress.done}/{progress.total}" if progress.total else ""
        bar = self._bar(progress.iteration)
        bar.set_postfix_str(f"{progress.phase}{counted}{self.last}")

    def _bar(self, iteration: int) -> Any:
        from tqdm import tqdm

        if self.bar is None:
            total = self.config.iterations
            self.bar = tqdm(total=total, initial=iteration, desc="train", unit="it")
        return self.bar

    def __call__(self, metrics: Mapping[str, Any]) -> None:
        done = metrics["iteration"]
        bar = self._bar(done)
        if "eval/success" in metrics:
            errors = metrics.get("eval/errors", 0)
            broken = (
                f", {errors:.0f} of {metrics['eval/tasks']:.0f} ended in an error" if errors else ""
            )
            bar.write(
                f"iteration {done:4d}: held-out success {metrics['eval/success']:6.1%}{broken}"
            )
        if "success" in metrics:
            errors = f", errors {metrics['errors']:.0f}" if metrics["errors"] else ""
            redrawn = ""
            if "redraws" in metrics:
                redrawn = (
                    f", redrawn {metrics['redrawn_groups']:.0f}, flat {metrics['flat_groups']:.0f}"
                )
            self.last = (
                f", success {metrics['success']:.0%}, legal {metrics['valid_actions']:.1%}, "
                f"kl {metrics['kl']:.3f}{redrawn}{errors}"
            )
            bar.update()
        bar.set_postfix_str(self.last.removeprefix(", "))

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self.bar is not None:
            self.bar.close()

    def conclude(self, trainer: Any) -> None:
        """Say what came out of the whole run, parts before a resume included, and what to do with it."""
        trained = sum(p.numel() for p in trainer.learner.parameters.values())
        share = trained / sum(p.numel() for p in trainer.model.parameters())
        layers = ", ".join(map(str, trainer.learner.layers))
        what = (
            f"adapters of rank {self.config.lora_rank} in" if self.config.lora_rank else "trained"
        )
        print(f"{what} layer {layers}: {trained:,} parameters, {share:.1%} of the model")
        history = trainer.folder.history()
        seconds = {
            phase: sum(metrics.get(f"seconds/{phase}", 0.0) for metrics in history)
            for phase in ("rollout", "update", "evaluate")
        }
        total = sum(seconds.values()) or 1.0
        shares = ", ".join(f"{phase} {s / total:.0%}" for phase, s in seconds.items())
        print(f"{total / 60:.1f} minutes: {shares}")
        if self.config.dynamic_sampling:
            print(_what_was_redrawn(history, self.config.tasks_per_iteration))
        kls = [metrics["kl"] for metrics in history if "kl" in metrics]
        if self.config.beta > 0 and len(kls) >= _ITERATIONS_TO_MOVE and kls[-1] < _MOVED:
            print(
                f"the policy has hardly moved (kl {kls[-1]:.1e}): --learning-rate "
                f"{self.config.learning_rate:g} is low here; docs/training.md has rates by model and layer"
            )
        held_out = [metrics["eval/success"] for metrics in history if "eval/success" in metrics]
        if held_out:
            print(f"held-out success {held_out[0]:.1%} -> {held_out[-1]:.1%}")
        saved = "adapter_model" if self.config.lora_rank else "layer"
        run = shlex.quote(str(trainer.folder.path))
        print(f"saved {trainer.folder.path}/{saved}.safetensors; evaluate and look at it with")
        print(f"  onelayer eval {run}\n  onelayer report {run}")


def _what_was_redrawn(history: Sequence[Mapping[str, Any]], groups: int) -> str:
    """Say what dynamic sampling cost, and where it did not help."""
    sampled = [metrics for metrics in history if "redraws" in metrics]
    more, flat = (
        sum(metrics[name] for metrics in sampled) for name in ("redrawn_groups", "flat_groups")
    )
    return (
        f"dynamic sampling: {more:,.0f} groups played beyond the {groups * len(sampled):,} that were "
        f"learned from; {flat:,.0f} of these stayed flat"
    )
