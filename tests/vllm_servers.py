"""A vLLM server for tests, on 127.0.0.1: as much of its protocol as onelayer uses, over a small real model.

It computes with transformers, takes weights from files, keeps a prefix cache that goes stale as vLLM's does,
and can be told to misbehave.
"""

import copy
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import torch
from safetensors.torch import load_file
from transformers.core_model_loading import revert_weight_conversion

FIRST_VERSION = "default"


class VLLMServerForTests:
    """Use as a context manager.

    Attributes:
        url: its address.
        model: what it plays with.
        version: what it calls its weights.
        asked: the bodies of all completions, in order.
        paths: of all requests, in order.
        wrong: called with each path and its count; returns a status to answer with, 0 to hang up, None: well.
        after: called after each completion, with their number.
    """

    def __init__(self, model, *, context=512, tokenizer=None, **told):
        self._base = model
        self.tokenizer = tokenizer
        config = model.config
        names = ("model_type", "vocab_size", "hidden_size", "num_hidden_layers", "head_dim")
        self.told = {
            "backend": "onelayer_file",
            "dtype": "float32",
            "logprobs_mode": "processed_logprobs",
            "context": context,
            "shape": {name: getattr(config, name, None) for name in names},
            **told,
        }
        self.extension = True
        self.deaf = False
        """says that it took weights, and does not"""
        self.busy = False
        """does not reset its prefix cache"""
        self.wrong = lambda path, count: None
        self.after = lambda count: None
        self.asked, self.paths = [], []
        self._lock = threading.RLock()
        self.restart()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.reply(None)

            def do_POST(self):
                length = int(self.headers["Content-Length"])
                self.reply(json.loads(self.rfile.read(length) or b"{}"))

            def reply(self, body):
                status, answer = outer.answer(self.path, body)
                if not status:
                    self.close_connection = True
                    return
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def restart(self):
        """Be as at the start: the weights of the base, nothing in the cache."""
        with self._lock:
            self.model = copy.deepcopy(self._base).eval()
            self.version, self.broken, self.updating, self.cache = FIRST_VERSION, False, False, {}

    def weights(self):
        """Return the weights by their names in a checkpoint."""
        return revert_weight_conversion(self.model, dict(self.model.named_parameters()))

    def answer(self, path, body):
        with self._lock:
            self.paths.append(path)
            status = self.wrong(path, self.paths.count(path))
            if status is not None:
                return status, {"error": {"message": "as the test wished", "code": status}}
            return getattr(self, path.strip("/").replace("/", "_"), self.unknown)(**(body or {}))

    def unknown(self, **_):
        return 404, {"detail": "Not Found"}

    def v1_models(self):
        return 200, {"data": [{"id": "onelayer", "max_model_len": self.told["context"]}]}

    def weight_info(self):
        return 200, {"weight_version": self.version}

    def collective_rpc(self, method, args=()):
        if not self.extension:
            return 500, {"error": {"message": f"'CPUWorker' object has no attribute '{method}'"}}
        if method == "onelayer_describe":
            return 200, {"results": [self.told]}
        try:
            with open(args[0], "rb") as file:
                return 200, {"results": [{"bytes": len(file.read())}]}
        except OSError:
            return 200, {"results": [{"bytes": -1}]}

    def tokenize(self, prompt, **_):
        if self.tokenizer is None:
            return 400, {"error": {"message": "Tokenizer not available"}}
        return 200, {"tokens": self.tokenizer.encode(prompt, add_special_tokens=False)}

    def init_weight_transfer_engine(self, init_info):
        return 200, {"message": "Weight transfer initialized"}

    def start_weight_update(self):
        self.updating = True
        return 200, {"message": "Weight update started"}

    @torch.no_grad()
    def update_weights(self, update_info):
        assert self.updating
        sent, known = load_file(update_info["path"]), self.weights()
        if any(name not in known or known[name].shape != t.shape for name, t in sent.items()):
            self.broken = True  # as vLLM: its weights stay on the meta device
            return 500, {"error": {"message": "no such weight"}}
        for name, tensor in {} if self.deaf else sent.items():
            known[name].copy_(tensor)
        return 200, {"message": "Weights updated"}

    def finish_weight_update(self, weight_version):
        assert self.updating
        self.updating, self.version = False, weight_version
        return 200, {"message": "Weight update finished"}

    def reset_prefix_cache(self):
        if not self.busy:
            self.cache = {}
        return 200, {"success": not self.busy}

    @torch.no_grad()
    def v1_completions(self, **body):
        self.asked.append(body)
        if self.broken:
            return 500, {"error": {"message": "attempted to run this operator with Meta tensors"}}
        prompt, stop = body["prompt"], set(body["stop_token_ids"])
        draw = torch.Generator().manual_seed(body["seed"])
        ids, logprobs = [], []
        read = (body.get("cache_salt"), tuple(prompt))
        if read not in self.cache:
            self.cache[read] = self.model(torch.tensor([prompt])).logits[0, -1]
        logits = self.cache[read]
        while len(ids) < body["max_tokens"] and not stop & set(ids):
            if ids:
                logits = self.model(torch.tensor([prompt + ids])).logits[0, -1]
            logp = torch.log_softmax(logits.float() / (body["temperature"] or 1.0), -1)
            chosen = logp.argmax() if body["temperature"] == 0 else None
            if chosen is None:
                chosen = torch.multinomial(logp.exp(), 1, generator=draw)[0]
            ids.append(int(chosen))
            logprobs.append(float(logp[chosen]))
        choice = {
            "index": 0,
            "text": "",
            "token_ids": ids,
            "prompt_token_ids": prompt,
            "logprobs": {"token_logprobs": logprobs},
            "finish_reason": "stop" if stop & set(ids) else "length",
        }
        self.after(len(self.asked))
        return 200, {"choices": [choice]}
