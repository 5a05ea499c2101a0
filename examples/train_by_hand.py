"""Reinforcement learning of one layer by hand: play, give credit, move the layer.

``onelayer train`` does the same, and more (docs/architecture.md maps it); here the loop lies open.

    python examples/train_by_hand.py
"""

import numpy as np
import torch

from onelayer.agents.models import load_model
from onelayer.agents.play import Play
from onelayer.agents.rollout import rollout
from onelayer.envs.plugins import make
from onelayer.trainers.advantages import gigpo
from onelayer.trainers.delta import LayerDelta
from onelayer.trainers.layers import choose_layers, train_only
from onelayer.trainers.loss import clipped_surrogate
from onelayer.trainers.tasks import training_tasks
from onelayer.trainers.token_rows import Row, rows


def token_logp(model: torch.nn.Module, row: Row) -> torch.Tensor:
    """Return the log-probability of each token of ``row`` that the policy sampled, ``[N]``."""
    ids_T = torch.from_numpy(row.ids_T)
    logp_TV = model(ids_T[None, :-1]).logits[0].log_softmax(-1)
    logp_T = logp_TV.gather(-1, ids_T[1:, None])[:, 0]  # of token 1 onwards: each predicts the next
    return logp_T[torch.from_numpy(row.sampled_T[1:])]


def train(iterations: int = 20, tasks: int = 16, group_size: int = 8) -> LayerDelta:
    """Train the middle layer of the tiny model in ALFWorld; return that layer."""
    model, tokenizer = load_model("tiny")
    layers = choose_layers(model, "mid")
    optimizer = torch.optim.AdamW(train_only(model, layers), lr=2.5e-3, weight_decay=0.0)
    world = {"games": "generated", "room_size": 8, "max_steps": 10}
    envs = [make("onelayer/ALFWorld-v0", **world) for _ in range(tasks * group_size)]
    agent = Play(response_limit=12).agent(model, tokenizer, envs[0])
    for iteration in range(iterations):
        agent.reseed(iteration)  # also forgets what was computed with older weights
        drawn = training_tasks(envs[0], iteration, count=tasks, seed=0)
        episodes = rollout(envs, agent, drawn, group_size, seed=iteration)
        advantages_N = gigpo(episodes, gamma=0.95, omega=1.0, divide_by_std=False)
        played = rows(episodes, advantages_N)
        order = np.random.default_rng(iteration).permutation(len(played))
        for minibatch in np.array_split(order, 4):
            tokens = sum(played[i].tokens for i in minibatch)
            for row in (played[i] for i in minibatch):
                logp_N, sampled = token_logp(model, row), row.sampled_T
                old_logp_N, advantage_N = map(
                    torch.from_numpy, (row.logp_T[sampled], row.advantage_T[sampled])
                )
                loss_N = clipped_surrogate(logp_N, old_logp_N, advantage_N, 0.2, 0.2)
                (loss_N.sum() / tokens).backward()
            optimizer.step()
            optimizer.zero_grad()
        success = np.mean([episode.success for episode in episodes])
        print(f"iteration {iteration:2d}: success {success:.1%}", flush=True)
    return LayerDelta.from_model(model, layers, "tiny")


if __name__ == "__main__":
    train().save("layer.safetensors")  # LayerDelta.load(...).apply(model) puts it into its base
