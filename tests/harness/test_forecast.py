"""How many runs are missing, and for how long: from records that are alike."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from benchmarks.harness import forecast as module
from benchmarks.harness.forecast import duration, forecast
from benchmarks.harness.worker_folds import folds_of
from benchmarks.records.job import Job
from benchmarks.records.record import write_record
from common.problem import PROBLEMS
from common.regime import MATCHED, NATIVE
from tests.sample_records import run

BOSTON = Job(PROBLEMS["boston"], "alpha", MATCHED, threads=2)
SETTINGS = {"changed": {}, "problem": {"batch_size": 16}}


@pytest.fixture(autouse=True)
def nothing_elsewhere(monkeypatch):
    monkeypatch.setattr(module, "_elsewhere", lambda: ())


def timed(folder, job, *, epochs, start, **more):
    """The record of a job whose epochs take these seconds and all else `start`."""
    more = {"settings": SETTINGS, "total_seconds": start + sum(epochs), **more}
    record = run(job.problem.name, job.framework, job.regime.name, job.seed, epochs=epochs, **more)
    write_record(record, folder / job.path)


def test_what_starts_is_counted_once_and_epochs_as_they_are_asked_for(tmp_path):
    timed(tmp_path, BOSTON, epochs=(0.1,) * 80, start=5.0)
    seeds = [replace(BOSTON, seed=seed) for seed in range(3)]
    ahead = forecast(seeds, tmp_path)
    assert (ahead.runs, ahead.there, ahead.missing, ahead.guess) == (3, 1, 2, "")
    assert ahead.seconds == pytest.approx(2 * (5 + 8))
    assert str(ahead) == "3 runs, 1 of them there: about 26 s"
    assert forecast(seeds, tmp_path, force=True).seconds == pytest.approx(3 * 13)
    assert str(forecast(seeds[:1], tmp_path)) == "1 run, 1 of them there: nothing to run"
    short = replace(BOSTON, problem=BOSTON.problem.but(epochs=8, batch_size=8))
    assert forecast([short], tmp_path).seconds == pytest.approx(5 + 0.8 * 2)


def test_untimed_runs_share_the_machine_and_folds_their_process(tmp_path):
    timed(tmp_path, BOSTON, epochs=(0.1,) * 80, start=5.0)
    untimed = [replace(BOSTON, seed=seed, timed=False) for seed in (1, 2)]
    assert forecast(untimed, tmp_path, at_once=2).seconds == pytest.approx(13)
    folds = folds_of(replace(BOSTON, seed=3))
    epochs = BOSTON.problem.fold_epochs * 16 / BOSTON.problem.fold_batch_size
    assert forecast(folds, tmp_path).seconds == pytest.approx(5 + 4 * epochs * 0.1)


def test_what_is_less_alike_is_a_guess_and_is_said_to_be_one(tmp_path, monkeypatch):
    timed(tmp_path, replace(BOSTON, regime=NATIVE), epochs=(0.1,) * 80, start=5.0)
    ahead = forecast([BOSTON], tmp_path)
    assert ahead.seconds == pytest.approx(13) and "another regime" in ahead.guess
    ahead = forecast([replace(BOSTON, framework="beta")], tmp_path)
    assert ahead.seconds == pytest.approx(13) and "another framework" in str(ahead)
    mnist = Job(PROBLEMS["mnist"], "alpha", MATCHED)
    assert forecast([mnist], tmp_path).seconds is None
    assert "is not known" in str(forecast([mnist], tmp_path))
    there = module._costs([run("mnist", "alpha", epochs=(1.0,) * 5, settings=SETTINGS)])
    monkeypatch.setattr(module, "_elsewhere", lambda: tuple(there))
    assert "times of another machine" in str(forecast([mnist], tmp_path))


def test_the_docs_have_times_of_every_problem_and_regime(monkeypatch):
    monkeypatch.undo()
    arms = {cost.arm[:3] for cost in module._elsewhere()}
    regimes = ("native", "matched", "tuned")
    names = ("keras", "torch")
    assert arms >= {(p, name, regime) for p in PROBLEMS for name in names for regime in regimes}


def test_records_without_clocks_say_nothing_of_time(tmp_path):
    write_record(run("boston", settings=SETTINGS, epoch_seconds=[]), tmp_path / BOSTON.path)
    timed(tmp_path, replace(BOSTON, seed=1), epochs=(0.1,) * 80, start=5.0, trained_together=4)
    assert forecast([replace(BOSTON, seed=2)], tmp_path).seconds is None


def test_durations():
    words = [duration(seconds) for seconds in (7.4, 89, 90, 3600, 12600)]
    assert words == ["7 s", "89 s", "2 min", "60 min", "3.5 h"]


def test_a_dry_run_runs_nothing_and_a_long_one_says_its_time_first(twinbench, monkeypatch):
    dry = twinbench.run("--dry-run")
    assert dry.out == "2 runs: how long they take is not known before the first has ended\n"
    assert not twinbench.results.exists()
    assert twinbench.run("--seeds", "1").status == 0
    assert twinbench.run("--dry-run").out.startswith("2 runs, 1 of them there: about ")
    assert re.search(r" (min|h)\n$", twinbench.run("--dry-run", "--epochs", "1000000").out)
    long = twinbench.run("--epochs", "1000000", "--timeout", "1")
    _, first, *_ = long.err.splitlines()  # after the note on the data
    assert long.status == 4 and re.fullmatch(r"2 runs: about \d.*(min|h)", first), long.err
    for words in (["tune", "boston", "--layers", "1"], ["crossval"], ["explain", "boston"]):
        more = ["--data", "embedded", "--threads", "1", "--dry-run"]
        if words[0] == "explain":
            more += ["--from", "fake", "--to", "fake:twin"]
        done = twinbench(*words, *more)
        assert done.status == 0 and " runs: about " in done.out, done.err
