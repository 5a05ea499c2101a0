"""The overhead of evaluation over playing, and of served models over a bare client.

::

    python benchmarks/evaluation.py overhead   # evaluate() beside rollout(), the tiny model in ALFWorld
    python benchmarks/evaluation.py endpoint   # EndpointAgent beside httpx alone, at 1, 8 and 64 at once
    python benchmarks/evaluation.py resume     # kill -9 at ten random points, then on: the same file?
    python benchmarks/evaluation.py page       # size of 1,200 episodes, and how long a browser takes

Each measures both sides in one run, in turn, and prints medians. The endpoint's server is a process of its
own that answers after a fixed time, as a model would; its cost is the same for both sides.
"""

import asyncio
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

REPEATS = 5
ANSWER_AFTER_S = 0.05
REQUESTS = 192


def main() -> None:
    """Run the measurement that the command line names."""
    parts = {"overhead": overhead, "endpoint": endpoint, "resume": resume, "page": page_of}
    if len(sys.argv) == 3 and sys.argv[1] == "serve":
        _serve(int(sys.argv[2]))
        return
    if len(sys.argv) != 2 or sys.argv[1] not in parts:
        sys.exit(f"usage: python benchmarks/evaluation.py {' | '.join(parts)}")
    parts[sys.argv[1]]()


def overhead() -> None:
    """Compare evaluate() with a journal to rollout() alone, on the same tasks with the same agent."""
    from onelayer.agents.models import load_model
    from onelayer.agents.policy import PolicyAgent
    from onelayer.agents.rollout import rollout
    from onelayer.agents.sampling import Sampling
    from onelayer.evals import Suite, evaluate

    suite = Suite(
        "s", "onelayer/ALFWorld-v0", split="test", tasks=96,
        env_args={"games": "generated", "room_size": 8, "max_steps": 20},
    )  # fmt: skip
    model, tokenizer = load_model("tiny")
    agent = PolicyAgent(model, tokenizer, sampling=Sampling(0.4, 1.0, 12))

    def bare() -> None:
        envs = [suite.make_env() for _ in range(32)]
        agent.reseed(suite.seed)
        rollout(envs, agent, suite.choose_tasks(envs[0]), reproducible=True, seed=suite.seed)

    def whole() -> None:
        with tempfile.TemporaryDirectory() as folder:
            results = evaluate(suite, agent, journal=Path(folder) / "j.jsonl", parallel=32)
            assert results.rows

    # Processor seconds of this process, which other load on the machine does not change.
    bare_s, whole_s = _in_turn(bare, whole, clock=time.process_time)
    print(
        f"rollout {bare_s:.2f} s, evaluate {whole_s:.2f} s: {100 * (whole_s / bare_s - 1):+.1f} %"
    )


def endpoint() -> None:
    """Compare requests a second of EndpointAgent and of a bare asynchronous client."""
    port = 8901
    server = subprocess.Popen([sys.executable, __file__, "serve", str(port)])
    try:
        time.sleep(1.5)
        for at_once in (1, 8, 64):
            count = REQUESTS if at_once > 1 else REQUESTS // 6
            bare_s, ours_s = _in_turn(
                lambda n=at_once, c=count: asyncio.run(_bare(port, n, c)),
                lambda n=at_once, c=count: _ours(port, n, c),
            )
            print(
                f"{at_once:>2} at once: bare {count / bare_s:7.1f} requests/s, "
                f"EndpointAgent {count / ours_s:7.1f}, {100 * bare_s / ours_s:.0f} %"
            )
    finally:
        server.kill()


async def _bare(port: int, at_once: int, count: int) -> None:
    import httpx

    limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
    body = {"model": "m", "messages": [{"role": "user", "content": "x" * 500}], "max_tokens": 8}
    address = f"http://127.0.0.1:{port}/v1/chat/completions"
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        gate = asyncio.Semaphore(at_once)

        async def one() -> None:
            async with gate:
                (await client.post(address, json=body)).json()

        await asyncio.gather(*(one() for _ in range(count)))


def _ours(port: int, at_once: int, count: int) -> None:
    from onelayer.agents.chat import ChatMessages
    from onelayer.agents.chat_server import ChatServer
    from onelayer.agents.endpoint import EndpointAgent

    server = ChatServer(f"http://127.0.0.1:{port}", "m", connections=at_once)
    agent = EndpointAgent(server, ChatMessages(), response_limit=8)
    begun = ended = 0
    while ended < count:
        while begun < count and begun - ended < at_once:
            agent.reset([begun])
            agent.submit(begun, "x" * 500, {"task": str(begun)})
            begun += 1
        ended += len(agent.step())
    agent.close()


def _serve(port: int) -> None:
    answer = json.dumps(
        {
            "choices": [{"message": {"content": "<action>go</action>"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 3},
        }
    ).encode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(ANSWER_AFTER_S)
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n\r\n".encode()
            self.wfile.write(head + answer)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

    Server(("127.0.0.1", port), Handler).serve_forever()


def resume() -> None:
    """Kill an evaluation at ten random points, resume it, and compare the files byte by byte.

    Each evaluation is a process of its own, forked from this one, which has loaded the model.
    """
    from onelayer.agents.models import load_model
    from onelayer.agents.policy import PolicyAgent
    from onelayer.agents.sampling import Sampling
    from onelayer.evals import Suite
    from onelayer.evals.results_folder import ResultsFolder

    suite = Suite("s", "onelayer/ALFWorld-v0", split="test", tasks=20, attempts=4,
                  env_args={"games": "generated", "room_size": 6, "max_steps": 12})  # fmt: skip
    model, tokenizer = load_model("tiny")

    def evaluation(out: Path) -> None:
        agent = PolicyAgent(model, tokenizer, sampling=Sampling(1.0, 1.0, 8))
        folder = ResultsFolder(out, suite)
        folder.play("tiny", agent, {}, parallel=5)
        folder.write(["tiny"], "tiny")

    def forked(out: Path) -> int:
        process = os.fork()
        if process == 0:
            evaluation(out)
            os._exit(0)
        return process

    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole"
        os.waitpid(forked(whole), 0)
        expected = (whole / "results.json").read_bytes()
        equal, kept = 0, []
        for number in range(10):
            out = Path(folder) / str(number)
            process, journal = forked(out), out / "tiny.jsonl"
            until = rng.randrange(1, 80)  # of 80 episodes; then at any moment of the next one
            while not journal.exists() or journal.read_bytes().count(b"\n") <= until:
                time.sleep(0.002)
            time.sleep(rng.uniform(0, 0.05))
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            if journal.exists():
                kept.append(journal.read_bytes().count(b"\n") - 1)
            os.waitpid(forked(out), 0)
            equal += (out / "results.json").read_bytes() == expected
        print(f"{equal} of 10 equal; episodes that were kept: {kept}")


def page_of() -> None:
    """Make the page of 600 households played by two agents, and open it."""
    from onelayer.agents.scripted import RandomAgent
    from onelayer.agents.searcher import SearchingAgent
    from onelayer.evals import Suite, evaluate
    from onelayer.evals.viewer import page

    suite = Suite(
        "s", "onelayer/ALFWorld-v0", split="test", tasks=600,
        env_args={"games": "generated", "room_size": 8, "max_steps": 30},
    )  # fmt: skip
    results = {
        n: evaluate(suite, a) for n, a in (("random", RandomAgent()), ("expert", SearchingAgent()))
    }
    started = time.monotonic()
    text = page(results)
    made = time.monotonic() - started
    steps = sum(len(e.steps) for r in results.values() for e in r.episodes)
    print(f"1,200 episodes, {steps} steps: {len(text) / 1e6:.2f} MB, made in {made:.2f} s")
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if browser is None:
        print("no chromium to open it in")
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        times = [_shown_after(browser, text, Path(folder)) for _ in range(REPEATS)]
    print(f"an episode is shown after {statistics.median(times)} ms (median of {REPEATS}: {times})")


def _shown_after(browser: str, text: str, folder: Path) -> int:
    """Return the milliseconds from the start of loading a page until its first episode is drawn."""
    told: SimpleQueue[int] = SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.put(int(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    script = f"""<script>const wait = setInterval(() => {{ if (document.querySelector('.step')) {{
      clearInterval(wait); requestAnimationFrame(() => navigator.sendBeacon(
        'http://127.0.0.1:{server.server_address[1]}', performance.now().toFixed(0))); }} }}, 5);</script>"""
    path = folder / "view.html"
    path.write_text(text.replace("</body>", script + "</body>"))
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
    process = subprocess.Popen(
        [browser, *flags, f"--user-data-dir={folder / 'profile'}", path.as_uri()],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return told.get(timeout=60)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        server.shutdown()


def _in_turn(
    *measured: Callable[[], object], clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """Return the median seconds of each, measured one after the other, several times."""
    times: list[list[float]] = [[] for _ in measured]
    for function in measured:
        function()  # warm up: loading is not measured
    for _ in range(REPEATS):
        for function, of_one in zip(measured, times, strict=True):
            started = clock()
            function()
            of_one.append(clock() - started)
    return [statistics.median(of_one) for of_one in times]


if __name__ == "__main__":
    main()
