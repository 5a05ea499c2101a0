"""What crosses between a program and its tests, and what the comparison in the trainer takes."""

import collections
import datetime
import decimal
import fractions
import json
import math
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onelayer.envs.sandbox.codec import CodecError, decode, encode
from onelayer.envs.sandbox.comparison import matches
from onelayer.envs.sandbox.shown import show

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary()
)
HASHABLE = st.one_of(SCALARS, st.tuples(SCALARS, SCALARS), st.frozensets(SCALARS, max_size=3))
VALUES = st.recursive(
    SCALARS | HASHABLE,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(HASHABLE, inner, max_size=4)
        | st.sets(HASHABLE, max_size=4)
    ),
    max_leaves=12,
)


def over_the_wire(value: Any) -> Any:
    return json.loads(json.dumps(encode(value)))


@settings(deadline=None, max_examples=150)
@given(VALUES)
def test_plain_values_come_back_equal_and_of_the_same_type(value: Any) -> None:
    back = decode(over_the_wire(value))
    assert back == value and type(back) is type(value)
    assert matches(value, over_the_wire(value))


@settings(deadline=None, max_examples=150)
@given(VALUES, VALUES)
def test_a_comparison_in_the_trainer_agrees_with_pythons(left: Any, right: Any) -> None:
    if left == right:
        assert matches(left, over_the_wire(right), tolerance=0.0)
    elif matches(left, over_the_wire(right), tolerance=0.0):
        # The two leniences: lists are tuples, as in JSON; a set's 1 and 1.0 and True are told apart.
        assert as_lists(left) == as_lists(right)


def as_lists(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [as_lists(v) for v in value]
    if isinstance(value, dict):
        return {key: as_lists(v) for key, v in value.items()}
    return value


Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "value",
    [
        collections.Counter("abba"),
        collections.OrderedDict(a=1),
        collections.deque([1, 2], maxlen=3),
        decimal.Decimal("1.50"),
        fractions.Fraction(1, 3),
        datetime.datetime(2024, 2, 29, 12, 30, 1, 5),
        datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC),
        datetime.date(2024, 2, 29),
        datetime.time(1, 2, 3),
        datetime.timedelta(days=-1, seconds=5),
        range(1, 10, 2),
        2 + 3j,
        bytearray(b"ab"),
        pytest.param(10**5000, id="many digits"),
        -(10**30),
        math.inf,
        "\ud800 alone",
        ...,
    ],
)
def test_values_of_the_standard_library_cross_as_what_they_are(value: Any) -> None:
    back = decode(over_the_wire(value))
    assert back == value and type(back) is type(value)


def test_a_named_tuple_keeps_its_fields_and_numpys_arrays_their_type() -> None:
    assert decode(over_the_wire(Point(1, [2]))).y == [2]
    array = np.arange(6, dtype=np.int16).reshape(2, 3)
    back = decode(over_the_wire(array))
    assert back.dtype == array.dtype and (back == array).all()
    assert type(decode(over_the_wire(np.float32(1.5)))) is np.float32


def test_a_subclass_of_a_built_in_type_loses_its_methods() -> None:
    class Liar(str):
        def __eq__(self, other: object) -> bool:
            return True

        def __str__(self) -> str:
            return "something else"

        __hash__ = str.__hash__

    class Number(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    assert over_the_wire(Liar("x")) == "x"
    assert not matches("y", over_the_wire(Liar("x")))
    assert over_the_wire(Number(3)) == 3
    assert not matches([4], over_the_wire([Number(3)]))


def test_an_object_crosses_only_where_somebody_stands_for_it() -> None:
    with pytest.raises(CodecError, match="object"):
        encode([object()])
    assert encode([object()], lambda value: ["handle", 7]) == ["list", ["handle", 7]]
    assert decode(["list", ["handle", 7]], lambda message: message[1]) == [7]


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(CodecError, match="contains itself"):
        encode(loop)


@pytest.mark.parametrize(
    "message",
    [
        {},
        [],
        [1],
        ["list", {}],
        ["no such tag", 1],
        ["int", "zz"],
        ["int", 5],
        ["dict", 1],
        ["set", ["list"]],
        ["bytes", "0"],
        ["Fraction", 1, 0],
        ["Decimal", "x"],
        ["array", "O", [1], "00"],
        ["array", "<i8", [-1], "00"],
        ["array", "<i8", [1 << 40], "00"],
        ["range", 1, 2, 0],
        ["datetime", "never"],
        ["deque"],
    ],
)
def test_what_describes_no_value_is_refused_and_matches_nothing(message: Any) -> None:
    with pytest.raises(CodecError):
        decode(message)
    for expected in (1, "a", [1], {"a": 1}, {1}, None, True, 1.5, b"", (1, 2), 10**100):
        assert not matches(expected, message, 1e-6)


def test_the_names_of_a_named_tuple_are_names() -> None:
    for name, fields in (("a b", ["x"]), ("A", ["class"]), ("__import__('os')", ["x"]), ("A", [1])):
        with pytest.raises(CodecError):
            decode(["namedtuple", name, fields, 1])


def nest(depth: int) -> Any:
    value: Any = ["list"]
    for _ in range(depth):
        value = ["list", value]
    return value


def test_the_trainer_does_not_descend_into_what_a_program_nested() -> None:
    deep = nest(100_000)
    for expected in ([1], {"a": 1}, {1}, 1, 2 + 1j, [[1]]):
        assert not matches(expected, deep)
    assert not matches({"a": 1}, ["dict", deep, 1])
    assert len(show(deep)) <= 300


def test_colliding_hashes_cost_the_trainer_no_time() -> None:
    keys = [i * ((1 << 61) - 1) for i in range(20_000)]
    flat = [part for key in keys for part in (["int", hex(key)], 1)]
    started = time.process_time()
    assert not matches({1: 1}, ["dict", *flat])
    assert not matches({1}, ["set", *flat])
    assert time.process_time() - started < 5  # building the dictionary would take minutes


def test_numbers_compare_as_in_python_or_within_a_tolerance() -> None:
    assert matches(1, 1.0) and matches(1.0, 1) and matches(True, 1) and matches(1, True)
    assert not matches(1, "1") and not matches("1", 1) and not matches(0, None)
    assert not matches(math.nan, math.nan)
    assert not matches(1.0, 1.0001) and matches(1.0, 1.0001, tolerance=1e-3)
    assert matches([1.0, {"a": 2.0}], over_the_wire((1.0 + 1e-9, {"a": 2.0})), tolerance=1e-6)
    assert not matches(2.0, over_the_wire(10**400), tolerance=1e-6)
    assert matches(3, over_the_wire(np.int64(3))) and matches(
        [1, 2], over_the_wire(np.arange(1, 3))
    )


def test_a_dictionary_with_a_key_twice_or_one_too_many_is_no_match() -> None:
    assert matches({"a": 1, 2: [3]}, over_the_wire({2: [3], "a": 1}))
    assert not matches({"a": 1}, ["dict", "a", 2, "a", 1])
    assert not matches({"a": 1}, over_the_wire({"a": 1, "b": 2}))
    assert not matches({"a": 1}, over_the_wire({"a": 2}))
    assert matches({1: 2}, over_the_wire({1.0: 2}))


@pytest.mark.parametrize(
    "message",
    [
        ["Fraction", "1e999999999"],
        ["list", ["Fraction", "1e999999999", 1]],
        ["array", "<f8", [10**12, 0], ""],
        ["array", "<f8", [10**6, 10**6, 0], ""],
    ],
)
def test_a_short_message_makes_no_long_work(message: list[Any]) -> None:
    with pytest.raises(CodecError):
        decode(message)
    started = time.process_time()
    for expected in (1, [1], [message], 0.5, fractions.Fraction(1, 2)):
        assert not matches(expected, message, 1e-9)
        assert not matches([expected], message)
    assert len(show(message)) < 400
    assert time.process_time() - started < 5


def test_empty_arrays_still_cross() -> None:
    for shape in ((0,), (0, 3), (1000, 0)):
        assert decode(over_the_wire(np.zeros(shape))).shape == shape
