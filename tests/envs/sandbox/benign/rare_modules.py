import ctypes
import difflib
import enum
import gc
import graphlib
import inspect
import ipaddress
import sqlite3
import struct
import uuid
import xml.etree.ElementTree as tree
import zoneinfo

print(ctypes.sizeof(ctypes.c_int), difflib.SequenceMatcher(None, "abc", "abd").ratio() > 0.6)
print(sqlite3.connect(":memory:").execute("select 6 * 7").fetchone()[0], struct.pack(">H", 258))
print(tree.fromstring("<a><b>t</b></a>").find("b").text, ipaddress.ip_address("::1").is_loopback)
print(
    list(graphlib.TopologicalSorter({1: {2}}).static_order()),
    len(str(uuid.uuid4())),
    gc.isenabled(),
)
print(
    inspect.signature(lambda a, *, b: 0), enum.Enum("E", "A B").B.value, zoneinfo.ZoneInfo.__name__
)

# --- tests ---
TESTS = {
    "kind": "stdio",
    "cases": [
        {
            "input": "",
            "output": "4 True 42 b'\\x01\\x02' t True [2, 1] 36 True (a, *, b) 2 ZoneInfo",
        }
    ],
}
