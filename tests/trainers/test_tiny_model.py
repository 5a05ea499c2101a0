"""The tiny model's tokenizer reads and writes all of ALFWorld, and its network is made the same each time."""

import random
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from onelayer.envs.plugins import make  # noqa: E402
from onelayer.trainers.tiny_model import (  # noqa: E402
    CONTEXT,
    SPECIAL,
    tiny_tokenizer,
    untrained_tiny_model,
)
from onelayer.trainers.warmstart import things  # noqa: E402

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "alfworld"


@pytest.fixture(scope="module")
def tokenizer():
    """The tokenizer before it has read a single demonstration."""
    return tiny_tokenizer([], things())


def said(env, tasks, seed=0):
    """Play halfway between the walkthrough and chance; return all observations and possible commands."""
    draw = random.Random(seed)
    observations, commands = set(), set()
    for task in tasks:
        observation, info = env.reset(options={"task": task})
        left, over = list(env.unwrapped.solution(task)), False
        while not over:
            observations.add(observation)
            commands.update(info["admissible"])
            on_the_way = bool(left) and draw.random() < 0.5
            action = left.pop(0) if on_the_way else draw.choice((*info["admissible"], "sing"))
            observation, _, terminated, truncated, info = env.step(action)
            over = terminated or truncated
        observations.add(observation)
    return observations, commands


def assert_all_known(tokenizer, observations, commands):
    for text in (*observations, *commands):
        ids = tokenizer.encode(text, add_special_tokens=False)
        assert ids
        assert tokenizer.unk_token_id not in ids, text
    for command in commands:  # what the model says is what the world hears
        ids = tokenizer.encode(command, add_special_tokens=False)
        assert tokenizer.decode(ids, skip_special_tokens=True) == command
    # Two different texts are read as different ones.
    assert len({tuple(tokenizer.encode(text)) for text in observations}) == len(observations)


VERBS = {
    *("look", "inventory", "help", "go", "take", "move", "open", "close", "examine"),
    *("use", "heat", "clean", "cool", "slice"),
}


def test_everything_that_generated_games_say_is_known(tokenizer):
    verbs, types = set(), set()
    for room_size in (4, None):
        arguments = {"room_size": room_size, "include_help": True, "games": "generated"}
        env = make("onelayer/ALFWorld-v0", count=200, max_steps=40, **arguments)
        tasks = list(env.unwrapped.tasks)[:40]
        observations, commands = said(env, tasks)
        assert_all_known(tokenizer, observations, commands)
        verbs |= {command.split()[0] for command in commands}
        types |= {env.unwrapped.games[task].task_type for task in tasks}
    assert verbs == VERBS
    assert len(types) == 6


@pytest.mark.parametrize("split", ["train", "valid_seen"])
def test_everything_that_alfworlds_own_games_say_is_known(tokenizer, split):
    games = SHARED / f"games_{split}.jsonl.xz"
    if not games.exists():
        pytest.skip(f"{games} is not there")
    env = make(
        "onelayer/ALFWorld-v0", games=str(games), split=split, max_steps=40, include_help=True
    )
    tasks = random.Random(1).sample(list(env.unwrapped.tasks), 60)
    assert_all_known(tokenizer, *said(env, tasks))


def test_a_thing_and_a_phrase_are_one_token_and_articles_are_none(tokenizer):
    text = "On the countertop 2, you see a mug 1, an apple 3, and a plate 12."
    pieces = tokenizer.convert_ids_to_tokens(tokenizer.encode(text, add_special_tokens=False))
    assert pieces[:3] == ["on the", "countertop 2", "you see"]
    assert pieces[3:5] == ["mug 1", "apple 3"]
    command = tokenizer.encode("move mug 1 to cabinet 30", add_special_tokens=False)
    assert tokenizer.convert_ids_to_tokens(command) == ["move", "mug 1", "to", "cabinet 30"]


def test_words_that_alfworld_has_not_are_unknown_and_no_error(tokenizer):
    ids = tokenizer.encode("fry the onion 1 \n ü", add_special_tokens=False)
    assert tokenizer.unk_token_id in ids
    assert tokenizer.encode("", add_special_tokens=False) == []


def test_the_special_tokens_come_first_and_are_never_read_from_a_text(tokenizer):
    assert tokenizer.convert_tokens_to_ids(list(SPECIAL)) == [0, 1, 2, 3, 4]
    assert (tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id) == (0, 1, 2)
    assert tokenizer.chat_template is None
    env = make("onelayer/ALFWorld-v0", games="generated", room_size=4, count=20)
    observations, commands = said(env, env.unwrapped.tasks[:3])
    for text in (*observations, *commands):
        assert not {0, 1, 2, 3} & set(tokenizer.encode(text, add_special_tokens=False))


def test_words_of_the_demonstrations_are_added(tokenizer):
    more = tiny_tokenizer(["Your task is to: juggle the mug 1."], things())
    assert len(more) == len(tokenizer) + 1
    assert more.unk_token_id not in more.encode("juggle the mug 1", add_special_tokens=False)


def test_it_comes_back_from_a_folder_as_it_was(tokenizer, tmp_path):
    from transformers import AutoTokenizer

    untrained_tiny_model(tokenizer, width=32, layers=1).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    env = make("onelayer/ALFWorld-v0", games="generated", room_size=6, count=50, max_steps=30)
    observations, commands = said(env, env.unwrapped.tasks[:6])
    for text in (*observations, *commands):
        ids = tokenizer.encode(text, add_special_tokens=False)
        assert loaded.encode(text, add_special_tokens=False) == ids
        assert loaded.decode(ids) == tokenizer.decode(ids)
    assert loaded.convert_tokens_to_ids("<act>") == 3
    assert (loaded.eos_token_id, loaded.pad_token_id, len(loaded)) == (2, 0, len(tokenizer))


def test_an_episode_of_50_steps_in_a_full_size_room_fits(tokenizer):
    env = make("onelayer/ALFWorld-v0", games="generated", count=50)
    draw = random.Random(0)
    for task in list(env.unwrapped.tasks)[:5]:
        observation, info = env.reset(options={"task": task})
        tokens, over = 1, False
        while not over:
            action = draw.choice(info["admissible"])
            tokens += len(tokenizer.encode(observation)) + len(tokenizer.encode(action)) + 2
            observation, _, terminated, truncated, info = env.step(action)
            over = terminated or truncated
        assert tokens < 0.75 * CONTEXT


def test_the_network_is_small_and_the_same_for_the_same_seed(tokenizer):
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    one, same, other = (untrained_tiny_model(tokenizer, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert one.num_parameters() * 2 < 5e6  # bytes in fp16
    assert one.config.tie_word_embeddings
    weights, others = same.state_dict(), other.state_dict()
    assert all(torch.equal(tensor, weights[name]) for name, tensor in one.state_dict().items())
    assert not torch.equal(one.lm_head.weight, others["lm_head.weight"])


def test_the_qwen2_network_has_biases_and_no_norms_of_queries(tokenizer):
    model = untrained_tiny_model(tokenizer, architecture="qwen2", layers=2)
    names = {name for name, _ in model.named_parameters()}
    assert model.config.model_type == "qwen2"
    assert any(name.endswith("q_proj.bias") for name in names)
    assert not any("q_norm" in name for name in names)
    assert 32 * model.config.num_attention_heads == model.config.hidden_size


def test_things_of_one_kind_and_things_of_one_number_begin_alike(tokenizer):
    embedding = untrained_tiny_model(tokenizer, layers=1).get_input_embeddings().weight

    def of(word):
        return embedding[tokenizer.convert_tokens_to_ids(word)]

    step = of("cabinet 4") - of("cabinet 3")
    assert torch.allclose(step, of("drawer 4") - of("drawer 3"), atol=1e-6)
    assert torch.allclose(of("mug 1") - of("mug 2"), of("cabinet 1") - of("cabinet 2"), atol=1e-6)
    assert not torch.allclose(step, of("cabinet 6") - of("cabinet 5"), atol=1e-3)
    alike = torch.cosine_similarity(of("mug"), of("mug 3"), dim=0)
    assert alike > 0.5 > torch.cosine_similarity(of("mug"), of("cabinet 3"), dim=0)
