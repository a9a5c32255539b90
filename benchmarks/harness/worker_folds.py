"""The folds of one job in one fresh process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.harness.clocks import Stages
from benchmarks.harness.worker import diverged, held, measured, planned_data, task_of
from benchmarks.records.job import Job
from common.data import Data, standardise
from common.problem import Problem
from common.replicas import fit_replicas
from common.splits import k_folds

Emit = Callable[[dict[str, Any]], None]


def run_folds(job: Job, folds: list[int], own_statistics: bool, emit: Emit) -> list[dict[str, Any]]:
    """For each fold, train on all rows but its own and score these after each epoch; in a Child.

    Emits `{"epoch": n}` at each epoch of each. Returns the measured parts of their records, without
    test metrics; their times are each fold's share of the time of all.
    """
    data = planned_data(job)
    problem = job.problem.but(
        epochs=job.problem.fold_epochs, batch_size=job.problem.fold_batch_size
    )
    parts = fold_parts(job.problem, len(data.y))
    rows, held_out = [], []
    for trained, held_back in (parts[fold] for fold in folds):
        x, x_held = fold_rows(data, trained, held_back, own_statistics)
        rows.append((held(job, x), data.y[trained]))
        held_out.append((held(job, x_held), data.y[held_back]))
    fold_job = replace(job, problem=problem)
    tasks = [task_of(fold_job) for _ in folds]
    stages = Stages()
    with stages("fit"):
        histories = fit_replicas(
            tasks,
            *zip(*rows, strict=True),
            orders=[tasks[0].order(len(y)) for _, y in rows],
            epochs=problem.epochs,
            validation=held_out,
            on_epoch=lambda _, epoch, row: emit({"epoch": epoch}),
        )
    stages.seconds = {name: seconds / len(folds) for name, seconds in stages.seconds.items()}
    name = f"val_{problem.metric}"
    return [
        {
            **measured(job, data, task, history, len(y), stages),
            "diverged": diverged(fold_job, task, history, x, y, y_held, history[name][-1]),
        }
        for task, history, (x, y), (_, y_held) in zip(tasks, histories, rows, held_out, strict=True)
    ]


def fold_parts(problem: Problem, rows: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """`(training rows, held-out rows)` of each fold; a single fold is the problem's hold-out."""
    if problem.folds != 1:
        return list(k_folds(rows, problem.folds))
    every = np.arange(rows)
    return [(every[problem.validation :], every[: problem.validation])]


def fold_rows(
    data: Data, rows: np.ndarray, held: np.ndarray, own_statistics: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Training and held-out rows, float32, standardised by all training rows or the fold's own.

    Raises ValueError when the fold's own are asked for and the problem is not standardised.
    """
    if not own_statistics:
        return data.x[rows], data.x[held]
    if data.unscaled is None:
        raise ValueError("this problem is not standardised: leave out --fold-statistics")
    x, x_held = standardise(data.unscaled[0][rows], data.unscaled[0][held])
    return x, x_held
