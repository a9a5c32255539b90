"""Records: whole or not there, valid JSON, honest about what is wrong with them."""

from __future__ import annotations

import gzip
import json
import math
import multiprocessing
import os
import platform
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.harness import clocks
from benchmarks.records import machine, record
from benchmarks.records.job import Job
from benchmarks.records.packed import SHARED, pack
from common.problem import PROBLEMS
from common.regime import MATCHED
from tests.command import ROOT
from tests.sample_records import paths_in, run

JOB = Job(PROBLEMS["boston"].but(epochs=3), "a", MATCHED, seed=4, threads=2, content="sha256:0")
KEYS = [
    "problem",
    "framework",
    "regime",
    "device",
    "seed",
    "data",
    "metrics",
    "history",
    "epoch_seconds",
    "cpu_seconds",
    "validation_seconds",
    "steady_epoch_seconds",
    "first_epoch_seconds",
    "total_seconds",
    "samples_per_second",
    "peak_rss_bytes",
    "stages",
    "threads",
    "versions",
    "host",
    "git",
    "settings",
    "error",
]


PLAN = {"kind": "plan", "schema": 1, "problems": {}}


def measured(**changes):
    return {
        "data": {"source": "folder", "origin": "f", "digest": "d", "real": True, "notice": ""},
        "metrics": {"loss": np.float32(9.5), "mae": 2.5},
        "history": {"loss": [3.0, 2.0, 1.0], "mae": [3.0, 2.0, 1.0]},
        "epoch_seconds": [0.5, 0.2, 0.2],
        "validation_seconds": [],
        "steady_epoch_seconds": 0.2,
        "first_epoch_seconds": 0.5,
        "total_seconds": 4.0,
        "samples_per_second": 2020.0,
        "peak_rss_bytes": 1 << 28,
        "import_rss_bytes": 1 << 27,
        "stages": {"import": 2.0, "data": 0.1, "build": 0.1, "fit": 0.9, "evaluate": 0.1},
        "threads": 2,
        "versions": {"python": "3"},
        "settings": {"changed": {"epochs": 3}},
        "surroundings": {"load_before": 0.1, "others_cpu_share": 0.0, "steal_share": 0.0},
        **changes,
    }


def test_a_record_has_the_keys_and_identity_and_survives_the_disk(tmp_path):
    made = record.make_record(JOB, measured())
    path = tmp_path / JOB.key
    record.write_record(made, path)
    assert record.read_record(path) == made == record.read_finished(path)
    assert set(KEYS) <= made.json.keys() and record.EMPTY.keys() <= made.json.keys()
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


TOMORROW = {"schema": 1, "kind": "one of tomorrow", "error": None}


def test_a_record_of_more_values_than_any_has_is_none(tmp_path):
    write = (tmp_path / "r.json").write_text
    write(json.dumps({**TOMORROW, "a": [[]] * 300_000}))
    with pytest.raises(ValueError, match="too many values"):
        record.read_record(tmp_path / "r.json")
    write(json.dumps({**TOMORROW, "a": [[]] * 100_000}))
    assert len(record.read_record(tmp_path / "r.json").json["a"]) == 100_000


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


def test_a_traceback_is_kept_from_the_start_of_a_line():
    error = ValueError("x")
    error.__cause__ = Exception('  File "/home/jane/a.py", line 1\n' * 200)
    tail = record.described(error)["traceback_tail"]
    assert 3900 < len(tail) <= 4000 and tail.startswith('  File "/home')


def test_where_there_is_no_proc_the_system_is_asked_otherwise(monkeypatch, tmp_path):
    age, peak = clocks.process_age_seconds(), clocks.peak_rss_bytes()
    cores = machine.usable_cores()
    monkeypatch.setattr(clocks, "sys", SimpleNamespace(platform="freebsd"))
    assert clocks.process_age_seconds() == pytest.approx(age, abs=5)
    kib = clocks.peak_rss_bytes()
    assert kib > 0.9 * peak  # the system may count that of the parent
    monkeypatch.setattr(clocks, "sys", SimpleNamespace(platform="darwin"))
    assert clocks.peak_rss_bytes() == pytest.approx(kib / 1024, rel=0.1)
    monkeypatch.delattr(clocks.os, "sched_getaffinity")
    assert machine.usable_cores() >= cores
    monkeypatch.setattr(machine, "Path", lambda name: tmp_path / "none")
    assert machine.host()["cpu"] == (platform.processor() or platform.machine())


def test_a_packed_record_that_is_none_is_skipped_and_named(tmp_path):
    made = record.make_record(JOB, measured())
    odd = {**made.json, "history": {"loss": [1.0, "a"]}}
    pack([{"schema": 99}, made.json, odd], tmp_path / "f.gz")
    said: list[str] = []
    assert list(record.read_records(tmp_path / "f.gz", complain=said.append)) == [made]
    newer, odd = said
    assert newer.startswith("record 1 of ") and "has schema 99" in newer
    assert odd.startswith("record 3 of ") and "'history.loss[1]' is 'a', expected number" in odd


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


def test_peak_memory_is_the_process_s_own_and_not_its_parent_s():
    program = "from benchmarks.harness.clocks import peak_rss_bytes as p; print(p())"
    holding = f"x = bytearray(400_000_000); import subprocess, sys; \
subprocess.run([sys.executable, '-c', {program!r}])"
    done = subprocess.run([sys.executable, "-c", holding], cwd=ROOT, capture_output=True, text=True)
    assert 1e6 < int(done.stdout) < 2e8


def test_the_age_of_a_process_counts_from_its_start():
    program = (
        "import time; time.sleep(.5)\n"
        "from benchmarks.harness.clocks import process_age_seconds as age\n"
        "print(age())"
    )
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert 0.5 <= float(done.stdout) <= time.perf_counter() - started + 0.02


def test_git_facts_are_of_this_checkout_or_none(tmp_path, monkeypatch):
    facts = machine.git()
    assert facts["commit"] is None or len(facts["commit"]) == 40
    assert (facts["commit"] is None) == (facts["dirty"] is None)
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    assert machine.git() == {"commit": None, "dirty": None}
