"""Jobs: interleaved, complete, and with a key that changes with all that changes the numbers."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from functools import partial

import pytest
from rich.console import Console

from benchmarks.harness.plan import check_device, plan, together
from benchmarks.harness.progress import Progress
from benchmarks.records.job import Job, Source
from common.framework import frameworks
from common.problem import PROBLEMS
from common.regime import MATCHED, NATIVE, TUNED
from tests.sample_records import run

MNIST, BOSTON = PROBLEMS["mnist"], PROBLEMS["boston"]
CPU = {"a": ["cpu"], "b": ["cpu"]}


def arm(job: Job) -> tuple[str, str, str]:
    return job.framework, job.regime.name, job.device


def test_every_combination_is_there_once():
    devices = {"a": ["cpu", "cuda"], "b": ["cpu"]}
    jobs = plan([MNIST, BOSTON], ["a", "b"], [NATIVE, MATCHED], devices, range(3), threads=2)
    assert len(jobs) == len({job.key for job in jobs}) == 2 * 3 * (2 * 2 + 2)
    assert {job.device for job in jobs if job.framework == "b"} == {"cpu"}
    assert {job.threads for job in jobs} == {2}


def test_arms_take_turns_and_the_next_seed_goes_backwards():
    jobs = plan([MNIST], ["a", "b"], [NATIVE, MATCHED], CPU, range(4))
    blocks = [[arm(job) for job in jobs[i : i + 4]] for i in range(0, 16, 4)]
    assert [job.seed for job in jobs] == sorted(job.seed for job in jobs)
    assert all(len(set(block)) == 4 for block in blocks)
    assert blocks[1] == blocks[0][::-1] and blocks[3] == blocks[2][::-1]


def test_every_arm_comes_first_about_equally_often():
    first: Counter[str] = Counter()
    for shuffle_seed in range(100):
        jobs = plan([MNIST], ["a", "b"], [NATIVE], CPU, [0], shuffle_seed=shuffle_seed)
        first[jobs[0].framework] += 1
    assert 30 <= first["a"] <= 70
    assert plan([MNIST], ["a", "b"], [NATIVE], CPU, range(9)) == plan(
        [MNIST], ["a", "b"], [NATIVE], CPU, range(9)
    )


def test_a_key_changes_with_all_that_changes_the_numbers_and_with_nothing_else():
    job = Job(MNIST, "a", MATCHED, threads=1)
    others = (
        *({"problem": MNIST.but(epochs=1)}, {"problem": MNIST.but(hidden=(64,))}),
        *({"problem": BOSTON}, {"framework": "b"}, {"device": "cuda"}, {"seed": 1}),
        *({"regime": NATIVE}, {"regime": replace(MATCHED, rho=0.95)}, {"threads": 2}),
        *({"content": "sha256:1"}, {"python": "/elsewhere/python"}, {"timed": False}),
    )
    assert len({job.key, *(replace(job, **change).key for change in others)}) == 1 + len(others)
    place = {"timeout": 5.0, "data": Source("real", "folder", "/data")}
    assert {replace(job, **{name: value}).key for name, value in place.items()} == {job.key}


def test_untimed_seeds_of_a_tuned_arm_share_processes_and_nothing_else_does():
    regimes = [MATCHED, TUNED]
    jobs = plan([MNIST], ["a", "b"], regimes, CPU, range(6))
    jobs = [replace(job, timed=job.seed < 1) for job in jobs]
    batches = together(jobs, 2)
    assert sorted(map(str, jobs)) == sorted(str(job) for batch in batches for job in batch)
    shared = [batch for batch in batches if len(batch) > 1]
    # five untimed seeds of each of two arms: 2 + 2 + 1
    assert len(shared) == 4 and {len(batch) for batch in shared} == {2}
    for batch in shared:
        assert {arm(job) for job in batch} in ({("a", "tuned", "cpu")}, {("b", "tuned", "cpu")})
        assert not any(job.timed for job in batch)
    assert all(len(batch) == 1 for batch in together(jobs, 1))


@pytest.mark.parametrize("name", frameworks())
def test_a_device_that_a_framework_cannot_use_is_refused_by_name(name):
    check_device(name, "cpu")
    check_device(name, "auto")
    with pytest.raises(ValueError, match=f"{name} has no device 'tpu'; it has: cpu"):
        check_device(name, "tpu")


def test_what_a_framework_is_without_is_refused_and_those_that_have_it_are_named():
    for each in frameworks().values():
        for what in each.without:
            with pytest.raises(NotImplementedError, match=f"{each.name} has no {what}; .*: keras"):
                each.check_has(what)
    with pytest.raises(NotImplementedError, match="keras:torch has no tuned"):
        frameworks()["keras:torch"].make_task(BOSTON, regime=TUNED)  # before anything is imported


def test_what_is_left_is_estimated_from_the_most_alike_that_ended():
    jobs = [Job(problem, name, NATIVE) for problem in (MNIST, BOSTON) for name in ("a", "b")]
    progress = Progress(jobs)
    assert progress.seconds_left() is None
    for job, seconds in zip(jobs, (30.0, 50.0, 8.0), strict=False):
        record = run(metrics={"loss": 1.0}, total_seconds=seconds)
        progress.finished(job, record, cached=False)
        left = progress.seconds_left()
        # of its problem and framework, else of its problem, else of all
        expected = {30.0: 90.0, 50.0: 80.0, 8.0: 8.0}[seconds]
        assert left == pytest.approx(expected)
    assert progress.seconds_left(within=0.75) == pytest.approx(2.0)


def test_an_untimed_run_is_estimated_by_the_time_between_two_ends(monkeypatch, capsys):
    clock = iter([0.0, 1.0, 1.0, 6.0, 6.0, 11.0, 11.0])
    monkeypatch.setattr("benchmarks.harness.progress.monotonic", lambda: next(clock))
    progress = Progress([Job(BOSTON, "a", NATIVE, seed=seed, timed=False) for seed in range(4)])
    record = run(metrics={"loss": 1.0}, total_seconds=None)
    progress.finished(progress.jobs[0], record, cached=True)  # tells nothing of how long it took
    assert progress.seconds_left() is None and "left" not in capsys.readouterr().err
    for job in progress.jobs[1:3]:
        progress.finished(job, record, cached=False)
    assert progress.seconds_left() == 5.0
    assert capsys.readouterr().err.endswith("test loss 1.0000, untimed, 5 s left\n")


def test_a_terminal_shows_the_epoch_of_the_job_that_runs(monkeypatch):
    terminal = partial(Console, force_terminal=True, file=io.StringIO())
    monkeypatch.setattr("benchmarks.harness.progress.Console", terminal)
    clock = iter([0.0, 1.0, 1.01, 2.0, 2.0])
    monkeypatch.setattr("benchmarks.harness.progress.monotonic", lambda: next(clock))
    jobs = [Job(BOSTON.but(epochs=4), "a", NATIVE, seed=seed) for seed in range(2)]
    progress = Progress(jobs)
    monkeypatch.setattr(progress, "_left", lambda within: f" ({within:.0%} of it)")
    (line,) = progress.bar.tasks

    progress.event(jobs[0], {"stage": "import"})
    assert line.description == f"[1/2] {jobs[0]}: import (0% of it)"
    progress.event(jobs[0], {"epoch": 1, "loss": 9.0})  # too soon after the last to be drawn
    assert "import" in line.description
    progress.event(jobs[0], {"epoch": 2, "loss": 8.0, "mae": 2.5})
    assert line.description.endswith(": epoch 2/4 loss 8.0000 mae 2.5000 (50% of it)")
    assert (line.completed, line.total) == (0.5, 2)
