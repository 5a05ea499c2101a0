"""Demonstrations as chats, and a chat model that learns them."""

import json

import pytest
import torch
from helpers import tiny_model

from onelayer.agents.policy import PolicyAgent
from onelayer.agents.prompts import ChatFormat
from onelayer.agents.rollout import rollout
from onelayer.agents.sampling import Sampling
from onelayer.agents.searcher import SearchingAgent
from onelayer.cli import main
from onelayer.envs.plugins import make
from onelayer.trainers.chats import IGNORED, chat, chat_example, fit_chats, won_episodes
from onelayer.trainers.layers import decoder_layers

COUNTING = "onelayer/Counting-v0"
ROOMS = {"games": "generated", "room_size": 3, "count": 40, "max_steps": 12}


@pytest.fixture
def chat_model(chat_tokenizer):
    return tiny_model("qwen3", vocab_size=len(chat_tokenizer), max_position_embeddings=2048)


@pytest.fixture
def episodes():
    return list(won_episodes(COUNTING, {"length": 2, "digits": 4}, None, 5, seed=0))


def test_only_solved_episodes_are_demonstrated_each_task_once(episodes):
    assert all(episode.success for episode in episodes)
    assert len({episode.task for episode in episodes}) == 5
    again = won_episodes(COUNTING, {"length": 2, "digits": 4}, None, 5, seed=0)
    assert [e.task for e in again] == [e.task for e in episodes]


def test_walkthroughs_and_the_searching_expert_both_demonstrate():
    walked = list(won_episodes("onelayer/ALFWorld-v0", ROOMS, None, 10, seed=0))
    searched = list(
        won_episodes("onelayer/ALFWorld-v0", ROOMS, SearchingAgent.informed(0), 10, seed=0)
    )
    assert len(walked) == len(searched) == 10
    mean = [sum(len(e.steps) for e in found) / 10 for found in (walked, searched)]
    assert mean[0] <= mean[1]


def test_an_environment_whose_tasks_nobody_solves_is_refused():
    from onelayer.agents.scripted import RandomAgent

    with pytest.raises(ValueError, match="none of 23 tasks was solved"):
        list(won_episodes(COUNTING, {"length": 9, "max_steps": 9}, RandomAgent(0), 4, seed=0))


def test_a_chat_holds_what_was_read_and_said(episodes, chat_tokenizer):
    shown = ChatFormat(chat_tokenizer, instructions="Count on.")
    messages = chat(episodes[0], shown)
    assert [m["role"] for m in messages] == ["user", "assistant"] * 2
    assert messages[0]["content"].startswith("Count on.")
    said = [m["content"] for m in messages[1::2]]
    assert said == [f"<action>{step.action}</action>" for step in episodes[0].steps]


def test_the_tokens_are_those_that_a_policy_reads_and_would_write(
    episodes, chat_tokenizer, chat_model
):
    shown = ChatFormat(chat_tokenizer)
    found = chat_example(episodes[0], shown)
    learned = [
        i for i, label in zip(found["input_ids"], found["labels"], strict=True) if label != IGNORED
    ]
    written = []
    for step in episodes[0].steps:
        text = f"<action>{step.action}</action>"
        written += [*chat_tokenizer.encode(text, add_special_tokens=False), shown.stop_ids[0]]
    assert learned == written
    agent = PolicyAgent(
        chat_model, chat_tokenizer, sampling=Sampling(1.0, 1.0, 4), prompt_format=shown
    )
    env = make(COUNTING, length=2, digits=4)
    [played] = rollout([env], agent, [episodes[0].task])
    first = list(played.steps[0].prompt_ids)
    assert found["input_ids"][: len(first)] == first


@pytest.mark.parametrize(
    ("layers", "lora_rank", "moved"), [("1", 0, {1}), ("all", 0, {0, 1, 2, 3}), ("2", 2, {2})]
)
def test_one_layer_adapters_or_all_of_it_learn_and_nothing_else_moves(
    episodes, chat_tokenizer, chat_model, tmp_path, layers, lora_rank, moved
):
    if lora_rank:
        pytest.importorskip("peft")
    shown = ChatFormat(chat_tokenizer)
    examples = [chat_example(episode, shown) for episode in episodes]
    before = {name: p.detach().clone() for name, p in chat_model.named_parameters()}

    def loss():
        with torch.no_grad():
            rows = [{k: torch.tensor([v]) for k, v in example.items()} for example in examples]
            return sum(float(chat_model(**row).loss) for row in rows)

    first = loss()
    count = fit_chats(
        chat_model,
        chat_tokenizer,
        examples,
        layers=layers,
        lora_rank=lora_rank,
        scratch=tmp_path,
        steps=15,
        batch=2,
        learning_rate=1e-2,
        warmup=1,
        seed=0,
    )
    assert loss() < first - 0.3
    assert 0 < count <= sum(p.numel() for p in chat_model.parameters())
    after = dict(chat_model.named_parameters())
    assert set(after) == set(before)
    changed = {name for name in before if not torch.equal(after[name], before[name])}
    of_layers = {
        i for i in range(len(decoder_layers(chat_model))) for n in changed if f"layers.{i}." in n
    }
    assert of_layers == moved
    assert layers == "all" or all("layers." in name for name in changed)


def test_the_command_writes_chats_and_a_model_that_train_takes(
    chat_model, chat_tokenizer, tmp_path, capsys
):
    chat_model.save_pretrained(tmp_path / "base")
    chat_tokenizer.save_pretrained(tmp_path / "base")
    words = {
        "model": tmp_path / "base",
        "env": COUNTING,
        "env-args": "{length: 2, digits: 4}",
        "demonstrations": 4,
        "steps": 2,
        "batch": 1,
        "layers": "mid",
        "eval-episodes": 2,
        "eval-response-limit": 8,
    }
    flags = [text for name, value in words.items() for text in (f"--{name}", str(value))]
    out = tmp_path / "out"
    assert main(["warmstart", str(out), *flags]) == 0
    lines = [json.loads(line) for line in (out / "chats.jsonl").read_text().splitlines()]
    assert len(lines) == 4 and set(lines[0]) == {"messages"}
    told = json.loads((out / "warmstart.json").read_text())
    assert told["before"]["episodes"] == told["after"]["episodes"] == 2
    assert "held-out success" in capsys.readouterr().out
    from onelayer.agents.models import load_model

    load_model(str(out))
    assert main(["warmstart", str(out), *flags]) == 2
    assert "is not an empty folder" in capsys.readouterr().err


def test_a_model_without_a_chat_template_is_refused(plain_tokenizer, tmp_path, capsys):
    tiny_model("qwen3").save_pretrained(tmp_path / "base")
    plain_tokenizer.save_pretrained(tmp_path / "base")
    assert main(["warmstart", str(tmp_path / "o"), "--model", str(tmp_path / "base")]) == 2
    assert "has no chat template" in capsys.readouterr().err
