"""Engines: who runs beside whom, what is written when, and what an interruption leaves."""

from __future__ import annotations

import signal
from itertools import accumulate, combinations
from typing import ClassVar

import psutil
import pytest

from benchmarks.harness.engine import run_jobs
from benchmarks.harness.local import failures, run_batch
from benchmarks.harness.process import ChildDied
from benchmarks.harness.worker_folds import folds_of
from benchmarks.records.job import Job, Source
from benchmarks.records.keys import Record
from benchmarks.records.record import make_record, read_records
from common.framework import plain_frameworks
from common.problem import PROBLEMS
from common.regime import MATCHED, TUNED
from tests.command import children, wait_for
from tests.sample_records import paths_in

BOSTON, EMBEDDED = PROBLEMS["boston"].but(epochs=3), Source(choice="embedded")
STUDY = (
    *("study", "boston", "--framework", "fake", "--regime", "native", "--data", "embedded"),
    *("--threads", "1", "--epochs", "3"),
)
INSTALLED = plain_frameworks(installed=True)


def job(seed: int, timed: bool = True, regime=MATCHED) -> Job:
    return Job(BOSTON, "fake", regime, seed=seed, timed=timed)


class Recorder:
    """An engine that runs nothing: it notes the batches, and fails what it is told to."""

    def __init__(self, fail: tuple[int, ...] = ()) -> None:
        self.batches: list[list[Job]] = []
        self.fail, self.closed = fail, False

    def __call__(self, batches, on_event):
        try:
            for batch in reversed(batches):  # in no order that a caller may count on
                self.batches.append(batch)
                failed = any(job.seed in self.fail for job in batch)
                yield (
                    batch,
                    failures(batch, Exception()) if failed else list(map(make_record, batch)),
                )
        finally:
            self.closed = True


def test_what_has_a_record_is_not_run_again_and_what_failed_is(tmp_path, capsys):
    jobs = [job(seed) for seed in range(4)]
    records = run_jobs(jobs, tmp_path, engine=Recorder((1,)))
    assert [bool(record.error) for record in records] == [False, True, False, False]
    assert "was there" not in capsys.readouterr().err
    engine, kept = Recorder(), []
    again = run_jobs(jobs, tmp_path, engine=engine, on_record=lambda job, _: kept.append(job.seed))
    assert engine.batches == [[jobs[1]]] and kept == [0, 2, 3, 1]
    assert [record.seed for record in again] == [0, 1, 2, 3] and not again[1].error
    assert capsys.readouterr().err.count("(was there)") == 3
    engine = Recorder()
    run_jobs(jobs, tmp_path, engine=engine, force=True)
    assert len(engine.batches) == 4


def test_a_record_is_on_the_disk_when_it_is_told_and_the_engine_is_closed_early(tmp_path):
    def stop(job: Job, record: Record) -> None:
        assert list(read_records(tmp_path)) == [record] and job.seed == 1
        raise KeyboardInterrupt

    engine = Recorder()
    with pytest.raises(KeyboardInterrupt):
        run_jobs([job(0), job(1)], tmp_path, engine=engine, on_record=stop)
    assert engine.closed and engine.batches == [[job(1)]]


def test_replicas_come_as_one_batch_with_a_record_each(tmp_path):
    jobs = [job(seed, seed < 2, TUNED) for seed in range(7)]
    engine = Recorder()
    assert len(run_jobs(jobs, tmp_path, engine=engine, replicas=3)) == 7
    assert sorted(map(len, engine.batches)) == [1, 1, 2, 3]
    assert len(list(tmp_path.rglob("*-untimed.json"))) == 5


class PlayedChild:
    """A process that is none: it notes what it is asked, and dies in the second fold alone."""

    log: ClassVar[list[str]] = []

    @classmethod
    def at(cls, place, regime):
        cls.log.append("start")
        return cls()

    def call(self, target, argument, **_):
        together = argument if isinstance(argument, list) else [argument]
        self.log += [getattr(job, "fold", "run") for job in together]
        if argument is together or self.log[-1] != 1:
            return [{} for _ in together] if argument is together else {}
        raise ChildDied("on purpose")

    def close(self):
        self.log.append("end")


@pytest.mark.parametrize(
    ("regime", "folds"),
    [(MATCHED, ["start", 0, 1, "end", "start", 2, "end"]), (TUNED, ["start", 0, 1, 2, "end"])],
)
def test_a_process_lives_until_the_last_job_that_shares_it_or_until_it_dies(
    tmp_path, monkeypatch, regime, folds
):
    monkeypatch.setattr("benchmarks.harness.local.Child", PlayedChild)
    monkeypatch.setattr(PlayedChild, "log", [])
    jobs = [*folds_of(Job(BOSTON.but(folds=3), "fake", regime)), job(0), job(1)]
    records = run_jobs(jobs, tmp_path, replicas=3)
    assert PlayedChild.log == [*folds, *["start", "run", "end"] * 2]
    died = [record.error is not None for record in records]
    assert died == [False, regime is MATCHED, False, False, False]
    assert [record.json.get("fold") for record in records] == [0, 1, 2, None, None]
    assert {record.trained_together for record in records[:3]} == {3 if regime is TUNED else 1}


def test_timed_jobs_run_alone_and_untimed_ones_at_once(twinbench, tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
    done = twinbench(*STUDY, "--seeds", "6", "--timed", "2", "--jobs", "2", "--epochs", "80")
    assert done.status == 0, done.err
    lines = [line.split() for line in (tmp_path / "log").read_text().splitlines()]
    spans = {int(seed): (float(begun), float(ended)) for _, seed, begun, ended in lines}
    timed = {r.seed for r in read_records(twinbench.results) if r.timed}
    assert len(lines) == len(spans) == 6 and timed == {0, 1}

    def together(one: int, other: int) -> bool:
        (a, b), (c, d) = spans[one], spans[other]
        return a < d and c < b

    overlapping = {pair for pair in combinations(sorted(spans), 2) if together(*pair)}
    assert overlapping and not any(timed & set(pair) for pair in overlapping)
    # never three at once
    ends = sorted((when, step) for a, b in spans.values() for when, step in ((a, 1), (b, -1)))
    assert max(accumulate(step for _, step in ends)) == 2


def test_an_untimed_job_that_dies_is_a_record_and_the_others_go_on(twinbench):
    arguments = (*STUDY, "--seeds", "5", "--timed", "1", "--jobs", "2")
    done = twinbench(*arguments, fake="die 3, raise 2")
    assert done.status == 4 and "Traceback" not in done.err
    records = list(read_records(twinbench.results))
    assert not any(paths_in(record.json) for record in records)
    tail = next(r.error.traceback_tail for r in records if r.seed == 2)
    assert 'File "benchmarks/harness/worker.py"' in tail
    errors = {r.seed: r.error and r.error.kind for r in records}
    assert errors == {0: None, 1: None, 2: "ArithmeticError", 3: "ChildDied", 4: None}
    mended = twinbench(*arguments)
    assert mended.status == 0 and mended.err.count("(was there)") == 3
    assert len(list(read_records(twinbench.results))) == 5


def test_ctrl_c_ends_all_that_runs_and_keeps_what_was_finished(twinbench):
    arguments = (*STUDY, "--seeds", "4", "--timed", "1", "--jobs", "2")
    process = twinbench.start(*arguments, fake="hang 1, hang 3")
    wait_for(lambda: len(list(twinbench.results.rglob("seed*.json"))) == 2, "two records", process)
    both = wait_for(lambda: len(two := children(process.pid)) == 2 and two, "two workers", process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130 and "Traceback" not in err
    assert not any(psutil.pid_exists(child.pid) for child in both)
    kept = {r.seed: r for r in read_records(twinbench.results)}
    assert sorted(kept) == [0, 2] and not any(r.error for r in kept.values())
    done = twinbench(*arguments)
    assert done.status == 0 and done.err.count("(was there)") == 2
    after = {r.seed: r for r in read_records(twinbench.results)}
    assert sorted(after) == list(range(4)) and kept.items() <= after.items()


@pytest.mark.parametrize("name", INSTALLED)
def test_replicas_reach_what_single_runs_do(name):
    problem = PROBLEMS["boston"].but(epochs=2)
    jobs = [
        Job(problem, name, TUNED, seed=seed, threads=1, data=EMBEDDED, timed=False)
        for seed in range(3)
    ]
    replicas = run_batch(jobs)
    for each, record in zip(jobs, replicas, strict=True):
        assert record.error is None, record.error
        assert record.seed == each.seed and record.trained_together == 3
        assert record.peak_rss_bytes is None and record.epoch_seconds == []
    (alone,) = run_batch(jobs[1:2])
    assert alone.trained_together == 1 and alone.peak_rss_bytes > 1e6
    assert replicas[1].metrics == pytest.approx(alone.metrics, rel=1e-5)
    for quantity, values in alone.history.items():
        assert replicas[1].history[quantity] == pytest.approx(values, rel=1e-5)
    assert replicas[0].metrics["mae"] != pytest.approx(alone.metrics["mae"], rel=1e-3)
