"""A training that made it worse: recorded as such, and no number in a table or a verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import worker
from benchmarks.engines.local import run_batch, run_job
from benchmarks.plan import Job
from benchmarks.report.sections import markdown
from benchmarks.report.summary import sections
from benchmarks.report.verdicts import verdict_sections
from common.problem import PROBLEMS
from common.reference import ReferenceTask
from common.regime import MATCHED, TUNED
from tests.conftest import make_rows
from tests.records import run

SMALL = {
    name: problem.but(features=40, hidden=(8,), batch_size=16) for name, problem in PROBLEMS.items()
}


def trained(problem, monkeypatch, **changes):
    """What `worker.diverged` says of a training of the reference, and its losses."""
    x, y = make_rows(problem, 70)
    job = Job(problem.but(**changes), "reference", MATCHED)
    monkeypatch.setattr(
        worker, "task_of", lambda job: ReferenceTask(job.problem, regime=job.regime, seed=job.seed)
    )
    task = worker.task_of(job)
    with np.errstate(all="ignore"):
        history = task.fit(x, y, epochs=job.problem.epochs, order=task.order(len(y)))
        return worker.diverged(job, task, history, x, y), history["loss"]


@pytest.mark.parametrize("name", SMALL)
def test_a_rate_of_ten_diverges_and_the_published_one_does_not(name, monkeypatch):
    for epochs in (1, 3):
        said, losses = trained(SMALL[name], monkeypatch, learning_rate=10.0, epochs=epochs)
        assert said and np.isfinite(losses).all()
        said, _ = trained(SMALL[name], monkeypatch, epochs=epochs)
        assert not said


@pytest.mark.parametrize("name", SMALL)
def test_a_single_step_that_helped_a_little_is_no_divergence(name, monkeypatch):
    rate = {"learning_rate": 1e-6, "epochs": 1, "batch_size": 70}
    said, _ = trained(SMALL[name], monkeypatch, **rate)
    assert not said


def test_a_step_up_from_a_bad_start_is_one(monkeypatch):
    """The loss is above that of silence before and after: the start decides."""
    x, y = make_rows(SMALL["boston"], 70)
    job = Job(SMALL["boston"], "reference", MATCHED)
    start, end = (ReferenceTask(job.problem, regime=job.regime) for _ in range(2))
    for task, price in ((start, -5.0), (end, -6.0)):  # of houses of about 20
        weights = {k: np.zeros_like(v) for k, v in task.get_weights().items()}
        task.set_state(weights | {"output/bias": np.array([price], np.float32)})
    history = {"loss": [float(np.mean((y + 6) ** 2))]}
    monkeypatch.setattr(worker, "task_of", lambda job: start)
    assert worker.diverged(job, end, history, x, y)
    monkeypatch.setattr(worker, "task_of", lambda job: end)
    assert not worker.diverged(job, start, history, x, y)


def test_no_number_is_divergence_without_a_second_network(monkeypatch):
    monkeypatch.setattr(worker, "task_of", None)
    x, y = make_rows(SMALL["boston"], 70)
    for value in (float("nan"), float("inf")):
        history = {"loss": [1.0, value]}
        assert worker.diverged(Job(SMALL["boston"], "a", MATCHED), None, history, x, y)


def test_it_is_said_in_place_of_the_number():
    runs = [
        run("boston", name, seed=seed, value=2.5) for name in ("alpha", "beta") for seed in (0, 1)
    ]
    runs = [r | {"diverged": r["framework"] == "beta"} for r in runs]
    table, verdicts = markdown(sections(runs)), markdown(verdict_sections(runs))
    assert "| diverged |" in table and table.count("MAE 2.500") == 1
    assert "2 of 2 runs diverged or ended without a number" in table
    assert "no test metric of both alpha and beta" in verdicts
    assert "2 of 2 runs of beta diverged or ended without a number" in verdicts
    runs = [r | {"diverged": r["framework"] == "beta" and r["seed"] == 1} for r in runs]
    assert "1 seed of beta failed or gave none" in markdown(verdict_sections(runs))


def test_runs_of_a_framework_say_so_alone_and_as_replicas(framework_name):
    problem = PROBLEMS["boston"].but(epochs=2)
    job = Job(problem, framework_name, MATCHED, threads=1, data="embedded")
    wild = replace(job, problem=problem.but(learning_rate=10.0), regime=TUNED, timed=False)
    calm = run_job(job)
    records = run_batch([replace(wild, seed=seed) for seed in (0, 1)])
    assert calm["diverged"] is False and [r["diverged"] for r in records] == [True, True]
    assert records[0]["metrics"]["mae"] > 20  # kept in the record
    assert markdown(sections([calm, *records])).count("| diverged |") == 1
