"""Overwrite the type objects of the interpreter that everything else uses.

kinds: io_call asserts stdio
expected: killed error failed timeout memory
limits: cpu_s=0.5 wall_s=2
"""

import ctypes


def solve(n):
    for thing in (dict, list, str, bytes, type(solve)):
        ctypes.memset(id(thing) + 48, 0x41, 200)
    return {}
