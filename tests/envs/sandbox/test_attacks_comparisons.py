"""No way in which a test may compare lets an object pass that was made to agree with everything.

Each shape of assert is tried with each chameleon, and with the right value, which has to pass.
"""

from typing import Any

import pytest

from onelayer.envs.sandbox import Limits

SHAPES: dict[str, tuple[str, object]] = {
    "equal": ("assert solve(3) == 481516", 481516),
    "equal the other way round": ("assert 481516 == solve(3)", 481516),
    "not unequal": ("assert not solve(3) != 481516", 481516),
    "between": ("assert 481516 <= solve(3) <= 481516", 481516),
    "neither less nor greater": ("assert not solve(3) < 481516 and not solve(3) > 481516", 481516),
    "smallest and largest": (
        "assert min(solve(3), 481516) == max(solve(3), 481516) == 481516",
        481516,
    ),
    "near": ("assert abs(solve(3) - 48.1516) < 1e-9", 48.1516),
    "near the other way round": ("assert abs(48.1516 - solve(3)) < 1e-9", 48.1516),
    "isclose": ("import math\nassert math.isclose(solve(3), 48.1516, rel_tol=1e-9)", 48.1516),
    "rounded": ("assert round(solve(3), 2) == 48.15", 48.1516),
    "no difference": ("assert solve(3) - 481516 == 0", 481516),
    "no difference of bits": ("assert solve(3) ^ 481516 == 0", 481516),
    "quotient": ("assert solve(3) / 481516 == 1", 481516),
    "sum": ("assert sum([solve(3), -481516]) == 0", 481516),
    "as int": ("assert int(solve(3)) == 481516", 481516),
    "as text": ("assert str(solve(3)) == '481516'", 481516),
    "formatted": ("assert f'{solve(3):d}' == '481516'", 481516),
    "of the type and equal": ("assert type(solve(3)) is int and solve(3) == 481516", 481516),
    "in a list": ("assert solve(3) in [481516]", 481516),
    "in a set": ("assert solve(3) in {481516}", 481516),
    "a key": ("assert {481516: True}.get(solve(3), False)", 481516),
    "true": ("assert solve(3) is True", True),
    "nothing": ("assert solve(3) is None", None),
    "list": ("assert solve(3) == [4, 8, 15]", [4, 8, 15]),
    "made a list": ("assert list(solve(3)) == [4, 8, 15]", [4, 8, 15]),
    "sorted": ("assert sorted(solve(3)) == [4, 8, 15]", [15, 4, 8]),
    "made a set": ("assert set(solve(3)) == {4, 8, 15}", [15, 4, 8]),
    "unpacked": ("a, b, c = solve(3)\nassert (a, b, c) == (4, 8, 15)", [4, 8, 15]),
    "item": ("assert solve(3)[1] == 8", [4, 8, 15]),
    "length": ("assert len(solve(3)) == 17", list(range(17))),
    "each item": (
        "assert len(solve(3)) == 3 and all(a == b for a, b in zip(solve(3), [4, 8, 15]))",
        [4, 8, 15],
    ),
    "dictionary": ("assert solve(3) == {'a': 481516}", {"a": 481516}),
    "value of a key": ("assert solve(3)['a'] == 481516", {"a": 481516}),
    "items of a dictionary": ("assert dict(solve(3)) == {'a': 481516}", {"a": 481516}),
    "text": ("assert solve(3) == 'oceanic 815'", "oceanic 815"),
    "text in lower case": ("assert solve(3).lower() == 'oceanic 815'", "Oceanic 815"),
    "nested": ("assert solve(3) == [[4, 8], [15]]", [[4, 8], [15]]),
    "inside a tuple": ("assert (1, solve(3)) == (1, 481516)", 481516),
    "unittest": (
        "import unittest\nunittest.TestCase().assertEqual(solve(3), 481516)",
        481516,
    ),
    "unittest, almost": (
        "import unittest\nunittest.TestCase().assertAlmostEqual(solve(3), 48.1516)",
        48.1516,
    ),
    "unittest, in any order": (
        "import unittest\nunittest.TestCase().assertCountEqual(solve(3), [4, 8, 15])",
        [15, 4, 8],
    ),
    "argument that may be changed": ("xs = [4, 8]\nassert solve(xs) == sorted(xs)", [4, 8]),
    "numpy, close": (
        "import numpy as np\nassert np.allclose(solve(3), [4.0, 8.0, 15.0])",
        [4.0, 8.0, 15.0],
    ),
    "numpy, equal": (
        "import numpy as np\nassert np.array_equal(np.asarray(solve(3)), np.array([4, 8, 15]))",
        [4, 8, 15],
    ),
    "exception": (
        "try:\n    solve(3)\nexcept AssertionError:\n    pass\nassert solve(3) == 481516",
        481516,
    ),
}

METHODS = """
def always(value):
    return lambda self, *arguments: value

ACCORDING = {
    "__eq__": True, "__ne__": False, "__lt__": LESS, "__gt__": LESS, "__le__": True, "__ge__": True,
    "__sub__": 0, "__rsub__": 0, "__add__": 0, "__radd__": 0, "__xor__": 0, "__rxor__": 0,
    "__truediv__": 1, "__rtruediv__": 1, "__mul__": 0, "__mod__": 0, "__neg__": 0, "__abs__": 0,
    "__round__": 0, "__contains__": True, "__bool__": True, "__hash__": 0, "__len__": 3,
    "__instancecheck__": True, "__subclasscheck__": True,
}
"""
POINTING = """
class Pointing:
    @property
    def __array_interface__(self):
        return {"shape": (3,), "typestr": "<f8", "data": (ADDRESS, False), "version": 3}

    __array_struct__ = __array__ = property(lambda self: id(self))
    __array_priority__ = 1e9


ANSWER = Pointing()
"""
CHAMELEONS = {
    "pointer into nowhere": POINTING.replace("ADDRESS", "4096"),
    "pointer into memory": POINTING.replace("ADDRESS", "id(self)"),
    "object": """
space = {name: always(value) for name, value in ACCORDING.items()}
space["__getattr__"] = space["__getitem__"] = space["__call__"] = lambda self, *_: self
space["__iter__"] = lambda self: iter([self] * 3)
space["__class__"] = property(lambda self: int)
space["__array_ufunc__"] = space["__array_function__"] = always(True)
Chameleon = type("Chameleon", (), space)
ANSWER = Chameleon()
""",
    **{
        name: f"""
space = {{name: always(value) for name, value in ACCORDING.items()}}
Chameleon = type("{name}", ({name},), space)
ANSWER = Chameleon({start})
"""
        for name, start in {
            "int": "7",
            "float": "7.0",
            "str": "'x'",
            "list": "[7]",
            "tuple": "(7,)",
            "dict": "{'a': 7}",
            "set": "{7}",
        }.items()
    },
    "class": """
space = {name: always(value) for name, value in ACCORDING.items()}
space["__iter__"] = lambda self: iter([self] * 3)
Meta = type("Meta", (type,), space)
ANSWER = Meta("Chameleon", (), {})
""",
    "list of objects": """
space = {name: always(value) for name, value in ACCORDING.items()}
ANSWER = [type("Chameleon", (), space)() for _ in range(3)]
""",
    "array": """
import numpy
space = {name: always(value) for name, value in ACCORDING.items()}
ANSWER = numpy.zeros(3).view(type("Chameleon", (numpy.ndarray,), space))
""",
}
SOLVE = """
def solve(n):
    if isinstance(n, list):
        n.clear()
        return []
    return ANSWER
"""
PATIENT = Limits(cpu_s=10, wall_s=60)
BRIEF = Limits(cpu_s=0.3, wall_s=20)
"""numpy looks at things that hold themselves for as long as it may"""


def outcomes(sandbox: Any, program: str, shapes: list[str], limits: Limits) -> dict[str, str]:
    """Return the status of each shape of assert; the asserts of one check go on after a failure."""
    tests = {"kind": "asserts", "setup": "", "asserts": [SHAPES[shape][0] for shape in shapes]}
    verdict = sandbox.check(program, tests, limits=limits)
    assert [case.index for case in verdict.cases] == list(range(len(shapes))), verdict
    return {shape: case.status for shape, case in zip(shapes, verdict.cases, strict=True)}


@pytest.mark.parametrize("less", [True, False])
@pytest.mark.parametrize("name", CHAMELEONS)
def test_a_chameleon_passes_no_shape_of_assert(name: str, less: bool, sandbox: Any) -> None:
    if name == "array":
        pytest.importorskip("numpy")
    program = METHODS.replace("LESS", str(less)) + CHAMELEONS[name] + SOLVE
    by_numpy = [shape for shape in SHAPES if shape.startswith("numpy")]
    found = outcomes(sandbox, program, [s for s in SHAPES if s not in by_numpy], PATIENT)
    assert set(found.values()) <= {"failed", "error"}, found
    for shape in by_numpy:
        found = outcomes(sandbox, program, [shape], BRIEF)
        assert set(found.values()) <= {"failed", "error", "timeout"}, found


@pytest.mark.parametrize("shape", SHAPES)
def test_the_right_value_passes(shape: str, sandbox: Any) -> None:
    found = outcomes(sandbox, f"solve = lambda n: {SHAPES[shape][1]!r}\n", [shape], PATIENT)
    assert found == {shape: "passed"}


def test_the_chameleons_fool_asserts_in_one_process() -> None:
    fooled = set()
    for name, chameleon in CHAMELEONS.items():
        if name == "array" or name.startswith("pointer"):  # these may end the process
            continue
        space: dict[str, Any] = {}
        exec(METHODS.replace("LESS", "False") + chameleon + "solve = lambda n: ANSWER\n", space)
        for shape, (code, _) in SHAPES.items():
            try:
                exec(code, dict(space))
            except Exception:
                continue
            fooled.add((name, shape))
    assert len(fooled) > 50
    assert {name for name, _ in fooled} >= {"object", "int", "float", "str", "list", "dict"}
