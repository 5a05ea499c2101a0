"""Whether the fast implementations on a GPU give the numbers of the plain ones; a section of `gpu.py`.

    python benchmarks/gpu_right.py [--device cpu] [--small]

Prints one JSON object: figures, and under ``wrong`` the names of those that exceed their bounds.
"""

import argparse
import json
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from model_sizes import model_of

from onelayer.agents import decoder
from onelayer.agents.decoder import Decoder
from onelayer.agents.engine import Sampled, sample
from onelayer.agents.episodes import Episode, Step
from onelayer.agents.forward import decoder_layers
from onelayer.agents.graphs import GraphedStep
from onelayer.agents.sampling import Sampling
from onelayer.agents.writing import TokenStep
from onelayer.trainers.batch import batch
from onelayer.trainers.layers import train_only
from onelayer.trainers.score import Scorer
from onelayer.trainers.token_rows import Row, rows

REPLY, ROWS = 48, 16
BOUNDS = {
    "graph_minus_eager": 0.0,
    "drift": {"float32": 1e-4, "bfloat16": 0.1},
    "chunks_minus_plain": {"float32": 1e-5, "bfloat16": 2e-2},
}


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    found: dict[str, Any] = {"wrong": []}
    name = "tiny" if options.small else "qwen2.5-0.5b"
    for dtype in ("float32",) if options.device == "cpu" else ("float32", "bfloat16"):
        model, _ = model_of(name, dtype, options.device)
        figures = {
            "graph_minus_eager": graph_minus_eager(model),
            "drift": drift(model),
            "chunks_minus_plain": chunks_minus_plain(model),
        }
        found[dtype] = figures
        for figure, value in figures.items():
            bound = BOUNDS[figure]
            most = bound[dtype] if isinstance(bound, dict) else bound
            if value is not None and not value <= most:
                found["wrong"].append(f"{figure} in {dtype}: {value:.1e}, at most {most:.0e}")
        del model
    print(json.dumps(found))


class Ungraphed(GraphedStep):
    """The same steps without graphs."""

    def __init__(self, step: TokenStep):
        super().__init__(step)
        self.refused = True


def written(model: Any, graphs: bool = True) -> list[Sampled]:
    """Return replies to random prompts, written under CUDA graphs or without."""
    engine = Decoder(model, [], Sampling(response_limit=REPLY))
    slots = list(range(ROWS))
    with patch.object(decoder, "GraphedStep", GraphedStep if graphs else Ungraphed):
        return sample(engine, slots, prompts(model), [[0, slot] for slot in slots])


def prompts(model: Any) -> list[list[int]]:
    """Return prompts of unequal lengths."""
    draw = np.random.default_rng(0)
    size = min(model.config.get_text_config().vocab_size, 800)
    return [draw.integers(5, size, 20 + 7 * row).tolist() for row in range(ROWS)]


def graph_minus_eager(model: Any) -> float | None:
    """Return the largest difference of log-probabilities; infinite if different tokens were drawn.

    None on a CPU, which has no graphs.
    """
    if model.device.type != "cuda":
        return None
    graphed, eager = written(model), written(model, graphs=False)
    if [reply.ids for reply in graphed] != [reply.ids for reply in eager]:
        return float("inf")
    return max(
        abs(a - b)
        for one, other in zip(graphed, eager, strict=True)
        for a, b in zip(one.logprobs, other.logprobs, strict=True)
    )


def learning_rows(model: Any) -> list[Row]:
    """Return a training row for each reply."""
    episodes = [
        Episode(
            "task",
            (
                Step(
                    observation="",
                    action="",
                    reward=0.0,
                    anchor=0,
                    prompt_ids=tuple(prompt),
                    action_ids=reply.ids,
                    logprobs=reply.logprobs,
                ),
            ),
            success=False,
        )
        for prompt, reply in zip(prompts(model), written(model), strict=True)
    ]
    return rows(episodes, np.random.default_rng(1).normal(size=ROWS))


def drift(model: Any) -> float:
    """Return the mean difference in nats between log-probabilities while playing and while learning."""
    one = batch(learning_rows(model), model.device)
    learned_N = Scorer(model, list(decoder_layers(model))).score(one).logp_N
    return float((learned_N - one.logp_N).abs().mean())


def chunks_minus_plain(model: Any) -> float:
    """Return the relative error of the middle layer's gradient against plain autograd's, in the norm."""
    layers = list(decoder_layers(model))
    middle = len(layers) // 2
    train_only(model, [middle])
    made = learning_rows(model)
    one = batch(made, model.device)
    entering_MD = Scorer(model, layers).states(one, middle)
    advantage_N = one.advantage_N.clone()
    Scorer(model, layers).backward(
        one, lambda logp_C, chunk: advantage_N[chunk] / len(advantage_N), middle, entering_MD
    )
    chunked = gradient(layers[middle])
    total = sum(int(row.sampled_T.sum()) for row in made)
    for row in made:
        ids_T = torch.as_tensor(row.ids_T, device=model.device)
        logits_TV = model(input_ids=ids_T[None, :-1], use_cache=False).logits[0].float()
        logp_T = torch.log_softmax(logits_TV, -1).gather(-1, ids_T[1:, None])[:, 0]
        sampled_T = torch.as_tensor(row.sampled_T[1:], device=model.device)
        weight_T = torch.as_tensor(row.advantage_T[1:], device=model.device)
        (logp_T * weight_T)[sampled_T].sum().div(total).backward()
    plain = gradient(layers[middle])
    return float((chunked - plain).norm() / plain.norm())


def gradient(layer: torch.nn.Module) -> torch.Tensor:
    """Return a layer's gradient as one vector and clear it."""
    found = torch.cat([p.grad.flatten().float() for p in layer.parameters()])
    layer.zero_grad()
    return found


if __name__ == "__main__":
    main()
