import logging
import sys
import warnings

logging.warning("careful")
warnings.warn("deprecated", stacklevel=1)
print("note", file=sys.stderr)
print("1")

# --- tests ---
TESTS = {"kind": "stdio", "cases": [{"input": "", "output": "1"}]}
