import threading
from concurrent.futures import ThreadPoolExecutor
from queue import Queue

queue = Queue()
workers = [threading.Thread(target=queue.put, args=(n,)) for n in range(5)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
with ThreadPoolExecutor(3) as pool:
    squares = list(pool.map(lambda n: n * n, range(5)))
print(sum(queue.get() for _ in range(5)), sum(squares))

# --- tests ---
TESTS = {"kind": "stdio", "cases": [{"input": "", "output": "10 30"}]}
