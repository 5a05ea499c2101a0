"""What an agent reads: the task, and what came of its program on the public tests."""

from onelayer.envs.code.examples import shown
from onelayer.envs.code.problem import CodeTask
from onelayer.envs.sandbox import CaseResult, Verdict
from onelayer.envs.sandbox.shown import readable

_LONGEST_CASE, _LONGEST_STDERR = 600, 1_000
"""bytes of an observation, in UTF-8: no tokenizer makes more tokens of a text than it has bytes, while one
rare character may be four of them"""

_PROGRAM = """You write Python programs. Reply with the whole program in one fenced block:

```python
...
```

"""
_ONE_TURN = "Tests decide whether it solves the task."
_TURNS = (
    "It is tried on the public tests, and you read what came of it. Where it fails, send a corrected "
    "program, up to {turns} in all. Once one passes them, hidden tests decide whether the task is solved."
)

_WORDS = {
    "failed": "it gave a wrong result",
    "error": "it raised an exception",
    "timeout": "it took too long",
    "memory": "it used too much memory",
    "killed": "it did something that is not allowed",
    "output_limit": "it printed too much",
}


def opening(task: CodeTask, show_public: bool) -> str:
    """Return the first observation: the task, and its public tests where the text lacks them."""
    if task.stub:
        text = f"Write this function, under this name:\n\n```python\n{task.prompt.strip()}\n```"
    else:
        text = task.prompt.strip()
    if task.entry_point and task.entry_point not in text:
        text += f"\n\nIt is called `{task.entry_point}`."
    if task.public is None or not show_public:
        return text
    example = shown(task.public)
    if example in text:
        return text
    note = f" ({task.public_note})" if task.public_note else ""
    return f"{text}\n\nPublic tests{note}:\n{example}"


def after_public_tests(verdict: Verdict) -> str:
    """Return what came of the public tests: the status, the first case that failed, what was printed."""
    if verdict.passed:
        return "The public tests pass."
    lines = [f"Public tests: {verdict.status}, {_WORDS.get(verdict.status, 'it did not pass')}."]
    case = first_failure(verdict)
    detail = (case.detail if case is not None else "") or verdict.detail
    if case is not None and case.index:
        lines.append(f"The first {case.index} passed.")
    if detail:
        lines.append(f"First failure: {_cut(detail, _LONGEST_CASE)}")
    if verdict.stderr.strip():
        lines.append(f"Standard error:\n{_end_of(verdict.stderr.strip(), _LONGEST_STDERR)}")
    return "\n".join(lines)


def first_failure(verdict: Verdict) -> CaseResult | None:
    """Return the first case that did not pass, None where the run ended before any."""
    return next((case for case in verdict.cases if case.status != "passed"), None)


def instructions(max_turns: int) -> str:
    """Return what a model is told before its first task."""
    return _PROGRAM + (_ONE_TURN if max_turns == 1 else _TURNS.format(turns=max_turns))


def _cut(text: str, length: int) -> str:
    encoded = readable(text).encode()
    if len(encoded) <= length:
        return encoded.decode()
    return encoded[:length].decode(errors="ignore") + " ..."


def _end_of(text: str, length: int) -> str:
    """Return the end of a text, where a traceback names the exception."""
    encoded = readable(text).encode()
    if len(encoded) <= length:
        return encoded.decode()
    return "... " + encoded[-length:].decode(errors="ignore")
