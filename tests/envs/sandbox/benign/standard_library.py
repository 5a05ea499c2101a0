import base64
import bisect
import collections
import datetime
import functools
import hashlib
import heapq
import itertools
import operator
import re
import string
import textwrap
import zlib

heap = [5, 1, 4]
heapq.heapify(heap)
print(hashlib.sha256(b"x").hexdigest()[:8], zlib.crc32(b"x"), base64.b64encode(b"hi").decode())
print(heapq.heappop(heap), bisect.bisect([1, 2, 3], 2), collections.Counter("aab").most_common(1))
print(datetime.date(2024, 2, 29).isocalendar()[1], re.sub(r"\d+", "#", "a12b3"), string.digits[:3])
print(
    functools.reduce(operator.mul, itertools.accumulate(range(1, 4))), textwrap.shorten("a b c", 5)
)

# --- tests ---
TESTS = {
    "kind": "stdio",
    "cases": [
        {"input": "", "output": "2d711642 2363233923 aGk=\n1 2 [('a', 2)]\n9 a#b# 012\n18 a b c"}
    ],
}
