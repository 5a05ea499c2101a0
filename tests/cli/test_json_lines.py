"""Logs of JSON lines: nothing is lost to a damaged line but that line."""

import errno
import io
import json

import pytest

from onelayer.json_lines import append_records, keep_records, read_records

DAMAGED = [
    b'{"iteration": 1, "lo\n',
    b"[]\n",
    b"5\n",
    b"null\n",
    b"\n",
    b"\0\0\0\0\n",
    b"\xff\xfe\n",
    b"[" * 100_000 + b"\n",
]


@pytest.mark.parametrize("line", DAMAGED)
def test_a_damaged_line_is_one_lost_line(tmp_path, line):
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"iteration": 0}\n' + line + b'{"iteration": 2}\n')
    assert list(read_records(path)) == [{"iteration": 0}, None, {"iteration": 2}]
    assert keep_records(path, lambda record: record["iteration"] < 9) == 1
    assert path.read_bytes() == b'{"iteration": 0}\n{"iteration": 2}\n'


@pytest.mark.parametrize("line", [b"{}\n", b'{"iteration": "two"}\n', b'{"iteration": null}\n'])
def test_a_record_that_cannot_be_placed_is_damaged_too(tmp_path, line):
    path = tmp_path / "log.jsonl"
    path.write_bytes(line + b'{"iteration": 2}\n')
    assert keep_records(path, lambda record: record["iteration"] < 9) == 1
    assert path.read_bytes() == b'{"iteration": 2}\n'


def test_a_torn_end_is_the_mark_of_a_crash_and_not_counted(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"iteration": 0}\n{"itera')
    assert keep_records(path, lambda record: True) == 0
    assert path.read_bytes() == b'{"iteration": 0}\n'


def test_a_full_disk_leaves_no_part_of_a_line(tmp_path, monkeypatch):
    path = tmp_path / "log.jsonl"
    append_records(path, [{"iteration": 0}])

    class Full(io.FileIO):
        def write(self, data):
            if len(data) < 10:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data[: len(data) // 2])  # a part is written, then no more

    monkeypatch.setattr(
        "onelayer.json_lines.open", lambda path, mode, buffering: Full(path, "ab"), raising=False
    )
    with pytest.raises(OSError, match="No space left"):
        append_records(path, [{"iteration": 1}, {"iteration": 2}])
    assert [json.loads(line) for line in path.read_text().splitlines()] == [{"iteration": 0}]


def test_what_is_not_there_is_empty(tmp_path):
    assert list(read_records(tmp_path / "none")) == []
    assert keep_records(tmp_path / "none", lambda record: True) == 0
    assert not (tmp_path / "none").exists()
