"""Many records in one file: read as from their folder, bounded, and none that could not be read."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest

from benchmarks.records import record
from benchmarks.records.packed import SHARED, pack
from tests.records.samples import JOB, measured

PLAN = {"kind": "plan", "schema": 1, "problems": {}}


def test_packed_records_are_read_as_from_their_folder(tmp_path):
    made = [record.make_record(replace(JOB, seed=seed), measured()) for seed in range(9)]
    for seed, single in enumerate(made):
        record.write_record(single, tmp_path / "folder" / f"{seed}.json")
    one, two = tmp_path / "one.gz", tmp_path / "two.gz"
    for path in (one, two):
        runs = record.read_records(tmp_path / "folder")
        pack([PLAN, *(run.json for run in runs)], path)
    assert one.read_bytes() == two.read_bytes()
    # as text: the order of keys is that of the tables' notes
    text = json.dumps([run.json for run in made])
    assert json.dumps([run.json for run in record.read_records(one)]) == text
    assert [plan.kind for plan in record.read_records(one, "plan")] == ["plan"]
    assert one.stat().st_size < len(text) / 8
    with pytest.raises(ValueError, match="no key '='"):
        pack([{"a": {"=": 1}}], one)


@pytest.mark.parametrize(
    "content",
    [
        b"no gzip",
        gzip.compress(b""),
        gzip.compress(b'{"compact": 99, "shared": []}'),
        gzip.compress(b'{"compact": 1, "shared": []}\n{"a": {"=": 5}}'),
        gzip.compress(b'{"compact": 1, "shared": []}')[:-9],
        gzip.compress(b'{"compact": 1, "shared": []}') + 9 * gzip.compress(b""),
        gzip.compress(b'{"compact": 1, "shared": []}\n7'),
    ],
    ids=["text", "empty", "newer", "lost", "cut", "members", "number"],
)
def test_a_file_that_holds_no_packed_records_is_an_error_in_words(tmp_path, content):
    (tmp_path / "f.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"f\.gz is no"):
        list(record.read_records(tmp_path / "f.gz"))


@pytest.mark.parametrize(
    ("shared", "rest"),
    [
        (f'"{"w" * 2_000_000}"', ['{"a": {"=": 0}}'] * 500),
        (f'"{"w" * 2_000_000}"', [json.dumps({f"a{i}": {SHARED: 0} for i in range(50)})]),
        (f"[{'[],' * 4_000_000}0]", []),
        (f"[{'[],' * 100_000}0]", ['{"a": {"=": 0}}'] * 100),
        ("0", ["{}"] * 100_001),
    ],
    ids=["records", "places", "values", "shared values", "many"],
)
def test_what_a_packed_file_would_make_is_bounded(tmp_path, shared, rest):
    text = "\n".join([f'{{"compact": 1, "shared": [{shared}]}}', *rest])
    (tmp_path / "f.gz").write_bytes(gzip.compress(text.encode(), 1))
    assert (tmp_path / "f.gz").stat().st_size < 300_000
    with pytest.raises(ValueError, match="at most 100,000 records are read"):
        list(record.read_records(tmp_path / "f.gz"))


def test_what_could_not_be_read_again_is_not_packed(tmp_path):
    with pytest.raises(ValueError, match=r"100,001 records .* at most 100,000 records are read"):
        pack([{}] * 100_001, tmp_path / "f.gz")


def test_a_packed_record_that_is_none_is_skipped_and_named(tmp_path):
    made = record.make_record(JOB, measured())
    odd = {**made.json, "history": {"loss": [1.0, "a"]}}
    pack([{"schema": 99}, made.json, odd], tmp_path / "f.gz")
    said: list[str] = []
    assert list(record.read_records(tmp_path / "f.gz", complain=said.append)) == [made]
    newer, odd = said
    assert newer.startswith("record 1 of ") and "has schema 99" in newer
    assert odd.startswith("record 3 of ") and "'history.loss[1]' is 'a', expected number" in odd
