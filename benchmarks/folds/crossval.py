"""K-fold validation: every fold a fresh network, all folds of an arm in one process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.harness.process import Child
from benchmarks.records.job import Job, fold_path
from benchmarks.records.record import described, make_record, read_finished, write_record


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
    # tuned, a framework may train them in lock-step; else each is kept as soon as it is there
    groups = [missing] if job.regime.tuned else [[fold] for fold in missing]
    with Child.at(job.place, job.regime) as child:
        for group in groups:
            records = _records(child, job, group, own_statistics, on_epoch)
            for record in records:
                write_record(record, results / fold_path(job, record["fold"], own_statistics))
                yield record, False
            if records[0]["error"]:
                return


def _records(
    child: Child,
    job: Job,
    folds: list[int],
    own_statistics: bool,
    on_epoch: Callable[[int], None],
) -> list[dict[str, Any]]:
    """A record a fold, of folds that are trained by one call; an error is that of each."""
    try:
        measured: Any = child.call(
            "benchmarks.harness.worker_folds:run_folds",
            job,
            folds,
            own_statistics,
            on_event=lambda event: on_epoch(event["epoch"]),
            timeout=job.timeout,
        )
        error = None
    except Exception as raised:
        measured, error = [None] * len(folds), described(raised)
    return [
        make_record(job, found, error, "crossval")
        | {
            "fold": fold,
            "folds": job.problem.folds,
            "trained_together": len(folds),
            "fold_statistics": "own" if own_statistics else "all",
        }
        for fold, found in zip(folds, measured, strict=True)
    ]
