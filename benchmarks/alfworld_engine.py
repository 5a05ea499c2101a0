"""Time the three ways to play an ALFWorld game, side by side, on the same games and the same commands.

    python benchmarks/alfworld_engine.py                      # generated games of full size
    python benchmarks/alfworld_engine.py --games games.jsonl.xz --split valid_seen --count 20

* native: ``onelayer``'s own engine;
* textworld: the real engine as ``backend="textworld"`` runs it;
* untouched: the real engine as alfworld installs it; the last two need ``onelayer[alfworld]``.

Every answer of the three is compared while they play; a difference ends the benchmark.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from tqdm import tqdm

from onelayer.envs.alfworld.game import Game
from onelayer.envs.alfworld.games import load_games
from onelayer.envs.alfworld.native_engine import Engine
from onelayer.envs.alfworld.records import TASK_TYPES, GameRecord
from onelayer.envs.alfworld.textworld_engine import TextWorldEngine

MEASURES = ("load", "reset", "step")


def main() -> None:
    """Run the benchmark and print its table."""
    options = parse_arguments()
    games = load_games(options.games, options.split, room_size=options.room_size)
    records = choose(games, options.count)
    times: dict[str, dict[str, list[float]]] = {}
    for number, record in enumerate(tqdm(records, unit="game", file=sys.stderr)):
        commands = script(record, options.steps, random.Random(number))
        answers = []
        for name, load in ENGINES.items():
            measured = times.setdefault(name, {measure: [] for measure in MEASURES})
            answers.append(play(record, load, commands, measured))
        if any(answer != answers[0] for answer in answers):
            sys.exit(f"the engines answer differently in game {record.id}")
    steps = len(times["native"]["step"])
    print(f"{len(records)} games, {steps} steps; the three engines gave equal answers to all.\n")
    print(table(times))


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--games", default="generated", help="a folder, a .jsonl[.xz] or 'generated' (default)"
    )
    parser.add_argument("--split", default="train", help="the games' split (default: train)")
    parser.add_argument("--count", type=int, default=12, help="games to play (default: 12)")
    parser.add_argument("--steps", type=int, default=50, help="commands in each (default: 50)")
    parser.add_argument(
        "--room-size", type=int, help="receptacles of generated rooms (default: all)"
    )
    options = parser.parse_args()
    if options.count < 1 or options.steps < 1:
        parser.error("--count and --steps must be at least 1")
    return options


def choose(games: Any, count: int) -> list[GameRecord]:
    """Return games drawn with a fixed seed, each task type in turn."""
    ids = list(games.ids[:2000])
    random.Random(0).shuffle(ids)
    queues = [[i for i in ids if i.split("/")[1].startswith(kind)] for kind in TASK_TYPES]
    in_turn = [queue[n] for n in range(count) for queue in queues if n < len(queue)]
    return [games[game_id] for game_id in in_turn[:count]]


def script(record: GameRecord, steps: int, rng: random.Random) -> list[str]:
    """Return the walkthrough and then random commands, one in ten of them not admissible."""
    engine = Engine(Game(record))
    commands: list[str] = []
    for number in range(steps):
        if number < len(record.walkthrough):
            command = record.walkthrough[number]
        elif rng.random() < 0.1:
            command = rng.choice(("", "dance", "LOOK", "go  to bed 1"))
        else:
            command = rng.choice(engine.admissible())
        commands.append(command)
        engine.step(command)
    return commands


def play(
    record: GameRecord,
    load: Callable[[GameRecord], Any],
    commands: list[str],
    measured: dict[str, list[float]],
) -> list[Any]:
    """Play the commands twice, timing the second time; return all answers.

    A step's time includes the list of admissible commands.
    """
    begin = time.perf_counter()
    engine = load(record)
    measured["load"].append(time.perf_counter() - begin)
    answers: list[Any] = []
    for again in (False, True):
        begin = time.perf_counter()
        observation = engine.reset()
        answers = [observation, engine.admissible()]
        if again:
            measured["reset"].append(time.perf_counter() - begin)
        for command in commands if again else ():
            begin = time.perf_counter()
            answer = engine.step(command)
            admissible = engine.admissible()
            measured["step"].append(time.perf_counter() - begin)
            answers.append((*answer, engine.won, admissible))
    return answers


ENGINES: dict[str, Callable[[GameRecord], Any]] = {
    "native": lambda record: Engine(Game(record)),
    "textworld": TextWorldEngine,
    "untouched": lambda record: TextWorldEngine(record, untouched=True),
}


def table(times: dict[str, dict[str, list[float]]]) -> str:
    """Return the medians as a Markdown table, with ratios to the native engine."""
    lines = [
        "| engine | load, ms | reset, ms | step, ms | steps/s | slower than native: load | reset | step |",
        "|---|---|---|---|---|---|---|---|",
    ]
    fastest = {m: statistics.median(times["native"][m]) for m in MEASURES}
    for name, measured in times.items():
        medians = {m: statistics.median(measured[m]) for m in MEASURES}
        rate = len(measured["step"]) / sum(measured["step"])
        ratios = (f"{medians[m] / fastest[m]:,.0f}x" for m in MEASURES)
        shown = (f"{1000 * medians[m]:,.{0 if medians[m] > 0.1 else 4}f}" for m in MEASURES)
        lines.append(f"| {name} | {' | '.join(shown)} | {rate:,.0f} | {' | '.join(ratios)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
