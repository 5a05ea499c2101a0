"""What a crash, or a person, can do to the journal of an evaluation."""

import json
import logging
import random

import pytest

from onelayer.agents.scripted import OracleAgent, RandomAgent
from onelayer.envs.counting import CountingEnv
from onelayer.evals.results import write_results
from onelayer.evals.run import evaluate
from onelayer.evals.suite import Suite

SUITE = Suite("small", "onelayer/Counting-v0", split="test", tasks=7, attempts=3)


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / "journal.jsonl"
    evaluate(SUITE, RandomAgent(), journal=path, parallel=5)
    return path


def text_of(results, tmp_path):
    write_results(tmp_path / "r.json", {"random": results})
    return (tmp_path / "r.json").read_text()


def go_on(journal):
    return evaluate(SUITE, RandomAgent(), journal=journal, parallel=5)


def lines_of(journal):
    return journal.read_bytes().splitlines(keepends=True)


DAMAGE = {
    "torn": lambda line: line[: len(line) // 2] + b"\n",
    "a list": lambda line: b"[]\n",
    "a number": lambda line: b"5\n",
    "null": lambda line: b"null\n",
    "an empty object": lambda line: b"{}\n",
    "not UTF-8": lambda line: b"\xff\xfe" + line,
    "NULs": lambda line: b"\0" * 100 + b"\n",
    "steps lost": lambda line: line.replace(b'"steps"', b'"stops"'),
    "a step lost": lambda line: line.replace(b'"reward"', b'"reword"', 1),
    "a step of text": lambda line: line.replace(b'"steps": [', b'"steps": ["x", '),
    "success in words": lambda line: line.replace(b'"success": ', b'"success": "yes", "x": '),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("place", [1, 5, -1])
def test_a_damaged_journal_is_read_up_to_the_damage(journal, tmp_path, caplog, damage, place):
    whole = text_of(go_on(journal), tmp_path)
    lines = lines_of(journal)
    lines[place] = DAMAGE[damage](lines[place])
    journal.write_bytes(b"".join(lines))
    with caplog.at_level(logging.WARNING):
        assert text_of(go_on(journal), tmp_path) == whole
    if damage != "NULs" or place != -1:  # NULs at the end are what a file system leaves of a crash
        number = place + 1 if place > 0 else len(lines)
        assert f"is damaged at line {number}" in caplog.text


def test_garbage_after_the_last_line_costs_nothing(journal, tmp_path):
    whole = text_of(go_on(journal), tmp_path)
    with open(journal, "ab") as file:
        file.write(b"\xff\xfe\0\0")
    played = []
    agent = RandomAgent()
    act, agent.act = agent.act, lambda *args: played.append(args) or act(*args)
    assert text_of(evaluate(SUITE, agent, journal=journal), tmp_path) == whole
    assert not played


@pytest.mark.parametrize("first", [b"", b"{\n", b"[]\n", b'{"task": "x"}\n', b"\xff\n"])
def test_without_its_first_line_a_journal_is_refused_with_a_way_out(journal, first):
    journal.write_bytes(first + b"".join(lines_of(journal)[1:]))
    with pytest.raises(
        ValueError, match="no journal of an evaluation, or its first line"
    ) as caught:
        go_on(journal)
    assert "--fresh" in str(caught.value)


def test_an_empty_file_is_a_journal_that_has_not_begun(journal, tmp_path):
    whole = text_of(go_on(journal), tmp_path)
    journal.write_bytes(b"")
    assert text_of(go_on(journal), tmp_path) == whole


def test_twice_the_same_attempt_counts_once(journal, tmp_path):
    whole = text_of(go_on(journal), tmp_path)
    lines = lines_of(journal)
    journal.write_bytes(b"".join([*lines[:4], lines[3], *lines[4:]]))
    assert text_of(go_on(journal), tmp_path) == whole


def test_a_task_that_the_suite_has_not_is_passed_over(journal, tmp_path):
    whole = text_of(go_on(journal), tmp_path)
    lines = lines_of(journal)
    record = json.loads(lines[2]) | {"task": "of/another"}
    journal.write_bytes(b"".join([*lines, json.dumps(record).encode() + b"\n"]))
    assert text_of(go_on(journal), tmp_path) == whole


@pytest.mark.parametrize("seed", range(10))
def test_stopped_at_any_point_it_comes_to_the_same_file(tmp_path, seed):
    """Attempts end in another order than they began: the file has them in theirs all the same."""
    whole = text_of(evaluate(SUITE, RandomAgent(), parallel=5), tmp_path)
    rng = random.Random(seed)
    journal, ended = tmp_path / "j.jsonl", 0
    stop_at = rng.randrange(1, 21)

    def stop(episode):
        nonlocal ended
        ended += 1
        if ended == stop_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(SUITE, RandomAgent(), journal=journal, parallel=5, on_episode=stop)
    # As kill -9 leaves it: the last line may be torn anywhere.
    content = journal.read_bytes()
    journal.write_bytes(content[: len(content) - rng.randrange(0, 40)])
    assert text_of(go_on(journal), tmp_path) == whole


def test_a_reward_that_is_no_number_can_be_read_back(tmp_path):
    from dataclasses import replace

    results = evaluate(SUITE, OracleAgent(CountingEnv("test")))
    first = results.episodes[0]
    steps = (replace(first.steps[0], reward=float("nan")), *first.steps[1:])
    spoilt = replace(results, episodes=(replace(first, steps=steps), *results.episodes[1:]))
    from onelayer.evals.results import load_results

    write_results(tmp_path / "results.json", {"a": spoilt})
    again = load_results(tmp_path)["a"]
    assert again.episodes[0].total_reward != again.episodes[0].total_reward
    assert again.overall.metrics["return"].value == pytest.approx(1.0)
