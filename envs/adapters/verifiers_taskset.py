"""Any environment of onelayer as a taskset of verifiers, with the ``Env`` that plays it.

Verifiers finds a taskset by the name of a module of yours, such as ``my_taskset.py`` with one line::

    from onelayer.envs.adapters.verifiers_taskset import *

and then ``eval my_taskset --env.taskset.env-id onelayer/ALFWorld-v0``. Needs ``onelayer[verifiers]``.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import verifiers.v1 as vf

from onelayer.envs.attributes import attribute, tasks_of
from onelayer.envs.plugins import make
from onelayer.envs.seeds import episode_seed

__all__ = ["OnelayerConfig", "OnelayerEnv", "OnelayerEnvConfig", "OnelayerTask", "OnelayerTaskset"]

_HOW = "Reply with one action, and nothing else."


class OnelayerConfig(vf.TasksetConfig):  # type: ignore[misc]
    """Which environment, and the seed of its episodes."""

    env_id: str = "onelayer/ALFWorld-v0"
    env_args: dict[str, Any] = {}  # noqa: RUF012  (pydantic copies it)
    seed: int = 0


class OnelayerData(vf.TaskData):  # type: ignore[misc]
    """A task of the environment."""

    env_id: str
    env_args: dict[str, Any]
    task: str
    seed: int


class OnelayerTask(vf.Task[OnelayerData, vf.State, vf.TaskConfig]):  # type: ignore[misc]
    """Scored by the environment itself, see ``OnelayerEnv``."""


class OnelayerTaskset(vf.Taskset[OnelayerTask, OnelayerConfig]):  # type: ignore[misc]
    """The tasks of an environment, in their order; the first observation is the prompt."""

    def load(self) -> Iterator[OnelayerTask]:
        """Yield the tasks."""
        config = self.config
        env = make(config.env_id, **config.env_args)
        rules = attribute(env, "instructions", "")
        how = "" if attribute(env, "free_form", False) else _HOW
        for task in tasks_of(env) or ():
            seed = episode_seed(config.seed, task)
            observation, info = env.reset(seed=seed, options={"task": task})
            yield OnelayerTask(
                OnelayerData(
                    name=task,
                    prompt=_turn_text(observation, info),
                    system_prompt="\n\n".join(filter(None, (rules, how))) or None,
                    env_id=config.env_id,
                    env_args=config.env_args,
                    task=task,
                    seed=seed,
                ),
                config.task,
            )
        env.close()


class OnelayerEnvConfig(vf.EnvConfig):  # type: ignore[misc]
    """One agent plays."""

    player: vf.AgentConfig = vf.AgentConfig()


class OnelayerEnv(vf.Env[OnelayerEnvConfig]):  # type: ignore[misc]
    """Plays a task: each reply is an action, and what it leads to is the next turn of the user."""

    async def run(self, task: OnelayerTask, agents: Any) -> None:
        """Play one episode and record its reward, success, and number of steps."""
        data = task.data
        env = make(data.env_id, **data.env_args)
        await asyncio.to_thread(env.reset, seed=data.seed, options={"task": data.task})
        total, steps, ended = 0.0, 0, False
        info: Mapping[str, Any] = {}
        async with agents.player.interaction(task) as interaction:
            segment = await interaction.turn()
            while not segment.terminated:
                action = segment.last_reply
                observation, reward, terminated, truncated, info = await asyncio.to_thread(
                    env.step, action
                )
                total, steps, ended = total + float(reward), steps + 1, terminated
                if terminated or truncated:
                    break
                segment = await interaction.turn(_turn_text(observation, info))
        env.close()
        trace = interaction.trace
        trace.record_reward("episode_return", total, 1.0)
        trace.record_metric("success", float(info.get("success", ended and total > 0)))
        trace.record_metric("steps", float(steps))


def _turn_text(observation: str, info: Mapping[str, Any]) -> str:
    admissible = info.get("admissible")
    if not admissible:
        return observation
    return f"{observation}\n\nPossible actions: {'; '.join(admissible)}"
