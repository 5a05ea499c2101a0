"""Warm start: honest demonstrations, loss on their commands only, and a model that comes out of it."""

import json

import pytest

torch = pytest.importorskip("torch")

from onelayer.agents.episodes import Episode, Step  # noqa: E402
from onelayer.agents.household_text import read_room  # noqa: E402
from onelayer.agents.models import load_model  # noqa: E402
from onelayer.agents.prompts import PlainFormat  # noqa: E402
from onelayer.cli import main  # noqa: E402
from onelayer.envs.alfworld.generator import generate  # noqa: E402
from onelayer.trainers.tiny_model import tiny_tokenizer, untrained_tiny_model  # noqa: E402
from onelayer.trainers.warmstart import (  # noqa: E402
    IGNORED,
    REPLY_LIMIT,
    demonstrations,
    example,
    fit,
    own_games,
    things,
)


@pytest.fixture(scope="module")
def played():
    """Ten demonstrations in each of two room sizes, with stumbles."""
    return list(demonstrations([4, 5], 20, seed=3, max_steps=30, stumbles=0.3))


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_tokenizer([], things())


def actions(episodes):
    return [[step.action for step in episode.steps] for episode in episodes]


def test_demonstrations_are_won_games_of_the_training_split(played):
    assert len(played) == 20
    assert all(episode.success and len(episode.steps) <= 30 for episode in played)
    assert len({episode.task for episode in played}) == 20
    assert all("train" in episode.task for episode in played)


def test_the_same_seed_shows_the_same(played):
    again = list(demonstrations([4, 5], 20, seed=3, max_steps=30, stumbles=0.3))
    assert actions(again) == actions(played)
    other = list(demonstrations([4, 5], 20, seed=4, max_steps=30, stumbles=0.3))
    assert actions(other) != actions(played)


def test_stumbles_are_impossible_commands_and_change_nothing(played):
    steps = [step for episode in played for step in episode.steps]
    stumbles = [step for step in steps if not step.valid]
    assert 0.15 < len(stumbles) / len(steps) < 0.45
    assert all(step.action not in step.admissible for step in stumbles)
    for episode in played:
        for step, following in zip(episode.steps, episode.steps[1:], strict=False):
            if not step.valid:
                assert following.observation == "Nothing happens."
                assert following.anchor == step.anchor
    without = demonstrations([4], 8, seed=3, max_steps=30, stumbles=0.0)
    assert all(step.valid for episode in without for step in episode.steps)


def test_whole_houses_are_as_large_as_alfworlds_and_have_their_share():
    shown = list(demonstrations([4, None, None], 12, seed=0, max_steps=50, stumbles=0.0))
    sizes = [len(read_room(episode.steps[0].observation)) for episode in shown]
    assert sizes[:4] == [4] * 4
    assert min(sizes[4:]) > 5
    assert len(sizes) == 12


def test_games_of_a_file_are_played_in_another_order_for_another_seed(tmp_path):
    path = tmp_path / "games.jsonl"
    records = [generate(seed, split="train", room_size=4) for seed in range(24)]
    fields = ("id", "task", "walkthrough", "pddl_problem")
    lines = (json.dumps({name: getattr(record, name) for name in fields}) for record in records)
    path.write_text("\n".join(lines))

    def tasks(seed):
        shown = demonstrations([path], 12, seed=seed, max_steps=40, stumbles=0.0)
        return [episode.task for episode in shown]

    assert tasks(1) == tasks(1) != tasks(2)
    assert set(tasks(1)) <= {record.id for record in records}


def test_a_game_is_played_several_times_in_other_orders():
    shown = list(demonstrations([8], 12, seed=0, max_steps=50, stumbles=0.0, repeats=4))
    assert len({episode.task for episode in shown}) <= 4
    assert len({tuple(said) for said in actions(shown)}) > 6


def test_too_few_wins_are_an_error_and_no_endless_search():
    with pytest.raises(ValueError, match=r"won 0 of \d+ games of 4 receptacles within 1 steps"):
        list(demonstrations([4], 5, seed=0, max_steps=1, stumbles=0.0))


def test_own_games_are_played_to_their_end_won_or_not(tokenizer):
    model = untrained_tiny_model(tokenizer, width=32, layers=1).eval()
    own = list(own_games(model, tokenizer, [4, 5], 7, seed=4, max_steps=3))
    assert len(own) == 7
    assert not any(episode.success for episode in own)  # it was never trained
    assert all(len(episode.steps) == 3 and "train" in episode.task for episode in own)
    sizes = [len(read_room(episode.steps[0].observation)) for episode in own]
    assert sizes == [4] * 3 + [5] * 4


@pytest.mark.slow
def test_learning_the_possible_ones_of_its_own_commands_makes_them_likelier(tmp_path):
    tokenizer = tiny_tokenizer([], things())
    torch.manual_seed(0)
    model = untrained_tiny_model(tokenizer, width=32, layers=1)
    learned = {"warmup": 2, "batch": 8, "matrix_learning_rate": 0.02, "learning_rate": 1e-2}
    shown = PlainFormat(tokenizer)
    demonstrated = demonstrations([4], 40, seed=3, max_steps=30, stumbles=0.3)
    examples = [example(episode, shown) for episode in demonstrated]
    fit(model, tokenizer, examples, scratch=tmp_path, steps=40, seed=0, **learned)

    def possible(seed):
        steps = [
            step
            for episode in own_games(model, tokenizer, [4], 96, seed=seed, max_steps=8)
            for step in episode.steps
        ]
        return sum(step.valid for step in steps) / len(steps)

    before = possible(5)
    own = [example(e, shown) for e in own_games(model, tokenizer, [4], 96, seed=4, max_steps=8)]
    fit(model, tokenizer, own, scratch=tmp_path, steps=24, seed=0, **learned)
    assert possible(5) > 3 * before


def test_only_possible_commands_and_their_ends_are_learned(tokenizer, played):
    for episode in played:
        learned = example(episode, PlainFormat(tokenizer))
        ids, labels = learned["input_ids"], learned["labels"]
        assert len(ids) == len(labels)
        assert all(label in (IGNORED, token) for token, label in zip(ids, labels, strict=True))
        said = [label for label in labels if label != IGNORED]
        valid = [step.action for step in episode.steps if step.valid]
        ends = [i for i, token in enumerate(said) if token == tokenizer.eos_token_id]
        assert len(ends) == len(valid)
        starts = [0, *(end + 1 for end in ends)]
        commands = [said[a:b] for a, b in zip(starts, ends, strict=False)]
        assert [tokenizer.decode(command) for command in commands] == valid
        assert tokenizer.unk_token_id not in ids


def test_what_is_learned_is_what_will_be_played(tokenizer):
    """The tokens of an example are those that a ``PolicyAgent`` reads and writes."""
    steps = (
        Step("You see a mug 1.", "take mug 1 from desk 1", 0, 0),
        Step("Nothing happens.", "open mug 1", 0, 0, valid=False),
        Step("You see nothing.", "look", 1, 0),
    )
    learned = example(Episode("t", steps, True), PlainFormat(tokenizer))
    pieces = tokenizer.convert_ids_to_tokens(learned["input_ids"])
    expected = [
        *("<bos>", "you see", "mug 1", ".", "<act>", "take", "mug 1", "from", "desk 1", "<eos>"),
        *("nothing happens.", "<act>", "open", "mug 1", "<eos>"),
        *("you see nothing.", "<act>", "look", "<eos>"),
    ]
    assert pieces == expected
    kept = [
        p if label != IGNORED else "" for p, label in zip(pieces, learned["labels"], strict=True)
    ]
    assert [p for p in kept if p] == ["take", "mug 1", "from", "desk 1", "<eos>", "look", "<eos>"]


def test_of_an_answer_what_it_repeats_of_the_command_may_be_learned_too(tokenizer):
    steps = (
        Step("You see a desk 1.", "go to desk 1", 0, 0),
        Step("You arrive at desk 1. On the desk 1, you see a mug 1.", "look", 1, 0),
    )
    shown = PlainFormat(tokenizer)
    plain, more = (
        example(Episode("t", steps, True), shown, echoes=echoes) for echoes in (False, True)
    )
    assert plain["input_ids"] == more["input_ids"]
    added = [m for p, m in zip(plain["labels"], more["labels"], strict=True) if p != m]
    assert tokenizer.convert_ids_to_tokens(added) == ["desk 1", "desk 1"]


def test_every_command_fits_into_the_reply_limit(tokenizer, played):
    longest = max(
        len(tokenizer.encode(command, add_special_tokens=False)) + 1
        for episode in played
        for step in episode.steps
        for command in step.admissible
    )
    assert longest <= REPLY_LIMIT


def test_training_makes_the_commands_likelier(tokenizer, played, tmp_path):
    model = untrained_tiny_model(tokenizer, width=32, layers=1)
    examples = [example(episode, PlainFormat(tokenizer)) for episode in played]

    def loss():
        with torch.no_grad():
            return sum(
                float(model(**{k: torch.tensor([v]) for k, v in one.items()}).loss)
                for one in examples
            ) / len(examples)

    before = loss()
    fit(
        model,
        tokenizer,
        examples,
        scratch=tmp_path,
        steps=15,
        batch=4,
        matrix_learning_rate=0.02,
        learning_rate=1e-2,
        warmup=2,
        seed=0,
    )
    assert loss() < before - 1.5
    assert not model.training
    assert not any(parameter.isnan().any() for parameter in model.parameters())


QUICK = {
    "demonstrations": 40,
    "room-sizes": "4-5",
    "steps": 5,
    "batch": 8,
    "warmup": 2,
    "width": 32,
    "layers": 2,
    "eval-room-size": 4,
    "eval-max-steps": 6,
    "eval-episodes": 12,
}


def warmstart(*positional, **values):
    chosen = {**QUICK, **{name.replace("_", "-"): value for name, value in values.items()}}
    flags = [text for name, value in chosen.items() for text in (f"--{name}", str(value))]
    return main(["warmstart", *map(str, positional), *flags])


def test_the_command_makes_a_model_that_plays_trains_and_can_be_gone_on_from(tmp_path, capsys):
    folder = tmp_path / "tiny"
    assert warmstart(folder) == 0
    shown = capsys.readouterr().out
    assert "playing 40 demonstrations" in shown
    assert "legal actions at temperature 1 in 12 held-out games of 4 receptacles" in shown
    recipe = json.loads((folder / "warmstart.json").read_text())
    assert recipe["demonstrations"] == 40
    assert recipe["measured"]["episodes"] == 12
    assert 0 <= recipe["measured"]["legal_actions"] <= 1

    model, tokenizer = load_model(str(folder))
    assert (model.config.num_hidden_layers, model.config.hidden_size) == (2, 32)
    assert tokenizer.convert_tokens_to_ids("<act>") == 3
    size = (folder / "model.safetensors").stat().st_size
    assert size < model.num_parameters() * 2 + 10_000  # in fp16

    quick = {"iterations": 1, "tasks-per-iteration": 2, "group-size": 2, "eval-every": 0}
    world = {
        "env": "onelayer/ALFWorld-v0",
        "env-args": "{room_size: 4, max_steps: 5, games: generated}",
    }
    run = {"model": folder, "out": tmp_path / "run", "response-limit": 8, **quick, **world}
    assert main(["train", *(text for k, v in run.items() for text in (f"--{k}", str(v)))]) == 0

    house = {"room_sizes": "4,full", "eval_room_size": "full", "dtype": "bfloat16", "repeats": 2}
    house |= {"own_games": 6, "own_steps": 2}
    assert warmstart(tmp_path / "more", start=folder, seed=1, steps=2, layers=3, **house) == 0
    more, known = load_model(str(tmp_path / "more"))
    assert more.config.vocab_size == len(known) >= model.config.vocab_size
    assert more.config.num_hidden_layers == 3
    assert not torch.equal(more.lm_head.weight[:100], model.lm_head.weight[:100])


@pytest.mark.parametrize(
    ("positional", "values", "message"),
    [
        ((), {}, "warmstart takes the folder to write"),
        (("taken",), {}, "taken exists and is not an empty folder"),
        (("new",), {"width": 33}, "width must be a multiple of 32, got 33"),
        (("new",), {"steps": 0}, "steps must be at least 1"),
        (("new",), {"stumbles": 1}, "stumbles must be in"),
        (("new",), {"own_games": 8}, "own_games and own_steps go together"),
        (("new",), {"dtype": "float16"}, "dtype is float32 or bfloat16, got 'float16'"),
        (("new",), {"room_sizes": "full,games"}, "games in room_sizes needs --games"),
        (("new",), {"room_sizes": "9-4"}, "room_sizes is a list of sizes and from-to"),
        (("new",), {"room_sizes": "4,big"}, "a number from 3 on or full, got 'big'"),
        (("new",), {"eval_room_size": "2"}, "a number from 3 on or full, got '2'"),
        (("new",), {"start": "./absent"}, "no model in ./absent"),
    ],
)
def test_what_cannot_work_is_one_line_before_anything_is_played(
    tmp_path, monkeypatch, capsys, positional, values, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    assert warmstart(*positional, **values) == 2
    shown = capsys.readouterr()
    assert "playing" not in shown.out
    assert message in shown.err
    assert not (tmp_path / "new").exists()
