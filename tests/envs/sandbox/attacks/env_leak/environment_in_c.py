"""Read the environment from the memory in which the kernel put it.

kinds: stdio asserts
control: leaks
"""

import ctypes
import sys

pointer = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
for number in range(1000):
    if not pointer or pointer[number] is None:
        break
    if b"SECRET" in pointer[number]:
        print("LEAK", pointer[number], file=sys.stderr)
