"""Print bytes that are no UTF-8, NULs and terminal commands.

kinds: stdio
expected: failed
"""

import os

os.write(1, b"\xff\xfe\x00\x00\xed\xa0\x80\x1b[2J\x1b]0;owned\x07\r\n" * 100)
os.write(2, b"\xc0\xaf\x00\x9b31m" * 100)
