"""Records: whole or not there, valid JSON, honest about what is wrong with them."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import signal
import time
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.explain.runs import Walked
from benchmarks.records import record
from tests.records.samples import JOB, measured
from tests.sample_records import run


def test_a_record_has_the_keys_and_identity_and_survives_the_disk(tmp_path):
    made = record.make_record(JOB, measured())
    path = tmp_path / JOB.key
    record.write_record(made, path)
    assert record.read_record(path) == made == record.read_finished(path)
    assert {name.partition(".")[0] for name in record.MEANINGS} == made.json.keys()
    identity = ("problem", "framework", "regime", "device", "seed")
    assert [getattr(made, key) for key in identity] == ["boston", "a", "matched", "cpu", 4]
    assert made.warnings == [] and made.error is None
    assert (made.protocol, made.schema, made.kind) == (2, 1, "run")
    assert made.host.cores >= 1 and made.host.load_before == 0.1
    assert "surroundings" not in made.json


def test_a_failed_run_has_the_same_keys_and_is_not_finished(tmp_path):
    error = {"kind": "ChildDied", "message": "killed", "traceback_tail": ""}
    made = record.make_record(JOB, error=error)
    assert made.json.keys() == record.make_record(JOB, measured()).json.keys()
    assert made.json["error"] == error and made.changed == {"epochs": 3}
    record.write_record(made, tmp_path / "r.json")
    assert record.read_record(tmp_path / "r.json") == made
    assert record.read_finished(tmp_path / "r.json") is None
    assert record.read_finished(tmp_path / "not there.json") is None


def test_numbers_that_are_not_finite_are_null_and_named(tmp_path):
    history = {"loss": [1.0, math.nan, math.inf]}
    made = record.make_record(JOB, measured(metrics={"loss": np.nan}, history=history))
    record.write_record(made, tmp_path / "r.json")
    text = (tmp_path / "r.json").read_text()
    assert "NaN" not in text and "Infinity" not in text
    assert json.loads(text)["metrics"]["loss"] is None
    assert made.history["loss"] == [1.0, None, None]
    assert "metrics.loss has 1 value not finite, recorded as null" in made.warnings
    assert any(sentence.startswith("history.loss has 2 values") for sentence in made.warnings)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"epoch_seconds": [0.5, 0.2, 0.3]}, "spread by 28%"),
        ({"steady_epoch_seconds": 5e-4}, "under 1 ms"),
        ({"epoch_seconds": [0.5], "steady_epoch_seconds": None}, "one epoch only"),
        ({"surroundings": {"others_cpu_share": 0.4}}, "other processes used 40% of all cores"),
        ({"surroundings": {"steal_share": 0.05}}, "hypervisor kept 5%"),
        ({"threads": 16}, "2 threads asked for, 16 in use"),
        ({"data": {"notice": "generated, not real"}}, "generated, not real"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_warning_for_each_thing_that_makes_numbers_doubtful(change, sentence):
    warnings = record.make_record(JOB, measured(**change)).warnings
    assert len(warnings) == 1 and sentence in warnings[0]


def test_the_record_of_an_untimed_run_has_no_clock_and_doubts_none():
    noisy = {
        "epoch_seconds": [0.5, 0.2, 0.3],
        "cpu_seconds": [0.9, 0.4, 0.4],
        "validation_seconds": [0.1, 0.1, 0.1],
        "surroundings": {"others_cpu_share": 0.9, "steal_share": 0.5},
        "data": {"notice": "generated, not real"},
    }
    assert len(record.make_record(JOB, measured(**noisy)).warnings) == 4
    walked = record.make_record(Walked.of(JOB), measured(**noisy))
    assert walked.warnings == ["generated, not real"]  # of a kind that compares no seconds
    made = record.make_record(replace(JOB, timed=False), measured(**noisy))
    assert made.timed is False and made.warnings == ["generated, not real"]
    clocks = [key for key in made.json if "second" in key or key == "stages"]
    assert sorted(clocks) == sorted(record.CLOCKS)
    assert not any(made.json[key] for key in clocks)
    assert made.metrics["mae"] == 2.5 and made.peak_rss_bytes == 1 << 28
    assert len(made.history["loss"]) == 3


def test_a_timed_record_serves_for_an_untimed_run_and_never_the_other_way_round(tmp_path):
    untimed = replace(JOB, timed=False)
    first = record.make_record(untimed, measured())
    record.write_record(first, tmp_path / untimed.key)
    assert record.read_served(JOB, tmp_path) is None
    assert record.read_served(untimed, tmp_path) == first
    second = record.make_record(JOB, measured())
    record.write_record(second, tmp_path / JOB.key)
    assert record.read_served(untimed, tmp_path) == second == record.read_served(JOB, tmp_path)
    assert list(record.read_records(tmp_path)) == [second]  # one run is not counted twice
    failed = record.make_record(JOB, error={"kind": "E", "message": "", "traceback_tail": ""})
    record.write_record(failed, tmp_path / JOB.key)
    assert record.read_served(untimed, tmp_path) == first
    assert len(list(record.read_records(tmp_path))) == 2


TOMORROW = {"schema": 1, "kind": "one of tomorrow", "error": None}


def test_a_record_of_more_values_than_any_has_is_none(tmp_path):
    write = (tmp_path / "r.json").write_text
    write(json.dumps({**TOMORROW, "a": [[]] * 300_000}))
    with pytest.raises(ValueError, match="too many values"):
        record.read_record(tmp_path / "r.json")
    write(json.dumps({**TOMORROW, "a": [[]] * 100_000}))
    assert len(record.read_record(tmp_path / "r.json").json["a"]) == 100_000


def test_a_traceback_is_kept_from_the_start_of_a_line():
    error = ValueError("x")
    error.__cause__ = Exception('  File "/home/jane/a.py", line 1\n' * 200)
    tail = record.described(error)["traceback_tail"]
    assert 3900 < len(tail) <= 4000 and tail.startswith('  File "/home')


def test_what_is_no_record_is_skipped_and_named(tmp_path):
    made = record.make_record(JOB, measured())
    record.write_record(made, tmp_path / "deep" / "er" / "good.json")
    record.write_record({**made.json, "kind": "other"}, tmp_path / "other.json")
    record.write_record({**made.json, "schema": 99}, tmp_path / "newer.json")
    (tmp_path / "half.json").write_text('{"schema": 1, "prob')
    (tmp_path / "list.json").write_text("[1, 2]")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "notes.txt").write_text("not looked at")
    said: list[str] = []
    assert list(record.read_records(tmp_path, complain=said.append)) == [made]
    named = sorted(sentence.split()[0].rpartition("/")[2] for sentence in said)
    assert named == ["binary.json", "half.json", "list.json", "newer.json"]
    assert [r.kind for r in record.read_records(tmp_path, "other", said.append)] == ["other"]
    assert list(record.read_records(tmp_path / "nowhere")) == []


def test_a_record_that_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path):
    path = tmp_path / "r.json"
    record.write_record({"schema": 1, "n": 1}, path)
    with pytest.raises(ValueError, match="JSON"):
        record.write_record({"schema": 1, "n": math.nan}, path)
    assert json.loads(path.read_text())["n"] == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.json"]


def write_for_ever(path):
    n = 0
    while True:
        whole = {**run().json, "n": n, "filler": "x" * 100_000, "last": n}
        record.write_record(whole, path)
        n += 1


def test_a_writer_killed_at_any_moment_leaves_a_whole_record(tmp_path):
    pauses = (0.05, 0.11, 0.17)
    for pause in pauses:
        path = tmp_path / f"{pause}.json"
        process = multiprocessing.get_context("spawn").Process(target=write_for_ever, args=(path,))
        process.start()
        while not path.exists():
            time.sleep(0.01)
        time.sleep(pause)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        whole = record.read_record(path).json
        assert whole["n"] == whole["last"]
    said: list[str] = []
    assert len(list(record.read_records(tmp_path, complain=said.append))) == len(pauses)
    assert said == []


def test_a_narrower_run_keeps_what_the_figure_shows(tmp_path):
    """All that the folder has of that problem and protocol."""
    kept = [run("boston", name) for name in ("alpha", "beta")]
    other = [run("imdb"), run("boston", "old", protocol=0)]
    failed = run("boston", "failed", error={"kind": "x", "message": "y"})
    for i, written in enumerate([*kept, *other, failed]):
        record.write_record(written, tmp_path / written.problem / f"{i}.json")
    assert {r.framework for r in record.read_beside(kept[1:], tmp_path)} == {"alpha", "beta"}
