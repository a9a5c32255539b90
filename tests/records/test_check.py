"""What may be read as a record, and the one line that says why something may not."""

from __future__ import annotations

import math

import pytest

from benchmarks.records.check import fault_of
from benchmarks.records.kinds import KINDS, typed
from benchmarks.records.packed import unpack
from tests.command import ROOT
from tests.sample_records import run

SAMPLE = ROOT / "tests/faults/records.jsonl.gz"


def test_published_records_and_those_of_every_kind_are_read():
    paths = [*(ROOT / "docs").rglob("*.jsonl.gz"), SAMPLE]
    records = [record for path in paths for record in unpack(path)]
    assert len(paths) > 1 and {record["kind"] for record in records} == set(KINDS)
    assert not list(filter(None, map(fault_of, records)))
    for record in records:
        kind = KINDS[record["kind"]]
        assert isinstance(typed(record), kind)
        assert typed(record).json is record


def tomorrow(**more):
    return {"kind": "one of tomorrow", "error": None, **more}


def nested(levels: int) -> list:
    return [nested(levels - 1)] if levels else []


def limit(**changes):
    known = next(record for record in unpack(SAMPLE) if record["kind"] == "limit")
    return {**known, "limit": {**known["limit"], **changes}}


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        (run().json | {"threads": "2"}, "'threads' is '2', expected number"),
        (run().json | {"timed": None}, "'timed' is None, expected true or false"),
        (run().json | {"created": "today"}, "'created' is 'today', expected time"),
        (
            run().json | {"epoch_seconds": [0.5, -1]},
            "'epoch_seconds[1]' is -1, expected positive number",
        ),
        (run().json | {"epoch_seconds": [0.5]}, "its curves are of different numbers of epochs"),
        (run().json | {"kind": ["run"]}, "'kind' is ['run'], expected text"),
        (
            run().json | {"metrics": {"loss": 10**400}},
            "'metrics.loss' is beyond every output, expected a whole number of 64 bits",
        ),
        (run().json | {"git": {"commit": None}}, "it has no 'git.dirty'"),
        (
            run().json | {"settings": {"changed": {"epochs": 3.0}}},
            "'settings.changed.epochs' is 3.0, expected whole number",
        ),
        (
            run().json | {"settings": {"changed": {"epochs": 0}}},
            "'settings.changed' is of no network: epochs must be at least 1, got 0",
        ),
        (limit(steps=-1), "'limit.steps' is -1, expected positive number"),
        ({"schema": 1, "error": None}, "it has no 'problem'"),
        ({"kind": "one of tomorrow"}, "it has no 'error'"),
        ({"kind": "one of tomorrow", "error": {}}, "it has no 'error'"),
        ({"kind": "one of tomorrow", "error": None}, ""),
        (tomorrow(framework=None), "'framework' is None, expected text"),
        (tomorrow(versions={"torch": 1}), "'versions.torch' is 1, expected text"),
        (
            tomorrow(a=["\ud800x"]),
            "'a.0' is beyond every output, expected text of whole characters",
        ),
        (
            tomorrow(a={"\udcff": 1}),
            "'a (a key)' is beyond every output, expected text of whole characters",
        ),
        (tomorrow(a=-(2**70)), "'a' is beyond every output, expected a whole number of 64 bits"),
        (tomorrow(a=[2**63]), "'a.0' is beyond every output, expected a whole number of 64 bits"),
        (tomorrow(a=[1.0, math.inf]), "'a.1' is beyond every output, expected a finite number"),
        (tomorrow(a=nested(64)), "expected at most 64 values in each other"),
        (tomorrow(a=[nested(62), 2**63 - 1, -(2**63), "\U0001f600é", 1e308]), ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_line_says_what_keeps_it_from_being_a_record(record, fault):
    assert fault_of(record) == fault or (fault.startswith("expected") and fault in fault_of(record))
