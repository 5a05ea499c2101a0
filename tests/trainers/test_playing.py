"""How many episodes run at once, and the settings that a rollout refuses or chooses."""

import pytest

from onelayer.agents.devices import (
    cache_columns,
    episodes_at_once,
    padded_columns,
    padded_rows,
    step_rows,
)
from onelayer.trainers.config import TrainConfig


def test_training_makes_as_many_environments_as_run_at_once(make_trainer):
    assert len(make_trainer().games.envs) == 3 * 4
    limited = make_trainer("limited", parallel=5, eval_every=1, eval_tasks=8)
    assert len(limited.games.envs) == 5
    assert len(limited.held_out.envs) <= 5


def test_what_is_learned_from_is_the_same_however_many_run_at_once(make_trainer):
    played = [make_trainer(f"run{n}", parallel=n).play() for n in (None, 1, 5)]
    for other in played[1:]:
        for episode, as_before in zip(other, played[0], strict=True):
            assert [s.action_ids for s in episode.steps] == [s.action_ids for s in as_before.steps]


@pytest.mark.parametrize("parallel", [0, -1])
def test_senseless_numbers_of_episodes_at_once_are_refused(parallel):
    with pytest.raises(ValueError, match=f"parallel must be at least 1, got {parallel}"):
        TrainConfig(parallel=parallel)


def test_a_run_may_go_on_with_another_number_at_once():
    assert "parallel" not in TrainConfig(parallel=3).resume_key()


def test_training_on_a_part_of_the_distribution_is_refused():
    with pytest.raises(ValueError, match=r"top_p must be 1 in training, got 0\.9"):
        TrainConfig(top_p=0.9)
    TrainConfig(eval_top_p=0.9)


def test_limits_fit_the_model():
    tiny, other = TrainConfig(model="tiny"), TrainConfig(model="org/model")
    assert (tiny.response_limit, tiny.eval_temperature) == (16, 1.0)
    assert (other.response_limit, other.eval_temperature) == (512, 0.4)
    assert TrainConfig(response_limit=7, eval_temperature=0).response_limit == 7
    with pytest.raises(ValueError, match="response_limit"):
        TrainConfig(response_limit=0)


class OnAGpu:
    """Stands for a model on a GPU: 2 layers, 2 key heads of width 8, bfloat16: 128 bytes a token."""

    def __init__(self, positions):
        import torch

        self.device, self.dtype, self.positions = torch.device("cuda"), torch.bfloat16, positions

    @property
    def config(self):
        from transformers import AutoConfig

        config = AutoConfig.for_model(
            "llama",
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=8,
            max_position_embeddings=self.positions,
        )
        return config


def test_on_a_gpu_as_many_run_at_once_as_fit(monkeypatch):
    import torch

    # half of 16 MiB, at 128 bytes a token and 2,048 tokens an episode: 32 episodes
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (16 << 20, 32 << 20))
    assert episodes_at_once(OnAGpu(8192), 500, 512) == 32
    assert episodes_at_once(OnAGpu(8192), 20, 512) == 20
    assert episodes_at_once(OnAGpu(8192), 500, 512, parallel=100) == 100
    assert episodes_at_once(OnAGpu(1024), 500, 512) == 64  # no episode is longer than the context
    assert episodes_at_once(OnAGpu(8192), 500, 2048) == 16  # twice the longest reply
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (0, 32 << 20))
    assert episodes_at_once(OnAGpu(8192), 500, 512) == 1


def test_shapes_are_few_on_a_gpu_and_close_on_a_cpu():
    import torch

    cuda, cpu = torch.device("cuda"), torch.device("cpu")
    assert len({padded_rows(n, cuda) for n in range(1, 257)}) == 13
    assert len({padded_columns(n, cuda) for n in range(1, 4097)}) == 8
    for n in range(1, 5000):
        assert n <= padded_rows(n, cuda) <= max(2 * n, n + 64)
        assert n <= cache_columns(n) <= max(512, 1.5 * n)
        assert padded_rows(n, cpu) == n
        assert n <= padded_columns(n, cpu) < n + 16
        assert step_rows(n, 5000, 4096, cpu) == n
    assert {step_rows(n, 64, 512, cuda) for n in range(1, 65)} == {64}
    assert {step_rows(n, 128, 4096, cuda) for n in range(1, 129)} == {16, 32, 64, 128}
    assert all(n <= step_rows(n, 128, 4096, cuda) for n in range(1, 129))
