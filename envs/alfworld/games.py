"""Where games come from: a folder in ALFWorld's layout, a ``.jsonl`` file, or the generator.

The split of a game is the first part of its id. Everything asked for is checked when it is loaded; a game's
PDDL is parsed when it is first played.
"""

import json
import lzma
import os
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from onelayer.envs.alfworld.game import Game
from onelayer.envs.alfworld.game_files import read_game_file
from onelayer.envs.alfworld.game_folders import LAYOUT, games_in, split_folders
from onelayer.envs.alfworld.records import TASK_TYPES, VERBS, GameRecord
from onelayer.errors import UnknownName

GENERATED = "generated"
TEST_SPLIT = "valid_unseen"
"""what ``split="test"`` means where the data have no split of that name"""
DOWNLOADED = Path("~/.cache/alfworld")
"""where ``alfworld-download`` puts the games, unless ``$ALFWORLD_DATA`` says otherwise"""
_FIELDS = {"id": str, "task": str, "walkthrough": list, "pddl_problem": str}


class Games(Protocol):
    """Games by id; the ids have a fixed order."""

    @property
    def ids(self) -> Sequence[str]:
        """All ids."""

    def __len__(self) -> int: ...
    def __getitem__(self, game_id: str, /) -> GameRecord: ...


def load_games(
    games: str | Path | None = None,
    split: str = "train",
    *,
    room_size: int | None = None,
    task_types: Sequence[str] | None = None,
    count: int | None = None,
) -> Games:
    """Return the games of a split by id, in a fixed order.

    Args:
        games: a folder in the ``$ALFWORLD_DATA`` layout, a folder of games, a ``.jsonl`` or ``.jsonl.xz``
            file, an environment variable that is set to such a path (``"$ALFWORLD_DATA"``), or
            ``"generated"``. None: ``$ALFWORLD_DATA`` where it is set, else the default folder of
            ``alfworld-download`` where it has games, else generated ones; ``room_size`` and ``count`` ask for
            generated ones.
        split: the first part of the games' ids; ``"test"`` means ``valid_unseen``, unless the data have a
            split of that name.
        room_size: receptacles in a generated room; None for whole scenes.
        task_types: the types to keep; None for all.
        count: how many games to generate; None for 10,000.

    Raises:
        FileNotFoundError: there is no such file or folder.
        ValueError: the data are broken, or hold no such split or task type; the message names the place. Or
            the variable is not set.
    """
    unknown = [kind for kind in task_types or () if kind not in TASK_TYPES]
    if unknown or (task_types is not None and not task_types):
        raise ValueError(f"unknown task types {unknown}; possible are {', '.join(TASK_TYPES)}")
    generated_only = room_size is not None or count is not None
    if games is None:
        games = GENERATED if generated_only else _on_this_machine()
    if str(games).startswith("$"):
        games = _path_in(str(games)[1:])
    if str(games) == GENERATED:
        return _generated(split, room_size, task_types, count)
    if generated_only:
        raise ValueError(f"room_size and count are for generated games, not for {games}")
    loaded = _load(Path(games).expanduser(), split)
    return loaded if task_types is None else loaded.of_types(tuple(task_types))


def _on_this_machine() -> str:
    """Return the folder of games that alfworld would play, or ``GENERATED`` where there is none."""
    named = os.environ.get("ALFWORLD_DATA")
    if named:
        return named
    downloaded = DOWNLOADED.expanduser()
    return str(downloaded) if (downloaded / LAYOUT).is_dir() else GENERATED


def _path_in(variable: str) -> str:
    """Return the path that an environment variable holds."""
    path = os.environ.get(variable)
    if not path:
        raise ValueError(
            f"games are to be read from ${variable}, which is not set: set it to where they are, or name "
            "another path for `games`"
        )
    return path


@lru_cache(maxsize=128)
def parsed(record: GameRecord) -> Game:
    """Return the parsed game, shared by all environments that play it."""
    return Game(record)


@dataclass(frozen=True, slots=True)
class _Stored:
    """A game whose PDDL is compressed (to a tenth) or left in its file."""

    id: str
    task: str
    walkthrough: tuple[str, ...]
    problem: bytes | Path
    verb: str = "move"

    def record(self) -> GameRecord:
        if isinstance(self.problem, Path):
            record = read_game_file(self.problem, self.id)
            if record is None:
                raise ValueError(f"{self.problem} has become unsolvable since it was loaded")
            return record
        text = zlib.decompress(self.problem).decode()
        return GameRecord(self.id, self.task, self.walkthrough, text, self.verb)


class LoadedGames(Mapping[str, GameRecord]):
    """Games that were read from files."""

    def __init__(self, source: Path, games: Sequence[_Stored]):
        self.source = source
        self._games = {game.id: game for game in games}
        self.ids = tuple(self._games)

    def __len__(self) -> int:
        return len(self._games)

    def __iter__(self) -> Iterator[str]:
        return iter(self._games)

    def __contains__(self, game_id: object) -> bool:
        return game_id in self._games

    def __getitem__(self, game_id: str) -> GameRecord:
        if game_id not in self._games:
            raise UnknownName(f"no game {game_id!r} in {self.source}; the first is {self.ids[0]!r}")
        return self._games[game_id].record()

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    @lru_cache(maxsize=16)  # noqa: B019  (one for each selection, shared by all environments)
    def of_types(self, task_types: tuple[str, ...]) -> "LoadedGames":
        """Return the games of these types."""
        kept = [game for game in self._games.values() if _task_type(game.id) in task_types]
        if not kept:
            raise ValueError(f"{self.source} has no games of type {', '.join(task_types)}")
        return LoadedGames(self.source, kept)


def _generated(
    split: str, room_size: int | None, task_types: Sequence[str] | None, count: int | None
) -> Games:
    from onelayer.envs.alfworld.generator import GeneratedGames

    return GeneratedGames(
        TEST_SPLIT if split == "test" else split,
        room_size=room_size,
        task_types=task_types,
        **({} if count is None else {"count": count}),
    )


def _load(path: Path, split: str) -> LoadedGames:
    if path.is_dir():
        return _load_folder(path, split)
    if not path.is_file():
        raise FileNotFoundError(f"there are no games at {path}: no such file or folder")
    if not path.name.endswith((".jsonl", ".jsonl.xz")):
        raise ValueError(f"{path} is neither a folder nor a .jsonl or .jsonl.xz file")
    state = path.stat()
    by_split = _read_lines(path, state.st_mtime_ns, state.st_size)
    return LoadedGames(path, by_split[_choose(split, list(by_split), path)])


def _choose(split: str, found: Sequence[str], path: Path) -> str:
    if split == "test" and split not in found and TEST_SPLIT in found:
        return TEST_SPLIT
    if split not in found:
        raise ValueError(f"{path} has no split {split!r}; it has {', '.join(sorted(found))}")
    return split


def _load_folder(path: Path, split: str) -> LoadedGames:
    """Return the games of a split of a folder, read once in a process.

    It is read again after a change directly inside the split's folder; changes further down are not noticed.
    """
    by_name = split_folders(path)
    chosen = by_name[_choose(split, list(by_name), path)]
    return _read_folder(chosen, chosen.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read_folder(folder: Path, modified_ns: int) -> LoadedGames:
    """Read a split; games with movable receptacles or slices are left out, as in alfworld."""
    games = []
    for file in games_in(folder):
        game_id = f"{folder.name}/{file.parent.relative_to(folder).as_posix()}"
        if "movable" in game_id or "Sliced" in game_id:
            continue
        _check_id(game_id, str(file))
        record = read_game_file(file, game_id)
        if record is not None:
            games.append(_Stored(record.id, record.task, record.walkthrough, file))
    if not games:
        raise ValueError(
            f"{folder} holds no game that can be played: alfworld leaves out those with movable "
            "receptacles or slices, and those that are not marked as solvable"
        )
    return LoadedGames(folder, games)


@lru_cache(maxsize=4)
def _read_lines(path: Path, modified_ns: int, size: int) -> Mapping[str, Sequence[_Stored]]:
    """Read a file of games, checking every row; equal files are read once."""
    by_split: dict[str, list[_Stored]] = {}
    seen: Counter[str] = Counter()
    row = 0
    try:
        with lzma.open(path, "rb") if path.suffix == ".xz" else path.open("rb") as lines:
            for row, line in enumerate(lines, 1):
                if line.strip():
                    game = _read_row(line, f"{path}, row {row}")
                    seen[game.id] += 1
                    if seen[game.id] > 1:
                        raise ValueError(
                            f"{path}, row {row}: the id {game.id!r} stands there twice"
                        )
                    by_split.setdefault(game.id.split("/")[0], []).append(game)
    except (lzma.LZMAError, EOFError) as error:
        raise ValueError(f"{path}: broken xz file after row {row}: {error}") from error
    if not by_split:
        raise ValueError(f"{path} holds no games")
    return by_split


def _read_row(line: bytes, place: str) -> _Stored:
    try:
        data = json.loads(line)
    except ValueError as error:
        raise ValueError(f"{place}: not JSON: {error}") from error
    if not isinstance(data, dict):
        raise ValueError(f"{place}: not a JSON object")
    for name, kind in _FIELDS.items():
        if name not in data:
            raise ValueError(f"{place}: the key {name!r} is missing")
        if not isinstance(data[name], kind):
            raise ValueError(f"{place}: {name!r} is not a {kind.__name__}")
    if not all(isinstance(command, str) for command in data["walkthrough"]):
        raise ValueError(f"{place}: 'walkthrough' holds something other than strings")
    _check_id(data["id"], place)
    verb = data.get("verb", "move")
    if verb not in VERBS:
        raise ValueError(f"{place}: 'verb' is {' or '.join(VERBS)}, not {verb!r}")
    problem = zlib.compress(data["pddl_problem"].encode(), level=1)
    return _Stored(data["id"], data["task"], tuple(data["walkthrough"]), problem, verb)


def _check_id(game_id: str, place: str) -> None:
    if game_id.count("/") < 2 or _task_type(game_id) not in TASK_TYPES:
        raise ValueError(
            f"{place}: the id {game_id!r} is not <split>/<task type>-...-<scene>/<trial> with one of "
            f"the task types {', '.join(TASK_TYPES)}"
        )


def _task_type(game_id: str) -> str:
    return game_id.split("/")[1].split("-")[0]
