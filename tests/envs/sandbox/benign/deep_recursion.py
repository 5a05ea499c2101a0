import sys
import threading

sys.setrecursionlimit(200_000)
threading.stack_size(128 * 1024 * 1024)


def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


thread = threading.Thread(target=lambda: print(depth(60_000)))
thread.start()
thread.join()

# --- tests ---
TESTS = {"kind": "stdio", "cases": [{"input": "", "output": "60000"}]}
