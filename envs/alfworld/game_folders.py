"""Folders in ALFWorld's layout: where the splits are, and the games in one; links are followed."""

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from onelayer.envs.alfworld.game_files import GAME_FILE

LAYOUT = "json_2.1.1"
"""the folder of games in ``$ALFWORLD_DATA``"""


def split_folders(path: Path) -> Mapping[str, Path]:
    """Return the folder of each split: in ``path/json_2.1.1``, in ``path``, or ``path`` itself.

    A split holds ``<task type>-.../<trial>/game.tw-pddl``.

    Raises:
        ValueError: there is no game.
    """
    root = path / LAYOUT if (path / LAYOUT).is_dir() else path
    return _split_folders(root, root.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _split_folders(root: Path, modified_ns: int) -> Mapping[str, Path]:
    is_split = False
    found = {}
    for folder in sorted(root.iterdir()):
        game = next(games_in(folder), None) if folder.is_dir() else None
        if game is None:
            continue
        if len(game.relative_to(root).parts) < 4:
            is_split = True
        else:
            found[folder.name] = folder
    if found:
        return found
    if is_split:
        root = root.resolve()
        return {root.name: root}
    raise ValueError(f"{root} holds no {GAME_FILE}")


def games_in(folder: Path) -> Iterator[Path]:
    """Yield the files of games in a folder and the folders below it, in the order of their paths."""
    yield from _games_in(folder, frozenset())


def _games_in(folder: Path, above: frozenset[str]) -> Iterator[Path]:
    here = os.path.realpath(folder)
    if here in above:  # a link to a folder that it is in
        return
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.name == GAME_FILE:
            yield Path(entry.path)
        elif entry.is_dir():
            yield from _games_in(Path(entry.path), above | {here})
