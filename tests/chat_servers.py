"""A chat server for tests, on 127.0.0.1: answers as a script says, well or badly."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Script = Callable[["Request"], "Answer"]


class Request:
    """What a client asked, and how often it or another had asked before."""

    def __init__(self, number, body, headers, path):
        self.number, self.body, self.headers, self.path = number, body, headers, path

    @property
    def last(self):
        return self.body["messages"][-1]["content"]


class Answer:
    """What the server sends; ``content`` is bytes where it is no JSON."""

    def __init__(self, content, status=200, headers=None, cut_at=None, delay=0.0, drip=0.0):
        self.content = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.status, self.headers = status, headers or {}
        self.cut_at, self.delay, self.drip = cut_at, delay, drip


def completion(text, *, finish="stop", usage=(11, 3), logprobs=None):
    """Return a chat completion as OpenAI's API writes it."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": finish,
    }
    if logprobs is not None:
        choice["logprobs"] = {"content": [{"token": t, "logprob": p} for t, p in logprobs]}
    answer = {"id": "x", "object": "chat.completion", "model": "m", "choices": [choice]}
    if usage is not None:
        answer["usage"] = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
    return answer


class ChatServerForTests:
    """Use as a context manager; ``url`` is its address and ``requests`` what it was asked."""

    def __init__(self, script: Script):
        self.requests = []
        self.most_at_once = 0
        self._at_once = 0
        lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = int(self.headers["Content-Length"])
                body = json.loads(self.rfile.read(length))
                with lock:
                    request = Request(len(outer.requests), body, dict(self.headers), self.path)
                    outer.requests.append(request)
                    outer._at_once += 1
                    outer.most_at_once = max(outer.most_at_once, outer._at_once)
                try:
                    self.answer(script(request))
                finally:
                    with lock:
                        outer._at_once -= 1

            def answer(self, answer):
                if answer.delay:
                    outer.closing.wait(answer.delay)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                content = answer.content[: answer.cut_at]
                try:
                    if not answer.drip:
                        self.wfile.write(content)
                    for byte in content if answer.drip else b"":
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                        if outer.closing.wait(answer.drip):
                            break
                except (BrokenPipeError, ConnectionResetError):
                    pass
                if answer.cut_at is not None:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self.closing = threading.Event()
        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
