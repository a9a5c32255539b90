"""Runs that take turns: whose turn it is, and what a stop leaves out of every clock."""

from __future__ import annotations

import signal
import time
from threading import Thread

import psutil
import pytest

from benchmarks.harness.turns import Turns
from benchmarks.records.record import read_records
from tests.command import children, wait_for

HEAT = (
    *("study", "boston", "--framework", "fake", "--regime", "native,matched", "--data", "embedded"),
    *("--threads", "1", "--epochs", "4", "--seeds", "2", "--timed", "2"),
)
FIRST = ["native", "matched"]


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
    """The regime of each epoch, in the order in which they ended, by seed."""
    lines = [line.split() for line in log.read_text().splitlines()]
    return {seed: [regime for regime, s in lines if s == seed] for seed in "01"}


def test_epochs_alternate_and_no_clock_counts_a_stop(twinbench, tmp_path):
    log = tmp_path / "epochs"
    twinbench.more |= {"FAKE_EPOCHS": str(log), "FAKE_SECONDS": "0.3"}
    started = time.monotonic()
    done = twinbench(*HEAT)
    whole = time.monotonic() - started
    assert done.status == 0, done.err
    for epochs in epochs_of(log).values():
        a, b = epochs[:2]
        assert {a, b} == {*FIRST} and epochs == [a, b, b, a, a, b, b, a]
    records = list(read_records(twinbench.results))
    heats = {record.seed: set() for record in records}
    for record in records:
        heats[record.seed].add(record.heat)
        # with the epochs of the other it would be twice that
        assert record.stages["fit"] < 1.6 * sum(record.epoch_seconds)
    assert sum(record.total_seconds for record in records) < whole  # never two at once
    assert all(len(names) == 1 and None not in names for names in heats.values())
    assert heats[0] != heats[1]
    assert "took turns" in done.out
    apart = twinbench(*HEAT, "--no-turns")
    assert apart.status == 0 and "(was there)" not in apart.err  # another measurement
    last = epochs_of(log)["0"][8:]
    assert last == sorted(last) or last == sorted(last, reverse=True)  # one run, then the other


def test_epochs_of_a_moment_share_a_turn(twinbench, tmp_path):
    log = tmp_path / "epochs"
    twinbench.more |= {"FAKE_EPOCHS": str(log)}
    assert twinbench(*HEAT).status == 0
    a, b, *rest = epochs_of(log)["0"]
    assert rest == [b] * 3 + [a] * 3


def test_one_that_dies_leaves_its_turn_to_the_others(twinbench, tmp_path):
    twinbench.more |= {"FAKE_SECONDS": "0.1"}
    done = twinbench(*HEAT, fake="die 1")
    assert done.status == 4 and "Traceback" not in done.err
    records = list(read_records(twinbench.results))
    assert sorted((r.seed, bool(r.error)) for r in records) == [
        *[(0, False), (0, False)],
        *[(1, True), (1, True)],
    ]


def test_ctrl_c_ends_those_that_are_stopped_too(twinbench):
    process = twinbench.start(*HEAT, fake="hang 1")
    wait_for(lambda: len(list(twinbench.results.rglob("seed*.json"))) == 2, "two records", process)
    (one,) = wait_for(lambda: len(c := children(process.pid)) == 1 and c, "a worker", process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130 and "Traceback" not in err
    assert not psutil.pid_exists(one.pid)
    assert {r.seed for r in read_records(twinbench.results)} == {0}
