"""The loop: what it writes, that it learns, and when it stops."""

import json
import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import counting_model

from onelayer.envs.counting import CountingEnv
from onelayer.envs.text import Outcome
from onelayer.trainers.bad_steps import Diverged
from onelayer.trainers.delta import LayerDelta
from onelayer.trainers.trainer import NothingPlayed


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def weights(trainer):
    return {name: p.detach().clone() for name, p in trainer.learner.parameters.items()}


def test_a_run_leaves_metrics_episodes_checkpoints_and_its_layer(make_trainer):
    seen = []
    trainer = make_trainer(eval_every=2, on_iteration=seen.append)
    trainer.train()
    folder = trainer.folder.path
    assert sorted(path.name for path in folder.iterdir()) == [
        ".lock",
        "checkpoints",
        "config.yaml",
        "episodes.jsonl",
        "layer.safetensors",
        "metrics.jsonl",
    ]
    lines = read(folder / "metrics.jsonl")
    assert lines == seen
    assert [line["iteration"] for line in lines] == [0, 1, 2, 3, 4]
    assert set(lines[1]) == {
        *("iteration", "success", "return", "episode_length", "valid_actions", "cut_replies"),
        *("reply_tokens", "errors", "groups_without_signal", "lone_steps", "step_group_size"),
        *("episode_advantage", "step_advantage", "advantage", "loss", "kl", "entropy"),
        *("clip_fraction", "gradient_norm", "learning_rate", "logp_drift", "tokens"),
        *("logp_drift_sd", "ratio", "ratio_sd", "effective_samples", "play_kl", "play_chi2"),
        "masked_fraction",
        "steps_left_out",
        "wins_below_losses",
        *("doubtful/fallback", "doubtful/timeouts", "doubtful/dropped"),
        *("seconds/rollout", "seconds/update", "memory/rollout", "memory/update"),
        *(
            "cpu_seconds",
            "tokens_per_second",
            "tokens_per_second/rollout",
            "tokens_per_second/update",
        ),
    }
    evaluation = {f"eval/{name}" for name in ("success", "tasks", "steps", "errors")}
    evaluation |= {"seconds/evaluate", "memory/evaluate"}
    assert [set(line) & evaluation for line in lines] == [
        evaluation,
        set(),
        evaluation,
        set(),
        evaluation,
    ]
    assert set(lines[-1]) == {"iteration", *evaluation}
    assert all(isinstance(value, int | float) for line in lines for value in line.values())
    delta = LayerDelta.load(folder)
    assert (delta.layers, delta.base_id) == ((2,), "counting")
    assert delta.config["learning_rate"] == 1e-2
    trained = weights(trainer)
    assert all(torch.equal(tensor, trained[name]) for name, tensor in delta.tensors.items())


def test_the_numbers_are_those_of_the_episodes(make_trainer, monkeypatch):
    trainer = make_trainer(iterations=1, group_size=3)
    played = []
    play = trainer.play
    monkeypatch.setattr(trainer, "play", lambda: played.extend(play()) or played)
    trainer.train()
    [line] = read(trainer.folder.metrics)
    steps = [step for episode in played for step in episode.steps]
    assert len(played) == 9
    assert line["success"] == pytest.approx(np.mean([e.success for e in played]))
    assert line["return"] == pytest.approx(np.mean([e.total_reward for e in played]))  # no penalty
    assert line["episode_length"] == pytest.approx(len(steps) / 9)
    assert line["valid_actions"] == pytest.approx(np.mean([s.valid for s in steps]))
    assert line["cut_replies"] == pytest.approx(np.mean([s.cut for s in steps]))
    assert line["tokens"] == sum(len(s.action_ids) for s in steps)
    assert line["reply_tokens"] == pytest.approx(line["tokens"] / len(steps))
    assert line["logp_drift"] < 1e-5
    assert line["kl"] == pytest.approx(0, abs=1e-8)


def test_a_group_of_each_iteration_is_kept_with_its_advantages(make_trainer):
    trainer = make_trainer(iterations=2, invalid_penalty=0.25)
    trainer.train()
    records = read(trainer.folder.episodes)
    assert [record["iteration"] for record in records] == [0] * 4 + [1] * 4
    assert len({record["task"] for record in records[:4]}) == 1
    steps = [step for record in records for step in record["steps"]]
    assert any(step["advantage"] for step in steps)
    assert {step["reward"] for step in steps if not step["valid"]} == {-0.25}


@pytest.mark.parametrize(
    "architecture",
    [
        "qwen3",
        pytest.param("qwen2", marks=pytest.mark.slow),
        pytest.param("llama", marks=pytest.mark.slow),
    ],
)
def test_a_model_learns_by_its_middle_layer_alone(make_trainer, architecture):
    model = counting_model(architecture)
    before = {name: p.clone() for name, p in model.named_parameters()}
    trainer = make_trainer(model=model, iterations=40, tasks_per_iteration=4, group_size=8)
    trainer.train()
    success = [line["success"] for line in read(trainer.folder.metrics)]
    assert np.mean(success[:5]) < 0.2
    assert np.mean(success[-5:]) > np.mean(success[:5]) + 0.3
    changed = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert all(name.startswith("model.layers.2.") for name in changed)


@pytest.mark.slow
def test_training_with_windowed_history_learns_too(make_trainer):
    trainer = make_trainer(iterations=40, tasks_per_iteration=4, group_size=8, history="1")
    trainer.train()
    lines = read(trainer.folder.metrics)
    success = [line["success"] for line in lines]
    assert np.mean(success[-5:]) > np.mean(success[:5]) + 0.3
    assert max(line["logp_drift"] for line in lines) < 1e-4


def test_evaluating_does_not_change_what_is_learned(make_trainer):
    runs = [make_trainer(f"run{every}", eval_every=every) for every in (0, 1)]
    for trainer in runs:
        trainer.train()
    without, with_it = (weights(trainer) for trainer in runs)
    assert all(torch.equal(tensor, with_it[name]) for name, tensor in without.items())


def test_evaluation_is_the_same_whatever_is_trained_on(make_trainer, monkeypatch):
    from onelayer.trainers import playing as module

    played = []
    rollout = module.rollout
    monkeypatch.setattr(
        module, "rollout", lambda *a, **k: played.append(rollout(*a, **k)) or played[-1]
    )
    found, trained_on = [], []
    for i, batch in enumerate(({}, {"tasks_per_iteration": 1, "group_size": 1}, {"seed": 9})):
        trainer = make_trainer(
            f"run{i}", env=CountingEnv, eval_every=1, eval_tasks=12, eval_temperature=1.0, **batch
        )
        found += [trainer.evaluate()]
        trained_on += [said_in(trainer.play())]
        found += [trainer.evaluate()]
    evaluations = [said_in(run) for run in played]
    assert len(evaluations) == 6
    assert all(one == evaluations[0] for one in evaluations)
    assert all(one == found[0] for one in found)
    assert len({task for task, _ in evaluations[0]}) == 12
    assert len({str(replies) for _, replies in evaluations[0]}) > 6
    assert trained_on[0] != trained_on[2]  # while what is trained on is another with another seed


def said_in(episodes):
    """The tasks and the replies."""
    return [(e.task, [s.reply for s in e.steps]) for e in episodes]


def test_held_out_tasks_are_none_of_the_training_tasks(make_trainer):
    trainer = make_trainer(eval_every=1, eval_tasks=100)
    assert not set(trainer.held_out.tasks) & set(trainer.games.envs[0].unwrapped.tasks)
    assert trainer.held_out.tasks == list(trainer.held_out.envs[0].unwrapped.tasks)


def test_gigpo_with_omega_0_is_a_run_of_grpo(make_trainer):
    runs = [make_trainer("a", omega=0.0), make_trainer("b", algorithm="grpo")]
    for trainer in runs:
        trainer.train()
    one, other = (weights(trainer) for trainer in runs)
    assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())


class Faulty(CountingEnv):
    """Breaks in the middle of every second episode."""

    begun = 0

    def __init__(self):
        super().__init__(digits=2, length=2)

    def begin(self, task):
        Faulty.begun += 1
        self.number = Faulty.begun
        return super().begin(task)

    def act(self, action):
        if self.number % 2 == 0 and self._steps == 1:
            raise OSError("the world broke")
        return super().act(action)


def test_episodes_of_an_environment_that_breaks_are_counted_and_teach_nothing(
    make_trainer, caplog, monkeypatch
):
    monkeypatch.setattr(Faulty, "begun", 0)
    trainer = make_trainer(env=Faulty, iterations=1, eval_every=1, eval_tasks=4)
    episodes = trainer.play()
    broken = [episode for episode in episodes if episode.error]
    assert len(broken) == 6
    assert all(episode.steps for episode in broken)  # there would be something to learn from
    trainer.train()  # plays the same
    first, last = read(trainer.folder.metrics)
    assert (first["errors"], first["eval/errors"], last["eval/errors"]) == (6, 2, 2)
    sound = [episode for episode in episodes if not episode.error]
    assert first["tokens"] == sum(len(s.action_ids) for e in sound for s in e.steps)
    assert first["success"] == pytest.approx(np.mean([e.success for e in sound]))
    assert "the world broke" in caplog.text
    failed = [record for record in read(trainer.folder.episodes) if record["error"]]
    assert failed
    assert all(step["advantage"] == 0 for record in failed for step in record["steps"])


def test_a_run_that_learns_nothing_says_so(make_trainer, caplog):
    class Mute(CountingEnv):
        def act(self, action):
            return replace(super().act("no"), valid=True)

    trainer = make_trainer(env=Mute, iterations=2, invalid_penalty=0.0, beta=0.0)
    before = weights(trainer)
    with caplog.at_level(logging.WARNING):
        trainer.train()
    said = [r.getMessage() for r in caplog.records if "taught nothing" in r.getMessage()]
    assert len(said) == 2
    assert said[1].startswith("iteration 1 taught nothing: every advantage is 0")
    after = weights(trainer)
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_a_run_that_diverges_stops_and_keeps_its_last_good_checkpoint(make_trainer, monkeypatch):
    trainer = make_trainer(checkpoint_every=1)
    play = trainer.play

    def poisoned():
        if trainer.iteration == 2:
            with torch.no_grad():
                next(iter(trainer.learner.parameters.values())).fill_(float("nan"))
        return play()

    monkeypatch.setattr(trainer, "play", poisoned)
    with pytest.raises(
        Diverged,
        match=r"^training diverged: (?!training).*train again with a lower --learning-rate",
    ):
        trainer.train()
    assert [line["iteration"] for line in read(trainer.folder.metrics)] == [0, 1]
    last = trainer.folder.last()
    assert last.iteration == 2
    assert all(tensor.isfinite().all() for tensor in last.weights.values())
    assert not (trainer.folder.path / "layer.safetensors").exists()


def test_a_frozen_tensor_that_changes_is_reported(make_trainer):
    trainer = make_trainer(iterations=1)

    def tamper(_):
        with torch.no_grad():
            trainer.model.lm_head.weight[0, 0] += 1

    trainer.reporter.on_iteration = tamper
    with pytest.raises(RuntimeError, match="a frozen tensor changed"):
        trainer.train()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"layers": "17"}, "17"),
        ({"layers": "middle"}, "is not understood"),
        ({"algorithm": "ppo"}, "ppo"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_written(
    make_trainer, tmp_path, setting, message
):
    with pytest.raises(ValueError, match=message):
        make_trainer(**setting)
    assert not (tmp_path / "run").exists()


class Failing(CountingEnv):
    """Plays well until it is told to fail."""

    fails = False

    def begin(self, task):
        if self.fails:
            raise KeyError("server")
        return super().begin(task)


def test_an_iteration_of_nothing_but_errors_ends_the_run_and_its_checkpoint_is_kept(make_trainer):
    class World(Failing):
        pass

    def fail_from_the_third(metrics):
        World.fails = metrics["iteration"] == 2

    trainer = make_trainer(
        env=lambda: World(length=2, digits=2), on_iteration=fail_from_the_third, checkpoint_every=50
    )
    with pytest.raises(
        NothingPlayed, match=r"all 12 episodes of iteration 3 .*KeyError: 'server'.*line"
    ):
        trainer.train()
    assert trainer.folder.last().iteration == 3


def test_whatever_ends_a_run_while_its_weights_stand_still_a_checkpoint_is_saved(
    make_trainer, monkeypatch
):
    trainer = make_trainer(checkpoint_every=50)
    play = trainer.play

    def no_memory():
        if trainer.iteration == 3:
            raise MemoryError("on the device")
        return play()

    monkeypatch.setattr(trainer, "play", no_memory)
    with pytest.raises(MemoryError):
        trainer.train()
    assert trainer.folder.last().iteration == 3


def test_weights_that_moved_without_an_end_are_not_saved(make_trainer, monkeypatch):
    trainer = make_trainer(checkpoint_every=2)
    update = trainer.learner.update

    def dies_after_its_step(*args, **kwargs):
        result = update(*args, **kwargs)
        if trainer.iteration == 3:
            raise RuntimeError("after the step")
        return result

    monkeypatch.setattr(trainer.learner, "update", dies_after_its_step)
    with pytest.raises(RuntimeError, match="after the step"):
        trainer.train()
    assert trainer.folder.last().iteration == 2


def test_faults_of_single_episodes_are_counted_by_place_and_the_run_goes_on(make_trainer):
    class Now(CountingEnv):
        calls = 0

        def act(self, action):
            Now.calls += 1
            if Now.calls == 5:
                return Outcome("", float("nan"))
            if Now.calls == 9:
                return Outcome("0 + 1 = " * 200)
            return super().act(action)

    trainer = make_trainer(env=lambda: Now(length=2, digits=2), iterations=2)
    trainer.train()
    first, second = read(trainer.folder.metrics)
    assert (first["errors"], first["errors/env"], first["errors/context"]) == (2, 1, 1)
    assert second["errors"] == 0 and "errors/env" not in second


class Dice(CountingEnv):
    """Pays what its own generator throws, as Gymnasium asks."""

    def act(self, action):
        return Outcome(f"{self.np_random.integers(2)} + 1 =", float(self.np_random.random()))


def test_runs_of_a_world_with_chance_of_its_own_are_bit_equal_also_after_a_resume(make_trainer):
    world = lambda: Dice(length=2, digits=2)  # noqa: E731
    whole = make_trainer("whole", env=world)
    whole.train()
    make_trainer("parted", env=world, iterations=2).train()
    parted = make_trainer("parted", env=world, resume=True)
    parted.train()
    for name in ("episodes.jsonl",):
        assert (whole.folder.path / name).read_text() == (parted.folder.path / name).read_text()
    after = weights(parted)
    assert all(torch.equal(tensor, after[name]) for name, tensor in weights(whole).items())
