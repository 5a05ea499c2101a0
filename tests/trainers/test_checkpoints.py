"""Checkpoints that a disk damaged or had no room for: the one before is used, and that is said."""

import errno
import json
import logging
import os
import shutil
import subprocess

import pytest
import torch

from onelayer.lock import alone_in
from onelayer.trainers.checkpoints import Checkpoint, Checkpoints
from onelayer.trainers.run_folder import RunFolder


def checkpoint(iteration, size=4, value=None):
    weight = torch.full((size,), float(iteration if value is None else value))
    optimizer = torch.optim.AdamW([torch.nn.Parameter(weight.clone())])
    return Checkpoint(iteration, {"gamma": 0.95}, {"w": weight}, optimizer.state_dict())


@pytest.fixture
def two(tmp_path):
    """Checkpoints of iterations 1 and 2."""
    saved = Checkpoints(tmp_path / "run" / "checkpoints")
    for iteration in (1, 2):
        saved.save(checkpoint(iteration))
    return saved


def flip(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def edit(folder, **changes):
    path = folder / "about.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def blank(path):
    path.write_bytes(bytes(path.stat().st_size))


DAMAGES = {
    "state truncated": lambda f: os.truncate(f / "state.pt", 700),
    "state empty": lambda f: os.truncate(f / "state.pt", 0),
    "state zeroed": lambda f: blank(f / "state.pt"),
    "state missing": lambda f: os.unlink(f / "state.pt"),
    "state of another run": lambda f: torch.save({"weights": {}}, f / "state.pt"),
    "a bit of a weight flipped": lambda f: flip(f / "state.pt", 1000),
    "the last bit flipped": lambda f: flip(f / "state.pt", -1),
    "about truncated": lambda f: os.truncate(f / "about.json", 20),
    "about zeroed": lambda f: blank(f / "about.json"),
    "about missing": lambda f: os.unlink(f / "about.json"),
    "about is a list": lambda f: (f / "about.json").write_text("[]"),
    "about is a number": lambda f: (f / "about.json").write_text("5"),
    "about is no text": lambda f: (f / "about.json").write_bytes(b"\xff\xfe\x00"),
    "about is an empty object": lambda f: (f / "about.json").write_text("{}"),
    "iteration edited": lambda f: edit(f, iteration=1),
    "config edited": lambda f: edit(f, config={"gamma": 0.5}),
    "folder renamed": lambda f: f.rename(f.with_name("000009")),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_checkpoint_is_left_for_the_one_before_and_that_is_said(two, damage, caplog):
    damage(two.path / "000002")
    with caplog.at_level(logging.WARNING):
        found = two.newest()
    assert found.iteration == 1
    assert torch.equal(found.weights["w"], torch.ones(4))
    [said] = [record.getMessage() for record in caplog.records]
    assert "is damaged" in said
    assert said.endswith("; going on from iteration 1")
    assert two.config() == {"gamma": 0.95}


def test_a_damaged_checkpoint_makes_place_for_a_new_one_and_is_not_lost(two):
    os.truncate(two.path / "000002" / "state.pt", 700)
    two.set_aside_after(two.newest().iteration)
    two.save(checkpoint(2, value=7))
    assert two.newest().weights["w"][0] == 7
    assert (two.path / "damaged-000002" / "state.pt").stat().st_size == 700


def test_where_all_are_damaged_each_is_named_with_the_way_out(two):
    for folder in two.path.iterdir():
        os.truncate(folder / "state.pt", 10)
    with pytest.raises(ValueError, match=r"000002.*is damaged.*000001.*is damaged.*another --out"):
        two.newest()


def test_a_checkpoint_of_0_1_which_had_no_digests_is_read(two):
    path = two.path / "000002" / "about.json"
    about = json.loads(path.read_text())
    path.write_text(json.dumps({name: about[name] for name in ("iteration", "config")}))
    assert two.newest().iteration == 2
    os.truncate(two.path / "000002" / "state.pt", 700)
    assert two.newest().iteration == 1


def full_after(bytes_free, monkeypatch):
    """Let the file of the tensors take so many bytes until the disk is full; return the free bytes."""
    free = [bytes_free]
    plain_open = open

    def opened(path, mode="r", *arguments, **keywords):
        file = plain_open(path, mode, *arguments, **keywords)
        if "w" not in mode or not str(path).endswith("state.pt"):
            return file
        write = file.write

        class Limited:
            def write(self, data):
                if free[0] < len(data):
                    raise OSError(errno.ENOSPC, "No space left on device")
                free[0] -= len(data)
                return write(data)

            def __getattr__(self, name):
                return getattr(file, name)

            def __enter__(self):
                return self

            def __exit__(self, *_):
                file.close()

        return Limited()

    monkeypatch.setattr("onelayer.trainers.checkpoints.open", opened, raising=False)
    return free


def test_a_full_disk_is_said_with_the_checkpoint_to_go_on_from(two, monkeypatch):
    full_after(500, monkeypatch)
    with pytest.raises(
        OSError, match=r"000003 cannot be written: No space left on device; when it"
    ) as e:
        two.save(checkpoint(3))
    assert "go on from the checkpoint of iteration 2 with --resume" in str(e.value)
    monkeypatch.undo()
    assert two.newest().iteration == 2
    assert not list(two.path.glob(".draft-*"))
    two.save(checkpoint(3))
    assert two.newest().iteration == 3


def test_on_a_full_disk_the_older_checkpoint_makes_room(two, monkeypatch):
    free = full_after(500, monkeypatch)
    rmtree = shutil.rmtree

    def removed(path, *arguments, **keywords):
        if path.name == "000001":
            free[0] += 10_000
        rmtree(path, *arguments, **keywords)

    monkeypatch.setattr("onelayer.trainers.checkpoints.shutil.rmtree", removed)
    two.save(checkpoint(3))
    assert two.newest().iteration == 3
    assert sorted(path.name for path in two.path.iterdir()) == ["000002", "000003"]


@pytest.fixture
def small_disk(tmp_path):
    """A disk of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_disk_that_is_really_full_keeps_the_last_good_checkpoint(small_disk):
    saved = Checkpoints(small_disk / "checkpoints")
    for iteration in range(1, 4):  # 280 kB each: there is room for three
        saved.save(checkpoint(iteration, size=70_000))
    with pytest.raises(OSError, match="No space left on device; when it can, go on from"):
        saved.save(checkpoint(4, size=300_000))
    assert saved.newest().iteration == 3
    saved.save(checkpoint(5, size=70_000))
    assert saved.newest().iteration == 5


def test_a_disk_that_became_read_only_keeps_the_last_good_checkpoint(small_disk):
    saved = Checkpoints(small_disk / "checkpoints")
    saved.save(checkpoint(1))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(OSError, match=r"000002 cannot be written: Read-only file system; when it"):
        saved.save(checkpoint(2))
    assert saved.newest().iteration == 1
    with pytest.raises(OSError, match="run cannot be written; name another --out"):
        RunFolder(small_disk / "run").require_new()


def test_a_run_on_a_full_disk_can_be_resumed_to_its_last_checkpoint(small_disk):
    folder = RunFolder(small_disk)
    folder.save(checkpoint(2, size=1000))
    for iteration in range(4):
        folder.log({"iteration": iteration})
    with (
        open(small_disk / "filler", "wb", buffering=0) as file,
        pytest.raises(OSError, match="No space left"),
    ):
        while True:
            file.write(bytes(4096))
    with alone_in(small_disk):
        folder.take_back(folder.last().iteration)
    assert [line["iteration"] for line in folder.history()] == [0, 1]
