"""Rows of files: which split a name tells, and what is told of a broken line."""

import pytest

from onelayer.envs.data_rows import NoSuchSplit, Source, placed_rows

ROW = b'{"id": "a"}\n'


def rows(path, split):
    return [row for _, row in placed_rows(Source(str(path)), split)]


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("test.jsonl", "test"),
        ("gsm8k-test.jsonl", "test"),
        ("my_Test_2.jsonl", "test"),
        ("latest.jsonl", "train"),
        ("contest_data.jsonl", "train"),
        ("greatest-hits.jsonl", "train"),
        ("problems.jsonl", "train"),
    ],
)
def test_a_word_of_the_files_name_tells_its_split(tmp_path, name, split):
    (tmp_path / name).write_bytes(ROW)
    assert rows(tmp_path / name, split) == [{"id": "a"}]
    with pytest.raises(NoSuchSplit):
        rows(tmp_path / name, {"test": "train", "train": "test"}[split])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"id": "\xff"}', "it is not text in UTF-8"),
        (b'{"id": "\\ud800"}', "it is not text in UTF-8"),
        (b'{"id": ' + b"9" * 5000 + b"}", "it is not JSON"),
        (b'{"id": ', "it is not JSON"),
        (b"[1]", "a row is an object"),
    ],
)
def test_a_broken_line_is_named(tmp_path, line, message):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(ROW + line + b"\n")
    with pytest.raises(ValueError, match=f"rows.jsonl, line 2: {message}"):
        rows(path, "train")


def test_a_byte_order_mark_is_no_part_of_the_first_row(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + ROW)
    assert rows(path, "train") == [{"id": "a"}]
