"""A small profile as it is typed, and one in which nothing is trained."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers import speaking_model

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
def quick(plain_tokenizer: Any, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Return ``quick(**changes)``: settings of a small profile, of a model that says 0 to 3 or stops."""
    model = speaking_model(*"0123", "<eos>")
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
def errors(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    """Return ``errors()``: the lines on stderr since the last look that are of `onelayer`."""

    def lines() -> list[str]:
        shown = capsys.readouterr().err.splitlines()
        return [line for line in shown if line.startswith("onelayer:")]

    return lines


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
