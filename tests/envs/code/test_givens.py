"""What programs and tests take for given: a prelude, the prompt's helpers, counts, readable observations."""

import json
import sys
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

import onelayer.envs  # noqa: F401
from onelayer.envs.code import sandboxes
from onelayer.envs.code.formats import PRELUDE
from onelayer.envs.code.loading import Data, load_tasks
from onelayer.envs.sandbox import Verdict

STARTER = "class Solution:\n    def addOne(self, nums: List[int]) -> List[int]:\n        "
APPS = {
    "problem_id": 1,
    "question": "Add one to every number.",
    "starter_code": STARTER,
    "input_output": json.dumps(
        {"fn_name": "addOne", "inputs": [[[1, 2]], [[5]]], "outputs": [[2, 3], [6]]}
    ),
    "solutions": json.dumps([f"{STARTER}return [n + 1 for n in nums]\n"]),
}
LEETCODE = {
    "task_id": "two-sum",
    "problem_description": "Return the values of a list, each plus one.",
    "starter_code": "class Solution:\n    def plus(self, head: Optional[ListNode]) -> List[int]:\n        ",
    "prompt": "from typing import *\nfrom math import *\ninf = float('inf')\nclass ListNode:\n"
    "    def __init__(self, val=0, next=None): self.val, self.next = val, next\n"
    "def list_node(values):\n    head = None\n"
    "    for value in reversed(values): head = ListNode(value, head)\n    return head\n",
    "entry_point": "Solution().plus",
    "test": "def check(candidate):\n    assert candidate(head=list_node([1, 2])) == [2, 3]\n"
    "    assert candidate(list_node([])) == []\n",
    "completion": "class Solution:\n    def plus(self, head: Optional[ListNode]) -> List[int]:\n"
    "        found = []\n        while head: found, head = found + [head.val + 1], head.next\n"
    "        return found\n",
    "difficulty": "Easy",
}
HUMAN_EVAL = {
    "task_id": "HumanEval/932",
    "prompt": "import math\n\n\ndef poly(xs: list, x: float):\n    return xs[0] + xs[1] * x\n\n\n"
    'def find_zero(xs: list):\n    """Return where poly(xs, x) is zero."""\n',
    "entry_point": "find_zero",
    "canonical_solution": "    return -xs[0] / xs[1]\n",
    "test": "def check(candidate):\n    for xs in ([1, 2], [-6, 11], [5, 10]):\n"
    "        assert math.fabs(poly(xs, candidate(xs))) < 1e-4\n",
}


@pytest.fixture
def play(tmp_path: Path, level: str) -> Any:
    """Return a function that plays one reply on a row and returns observation, reward and info."""

    def run(row: Any, reply: str, **kwargs: Any) -> tuple[str, float, dict[str, Any]]:
        file = tmp_path / "test.jsonl"
        file.write_text(json.dumps(row))
        env = gym.make(
            "onelayer/Code-v0", dataset=str(file), split="test", level=level, max_turns=1, **kwargs
        )
        env.reset(seed=0)
        observation, reward, _, _, info = env.step(f"```python\n{reply}\n```")
        return observation, float(reward), info

    return run


def test_leetcodes_style_needs_no_imports(play: Any) -> None:
    assert play(APPS, f"{STARTER}return [n + 1 for n in nums]", verify=True)[1] == 1
    assert play(APPS, f"{STARTER}return list(accumulate([1] * 2))")[1] == 0
    assert play(APPS, f"from typing import List\n{STARTER}return [n + 1 for n in nums]")[1] == 1
    own = {
        "id": "own",
        "prompt": f"Write\n{STARTER}",
        "entry_point": "Solution",
        "tests": {"kind": "asserts", "asserts": ["assert Solution().addOne([1]) == [2]"]},
    }
    assert play(own, f"{STARTER}return [n + 1 for n in nums]")[1] == 1


def test_the_prelude_leaves_builtins_alone(play: Any) -> None:
    scope: dict[str, Any] = {}
    exec(PRELUDE, scope)
    assert scope["pow"](2, 3, 5) == 3 and scope["abs"] is abs and scope["sum"] is sum
    assert {"List", "Counter", "heappush", "lru_cache", "inf", "bisect_left"} <= set(scope)


def test_rows_of_leetcodedataset(play: Any) -> None:
    assert play(LEETCODE, LEETCODE["completion"], verify=True)[1] == 1
    wrong = LEETCODE["completion"].replace("head.val + 1", "head.val")
    assert play(LEETCODE, wrong)[1] == 0


def test_helpers_of_the_prompt_are_not_the_programs_to_define(play: Any) -> None:
    cheat = "def poly(xs, x): return 0.0\ndef find_zero(xs): return 42"
    assert play(HUMAN_EVAL, cheat)[1] == 0
    assert play(HUMAN_EVAL, "def find_zero(xs):\n    return -xs[0] / xs[1]")[1] == 1


def test_a_list_of_one_is_right_either_way(play: Any) -> None:
    data = {"fn_name": "div", "inputs": [[2], [3]], "outputs": [[1], [1]]}
    row = {"problem_id": 3, "question": "Divide.", "input_output": json.dumps(data)}
    for body, reward in (("[1]", 1), ("1", 1), ("(1,)", 1), ("1.0000001", 1), ("[2]", 0)):
        assert play(row, f"def div(n): return {body}")[1] == reward


def test_integers_of_thousands_of_digits_are_read(play: Any) -> None:
    digits = "7" * 5_000
    text = f'{{"fn_name": "same", "inputs": [[{digits}]], "outputs": [{digits}]}}'
    row = {"problem_id": 4, "question": "Return it.", "input_output": text}
    assert play(row, "def same(n): return n")[1] == 1
    assert play(row, "def same(n): return n + 1")[1] == 0
    assert sys.get_int_max_str_digits() == 4300


def test_tests_with_unknown_fields_are_refused_with_row_and_field(tmp_path: Path) -> None:
    row = {
        "id": "a",
        "prompt": "Write f.",
        "entry_point": "f",
        "tests": {"kind": "asserts", "asserts": ["assert f()"], "imports": "import math"},
    }
    file = tmp_path / "test.jsonl"
    file.write_text(json.dumps(row))
    with pytest.raises(ValueError, match=r"line 1 .*no field 'imports'"):
        load_tasks(Data(str(file)), "test", verify=False)


def test_observations_hold_readable_text_of_bounded_bytes(level: str) -> None:
    env = gym.make("onelayer/Code-v0", level=level)
    for character in ("\\ud800", "\\U000120b1", "\\xff"):
        env.reset(options={"task": "words/squeeze"})
        program = (
            f"import sys\ndef squeeze(text):\n    print('{character}' * 3000, file=sys.stderr)\n"
            f"    raise ValueError('{character}' * 3000)"
        )
        observation = env.step(f"```python\n{program}\n```")[0]
        assert 100 < len(observation.encode()) < 2_500


def test_time_outs_and_dropped_episodes_are_counted(
    monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    env = gym.make("onelayer/Code-v0", level=level, cpu_s=0.3, wall_s=2)
    _, info = env.reset(options={"task": "words/squeeze"})
    assert info["timeouts"] == 0 and info["dropped"] == 0
    endless = "```python\ndef squeeze(text):\n    while True: pass\n```"
    info = env.step(endless)[4]
    assert info["status"] == "timeout" and info["timeouts"] == 1
    assert env.step("```python\ndef squeeze(text): return 1\n```")[4]["timeouts"] == 1

    class Broken:
        def check(self, *_: Any, **__: Any) -> Verdict:
            return Verdict("sandbox_error", "full")

    monkeypatch.setattr(sandboxes, "shared_sandbox", lambda *_: Broken())
    with pytest.raises(RuntimeError, match="the sandbox failed"):
        env.step("```python\ndef squeeze(text): return text\n```")
    monkeypatch.undo()
    assert env.reset(options={"task": "words/squeeze"})[1]["dropped"] == 1
    assert env.reset(options={"task": "words/squeeze"})[1]["timeouts"] == 0


def test_packages_are_an_option(play: Any) -> None:
    row = {
        "id": "a",
        "prompt": "Write f.",
        "entry_point": "f",
        "tests": {"kind": "asserts", "asserts": ["assert f() == 'x'"]},
    }
    program = "def f():\n    import typing_extensions\n    return 'x'"
    assert play(row, "def f():\n    import numpy\n    return 'x'", packages=[])[1] == 0
    assert play(row, program)[1] == 0
