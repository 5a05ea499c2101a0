import collections
import datetime
import decimal
import fractions


def give(kind):
    return {
        "decimal": decimal.Decimal("1.10"),
        "fraction": fractions.Fraction(1, 3),
        "date": datetime.date(2020, 1, 2),
        "delta": datetime.timedelta(days=1),
        "counter": collections.Counter("aab"),
        "default": collections.defaultdict(list, {1: [2]}),
        "ordered": collections.OrderedDict([(1, 2)]),
        "deque": collections.deque([1, 2]),
    }[kind]


# --- tests ---
TESTS = {
    "kind": "asserts",
    "setup": "import datetime\nfrom decimal import Decimal\nfrom fractions import Fraction\nfrom collections import Counter, deque",
    "asserts": [
        "assert give('decimal') == Decimal('1.1')",
        "assert give('fraction') == Fraction(1, 3)",
        "assert give('date') == datetime.date(2020, 1, 2)",
        "assert give('delta') == datetime.timedelta(days=1)",
        "assert give('counter') == Counter('aab')",
        "assert give('default') == {1: [2]}",
        "assert give('ordered') == {1: 2}",
        "assert list(give('deque')) == [1, 2] and give('deque') == deque([1, 2])",
    ],
    "extra": [],
}
