"""Python values as plain JSON, and back, for messages between a program and its tests.

Scalars stand for themselves; everything else is a list that begins with a tag. There are no JSON objects, so
nothing that a program sends is hashed before it is decoded.
"""

import collections
import datetime
import decimal
import fractions
import keyword
import math
import re
import unicodedata
from collections.abc import Callable
from typing import Any

SMALL_INT = 1 << 62  # larger ones go as hexadecimal: reading decimals takes quadratic time
MAX_EMPTY_ITEMS = 1 << 16
NUMBERS = re.compile(r"[<>|=]?[biufc]\d{1,4}")
"""the types of arrays that are sent as their bytes"""


class CodecError(ValueError):
    """A value that can't be sent, or a message that describes no value."""


Export = Callable[[Any], list[Any]]
Import = Callable[[list[Any]], Any]


def encode(value: Any, export: Export | None = None) -> Any:
    """Return ``value`` as JSON.

    Args:
        value: any value; built-in types, and some of the standard library, are sent as what they are. A
            subclass of a built-in type is sent as that type, without its own methods.
        export: takes an object that can't be sent and returns a list that stands for it.

    Raises:
        CodecError: an object can't be sent and there is no ``export``, or a value contains itself.
    """
    try:
        return _encode(value, export)
    except RecursionError:
        raise CodecError("the value is nested too deeply, or contains itself") from None


def _encode(value: Any, export: Export | None) -> Any:
    kind = type(value)
    if value is None or kind is bool or kind is float or kind is str:
        return value
    if kind is int:
        return value if -SMALL_INT < value < SMALL_INT else ["int", hex(value)]
    encoder = _ENCODERS.get(kind)
    if encoder is not None:
        return encoder(value, export)
    return _encode_subclass(value, export)


def _encode_subclass(value: Any, export: Export | None) -> Any:
    kind = type(value)
    module = getattr(kind, "__module__", "")
    numpys = module == "numpy" or str(module).startswith("numpy.")
    if numpys and not isinstance(value, str | bytes):
        return _encode_numpy(value, export)
    if isinstance(value, tuple) and isinstance(getattr(kind, "_fields", None), tuple):
        fields = [str(f) for f in kind._fields]
        return ["namedtuple", str(kind.__name__), fields, *_items(tuple.__iter__(value), export)]
    for base in (bool, int, float, complex, str, bytes, bytearray, list, tuple, set, frozenset):
        if isinstance(value, base):
            return _encode(_plain(base, value), export)
    if isinstance(value, dict):
        return _encode(dict(dict.items(value)), export)
    if export is None:
        raise CodecError(f"a {kind.__name__} object can't be compared with plain data")
    return export(value)


def _plain(base: Any, value: Any) -> Any:
    """Return the built-in value inside an instance of a subclass, past its overridden methods."""
    if base in (int, float, complex):
        return base.__add__(value, base(0))
    if base is str:
        return str.__str__(value) if type(value) is str else "".join(str.__iter__(value))
    return base(base.__iter__(value))


def _items(values: Any, export: Export | None) -> list[Any]:
    return [_encode(v, export) for v in values]


def _pairs(tag: str) -> Callable[[Any, Export | None], list[Any]]:
    def encoder(value: Any, export: Export | None) -> list[Any]:
        flat = [tag]
        for key, item in dict.items(value):
            flat += (_encode(key, export), _encode(item, export))
        return flat

    return encoder


def _encode_numpy(value: Any, export: Export | None) -> Any:
    text = str(getattr(getattr(value, "dtype", None), "str", ""))
    shape = [int(n) for n in getattr(value, "shape", ())]
    if text[1:2] in ("U", "S"):  # sent as text, since not every four bytes are a character
        return ["texts", shape, *_items(value.ravel().tolist(), None)]
    if not NUMBERS.fullmatch(text):
        if export is None:
            raise CodecError(f"a {type(value).__name__} object can't be compared with plain data")
        return export(value)
    tag = "array" if type(value).__name__ == "ndarray" else "scalar"
    return [tag, text, shape, value.tobytes().hex()]


_ENCODERS: dict[type, Callable[[Any, Export | None], list[Any]]] = {
    list: lambda v, e: ["list", *_items(v, e)],
    tuple: lambda v, e: ["tuple", *_items(v, e)],
    set: lambda v, e: ["set", *_items(v, e)],
    frozenset: lambda v, e: ["frozenset", *_items(v, e)],
    dict: _pairs("dict"),
    collections.OrderedDict: _pairs("OrderedDict"),
    collections.defaultdict: _pairs("defaultdict"),
    collections.Counter: _pairs("Counter"),
    collections.deque: lambda v, e: ["deque", v.maxlen, *_items(v, e)],
    complex: lambda v, e: ["complex", v.real, v.imag],
    bytes: lambda v, e: ["bytes", v.hex()],
    bytearray: lambda v, e: ["bytearray", v.hex()],
    range: lambda v, e: ["range", *_items((v.start, v.stop, v.step), e)],
    decimal.Decimal: lambda v, e: ["Decimal", str(v)],
    fractions.Fraction: lambda v, e: ["Fraction", *_items((v.numerator, v.denominator), e)],
    datetime.datetime: lambda v, e: (
        ["datetime", v.replace(tzinfo=None).isoformat()]
        if v.tzinfo is None
        else ["datetime", v.isoformat()]
    ),
    datetime.date: lambda v, e: ["date", v.isoformat()],
    datetime.time: lambda v, e: ["time", v.isoformat()],
    datetime.timedelta: lambda v, e: ["timedelta", v.days, v.seconds, v.microseconds],
    type(Ellipsis): lambda v, e: ["Ellipsis"],
    type(NotImplemented): lambda v, e: ["NotImplemented"],
}


def decode(message: Any, resolve: Import | None = None) -> Any:
    """Return the value that ``message`` describes; nothing but built-in types is ever made.

    Args:
        message: what a possibly hostile program sent.
        resolve: takes a list with an unknown tag and returns what it stands for.

    Raises:
        CodecError: the message describes no value.
    """
    try:
        return _decode(message, resolve)
    except CodecError:
        raise
    except Exception as error:  # a type may raise anything for unforeseen contents
        raise CodecError(f"no value: {type(error).__name__}: {error}"[:200]) from None


def _decode(message: Any, resolve: Import | None) -> Any:
    if not isinstance(message, list):
        if isinstance(message, dict):
            raise CodecError("JSON objects are no values")
        return message
    if not message or not isinstance(message[0], str):
        raise CodecError("a list must begin with a tag")
    tag, rest = message[0], message[1:]
    decoder = _DECODERS.get(tag)
    if decoder is not None:
        return decoder([_decode(m, resolve) for m in rest])
    if tag in ("array", "scalar"):
        return decode_numpy(tag, *rest)
    if tag == "texts":
        return _decode_texts(*rest)
    if tag == "namedtuple":
        name, fields, *items = rest
        return _named_tuple(name, fields)(*(_decode(m, resolve) for m in items))
    if resolve is None:
        raise CodecError(f"unknown tag {tag[:40]!r}")
    return resolve(message)


def _named_tuple(name: Any, fields: Any) -> Any:
    """Return a class like the program's; its names are checked, since ``namedtuple`` evaluates them."""
    normal = [unicodedata.normalize("NFKC", f) for f in (name, *fields)]
    if not all(f.isidentifier() and not keyword.iskeyword(f) for f in normal):
        raise CodecError("no named tuple")
    return collections.namedtuple(normal[0], normal[1:])


def _decode_texts(shape: list[int], *items: Any) -> Any:
    numpy = _numpy()
    kinds = {type(item) for item in items}
    if kinds <= {str}:
        array = numpy.array(items, dtype=str)
    else:
        array = numpy.array([bytes.fromhex(item[1]) for item in items], dtype=bytes)
    return array.reshape(shape)


def _numpy() -> Any:
    try:
        import numpy
    except ImportError:
        raise CodecError("an array, where numpy is not installed") from None
    return numpy


def decode_numpy(tag: str, dtype: str, shape: list[int], data: str) -> Any:
    """Return the array of numbers or the scalar that a message describes."""
    np = _numpy()
    if not NUMBERS.fullmatch(dtype) or not all(type(n) is int and n >= 0 for n in shape):
        raise CodecError("no array")
    # With one side of length 0 the others may be any length, which tolist() would write out.
    if 0 in shape and math.prod(n or 1 for n in shape) > MAX_EMPTY_ITEMS:
        raise CodecError("an empty array with too long sides")
    array = np.frombuffer(bytes.fromhex(data), dtype=np.dtype(dtype)).reshape(shape).copy()
    if array.dtype.kind in "fc" and (array.dtype.itemsize == 2 or np.isinf(array).any()):
        # numpy rounds a number to the narrower type of the two: a float16 of inf would equal 70000.
        array = array.astype(np.result_type(array.dtype, np.float64))
    return array if tag == "array" else array[()]


def _fraction(numerator: Any, denominator: Any) -> fractions.Fraction:
    if type(numerator) is not int or type(denominator) is not int:
        raise CodecError("no fraction")  # Fraction would expand a text such as "1e999999999"
    return fractions.Fraction(numerator, denominator)


def _dictionary(items: list[Any]) -> dict[Any, Any]:
    return dict(zip(items[::2], items[1::2], strict=True))


_DECODERS: dict[str, Callable[[list[Any]], Any]] = {
    "int": lambda v: int(v[0], 16),
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "dict": _dictionary,
    "OrderedDict": lambda v: collections.OrderedDict(_dictionary(v)),
    "defaultdict": lambda v: collections.defaultdict(None, _dictionary(v)),
    "Counter": lambda v: collections.Counter(_dictionary(v)),
    "deque": lambda v: collections.deque(v[1:], v[0]),
    "complex": lambda v: complex(*v),
    "bytes": lambda v: bytes.fromhex(*v),
    "bytearray": lambda v: bytearray.fromhex(*v),
    "range": lambda v: range(*v),
    "Decimal": lambda v: decimal.Decimal(*v),
    "Fraction": lambda v: _fraction(*v),
    "datetime": lambda v: datetime.datetime.fromisoformat(*v),
    "date": lambda v: datetime.date.fromisoformat(*v),
    "time": lambda v: datetime.time.fromisoformat(*v),
    "timedelta": lambda v: datetime.timedelta(*v),
    "Ellipsis": lambda v: ...,
    "NotImplemented": lambda v: NotImplemented,
}
