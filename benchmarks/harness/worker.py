"""One job in one fresh process, measured from the start of the process to the test metric."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

import numpy as np

from benchmarks.harness.clocks import Stages, Surroundings, peak_rss_bytes, process_age_seconds
from benchmarks.records.job import Job
from benchmarks.records.machine import versions
from common.batches import dense
from common.clock import CLOCKS
from common.data import Data, DataError, load
from common.framework import framework
from common.metrics import loss_value
from common.problem import PROBLEMS, Metric
from common.regime import REGIMES
from common.replicas import fit_replicas
from common.splits import hold_out
from common.task import SCORE_ROWS, History, Task

Emit = Callable[[dict], None]
Rows = tuple[Any, np.ndarray]  # x and y
TOLD = ("graph_breaks", "recompilations")  # by some compilers


def run_job(job: Job, emit: Emit) -> dict[str, Any]:
    """Train and test; returns the measured part of a record.

    Emits `{"stage": name}` at each stage and `{"epoch": n, ...row of the history}` at each epoch.
    `total_seconds` counts from the start of the process as the system knows it (`/proc` on Linux).
    """
    surroundings, stages = Surroundings(), Stages()
    emit({"stage": "import"})
    with stages("import"):
        framework(job.framework).task_class(job.problem.solver)
    import_rss = peak_rss_bytes()
    emit({"stage": "data"})
    with stages("data"):
        data = planned_data(job)
        (x, y), validation = training_rows(job, data)
        x_test = held(job, data.x_test)
    emit({"stage": "build"})
    with stages("build"):
        task = task_of(job)
    emit({"stage": "fit"})
    with stages("fit"):
        history = fit(task, x, y, emit, validation)
    emit({"stage": "evaluate"})
    with stages("evaluate"):
        metrics = task.evaluate(x_test, data.y_test)
    whole = {
        "total_seconds": process_age_seconds(),
        "metrics": metrics,
        **measured(job, data, task, history, len(y), stages),
        "import_rss_bytes": import_rss,
        "surroundings": surroundings.read(),
    }
    ended = metrics[job.problem.metric]
    # after every clock
    return {**whole, "diverged": diverged(job, task, history, x, y, data.y_test, ended)}


def run_replicas(jobs: list[Job], emit: Emit) -> list[dict[str, Any]]:
    """The same of untimed jobs that differ in their seed alone, trained by one `fit_replicas`.

    Emits the epochs of every job. Memory is that of all and so no job's own: it is left out.
    """
    first, n = jobs[0], len(jobs)
    data = planned_data(first)
    (x, y), validation = training_rows(first, data)
    x_test = held(first, data.x_test)
    tasks = [task_of(job) for job in jobs]
    histories = fit_together(tasks, [(x, y)] * n, emit, [validation] * n)
    shared = {"peak_rss_bytes": None, "peak_device_bytes": None}
    records = []
    for job, task, history in zip(jobs, tasks, histories, strict=True):
        metrics = task.evaluate(x_test, data.y_test)
        ended = metrics[job.problem.metric]
        records.append(
            {
                **measured(job, data, task, history, len(y), Stages()),
                **shared,
                "metrics": metrics,
                "diverged": diverged(job, task, history, x, y, data.y_test, ended),
            }
        )
    return records


def diverged(
    job: Job, task: Task, history: History, x: Any, y: np.ndarray, y_held: np.ndarray, ended: float
) -> bool:
    """Whether the loss of the training rows ended above where it began, or is no number.

    Where it began is with the untrained network, or with one that says nothing, whose scores are
    all zero, if that is worse: this one needs no second network, and clears every training that
    went well. A loss that was twice as high in some epoch and came down again counts too, when
    the metric of the held-out rows `ended` no better than the best constant answer to `y_held`.
    """
    problem, losses = job.problem, history["loss"]
    silent = -np.inf  # of a loss of the user's own nothing is known
    if problem.metric is not Metric.LOSS:
        silent = loss_value(problem.loss, np.zeros((len(y), problem.outputs)), y)

    def rose(loss: float, times: float = 1) -> bool:
        if loss <= times * silent:
            return False
        return not loss <= times * task_of(job).evaluate(x, y)["loss"]

    if not np.isfinite([losses[-1], ended]).all():
        return True
    if problem.metric is Metric.LOSS:
        learnt = True
    elif problem.metric is Metric.MAE:
        learnt = ended < np.abs(y_held - np.median(y_held)).mean()
    else:
        learnt = ended > np.bincount(y_held).max() / len(y_held)
    if not learnt and rose(np.max(losses), times=2):  # a mean over steps, beside one over rows
        return True
    # the mean over the steps of the last epoch, and then the loss after the last step
    return rose(losses[-1]) and rose(task.evaluate(x, y)["loss"])


def task_options(job: Job) -> dict[str, Any]:
    """The keyword arguments of the Task that the job trains."""
    return {"regime": job.regime, "device": job.device, "seed": job.seed}


def task_of(job: Job) -> Task:
    """A fresh Task of what the job trains."""
    return framework(job.framework).make_task(job.problem, **task_options(job))


def planned_data(job: Job) -> Data:
    """The data of a job, from where the plan found them; DataError when they are others."""
    data = load(job.problem, data=job.data.choice, data_dir=job.data.folder)
    if job.content and data.digest != job.content:
        raise DataError(
            f"the data of {job.problem.name} changed while the runs were on: planned with "
            f"{job.content}, now {data.digest} from {data.origin}; start the command again"
        )
    return data


def training_rows(job: Job, data: Data) -> tuple[Rows, Rows | None]:
    """`(x, y)` to train on and those that are held out, None where there are none."""
    return hold_out(held(job, data.x), data.y, job.problem.validation)


def fit(task: Task, x: Any, y: np.ndarray, emit: Emit, held_out: Rows | None = None) -> History:
    """Train for the problem's epochs in the task's own order; emits `{"epoch": n, ...row}`."""
    return task.fit(
        x,
        y,
        epochs=task.problem.epochs,
        order=task.order(len(y)),
        validation=held_out,
        on_epoch=lambda number, row: emit({"epoch": number, **row}),
    )


def fit_together(
    tasks: list[Task], rows: list[Rows], emit: Emit, held_out: Sequence[Rows | None]
) -> list[History]:
    """The same of several tasks of one problem, as replicas; emits the epochs of each."""
    return fit_replicas(
        tasks,
        [x for x, _ in rows],
        [y for _, y in rows],
        orders=[task.order(len(y)) for task, (_, y) in zip(tasks, rows, strict=True)],
        epochs=tasks[0].problem.epochs,
        validation=held_out,
        on_epoch=lambda _, number, row: emit({"epoch": number, **row}),
    )


def held(job: Job, x: Any) -> Any:
    """Rows as the regime holds them: the tutorials have text as one whole dense matrix."""
    return x if job.regime.sparse_rows else dense(x)


def trained(job: Job, emit: Emit) -> tuple[Task, Data]:
    """The Task of a job after its training, and the data; emits each epoch."""
    data, task = planned_data(job), task_of(job)
    (x, y), _ = training_rows(job, data)
    fit(task, x, y, emit)
    return task, data


def provenance(data: Data) -> dict[str, Any]:
    """What a record says of its data."""
    return {k: getattr(data, k) for k in ("source", "origin", "digest", "real", "notice")}


def measured(
    job: Job, data: Data, task: Task, history: History, rows: int, stages: Stages
) -> dict[str, Any]:
    """What every record of a training on that many rows has, of whatever kind it is."""
    return {
        "data": provenance(data),
        "history": {name: values for name, values in history.items() if name not in CLOCKS},
        **_times(history, _rows_an_epoch(task, rows)),
        "stages": stages.seconds,
        "peak_rss_bytes": peak_rss_bytes(),
        **_facts(task, job),
    }


def _rows_an_epoch(task: Task, rows: int) -> int:
    dropped = rows % task.problem.batch_size if task.rules.last_batch == "dropped" else 0
    return rows - dropped


def _times(history: History, rows: int) -> dict[str, Any]:
    """The clocks of a record; steady is the median of all epochs but the first, None if alone."""
    epochs = history["epoch_seconds"]
    steady = median(epochs[1:]) if len(epochs) > 1 else None
    return {
        "epoch_seconds": epochs,
        "cpu_seconds": history["cpu_seconds"],
        "validation_seconds": history.get("validation_seconds", []),
        "first_epoch_seconds": epochs[0],
        "steady_epoch_seconds": steady,
        "samples_per_second": rows / steady if steady else None,
    }


def _facts(task: Task, job: Job) -> dict[str, Any]:
    """What really ran, as the task reads it back."""
    facts = dict(task.facts())
    facts["versions"] = {**versions(), **facts.get("versions", {})}
    facts["peak_device_bytes"] = facts.get("peak_device_bytes")
    named = ("versions", "threads", "peak_device_bytes")
    settings = {
        "regime": task.rules.switches(),
        "problem": asdict(job.problem),
        "changed": job.changed,
        "score_rows": SCORE_ROWS,
        "requested": {"device": job.device, "threads": job.threads, "data": job.data.asked},
        "python": job.python,
        **dict.fromkeys(TOLD),
        **{name: value for name, value in facts.items() if name not in named},  # device, compiled
    }
    return {**{name: facts.get(name) for name in named}, "settings": settings}


def facts_of(name: str, regime: str, device: str) -> dict[str, Any]:
    """`Task.facts()` of an untrained network on that device.

    Raises ValueError when the device is not there.
    """
    options = {"regime": REGIMES[regime], "device": device}
    return framework(name).make_task(PROBLEMS["boston"], **options).facts()
