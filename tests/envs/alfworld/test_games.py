"""Loading games from folders, from lines of JSON, from $ALFWORLD_DATA, and from the generator."""

import json
import lzma
import re
import sys
from dataclasses import asdict, replace

import pytest
from helpers import kitchen

from onelayer.envs.alfworld.environment import ALFWorldEnv
from onelayer.envs.alfworld.game_files import game_data, read_game_file, write_game_file
from onelayer.envs.alfworld.games import GENERATED, load_games, parsed
from onelayer.envs.alfworld.games import _read_folder as games_of
from onelayer.envs.alfworld.generator import GeneratedGames


@pytest.fixture
def records():
    """Two games of the training split, one of them of another type, and one of valid_seen."""
    hot = kitchen()
    return [
        hot,
        replace(
            hot, id="train/pick_two_obj_and_place-Mug-None-Shelf-3/trial_2", task="find two mug"
        ),
        replace(hot, id="valid_seen/pick_heat_then_place_in_recep-Mug-None-Shelf-4/trial_3"),
    ]


def write_lines(path, records):
    lines = "".join(json.dumps(asdict(record)) + "\n" for record in records)
    if path.suffix == ".xz":
        path.write_bytes(lzma.compress(lines.encode()))
    else:
        path.write_text(lines)
    return path


@pytest.mark.parametrize("name", ["games.jsonl", "games.jsonl.xz"])
def test_lines_of_json_hold_several_splits(tmp_path, records, name):
    path = write_lines(tmp_path / name, records)
    assert list(load_games(path, "train").ids) == [record.id for record in records[:2]]
    seen = load_games(str(path), "valid_seen")
    assert seen[records[2].id] == records[2]


def test_task_types_can_be_chosen(tmp_path, records):
    path = write_lines(tmp_path / "games.jsonl", records)
    chosen = load_games(path, task_types=["pick_two_obj_and_place"])
    assert list(chosen.ids) == [records[1].id]
    with pytest.raises(ValueError, match="no games of type look_at_obj_in_light"):
        load_games(path, task_types=["look_at_obj_in_light"])
    with pytest.raises(ValueError, match=r"unknown task types \['juggle'\]; possible are pick_and"):
        load_games(path, task_types=["juggle"])
    with pytest.raises(ValueError, match="unknown task types"):
        load_games(path, task_types=[])


def test_an_unknown_split_names_those_there_are(tmp_path, records):
    path = write_lines(tmp_path / "games.jsonl", records)
    with pytest.raises(ValueError, match=r"no split 'valid_unseen'; it has train, valid_seen"):
        load_games(path, "valid_unseen")


def test_test_means_valid_unseen_unless_the_data_have_a_test_split(tmp_path, records):
    unseen = replace(records[0], id=records[0].id.replace("train", "valid_unseen"))
    path = write_lines(tmp_path / "a.jsonl", [unseen])
    assert list(load_games(path, "test").ids) == [unseen.id]
    test = replace(records[0], id=records[0].id.replace("train", "test"))
    path = write_lines(tmp_path / "b.jsonl", [unseen, test])
    assert list(load_games(path, "test").ids) == [test.id]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "row 2: not JSON"),
        ("[]", "row 2: not a JSON object"),
        ('{"id": "x"}', "row 2: the key 'task' is missing"),
        (
            '{"id": 1, "task": "", "walkthrough": [], "pddl_problem": ""}',
            "row 2: 'id' is not a str",
        ),
        (
            '{"id": "a", "task": "", "walkthrough": [1], "pddl_problem": ""}',
            "row 2: 'walkthrough' holds something other than strings",
        ),
        (
            '{"id": "train/juggle-Mug-None-Shelf-1/t", "task": "", "walkthrough": [], "pddl_problem": ""}',
            "row 2: the id 'train/juggle-Mug-None-Shelf-1/t' is not <split>/<task type>",
        ),
    ],
)
def test_a_broken_row_is_named_and_nothing_is_loaded(tmp_path, records, line, complaint):
    path = write_lines(tmp_path / "games.jsonl", records[:1])
    path.write_text(f"{path.read_text()}{line}\n")
    with pytest.raises(ValueError, match=re.escape(f"{path}, {complaint}")):
        load_games(path)
    # A mended file is read anew.
    write_lines(path, records[:1])
    assert len(load_games(path)) == 1


def test_an_id_may_stand_in_a_file_once(tmp_path, records):
    path = write_lines(tmp_path / "games.jsonl", [records[0], records[0]])
    with pytest.raises(ValueError, match=r"row 2: the id .* stands there twice"):
        load_games(path)


def test_files_that_hold_no_games_are_refused(tmp_path, records):
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n")
    with pytest.raises(ValueError, match=r"empty\.jsonl holds no games"):
        load_games(empty)
    cut = write_lines(tmp_path / "cut.jsonl.xz", records)
    cut.write_bytes(cut.read_bytes()[:-40])
    with pytest.raises(ValueError, match=r"cut\.jsonl\.xz: broken xz file"):
        load_games(cut)
    (tmp_path / "not.jsonl.xz").write_text("plain text")
    with pytest.raises(ValueError, match=r"not\.jsonl\.xz: broken xz file"):
        load_games(tmp_path / "not.jsonl.xz")
    (tmp_path / "games.txt").write_text("x")
    with pytest.raises(ValueError, match=r"games\.txt is neither a folder nor a \.jsonl"):
        load_games(tmp_path / "games.txt")
    with pytest.raises(FileNotFoundError, match=r"no games at .*nowhere: no such file or folder"):
        load_games(tmp_path / "nowhere")
    (tmp_path / "bare").mkdir()
    with pytest.raises(ValueError, match=r"bare holds no game\.tw-pddl"):
        load_games(tmp_path / "bare")


@pytest.fixture
def data(tmp_path, records):
    """A folder in the $ALFWORLD_DATA layout, written with alfworld's own domain and grammar."""
    pytest.importorskip("alfworld")
    for record in records:
        write_game_file(record, tmp_path / "data")
    return tmp_path / "data"


def test_a_folder_in_alfworlds_layout_gives_back_the_games(data, records):
    train = load_games(data)
    assert set(train.ids) == {records[0].id, records[1].id}
    assert train[records[0].id] == records[0]
    assert train[records[1].id] == records[1]
    assert list(load_games(data / "json_2.1.1", "valid_seen").ids) == [records[2].id]
    with pytest.raises(ValueError, match="no split 'test'; it has train, valid_seen"):
        load_games(data, "test")


def test_a_folder_of_games_is_a_split_of_its_own_name(data, records):
    folder = data / "json_2.1.1" / "valid_seen"
    assert load_games(folder, "valid_seen")[records[2].id] == records[2]
    mine = folder.rename(data / "mine")
    assert list(load_games(mine, "mine").ids) == [records[2].id.replace("valid_seen", "mine")]
    with pytest.raises(ValueError, match="no split 'train'; it has mine"):
        load_games(mine)


def test_games_alfworld_would_not_play_are_left_out(data, records):
    train = data / "json_2.1.1" / "train"
    movable = train / "pick_and_place_with_movable_recep-Mug-Bowl-Shelf-3" / "trial_1"
    movable.mkdir(parents=True)
    (movable / "game.tw-pddl").write_text("{}")
    two = data / "json_2.1.1" / records[1].id / "game.tw-pddl"
    two.write_text(json.dumps({**json.loads(two.read_text()), "solvable": False}))
    assert list(load_games(data).ids) == [records[0].id]


def test_a_broken_game_file_is_named(data, records):
    path = data / "json_2.1.1" / records[0].id / "game.tw-pddl"
    whole = json.loads(path.read_text())
    for text, complaint in (
        ("{", "not an ALFWorld game"),
        (json.dumps({**whole, "grammar": "none"}), "no sentence 'Your task is to"),
        (
            json.dumps({k: v for k, v in whole.items() if k != "pddl_problem"}),
            "'pddl_problem' is missing",
        ),
        (json.dumps({**whole, "pddl_problem": None}), "not an ALFWorld game"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=f"{re.escape(str(path))}: .*{complaint}"):
            load_games(data)
    juggle = path.parents[1].rename(path.parents[2] / "juggle-Mug-None-Shelf-1")
    path = juggle / path.parent.name / path.name
    path.write_text(json.dumps(whole))
    with pytest.raises(ValueError, match=f"{re.escape(str(path))}: the id 'train/juggle"):
        load_games(data)


def test_alfworlds_own_loader_finds_the_files_we_write(data, capsys):
    from alfworld.agents.environment.alfred_tw_env import AlfredTWEnv

    root = data / "json_2.1.1"
    config = {
        "env": {"goal_desc_human_anns_prob": 0, "task_types": [1, 2, 3, 4, 5, 6]},
        "dataset": {"data_path": str(root / "train"), "num_train_games": -1},
    }
    assert len(AlfredTWEnv(config, "train").game_files) == 2


def test_a_game_file_has_alfworlds_domain_and_the_tasks_sentence(data, records):
    held = game_data(kitchen())
    assert "(define (domain alfred)" in held["pddl_domain"]
    assert "Your task is to: put a hot mug in cabinet." in held["grammar"]
    path = data / "json_2.1.1" / records[0].id / "game.tw-pddl"
    assert read_game_file(path, "an id").task == "put a hot mug in cabinet"


def test_alfworld_data_is_read_where_nothing_else_is_asked_for(monkeypatch, data, records):
    monkeypatch.setenv("ALFWORLD_DATA", str(data))
    assert set(load_games().ids) == {records[0].id, records[1].id}
    assert isinstance(load_games(room_size=3), GeneratedGames)
    assert isinstance(load_games(count=5), GeneratedGames)
    assert isinstance(load_games(GENERATED), GeneratedGames)
    monkeypatch.setenv("ALFWORLD_DATA", str(data / "nowhere"))
    with pytest.raises(FileNotFoundError, match=r"no games at .*nowhere"):
        load_games()
    monkeypatch.delenv("ALFWORLD_DATA")
    assert isinstance(load_games(), GeneratedGames)


def test_what_shapes_generated_games_is_refused_for_others(tmp_path, records):
    path = write_lines(tmp_path / "games.jsonl", records)
    for wish in ({"room_size": 4}, {"count": 10}):
        with pytest.raises(
            ValueError, match="room_size and count are for generated games, not for"
        ):
            load_games(path, **wish)


def test_generated_games_take_the_same_names_of_splits():
    games = load_games(GENERATED, "test", room_size=4, count=6)
    assert len(games) == 6
    assert all(game_id.startswith("valid_unseen/") for game_id in games.ids)
    with pytest.raises(ValueError, match="unknown split 'dev'"):
        load_games(GENERATED, "dev")


def test_a_missing_game_is_a_key_error_that_names_one_there_is(tmp_path, records):
    games = load_games(write_lines(tmp_path / "games.jsonl", records))
    with pytest.raises(
        KeyError, match=r"no game 'train/x/y' in .*games\.jsonl; the first is 'train/"
    ):
        games["train/x/y"]


def test_a_game_is_parsed_once():
    record = kitchen()
    assert parsed(record) is parsed(replace(record))


def test_a_folder_is_read_once_for_all_environments(data, monkeypatch):
    module = sys.modules["onelayer.envs.alfworld.games"]
    read = []
    monkeypatch.setattr(module, "read_game_file", lambda *a: read.append(a) or read_game_file(*a))
    envs = [ALFWorldEnv(games=data) for _ in range(20)]
    assert len(read) == 2
    assert all(env.games is envs[0].games for env in envs)
    kind = ["pick_two_obj_and_place"]
    chosen = [ALFWorldEnv(games=data, task_types=kind).games for _ in range(5)]
    assert len(read) == 2 and all(games is chosen[0] for games in chosen)


def test_a_game_that_is_added_is_found_by_the_next_environment(data, records):
    assert len(load_games(data).ids) == 2
    added = replace(records[0], id="train/pick_and_place_simple-Mug-None-Shelf-9/trial_9")
    write_game_file(added, data)
    assert added.id in load_games(data).ids


def test_links_are_followed_at_every_level_and_rings_are_not_run_round(data, records, tmp_path):
    split = data / "json_2.1.1" / "train"
    linked = tmp_path / "linked" / "json_2.1.1"
    linked.mkdir(parents=True)
    (linked / "train").symlink_to(split)
    assert load_games(linked.parent).ids == load_games(data).ids
    parts = tmp_path / "parts" / "json_2.1.1" / "train"
    parts.mkdir(parents=True)
    for folder in split.iterdir():
        (parts / folder.name).symlink_to(folder)
    assert load_games(tmp_path / "parts").ids == load_games(data).ids
    before = load_games(data).ids
    for folder in split.iterdir():
        (folder / "ring").symlink_to(split)
    games_of.cache_clear()
    assert load_games(data).ids == before


def test_the_default_folder_of_the_download_is_played_and_named(data, monkeypatch):
    monkeypatch.delenv("ALFWORLD_DATA", raising=False)
    monkeypatch.setattr("onelayer.envs.alfworld.games.DOWNLOADED", data)
    env = ALFWorldEnv()
    assert list(env.report()) == [f"games: 2 of {data}/json_2.1.1/train"]
    assert list(ALFWorldEnv(count=7).report()) == ["games: 7 of generated games"]
    monkeypatch.setattr("onelayer.envs.alfworld.games.DOWNLOADED", data / "nothing")
    assert list(ALFWorldEnv().report()) == ["games: 10,000 of generated games"]


def rewrite(path, **values):
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_games_that_are_not_marked_solvable_are_left_out_as_in_alfworld(data):
    pytest.importorskip("alfworld")
    first, second = sorted((data / "json_2.1.1" / "train").rglob("game.tw-pddl"))
    rewrite(first, solvable=False)
    game = json.loads(second.read_text())
    del game["solvable"]
    second.write_text(json.dumps(game))
    with pytest.raises(ValueError, match="not marked as solvable"):
        load_games(data)


def test_a_game_without_a_walkthrough_has_no_solution(data, records):
    for path in (data / "json_2.1.1" / "train").rglob("game.tw-pddl"):
        game = json.loads(path.read_text())
        del game["walkthrough"]
        path.write_text(json.dumps(game))
    env = ALFWorldEnv(games=data)
    assert env.solution(records[0].id) is None


def test_data_of_alfworld_0_3_is_played_in_its_own_words_and_others_when_asked(data, records):
    pytest.importorskip("alfworld")
    hot = records[0]
    path = data / "json_2.1.1" / hot.id / "game.tw-pddl"
    path.write_text(json.dumps(game_data(hot.with_verb("put"))))
    env = ALFWorldEnv(games=data)
    assert env.solution(hot.id)[-1] == "put mug 2 in/on cabinet 1"
    env.reset(options={"task": hot.id})
    for action in env.solution(hot.id):
        assert action in env.admissible()
        observation, _, terminated, _, info = env.step(action)
    assert terminated and info["success"]
    assert observation == "You put the mug 2 in/on the cabinet 1."
    assert env.solution(records[1].id)[-1] == "move mug 2 to cabinet 1"
    newer, older = (ALFWorldEnv(games=data, verb=verb) for verb in ("move", "put"))
    assert newer.solution(hot.id)[-1] == "move mug 2 to cabinet 1"
    assert older.solution(records[1].id)[-1] == "put mug 2 in/on cabinet 1"
    rewrite(path, grammar='"Your task is to: look." template :: "drop {o} on {r}";')
    games_of.cache_clear()
    with pytest.raises(ValueError, match=r"neither the command move .* nor put"):
        load_games(data)


def test_a_row_may_tell_its_verb(tmp_path, records):
    lines = [records[0].with_verb("put"), records[1]]
    games = load_games(write_lines(tmp_path / "games.jsonl", lines))
    assert [games[one].verb for one in games.ids] == ["put", "move"]
    broken = replace(records[0], verb="drop")
    with pytest.raises(ValueError, match="row 1: 'verb' is move or put, not 'drop'"):
        load_games(write_lines(tmp_path / "broken.jsonl", [broken]))
