"""What of a task's tests is shown."""

import pytest

from onelayer.envs.code.examples import first_test, shown


def test_the_first_assert_is_public_with_its_setup():
    tests = {
        "kind": "asserts",
        "setup": "import math",
        "asserts": ["assert f(1) == 2", "assert f(2) == 3"],
        "extra": ["assert f(9) == 10"],
    }
    public, note = first_test(tests)
    assert public["asserts"] == ["assert f(1) == 2"] and public["setup"] == "import math"
    assert public["extra"] == []
    assert note == "the first of the 3 tests that decide"
    assert shown(public) == "import math\nassert f(1) == 2"


def test_the_first_case_is_public():
    tests = {
        "kind": "io_call",
        "fn_name": "f",
        "cases": [{"args": [1, "a"], "output": [2]}, {"args": [], "output": 0}],
    }
    public, _ = first_test(tests)
    assert shown(public) == "f(1, 'a') == [2]"
    tests = {"kind": "stdio", "cases": [{"input": "1 2\n", "output": "3\n"}]}
    public, note = first_test(tests)
    assert note == "the only test"
    assert shown(public) == "input:\n    1 2\noutput:\n    3"


def test_the_first_assert_of_a_check_is_public_under_the_functions_own_name():
    code = (
        "META = {}\n\ndef check(candidate):\n    x = 1\n    assert True, 'runs'\n"
        "    assert sorted(candidate([2, 1])) == [1, 2], 'sorts'\n    assert candidate([]) == []\n\n"
        "check(sort_it)\n"
    )
    public, _ = first_test({"kind": "check_fn", "code": code})
    assert public["kind"] == "asserts"
    assert public["asserts"] == ["assert sorted(sort_it([2, 1])) == [1, 2]"]


@pytest.mark.parametrize(
    "body",
    [
        "    for x in range(3):\n        assert candidate(x) == x\n",
        "    y = 4\n    assert candidate(1) == y\n",
        "    assert True\n",
        "    assert helper(candidate)\n",
    ],
)
def test_an_assert_that_does_not_stand_alone_is_not_shown(body):
    code = f"def helper(f): return f(0) == 0\n\ndef check(candidate):\n{body}\n\ncheck(f)\n"
    assert first_test({"kind": "check_fn", "code": code}) == (None, "")


def test_a_script_is_shown_up_to_its_first_assert():
    code = "box = Box()\nbox.add(1)\nassert box.size() == 1\nassert box.size() < 2\n"
    public, _ = first_test({"kind": "script", "setup": "", "code": code})
    assert public["code"] == "box = Box()\nbox.add(1)\nassert box.size() == 1\n"
    assert first_test({"kind": "script", "setup": "", "code": "run()\n"}) == (None, "")


def test_a_long_example_is_cut():
    tests = {"kind": "stdio", "cases": [{"input": "1 " * 9_000, "output": "2"}]}
    assert len(shown(tests)) < 2_100
