"""Processes that give signs of life, and what happens when one of them stops."""

import time
from types import SimpleNamespace

import pytest

from onelayer.trainers import heartbeat
from onelayer.trainers.heartbeat import Heartbeat


class Store:
    """What two processes share."""

    def __init__(self):
        self.held, self.answers = {}, True

    def set(self, key, value):
        while not self.answers:
            time.sleep(0.01)
        self.held[key] = value.encode()

    def get(self, key):
        return self.held[key]

    def check(self, keys):
        return all(key in self.held for key in keys)


@pytest.fixture
def two(monkeypatch):
    """Two processes' heartbeats, their store, and who ended because of whom."""
    monkeypatch.setattr(heartbeat, "EVERY", 0.02)
    monkeypatch.setattr(heartbeat, "SILENCE", 2.0)
    monkeypatch.setattr(heartbeat, "PATIENCE", 0.1)
    store, ended = Store(), []
    monkeypatch.setattr(Heartbeat, "_store", lambda self: store)

    def end(self, silent, last_words):
        last_words()
        ended.append((self._number, silent))
        self._ended.set()

    monkeypatch.setattr(Heartbeat, "_end", end)
    beats = [Heartbeat(SimpleNamespace(process_index=n, num_processes=2)) for n in (0, 1)]
    return beats, store, ended


def until(done, seconds=20.0):
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.01)
    return done()


def test_processes_that_live_go_on(two):
    (first, second), _, ended = two
    with first.beating(lambda: None), second.beating(lambda: None):
        time.sleep(3.0)  # longer than silence may last
    assert ended == []


def test_a_process_that_falls_silent_ends_the_other_after_its_last_words(two):
    (first, second), _, ended = two
    said = []
    with first.beating(lambda: said.append("saved")), second.beating(lambda: None):
        assert until(lambda: first._heard[1][0] != b"")
        second._ended.set()
        assert until(lambda: ended)
    assert ended == [(0, 1)]
    assert said == ["saved"]


def test_where_the_store_answers_no_more_its_process_is_the_silent_one(two):
    (_, second), store, ended = two
    with second.beating(lambda: None):
        assert until(lambda: second._heard[1][0] != b"")
        store.answers = False
        assert until(lambda: ended)
        store.answers = True
    assert ended == [(1, 0)]


def test_whoever_waits_for_long_says_for_whom(two, said):
    (first, second), _, _ = two
    second.doing = "rollout"
    with first.beating(lambda: None), second.beating(lambda: None):
        assert until(lambda: first._heard[1][0].endswith(b"rollout"))
        first.doing = "waiting"
        assert until(said)
        time.sleep(0.3)
    [line] = said()
    assert "process 0 has waited 0 seconds for process 1, which still plays" in line


def test_one_process_alone_needs_no_signs_of_life(monkeypatch):
    monkeypatch.setattr(Heartbeat, "_store", lambda self: pytest.fail("nobody listens"))
    with Heartbeat(SimpleNamespace(process_index=0, num_processes=1)).beating(lambda: None):
        pass
