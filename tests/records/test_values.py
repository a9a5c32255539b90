"""No record tells where files lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.records import record
from tests.command import ROOT
from tests.records.samples import JOB, measured
from tests.sample_records import paths_in


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            f'File "{ROOT}/benchmarks/harness/worker.py", line 3',
            'File "benchmarks/harness/worker.py", line 3',
        ),
        ('File "/v e/lib/site-packages/keras/a.py"', 'File "site-packages/keras/a.py"'),
        ("No such file: '/home/Jane Doe/a b/c.npz'", "No such file: 'c.npz'"),
        (f"{Path.home()}/v/bin/python and ~/x/y", "python and y"),
        (r"C:\Users\Jane\x.npz, C:/Users/Jane/y, \\srv\share\z", "x.npz, y, z"),
        ("x=/a/b:/c/d (/e/f.py:12) file:///g/h sqlite:////i/j", "x=b:d (f.py:12) h sqlite:j"),
        ("https://e.x/a/b s3://a/b samples/s 1,000 $/x a / b ../c/d ./e </i> '/' \\d", None),
    ],
)
def test_a_record_tells_no_folder(text, kept):
    settings = {"python": "/home/Jane Doe/v 1/bin/python3", "problem": {"path": "/a b/c d/t.py"}}
    data = {"origin": "/home/Jane Doe/my data/imdb.npz", "notice": text}
    made = record.make_record(JOB, measured(data=data, settings=settings))
    assert made.data.origin == "imdb.npz"
    assert made.data.notice == (text if kept is None else kept)
    assert made.json["settings"] == {"python": "python3", "problem": {"path": "t.py"}}
    error = {"kind": "E", "message": text + " \udcff", "traceback_tail": ""}
    made = record.make_record(JOB, error=error)
    assert made.error.message == (text if kept is None else kept) + r" \udcff"
    assert not paths_in(made.json) and (kept is None or paths_in({"a": [text]}))


def test_no_published_record_tells_a_folder():
    packed = [*(ROOT / "docs").rglob("*.gz"), *(ROOT / "tests").rglob("*.gz")]
    records = [read.json for path in packed for _, read in record.read_files(path)]
    assert len(packed) > 2 and not any(map(paths_in, records))
