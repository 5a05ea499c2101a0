"""A small profile as it is typed, and one in which nothing is trained."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from onelayer.cli import main

QUICK = {
    "env": "onelayer/Counting-v0",
    "env_args": "{digits: 4, length: 1}",
    "algorithm": "grpo",
    "iterations": 2,
    "tasks_per_iteration": 2,
    "group_size": 4,
    "response_limit": 3,
    "learning_rate": 0.01,
    "eval_temperature": 1.0,
    "checkpoint_every": 1,
    "seeds": "1",
    "layer_list": "1,2",
    "jobs": 1,
}
SUITE = {
    "env": "onelayer/Counting-v0",
    "split": "test",
    "tasks": 3,
    "attempts": 16,
    "metrics": ["success"],
}


@pytest.fixture(autouse=True)
def on_one_core(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Runs in this process and runs in others are equal only where both sum on as many threads."""
    torch = pytest.importorskip("torch")
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def suite() -> dict[str, Any]:
    """Return the held-out suite of ``quick``."""
    return dict(SUITE)


@pytest.fixture
def quick(tiny_model: Any, plain_tokenizer: Any, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Return ``quick(**changes)``: settings of a small profile, of a model that says 0 to 3 or stops."""
    import torch

    likely = [plain_tokenizer.convert_tokens_to_ids(word) for word in (*"0123", "<eos>")]
    model = tiny_model(tied=False, initializer_range=0.1)
    with torch.no_grad():
        model.get_input_embeddings().weight[:, 0] = 1.0
        model.get_output_embeddings().weight[:, 0] = -0.7
        model.get_output_embeddings().weight[likely, 0] = 0.7
    model.save_pretrained(tmp_path / "model")
    plain_tokenizer.save_pretrained(tmp_path / "model")
    (tmp_path / "suite.yaml").write_text(yaml.safe_dump(SUITE))
    fixed = {
        "model": str(tmp_path / "model"),
        "out": str(tmp_path / "profile"),
        "suite": str(tmp_path / "suite.yaml"),
    }
    return lambda **changes: {**fixed, **QUICK, **changes}


@pytest.fixture
def flags() -> Callable[[dict[str, Any]], list[str]]:
    """Return ``flags(settings)``: the settings as they are typed."""

    def typed(settings: dict[str, Any]) -> list[str]:
        return [
            text
            for name, value in settings.items()
            for text in (f"--{name.replace('_', '-')}", str(value))
        ]

    return typed


@pytest.fixture
def profile(flags: Callable[[dict[str, Any]], list[str]]) -> Callable[[dict[str, Any]], int]:
    """Return ``profile(settings) -> exit code``: `onelayer profile`."""
    return lambda settings: main(["profile", *flags(settings)])


@pytest.fixture
def errors(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    """Return ``errors()``: the lines on stderr since the last look that are of `onelayer`."""

    def lines() -> list[str]:
        shown = capsys.readouterr().err.splitlines()
        return [line for line in shown if line.startswith("onelayer:")]

    return lines


@pytest.fixture
def what_was_found() -> Callable[[Path], dict[str, Any]]:
    """Return ``what_was_found(folder)``: its profile without what a clock, or the place, decides."""

    def read(folder: Path) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((folder / "profile.json").read_text())
        for name in ("created", "config"):
            content.pop(name)
        for run in content["runs"]:
            for clock in ("seconds", "cpu_seconds"):
                run.pop(clock)
        return content

    return read


@pytest.fixture
def weights() -> Callable[[Path], dict[tuple[str, str], Any]]:
    """Return ``weights(folder)``: the trained tensors of every run, bit for bit."""
    from safetensors.torch import load_file

    def read(folder: Path) -> dict[tuple[str, str], Any]:
        return {
            (file.parent.name, name): tensor.tolist()
            for file in sorted((folder / "runs").rglob("*.safetensors"))
            for name, tensor in load_file(file).items()
        }

    return read


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Any], float]], list[Any]]:
    """Return ``pretend(score) -> made``: nothing is trained; ``score(job)`` is what each job earns."""
    from onelayer.trainers.profile.task_scores import TaskScores, write_scores
    from onelayer.trainers.profile.workers import Workers

    def begin(score: Callable[[Any], float]) -> list[Any]:
        made: list[Any] = []

        def carry_out(self: Any, jobs: list[Any]) -> bool:
            for job in jobs:
                if self.should_stop():
                    return False
                made.append(job)
                config = job.config
                about: dict[str, Any] = {}
                if config is not None:
                    about = {"config": config.resume_key(), "trained_parameters": 7}
                    about["iterations"] = config.iterations
                value = score(job)
                tasks = tuple(f"by-{by}-from-{first}" for by, first in ((1, 3), (2, 2), (3, 1)))
                scores = TaskScores(job.name, tasks, (value,) * 3, **about)
                write_scores(job.path, scores, job.evaluation)
                self.tell("scored", job.name, scores)
            return True

        monkeypatch.setattr(Workers, "carry_out", carry_out)
        return made

    return begin


@pytest.fixture
def known() -> Callable[[Any], float]:
    """Layers that gain 0.1, 0.4, 0.2 and 0.3 of what full training gains, in proportion to the time."""

    def score(job: Any) -> float:
        if job.config is None:
            return 0.1
        gain = {"0": 0.1, "1": 0.4, "2": 0.2, "3": 0.3}.get(job.config.layers, 1.0)
        return 0.1 + 0.5 * gain * float(job.config.iterations) / 8

    return score
