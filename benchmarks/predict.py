"""Test rows, and what each framework predicts for them once it has been trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rich.console import Console

from benchmarks.child import Child
from benchmarks.plan import Job
from benchmarks.report.predictions import describe_rows
from benchmarks.worker import trained
from common.data import Data


def predicted(jobs: Sequence[Job], data: Data, rows: Iterable[int]) -> dict[str, Any]:
    """Plain values: a problem, its data, the metrics of each framework, and the rows.

    The jobs are of one problem, regime and seed, and each of another framework.
    """
    job, rows = jobs[0], list(rows)
    outcomes = {job.framework: _trained(job, rows) for job in jobs}
    return {
        "problem": job.problem.name,
        "regime": job.regime.name,
        "seed": job.seed,
        "epochs": job.problem.epochs,
        "changed": job.problem.changes(),
        "data": {"source": data.source, "origin": data.origin, "notice": data.notice},
        "metrics": {name: outcome["metrics"] for name, outcome in outcomes.items()},
        "rows": describe_rows(
            job.problem, data, rows, {name: o["predictions"] for name, o in outcomes.items()}
        ),
    }


def train_and_predict(job: Job, rows: list[int], emit: Callable[[dict], None]) -> dict[str, Any]:
    """Train on the problem's rows and predict the given test rows; in a Child.

    Returns `predictions` (rows, outputs) float32 and `metrics` of all test rows.
    """
    task, data = trained(job, emit)
    return {
        "predictions": task.predict(data.x_test[rows]),
        "metrics": task.evaluate(data.x_test, data.y_test),
    }


def _trained(job: Job, rows: list[int]) -> dict[str, Any]:
    """What `train_and_predict` returns from a process of its own, its epochs said meanwhile."""
    console = Console(stderr=True)
    with console.status(f"{job}: starting") as status, Child.of(job, job.regime) as child:
        return child.call(
            f"{__name__}:train_and_predict",
            job,
            rows,
            on_event=lambda e: status.update(f"{job}: epoch {e['epoch']}/{job.problem.epochs}"),
            timeout=job.timeout,
        )
