"""K-fold validation: every fold a fresh network, all folds of an arm in one process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.child import Child
from benchmarks.engines.local import recorded
from benchmarks.measure import Stages
from benchmarks.plan import Job
from benchmarks.record import read_finished, write_record
from benchmarks.worker import measured, planned_data, task_of
from common.data import Data, standardise
from common.splits import k_folds

Emit = Callable[[dict[str, Any]], None]


def cross_validate(
    job: Job,
    results: Path,
    *,
    own_statistics: bool = False,
    force: bool = False,
    on_epoch: Callable[[int], None] = lambda fold: None,
) -> Iterable[tuple[dict[str, Any], bool]]:
    """Yields the record of each fold of a job and whether it was there already.

    A record is written as soon as its fold is finished. A fold that fails has a record with an
    `error`, is run again by the next call, and ends its job.
    """
    missing = []
    for fold in range(job.problem.folds):
        path = results / fold_path(job, fold, own_statistics)
        record = None if force else read_finished(path)
        if record is None:
            missing.append(fold)
        else:
            yield record, True
    if not missing:
        return
    with Child.of(job, job.regime) as child:
        for fold in missing:
            measure = partial(
                child.call,
                "benchmarks.crossval:run_fold",
                job,
                fold,
                own_statistics,
                on_event=lambda event: on_epoch(event["epoch"]),
                timeout=job.timeout,
            )
            record = recorded(job, measure) | {
                "kind": "crossval",
                "fold": fold,
                "folds": job.problem.folds,
                "fold_statistics": "own" if own_statistics else "all",
            }
            write_record(record, results / fold_path(job, fold, own_statistics))
            yield record, False
            if record["error"]:
                return


def run_fold(job: Job, fold: int, own_statistics: bool, emit: Emit) -> dict[str, Any]:
    """Train on all rows but those of the fold and score these after each epoch; in a Child.

    Emits `{"epoch": n}` at each epoch. Returns the measured part of a record, without test metrics.
    """
    data = planned_data(job)
    rows, held = list(k_folds(len(data.y), job.problem.folds))[fold]
    x, x_held = fold_rows(data, rows, held, own_statistics)
    problem = job.problem.but(
        epochs=job.problem.fold_epochs, batch_size=job.problem.fold_batch_size
    )
    task = task_of(replace(job, problem=problem))
    stages = Stages()
    with stages("fit"):
        history = task.fit(
            x,
            data.y[rows],
            epochs=problem.epochs,
            order=task.order(len(rows)),
            validation=(x_held, data.y[held]),
            on_epoch=lambda epoch, _: emit({"epoch": epoch}),
        )
    return measured(job, data, task, history, len(rows), stages)


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


def fold_path(job: Job, fold: int, own_statistics: bool) -> Path:
    """Where the record of a fold lies below the results folder."""
    key = Path("crossval", job.key)
    own = "-own" if own_statistics else ""
    return key.with_name(f"{key.stem}-fold{fold + 1}of{job.problem.folds}{own}.json")
