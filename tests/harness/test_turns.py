"""Runs that take turns: whose turn it is, and what a stop leaves out of every clock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from threading import Thread

import psutil
import pytest

from benchmarks.harness.turns import Turns
from benchmarks.records.job import Job
from benchmarks.records.record import read_records
from benchmarks.speed.race import Raced
from common.problem import PROBLEMS
from common.regime import MATCHED, NATIVE
from tests.command import children, path_with, wait_for

HEAT = (
    *("race", "boston", "--itself", "--framework", "fake", "--regime", "native"),
    *("--data", "embedded", "--threads", "1", "--rounds", "2"),
)


def test_the_last_of_a_round_is_the_first_of_the_next_and_who_has_left_is_passed_over():
    turns, seen = Turns(3), []
    for _ in range(7):
        seen.append(turns.now)
        turns.give()
    assert seen == [0, 1, 2, 2, 1, 0, 0]
    turns.leave(1)
    seen = []
    for _ in range(4):
        seen.append(turns.now)
        turns.give()
    assert 1 not in seen and seen.count(0) == seen.count(2) == 2
    turns.leave(0)
    assert turns.now == 2
    turns.leave(2)


def test_those_that_are_compared_take_turns():
    job = Job(PROBLEMS["boston"], "a", NATIVE, turns=True)
    other = replace(job, framework="b", device="cuda")
    assert job.heat == other.heat is not None
    assert job.heat != replace(job, regime=MATCHED).heat
    assert Raced.of(job).heat == Raced.of(replace(job, regime=MATCHED)).heat  # and the peer's
    assert job.heat != replace(job, seed=1).heat
    assert replace(job, turns=False).heat is replace(job, timed=False).heat is None


def test_who_waits_when_all_is_ended_raises():
    turns, raised = Turns(2), []

    def wait() -> None:
        with pytest.raises(RuntimeError, match="ended"):
            turns.take(1)
        raised.append(True)

    thread = Thread(target=wait)
    thread.start()
    turns.close()
    thread.join(timeout=5)
    assert raised == [True]


def epochs_of(log) -> dict[str, list[str]]:
    """The process of each epoch, in the order in which they ended, by seed."""
    lines = [line.split() for line in log.read_text().splitlines()]
    return {seed: [process for process, s in lines if s == seed] for seed in "01"}


RUN = """
import sys
from pathlib import Path
from benchmarks.harness.engine import run_jobs
from benchmarks.records.job import Job, Source
from benchmarks.speed.itself import RacedItself
from common.problem import PROBLEMS
from common.regime import NATIVE

boston, data = PROBLEMS["boston"].but(epochs=4), Source(choice="embedded")
jobs = [
    RacedItself(boston, "fake", NATIVE, seed=seed, threads=1, data=data, turns=turns, copy=copy)
    for copy in "AB" for turns in (True, False) for seed in (0, 1)  # a heat need not stand together
]
run_jobs(jobs, Path(sys.argv[1]))
"""


def test_epochs_alternate_and_no_clock_counts_a_stop(checkout, tmp_path):
    log, results = tmp_path / "epochs", tmp_path / "results"
    more = {"FAKE": "", "FAKE_EPOCHS": str(log), "FAKE_SECONDS": "0.3"}
    environment = os.environ | more | {"PYTHONPATH": path_with(checkout)}
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", RUN, results], env=environment, cwd=tmp_path, check=True)
    whole = time.monotonic() - started
    for epochs in epochs_of(log).values():
        a, b = epochs[:2]
        assert a != b and epochs[:8] == [a, b, b, a, a, b, b, a]
        c, d = epochs[8], epochs[12]
        assert epochs[8:] == [c] * 4 + [d] * 4 and len({a, b, c, d}) == 4  # without turns
    records = list(read_records(results, "itself"))
    assert len(records) == 8 and not any(record.error for record in records)
    # with the epochs of the other it would be twice that
    assert all(r.stages["fit"] < 1.6 * sum(r.epoch_seconds) for r in records)
    assert sum(record.total_seconds for record in records) < whole  # never two at once
    heats = [{r.heat for r in records if r.heat and r.seed == seed} for seed in (0, 1)]
    assert [len(names) for names in heats] == [1, 1] and heats[0] != heats[1]


def test_epochs_of_a_moment_share_a_turn(twinbench, tmp_path):
    log = tmp_path / "epochs"
    twinbench.more |= {"FAKE_EPOCHS": str(log)}
    done = twinbench(*HEAT)
    assert done.status == 0 and "took turns" in done.out
    a, b, *rest = epochs_of(log)["0"][:160]
    switches = sum(one != other for one, other in pairwise(rest))
    assert a != b and 1 < switches < 20  # and not 80


def test_one_that_dies_leaves_its_turn_to_the_others(twinbench):
    done = twinbench(*HEAT, fake="die 1")
    assert done.status == 4 and "Traceback" not in done.err
    records = list(read_records(twinbench.results, "itself"))
    assert sorted((r.seed, bool(r.error)) for r in records) == [(0, False)] * 4 + [(1, True)] * 4


def test_ctrl_c_ends_those_that_are_stopped_too(twinbench):
    process = twinbench.start(*HEAT, "--rounds", "1", fake="hang 0")
    both = wait_for(lambda: len(c := children(process.pid)) == 2 and c, "two workers", process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130 and "Traceback" not in err
    assert not any(psutil.pid_exists(child.pid) for child in both)
