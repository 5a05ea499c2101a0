"""Programming tasks as a Gymnasium environment: ``gymnasium.make("onelayer/Code-v0")``."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar

from onelayer.envs.code.feedback import after_public_tests, first_failure, instructions, opening
from onelayer.envs.code.loading import Data, kinds_of, load_tasks, require_apart_from_test
from onelayer.envs.code.problem import CodeTask, Tests, with_entry_point
from onelayer.envs.code.program import NoProgram, complete, find_program, normalised
from onelayer.envs.code.sandboxes import LEVELS, PACKAGES, Runner
from onelayer.envs.code.tasks import load_shipped
from onelayer.envs.hacks import PROGRAMS
from onelayer.envs.sandbox import Limits, Verdict
from onelayer.envs.text import Outcome, TextEnv
from onelayer.errors import EnvironmentFailed, UnknownName
from onelayer.settings import did_you_mean


class CodeEnv(TextEnv):
    """Write a Python program; public tests say what is wrong with it, hidden ones decide.

    An action is a reply with a program in a fenced block, or nothing but a program. It is run on the public
    tests, and the observation tells what came of it. Where it passes them, or was the last one allowed, the
    hidden tests decide and the episode ends: reward 1 where all of them pass, else 0, whatever the reason.
    Nothing that happens under the hidden tests is told.

    Beyond ``TextEnv``'s entries, ``info`` holds ``kind`` (the difficulty, or the data set), ``status`` (of
    the last program on the public tests, "" before), ``level`` (the isolation it ran under, "" before),
    ``timeouts`` (runs of this episode, on public or hidden tests, that exceeded the time limit), ``dropped``
    (episodes of this environment so far in which the sandbox itself failed, so that ``step`` raised) and,
    once the episode is over, ``reward_parts``.

    Args:
        dataset: a ``.jsonl`` or ``.parquet`` file, a folder in the hub's layout, a hub id, or a name (mbpp,
            mbpp-sanitized, mbppplus, humaneval, humanevalplus, apps, taco); None for the tasks that ship.
        split: "train", "test", or what the data have.
        test_dataset: the data set of the split "test", where it is another one.
        dataset_config: the configuration of a data set on the hub that has several.
        dataset_columns: field to column, for the fields id, prompt, entry_point, tests, public, reference
            and kind whose columns have other names.
        verify: run the data's own solutions on the tests when the data are loaded; None: only for data sets
            whose solutions are expected to pass.
        exclude: ids of tasks to leave out.
        allow_contamination: train although tasks of the data's test split, or of ``test_dataset``, resemble
            training tasks.
        kinds: the kinds of tasks to play; None for all.
        max_turns: programs that may be sent.
        show_public: show public tests in the first observation, where the task's text lacks them.
        level: isolation, see ``onelayer.envs.sandbox``: "auto", "full", "no-namespaces" or "unsafe".
        cpu_s: processor seconds for a program; for this and the following limits see ``Limits``.
        wall_s: wall-clock seconds; None for ``3 * cpu_s + 2``.
        memory_mb: memory, MiB.
        disk_mb: files, MiB.
        output_kb: standard output, KiB.
        packages: what programs may import beside the standard library, where it is installed.
        render_mode: "ansi" lets ``render()`` return the last text.

    Raises:
        ValueError: a row of the data is bad, a split or kind does not exist, or an argument makes no sense.
        UnknownName: there is no such data set.
        FileNotFoundError, ConnectionError: the data can't be reached.
        RuntimeError: solutions are to be verified and no sandbox works here.
    """

    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    """those of the tasks that ship; other data may have others"""
    free_form = True
    waits = True
    success_margin = 1.0
    hacks = PROGRAMS

    def __init__(
        self,
        dataset: str | None = None,
        split: str = "train",
        test_dataset: str | None = None,
        dataset_config: str | None = None,
        dataset_columns: Mapping[str, str] | None = None,
        verify: bool | None = None,
        exclude: Sequence[str] = (),
        allow_contamination: bool = False,
        kinds: Sequence[str] | None = None,
        max_turns: int = 3,
        show_public: bool = True,
        level: str = "auto",
        cpu_s: float = 5.0,
        wall_s: float | None = None,
        memory_mb: float = 512,
        disk_mb: float = 16,
        output_kb: float = 64,
        packages: Sequence[str] = PACKAGES,
        render_mode: str | None = None,
    ):
        if not isinstance(max_turns, int) or max_turns < 1:
            raise ValueError(f"max_turns must be a whole number from 1, got {max_turns!r}")
        super().__init__(max_turns, render_mode)
        if level not in LEVELS:
            raise ValueError(f"there is no level {level!r}{did_you_mean(level, LEVELS)}")
        packages = (packages,) if isinstance(packages, str) else tuple(packages)
        limits = Limits(cpu_s, wall_s, memory_mb, disk_mb, output_kb)
        self.runner = Runner(level, limits, packages)
        self.show_public = show_public
        self.instructions = instructions(max_turns)
        if split == "test" and test_dataset is not None:
            dataset = test_dataset
        exclude = (exclude,) if isinstance(exclude, str) else exclude
        if dataset is None:
            found = _shipped(split, exclude)
        else:
            data = Data.of(str(dataset), dataset_config, dataset_columns)
            found = load_tasks(data, split, exclude=exclude, verify=verify, runner=self.runner)
            if split == "train":
                require_apart_from_test(found, data, test_dataset, allowed=allow_contamination)
        self._by_id = {task.id: task for task in _of_kinds(found, kinds)}
        self._ids = tuple(self._by_id)
        self._current: CodeTask | None = None
        self._state: Hashable = ()
        self._details: dict[str, Any] = {}
        self._dropped = 0

    @property
    def tasks(self) -> Sequence[str]:
        """The ids of the tasks of this split."""
        return self._ids

    def begin(self, task: str) -> str:
        """Show a task."""
        self._current = self._by_id[task]
        self._state = ()
        self._details = {"kind": self._current.kind, "status": "", "level": "", "timeouts": 0}
        return opening(self._current, self.show_public)

    def act(self, action: str) -> Outcome:
        """Run a program on the public tests, and on the hidden ones where they decide.

        Raises:
            RuntimeError: the sandbox failed, so that nothing is known of the program.
        """
        task = self._playing()
        is_last = self._steps + 1 >= self.max_steps
        try:
            found = find_program(action, task)
        except NoProgram as problem:
            if is_last:
                self._details["reward_parts"] = {"correctness": 0.0}
            return Outcome(f"{problem} Send the whole program in a fenced block.", valid=False)
        program = complete(found, task)
        told, passes_public = "", True
        outcome: Hashable = ()
        if task.public is not None:
            verdict = self._run(program, task.public)
            told, passes_public = after_public_tests(verdict), verdict.passed
            failure = first_failure(verdict)
            outcome = (verdict.status, None if failure is None else failure.index)
            self._details |= {"status": verdict.status, "level": verdict.level}
        self._state = (normalised(found), outcome)
        if not passes_public and not is_last:
            return Outcome(told)
        # A program that fails public tests that are among the hidden ones fails these too.
        solved = (passes_public or not task.public_is_hidden) and self._passes_hidden(program)
        self._details["reward_parts"] = {"correctness": float(solved)}
        ending = "The task is solved." if solved else "The task is not solved."
        return Outcome(f"{told}\n{ending}".strip(), float(solved), terminated=True, success=solved)

    def anchor(self) -> Hashable:
        """Return the last program in one layout, with its outcome on the public tests."""
        return self._state

    def details(self) -> Mapping[str, Any]:
        """Return kind, public status, level and, at the end, the parts of the reward."""
        return {**self._details, "dropped": self._dropped}

    def solution(self, task: str) -> Sequence[str] | None:
        """Return the reference solution as a reply, None where the data have none."""
        found = self._by_id[task]
        if found.reference is None:
            return None
        return [f"```python\n{complete(found.reference, found).rstrip()}\n```"]

    def report(self) -> Sequence[str]:
        """Return the level of isolation in force here, and what its self-test found.

        Raises:
            RuntimeError: this machine does not allow the level.
        """
        sandbox = self.runner.sandbox()
        held = sum(canary.held for canary in sandbox.canaries)
        lines = [
            f"isolation: {sandbox.level}; {held} of {len(sandbox.canaries)} probes were stopped"
        ]
        if sandbox.level == "unsafe":
            lines.append("programs can reach this machine and forge their verdicts")
        for canary in sandbox.canaries:
            mark = "stopped" if canary.held else "GOT THROUGH"
            lines.append(f"{mark}: {canary.name}: {canary.detail}")
        return lines

    def _run(self, program: str, tests: Tests) -> Verdict:
        asked = with_entry_point(tests, self._playing().entry_point)
        verdict = self.runner.check(program, asked)
        self._details["timeouts"] += verdict.status == "timeout"
        if verdict.status == "sandbox_error":
            self._dropped += 1
            raise EnvironmentFailed(
                f"the sandbox failed: {verdict.detail or 'it does not say why'}"
            )
        return verdict

    def _passes_hidden(self, program: str) -> bool:
        verdict = self._run(program, self._playing().hidden)
        self._details["level"] = verdict.level
        return verdict.passed

    def _playing(self) -> CodeTask:
        if self._current is None:
            raise RuntimeError("call reset() first")
        return self._current


def _shipped(split: str, exclude: Sequence[str]) -> tuple[CodeTask, ...]:
    if split not in CodeEnv.splits:
        raise ValueError(f"split must be one of {', '.join(CodeEnv.splits)}, got {split!r}")
    tasks = load_shipped()
    for name in exclude:
        if all(task.id != name for task in tasks):
            near = did_you_mean(name, [task.id for task in tasks])
            raise UnknownName(f"there is no task {name!r} to exclude{near}")
    return tuple(task for task in tasks if task.split == split and task.id not in exclude)


def _of_kinds(tasks: Sequence[CodeTask], kinds: Sequence[str] | None) -> list[CodeTask]:
    """Return the tasks of some kinds, in their order."""
    if kinds is None:
        return list(tasks)
    wanted = [kinds] if isinstance(kinds, str) else list(kinds)
    there = kinds_of(tasks)
    for kind in wanted:
        if kind not in there:
            raise ValueError(f"there are no tasks of kind {kind!r}{did_you_mean(str(kind), there)}")
    if not wanted:
        raise ValueError("kinds is empty: name at least one, or leave it out")
    return [task for task in tasks if task.kind in wanted]
