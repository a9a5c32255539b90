"""A training that made it worse: recorded as such, and no number in a table or a verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.harness import worker
from benchmarks.harness.local import run_batch
from benchmarks.records.job import Job, Source
from benchmarks.show.run_table import sections
from benchmarks.show.section import markdown
from benchmarks.statistics.compared import Compared
from benchmarks.study.verdict_table import verdict_sections
from common.problem import PROBLEMS
from common.reference import ReferenceTask
from common.regime import MATCHED, TUNED
from tests.conftest import make_rows
from tests.sample_records import but, run

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
        ended = task.evaluate(x, y)[problem.metric]
        return worker.diverged(job, task, history, x, y, y, ended), history["loss"]


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
    assert worker.diverged(job, end, history, x, y, y, 25.0)
    monkeypatch.setattr(worker, "task_of", lambda job: end)
    assert not worker.diverged(job, start, history, x, y, y, 25.0)


@pytest.mark.parametrize(
    ("name", "least", "most", "constant", "learnt"),
    [("boston", 80.0, 1e9, 3.5, 3.49), ("mnist", 1.0, 1e9, 0.5, 0.51)],
)
def test_a_loss_that_came_down_again_is_judged_by_the_rows_held_out(
    name, least, most, constant, learnt, monkeypatch
):
    job = Job(SMALL[name], "reference", MATCHED)
    task = ReferenceTask(job.problem, regime=job.regime)
    monkeypatch.setattr(worker, "task_of", lambda job: task)
    x, y = make_rows(SMALL[name], 70)
    held = np.array([1.0, 2.0, 9.0, 8.0]) if name == "boston" else np.array([3, 3, 0, 7])

    def said(losses: list[float], ended: float) -> bool:
        return worker.diverged(job, task, {"loss": losses}, x, y, held, ended)

    assert said([most, least], constant) and said([float("nan"), least], constant)
    assert not said([most, least], learnt)  # it came back
    assert not said(
        [least, least], constant
    )  # it never was away: to learn nothing is no divergence


def test_no_number_is_divergence_without_a_second_network(monkeypatch):
    monkeypatch.setattr(worker, "task_of", None)
    x, y = make_rows(SMALL["boston"], 70)
    for value in (float("nan"), float("inf")):
        for loss, ended in ((1.0, value), (value, 1.0)):
            job, history = Job(SMALL["boston"], "a", MATCHED), {"loss": [1.0, loss]}
            assert worker.diverged(job, None, history, x, y, y, ended)


def test_it_is_said_in_place_of_the_number():
    runs = [
        run("boston", name, seed=seed, value=2.5) for name in ("alpha", "beta") for seed in (0, 1)
    ]
    runs = [but(r, diverged=r.framework == "beta") for r in runs]
    compared = Compared.of(runs)
    table, verdicts = markdown(sections(compared)), markdown(verdict_sections(compared))
    assert "| diverged |" in table and table.count("MAE 2.500") == 1
    assert "2 of 2 runs diverged or ended without a number" in table
    assert "no test metric of both alpha and beta" in verdicts
    assert "2 of 2 runs of beta diverged or ended without a number" in verdicts
    runs = [but(r, diverged=r.framework == "beta" and r.seed == 1) for r in runs]
    assert "1 seed of beta failed or gave none" in markdown(verdict_sections(Compared.of(runs)))


def test_runs_of_a_framework_say_so_alone_and_as_replicas(framework_name):
    problem = PROBLEMS["boston"].but(epochs=2)
    job = Job(problem, framework_name, MATCHED, threads=1, data=Source(choice="embedded"))
    wild = replace(job, problem=problem.but(learning_rate=10.0), regime=TUNED, timed=False)
    (calm,) = run_batch([job])
    records = run_batch([replace(wild, seed=seed) for seed in (0, 1)])
    assert calm.diverged is False and [r.diverged for r in records] == [True, True]
    assert records[0].metrics["mae"] > 20  # kept in the record
    assert markdown(sections(Compared.of([calm, *records]))).count("| diverged |") == 1
