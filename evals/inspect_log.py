"""Results as logs of inspect_ai, which ``inspect view`` opens and ``inspect_ai.log.read_eval_log`` reads.

inspect_ai is not needed to write them: a log is JSON (version 2 of its format). An episode is a sample. A
step is a user message with the observation and an assistant message with the reply. Scores are ``success``
and ``return``.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import onelayer
from onelayer.agents.episodes import Episode, Step
from onelayer.evals.result_rows import Results
from onelayer.files import write_atomically

_CORRECT, _WRONG = "C", "I"


def write_inspect_logs(by_agent: Mapping[str, Results], folder: Path) -> list[Path]:
    """Write a log for each agent, replacing its earlier ones; return the files."""
    now = datetime.now(UTC).replace(microsecond=0)
    paths = []
    for name, results in by_agent.items():
        log = inspect_log(name, results, now)
        # The viewer lists only files whose names begin with a date.
        named = f"_{results.suite.name}_{log['eval']['eval_id']}.json"
        for earlier in folder.glob(f"*{named}"):
            earlier.unlink()
        path = folder / f"{now:%Y-%m-%dT%H-%M-%S+00-00}{named}"
        write_atomically(path, json.dumps(log, allow_nan=False))
        paths.append(path)
    return paths


def inspect_log(name: str, results: Results, moment: datetime) -> dict[str, Any]:
    """Return the log of one agent.

    Args:
        name: the agent's name.
        results: the agent's results.
        moment: the time of writing, since results hold no time.
    """
    suite, model = results.suite, f"onelayer/{results.settings.get('model', name)}"
    created = moment.isoformat()
    identity = hashlib.sha256(f"{suite.name} {name} {results.data}".encode()).hexdigest()[:22]
    tasks = list(dict.fromkeys(_sample_id(episode) for episode in results.episodes))
    attempts = max((episode.attempt for episode in results.episodes), default=0) + 1
    usage = _usage(results)
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "eval_id": identity,
            "run_id": identity,
            "created": created,
            "task": suite.name,
            "task_id": identity,
            "task_version": suite.version,
            "task_args": {},
            "dataset": {
                "name": suite.env,
                "samples": len(tasks),
                "sample_ids": tasks,
                "shuffled": False,
            },
            "model": model,
            "model_args": _plain(results.settings),
            "config": {"epochs": attempts},
            "packages": {"onelayer": onelayer.__version__},
            "metadata": {"agent": name, "suite": _plain(suite.as_dict())},
            "scorers": [{"name": scorer} for scorer in ("success", "return")],
        },
        "plan": {"name": "plan", "steps": [{"solver": "onelayer", "params": {"agent": name}}]},
        "results": {
            "total_samples": len(results.episodes),
            "completed_samples": len(results.counted),
            "scores": [_scored(results, scorer) for scorer in ("success", "return")],
        },
        "stats": {
            "started_at": created,
            "completed_at": created,
            "model_usage": {model: usage} if usage else {},
        },
        "samples": [_sample(episode, model) for episode in results.episodes],
    }


def _scored(results: Results, scorer: str) -> dict[str, Any]:
    estimate = results.overall.metrics.get(scorer)
    metrics = {}
    if estimate is not None and math.isfinite(estimate.value):
        named = {"mean": estimate.value, "low": estimate.low, "high": estimate.high}
        metrics = {name: {"name": name, "value": value} for name, value in named.items()}
    return {"name": scorer, "scorer": scorer, "params": {}, "metrics": metrics}


def _sample(episode: Episode, model: str) -> dict[str, Any]:
    messages = [
        message for i, step in enumerate(episode.steps) for message in _messages_of(i, step, model)
    ]
    last = messages[-1] if messages else None
    total = episode.total_reward
    sample: dict[str, Any] = {
        "id": _sample_id(episode),
        "epoch": episode.attempt + 1,
        "input": episode.steps[0].observation if episode.steps else "",
        "target": "",
        "messages": messages,
        "output": {
            "model": model,
            "choices": [] if last is None else [{"message": last, "stop_reason": "stop"}],
        },
        "scores": {
            "success": {
                "value": _CORRECT if episode.success else _WRONG,
                "answer": episode.answer,
                "metadata": {"truncated": episode.truncated},
            },
            "return": {"value": total if math.isfinite(total) else 0.0},
        },
        "metadata": {"kind": episode.kind, "part": episode.part},
        "store": {},
        "events": [],
        "model_usage": {},
        "attachments": {},
    }
    if episode.error is not None:
        sample["scores"] = {}
        sample["error"] = {
            "message": episode.error,
            "traceback": episode.error,
            "traceback_ansi": episode.error,
        }
    return sample


def _messages_of(number: int, step: Step, model: str) -> list[dict[str, Any]]:
    facts = {"action": step.action, "reward": step.reward, "valid": step.valid, "cut": step.cut}
    if not math.isfinite(step.reward):
        facts["reward"] = None
    return [
        {"id": f"o{number}", "role": "user", "content": step.observation},
        {
            "id": f"a{number}",
            "role": "assistant",
            "content": step.reply or step.action,
            "source": "generate",
            "model": model,
            "metadata": facts,
        },
    ]


def _usage(results: Results) -> dict[str, int]:
    used = results.usage
    if not used:
        return {}
    read, written = int(used["read"]), int(used["written"])
    return {"input_tokens": read, "output_tokens": written, "total_tokens": read + written}


def _sample_id(episode: Episode) -> str:
    return f"{episode.part}/{episode.task}" if episode.part else episode.task


def _plain(value: Mapping[str, Any]) -> Any:
    """Return a value as JSON holds it."""
    return json.loads(json.dumps(value, default=str))
