"""Tasksets of verifiers as an environment (``pip install 'onelayer[verifiers]'``): ``onelayer/Verifiers-v0``.

It plays tasks of one turn whose score depends on the reply, and tasks of several turns whose ``Env.run``
talks with one agent through its ``interaction``. It refuses tools, containers, rewards that need a runtime,
and environments with several agents.
"""

import asyncio
import importlib
import inspect
from collections.abc import AsyncIterator, Coroutine, Hashable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import gymnasium as gym

from onelayer.envs.text import Outcome, TextEnv
from onelayer.errors import UnknownName

_TEST_EVERY = 10
"""verifiers has no splits, so the tenth, twentieth, ... task of a taskset is in the split "test" """


class VerifiersEnv(TextEnv):
    """Tasks of a verifiers taskset; the whole reply is the action.

    A task's system prompt and prompt are the first observation. The sum of its weighted rewards is the
    reward at the end; the task is solved if the sum is at least ``solved_at``.

    Args:
        taskset: the module of a taskset, as verifiers installs it, or ``module:Class``.
        split: "train", or "test" for every tenth task.
        config: fields of the taskset's configuration.
        count: tasks to read from the taskset, which may be infinite.
        solved_at: the reward from which a task is solved.
        max_steps: replies until an episode is truncated; a truncated episode is not scored.
        render_mode: "ansi" lets ``render()`` return the last text.

    Raises:
        gymnasium.error.DependencyNotInstalled: verifiers is not installed.
        UnknownName: there is no such taskset.
        ValueError: the taskset needs something unsupported, such as tools; the message says what.
    """

    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    free_form = True
    waits = True

    def __init__(
        self,
        taskset: str,
        split: str = "train",
        config: Mapping[str, Any] | None = None,
        count: int = 1_000,
        solved_at: float = 1.0,
        max_steps: int = 30,
        render_mode: str | None = None,
    ):
        super().__init__(max_steps, render_mode)
        if split not in self.splits:
            raise ValueError(f"split must be one of {', '.join(self.splits)}, got {split!r}")
        self._solved_at = solved_at
        loaded, self._run = _load(taskset, config or {})
        self._of: dict[str, Any] = {}
        for place, task in enumerate(islice(iter(loaded), count), start=1):
            if (place % _TEST_EVERY == 0) == (split == "test"):
                data = task.data
                self._of.setdefault(str(data.id or data.name or data.idx), task)
        self._said: tuple[str, ...] = ()
        self._exchange: _Exchange | None = None

    @property
    def tasks(self) -> Sequence[str]:
        """The ids, names or numbers of the tasks."""
        return tuple(self._of)

    def begin(self, task: str) -> str:
        """Show the task, or what the environment says first."""
        self.close()
        chosen = self._of[task]
        self._said = ()
        self._exchange = _Exchange(chosen, self._run)
        opening = self._exchange.go_on()
        shown = (chosen.data.system_prompt, chosen.data.prompt_text, opening)
        return "\n\n".join(text for text in shown if text)

    def act(self, action: str) -> Outcome:
        """Give the reply; return the next turn, or what the finished task is worth."""
        assert self._exchange is not None
        self._said = (*self._said, action)
        answer = self._exchange.go_on(action)
        if not self._exchange.is_over:
            return Outcome(answer or "")
        reward = self._exchange.score()
        return Outcome("The end.", reward, True, success=reward >= self._solved_at)

    def anchor(self) -> Hashable:
        """Return the replies so far."""
        return self._said

    def close(self) -> None:
        """End an exchange that is under way."""
        if self._exchange is not None:
            self._exchange.close()
            self._exchange = None


class _Exchange:
    """A task that is being played; verifiers sees an agent, whose replies come from ``go_on``."""

    def __init__(self, task: Any, run: Any):
        from verifiers.v1.trace import Trace, TraceTask

        self.is_over = False
        self._task = task
        self.trace = Trace.model_construct(
            task=TraceTask.model_construct(type=type(task).__name__, data=task.data),
            nodes=[],
            rewards={},
            metrics={},
            info={},
            errors=[],
            root_reply=None,
        )
        self._loop = asyncio.new_event_loop()
        self._asking: asyncio.Future[str | None] = self._loop.create_future()
        self._replying: asyncio.Future[str] | None = None
        playing = self._one_turn() if run is None else run(task, _Agents(self))
        self._playing: asyncio.Task[Any] = self._loop.create_task(playing)

    def go_on(self, reply: str | None = None) -> str | None:
        """Give the agent's reply, let the task go on, and return what it asks next."""
        if reply is not None and self._replying is not None:
            self._note(reply)
            self._asking, replying = self._loop.create_future(), self._replying
            replying.set_result(reply)
        self._until({self._playing, self._asking})
        if self._playing.done():
            self.is_over = True
            self._playing.result()  # raises what the task raised
            return None
        return self._asking.result()

    def score(self) -> float:
        """Return the sum of the weighted rewards."""
        self._loop.run_until_complete(self._task.score(self.trace))
        return float(sum(reward.value for reward in self.trace.rewards.values() if reward))

    def close(self) -> None:
        """Give the task up."""
        self._playing.cancel()
        self._until({self._playing})
        self._loop.close()

    async def turn(self, message: Any = None) -> Any:
        """Ask for a reply, as verifiers' ``Interaction.turn`` does."""
        self._replying = self._loop.create_future()
        self._asking.set_result(None if message is None else str(message))
        reply = await self._replying
        return SimpleNamespace(last_reply=reply, terminated=False, is_completed=False)

    async def _one_turn(self) -> None:
        await self.turn()

    def _note(self, reply: str) -> None:
        from verifiers.v1.graph import MessageNode
        from verifiers.v1.types import AssistantMessage

        node = MessageNode(message=AssistantMessage(content=reply), sampled=True)
        self.trace.nodes.append(node)

    def _until(self, futures: Iterable["asyncio.Future[Any]"]) -> None:
        first = asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
        self._loop.run_until_complete(_waited(first))


async def _waited(waiting: Coroutine[Any, Any, Any]) -> None:
    await waiting


class _Agents:
    """Verifiers' agents by their roles: any role is the one that plays."""

    def __init__(self, exchange: _Exchange):
        self._exchange = exchange

    def __getattr__(self, role: str) -> "_Agents":
        return self

    @asynccontextmanager
    async def interaction(self, task: Any, **_: Any) -> AsyncIterator[_Exchange]:
        """Talk with the one agent there is."""
        yield self._exchange


def _load(name: str, config: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the taskset, and the ``run`` of its environment or None where a task is one turn."""
    try:
        import verifiers.v1 as vf
        from verifiers.v1.configs.agent import agent_config_fields
        from verifiers.v1.utils.generic import concrete_type
    except ImportError as error:
        raise gym.error.DependencyNotInstalled(
            f"verifiers is not installed: pip install 'onelayer[verifiers]' ({error})"
        ) from error
    module, _, class_name = name.partition(":")
    plugin = _module(module)
    kind = getattr(plugin, class_name, None) if class_name else _only(plugin, vf.Taskset)
    if kind is None:
        raise UnknownName(f"{module} has no taskset {class_name or 'in its __all__'}")
    config_type = concrete_type(kind, vf.TasksetConfig) or vf.TasksetConfig
    taskset = kind(config_type(**config))
    _require_playable(taskset)
    env = _only(plugin, vf.Env)
    if env is None:
        return taskset, None
    env_config = (concrete_type(env, vf.EnvConfig) or vf.EnvConfig)()
    roles = list(agent_config_fields(env_config))
    if len(roles) != 1:
        raise ValueError(f"{name} plays with the agents {', '.join(roles)}; here there is one")
    playing = object.__new__(env)  # its __init__ would load a harness, which runs models
    playing.config, playing.taskset = env_config, taskset
    return taskset, playing.run


def _require_playable(taskset: Any) -> None:
    name = type(taskset).__name__
    task_type = type(taskset).task_type()
    if taskset.toolsets(taskset.config) or task_type.toolsets(taskset.config.task):
        raise ValueError(f"{name} gives its agent tools, which can't be played here")
    if task_type.NEEDS_CONTAINER:
        raise ValueError(f"{name} needs a container, which can't be had here")
    first = next(iter(taskset), None)
    for reward in () if first is None else first.hooks("reward"):
        runtime = inspect.signature(reward).parameters.get("runtime")
        if runtime is not None and runtime.default is runtime.empty:
            raise ValueError(f"{name} rewards by {reward.__name__}, which needs a runtime")


def _only(module: ModuleType, base: type) -> Any:
    """Return the subclass that a module exports, None where it exports none."""
    found = (getattr(module, name, None) for name in getattr(module, "__all__", ()))
    kinds = [one for one in found if isinstance(one, type) and issubclass(one, base)]
    return kinds[0] if kinds else None


def _module(name: str) -> ModuleType:
    for place in (f"verifiers.v1.tasksets.{name.replace('-', '_')}", name.replace("-", "_")):
        try:
            return importlib.import_module(place)
        except ModuleNotFoundError as error:
            if error.name is None or not place.startswith(error.name):
                raise
    raise UnknownName(f"there is no taskset {name!r}: give the module of an installed one")
