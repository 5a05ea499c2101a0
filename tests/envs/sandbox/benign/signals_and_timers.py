import signal
import time

rung = []
signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.01)
deadline = time.monotonic() + 10
while not rung and time.monotonic() < deadline:
    time.sleep(0.005)
print("rang", len(rung))

# --- tests ---
TESTS = {"kind": "stdio", "cases": [{"input": "", "output": "rang 1"}]}
