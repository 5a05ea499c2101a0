"""The modules that fork servers import beforehand, so that programs need not import them.

Every imported module makes every fork a little slower. So there are two kinds of servers: one with a few
common modules, enough for most programs, and one with much of the standard library. A program also works on
the wrong kind, only more slowly.
"""

import re
from collections.abc import Sequence

COMMON = """
abc bisect collections contextlib copy dataclasses datetime decimal enum fractions functools heapq io
itertools json math operator os random re string struct sys time traceback types typing
""".split()  # noqa: SIM905 (a paragraph of quotes is no clearer)

FURTHER = """
argparse array ast asyncio base64 calendar cmath csv ctypes difflib doctest fileinput fnmatch glob hashlib
html inspect keyword logging numbers pathlib pickle pprint queue secrets shutil signal socket sqlite3 ssl
statistics subprocess tempfile textwrap threading timeit unicodedata unittest unittest.mock urllib.parse
uuid warnings weakref xml.etree.ElementTree zlib zoneinfo
""".split()  # noqa: SIM905


class Mentions:
    """Tells whether a text mentions one of the ``FURTHER`` modules, or one of ``packages``."""

    def __init__(self, packages: Sequence[str]):
        names = {name.split(".")[0] for name in (*FURTHER, *packages)}
        self._pattern = re.compile(r"\b(?:" + "|".join(sorted(names)) + r")\b")

    def __call__(self, text: str) -> bool:
        """Return whether ``text`` mentions one."""
        return self._pattern.search(text) is not None
