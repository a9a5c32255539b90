"""A record as scalars, and the file that TensorBoard reads of it."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.export.tensorboard import (
    digest,
    ended,
    event_writer,
    scalars,
    settings,
    write_events,
)
from benchmarks.records.keys import Record
from tests.sample_records import made
from tests.test_structure import FRAMEWORKS, ROOT

needs_tensorboard = pytest.mark.skipif(
    find_spec("tensorboard") is None,
    reason="tensorboard is not installed",
)


def record(name="alpha", **more) -> Record:
    return made(
        **{
            "kind": "run",
            "created": "2026-01-02T00:00:10+00:00",
            "problem": "boston",
            "framework": name,
            "regime": "matched",
            "seed": 3,
            "history": {"loss": [4.0, 2.0], "mae": [1.5, None]},
            "epoch_seconds": [3.0, 1.0],
            "metrics": {"loss": 2.5, "mae": 1.25},
            "settings": {"problem": {"name": "boston", "hidden": [64, 64], "learning_rate": 0.5}},
            **more,
        }
    )


READ = """
import json, sys
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
many = EventMultiplexer().AddRunsFromDirectory(sys.argv[1]).Reload()
runs = {}
for name in many.Runs():
    run = many.GetAccumulator(name)
    content = run.PluginTagToContent("hparams")["_hparams_/session_start_info"]
    start = HParamsPluginData.FromString(content).session_start_info
    runs[name] = {
        tag: [[e.step, e.value, e.wall_time] for e in run.Scalars(tag)]
        for tag in run.Tags()["scalars"]
    }
    runs[name]["hparams"] = sorted(start.hparams)
print(json.dumps(runs))
"""


def read(folder: Path) -> dict:
    """What TensorBoard's own reader finds, in a process of its own: it imports TensorFlow."""
    command = [sys.executable, "-c", READ, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("clocks", "first"),
    [
        ({}, -1.0),
        ({"validation_seconds": [0.5, 0.5]}, -1.5),
        ({"epoch_seconds": []}, 0.0),  # an untimed run: all at the time of the record
    ],
)
def test_every_epoch_has_its_step_and_its_time_and_the_test_stands_at_the_last(clocks, first):
    points = list(scalars(record(**clocks)))
    losses = [(s.value, s.step, s.time - ended(record())) for s in points if s.name == "loss"]
    assert losses == [(4.0, 1, first), (2.0, 2, 0.0)]
    assert [(s.name, s.value, s.step) for s in points[-2:]] == [
        ("test_loss", 2.5, 2),
        ("test_mae", 1.25, 2),
    ]
    assert math.isnan(next(s.value for s in points if s.name == "mae" and s.step == 2))
    used = {
        name for name in ("epoch_seconds", "validation_seconds") if getattr(record(**clocks), name)
    }
    assert {s.name for s in points} == {"loss", "mae", "test_loss", "test_mae", *used}


def test_settings_are_plain_values():
    plain = settings(record())
    assert plain["hidden"] == "64-64" and plain["learning_rate"] == 0.5 and plain["seed"] == 3
    assert "name" not in plain and "fold" not in plain
    protocol = {"epochs": 80, "fold_epochs": 100, "batch_size": 16, "fold_batch_size": 1}
    fold = {"kind": "crossval", "fold": 0, "folds": 4, "fold_statistics": "all"}
    plain = settings(record(**fold, settings={"problem": protocol}))
    assert (plain["epochs"], plain["batch_size"], plain["fold"], plain["folds"]) == (100, 1, 1, 4)


@needs_tensorboard
def test_tensorboard_reads_what_the_record_says(tmp_path):
    for name in ("alpha", "beta"):
        write_events(record(name), tmp_path / name)
    runs = read(tmp_path)
    assert set(runs) == {"alpha", "beta"}
    for run in runs.values():
        assert [(step, value) for step, value, _ in run["loss"]] == [(1, 4.0), (2, 2.0)]
        assert [(step, value) for step, value, _ in run["test_mae"]] == [(2, 1.25)]
        assert run["epoch_seconds"][1][2] - run["epoch_seconds"][0][2] == 1.0
        assert "hidden" in run["hparams"] and "framework" in run["hparams"]
    assert runs["alpha"] == runs["beta"]


@needs_tensorboard
def test_the_same_record_is_one_file_and_another_takes_its_place(tmp_path):
    write_events(record(), tmp_path)
    (first,) = tmp_path.iterdir()
    before = first.read_bytes(), first.stat().st_mtime_ns
    write_events(record(), tmp_path)
    assert list(tmp_path.iterdir()) == [first]
    assert (first.read_bytes(), first.stat().st_mtime_ns) == before
    again = record(metrics={"loss": 9.0})
    write_events(again, tmp_path)
    (second,) = tmp_path.iterdir()
    assert second != first and second.name.endswith(digest(again)[-16:])
    write_events(record(error={"kind": "E", "message": ""}), tmp_path / "failed")
    assert not (tmp_path / "failed").exists()


@needs_tensorboard
def test_writing_imports_no_framework(tmp_path):
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.export.test_tensorboard import FRAMEWORKS, record, write_events\n"
        f"write_events(record(), Path({str(tmp_path)!r}))\n"
        "print(sorted(FRAMEWORKS & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
    assert len(list(tmp_path.iterdir())) == 1 and {"tensorflow", "torch"} <= FRAMEWORKS


def test_without_the_package_the_message_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto.event_pb2", None)
    with pytest.raises(ImportError, match='pip install "tensorboard>='):
        event_writer(tmp_path)
    assert event_writer(None)(None, record()) is None
