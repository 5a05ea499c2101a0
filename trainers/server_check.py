"""Checks, before anything is played, that servers can play for a run.

A server describes itself. Then it plays a few tokens, whose log-probabilities must be those of the model that
learns, before and after a changed layer was sent to it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from onelayer.agents.model_check import playing_error
from onelayer.agents.sampling import Sampling
from onelayer.agents.vllm_engine import VLLMEngine, VLLMServers
from onelayer.agents.vllm_server import BACKEND, FIRST_VERSION, Served, VLLMServer
from onelayer.trainers.config import TrainConfig
from onelayer.trainers.layers import trained_parameters, trains_everything
from onelayer.trainers.server_weights import Sender
from onelayer.trainers.whole_layers import whole_layers

_SENTENCE = "You open the drawer 3 and see a keychain, 2 pens and nothing else.\n"
"""both tokenizers must give the same ids for it"""
_NOISE = (0.2, 0.8, 3.2)
"""scales of the noise added to a layer, in units of its mean |weight|: the first one that shows is used"""
_PLAYED = Sampling(response_limit=16)
"""how the tokens that are compared are drawn; there are 64"""
_ROUNDING = {torch.bfloat16: 5e-2}
"""mean difference of log-probabilities, in nats, that two programs may have (docs/vllm.md: 1e-2)"""
_SHOWS = 3
"""a change shows if it moves log-probabilities by more than this many times what rounding explains"""


def require_ours(
    server: VLLMServer,
    served: Served,
    config: TrainConfig,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    """Refuse a server that cannot play for a run, by what it says of itself.

    Raises:
        ValueError: it has another model, dtype or tokenizer, or was started in another way.
    """
    start = how_to_start(config)
    shape = model.config.get_text_config()
    for name, value in served.shape.items():
        ours = getattr(shape, name, None)
        if value is not None and ours is not None and value != ours:
            raise ValueError(
                f"the server at {server.url} has another model than {config.model}: its {name} is "
                f"{value}, not {ours}; {start}"
            )
    if served.dtype != config.dtype:
        raise ValueError(
            f"the server at {server.url} computes in {served.dtype}, and --dtype is {config.dtype}; {start}"
        )
    if served.logprobs_mode != "processed_logprobs":
        raise ValueError(
            f"the server at {server.url} tells log-probabilities as {served.logprobs_mode}, without the "
            f"temperature; {start}"
        )
    if served.backend != BACKEND:
        raise ValueError(
            f"the server at {server.url} takes weights by {served.backend}, not by {BACKEND}; {start}"
        )
    if served.context <= config.response_limit:
        raise ValueError(
            f"the server at {server.url} reads {served.context} tokens, and a reply alone has up to "
            f"{config.response_limit}; {start} --context N, or lower --response-limit"
        )
    theirs = server.tokens_of(_SENTENCE)
    if theirs is not None and theirs != tokenizer.encode(_SENTENCE, add_special_tokens=False):
        raise ValueError(
            f"the server at {server.url} has another tokenizer than {config.model}; {start}"
        )


def how_to_start(config: TrainConfig) -> str:
    """Return a clause that says how to start a server for this run."""
    return f"start it with `onelayer serve {config.model} --dtype {config.dtype}`"


@torch.no_grad()
def require_same_numbers(sender: Sender, context: int) -> None:
    """Raise if a server computes something else than the model that learns.

    Afterwards the servers hold the trained layers as they are now.

    Args:
        sender: knows the servers and the model.
        context: of the servers.

    Raises:
        ValueError: log-probabilities differ by more than rounding, before or after a layer is changed.
        WeightsNotTaken: a server does not take weights.
    """
    check = _Comparison(sender, context)
    found = [server.version() for server in sender.servers.servers]
    if any(version != FIRST_VERSION for version in found):
        check.send_learned()  # replaces what another run left there
    for server, version in zip(sender.servers.servers, found, strict=True):
        error, allowed = check.error(server)
        if not error <= allowed:
            left = "" if version == FIRST_VERSION else ", or layers that another run trained"
            raise ValueError(
                f"the server at {server.url} has other weights than {sender.config.model}{left}: "
                f"log-probabilities differ by {error:.1e} nats, where rounding explains {allowed:.1e}; "
                f"{how_to_start(sender.config)}"
            )
    try:
        check.change_arrives()
    finally:
        check.send_a_layer()


class _Comparison:
    """Compares servers with the model that learns."""

    def __init__(self, sender: Sender, context: int):
        self.sender, self.learner, self.context = sender, sender.learner, context
        config = sender.config
        self.layer = self.learner.layers[0]
        self.ends = config.train_embeddings or (
            trains_everything(config.layers) and not config.lora_rank
        )
        """embedding and head learn too"""
        self._sent = 0

    def error(self, server: VLLMServer) -> tuple[float, float]:
        """Return how much a server's log-probabilities differ from the model's, and how much they may."""
        alone = VLLMServers([server])
        alone.version = self.sender.servers.version
        with self.learner.autocast():
            engine = VLLMEngine(alone, self.context, (), _PLAYED)
            found, allowed = playing_error(self.learner.model, engine, self.learner.dtype)
        return found, max(allowed, _ROUNDING.get(self.learner.dtype, 0.0))

    def change_arrives(self) -> None:
        """Change a layer, and embedding and head where they learn, here and on the servers; compare.

        Raises:
            ValueError: a server plays with something else.
        """
        servers = self.sender.servers.servers
        for noise in _NOISE:
            with self._changed(noise):
                before, allowed = self.error(servers[0])
                if before <= _SHOWS * allowed:
                    continue
                self.send_a_layer()
                for server in servers:
                    error, allowed = self.error(server)
                    if not error <= allowed:
                        raise ValueError(
                            f"the server at {server.url} was sent a changed layer {self.layer}, and its "
                            f"log-probabilities differ by {error:.1e} nats from ours, where rounding "
                            f"explains {allowed:.1e}; start it again, and train with --engine onelayer"
                        )
                return
        raise ValueError(f"layer {self.layer} changes nothing that the model says; train another")

    def send_learned(self) -> None:
        """Send all that learns."""
        self.sender.send(self.sender.learned(), self._version())

    def send_a_layer(self) -> None:
        """Send what ``change_arrives`` changes."""
        learner = self.learner
        one = whole_layers(
            learner.model, [self.layer], train_embeddings=self.ends, dtype=learner.dtype
        )
        self.sender.send(one, self._version())

    def _version(self) -> str:
        self._sent += 1
        return f"{self.sender.run}-check-{self._sent}"

    @contextmanager
    def _changed(self, noise: float) -> Iterator[None]:
        """Let the model have other weights for a while."""
        changed = trained_parameters(self.learner.model, [self.layer], train_embeddings=self.ends)
        weights = list(changed.values())
        before = [weight.clone() for weight in weights]
        draw = torch.Generator().manual_seed(0)
        try:
            for weight in weights:
                drawn = torch.randn(weight.shape, generator=draw).to(weight)
                weight.add_(noise * weight.abs().mean() * drawn)
            yield
        finally:
            for weight, value in zip(weights, before, strict=True):
                weight.copy_(value)
