"""Folds as they run: the bar, the line of each, and what failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich import progress as bars

from benchmarks.folds.crossval import cross_validate
from benchmarks.harness.progress import _failure, bar_of, print_beside
from benchmarks.records.job import Job
from common.problem import PROBLEMS, widths_of
from common.say import say


def run_folds(
    jobs: Sequence[Job],
    results: Path,
    *,
    on_record: Callable[[Job, dict[str, Any]], object] = lambda job, record: None,
    **options: Any,
) -> list[dict[str, Any]]:
    """The same for every fold of the jobs; `options` are those of `cross_validate`."""
    records = []
    columns = (bars.TextColumn("{task.description}"), bars.BarColumn())
    with bar_of(*columns, bars.TimeRemainingColumn(compact=True)) as bar:
        total = sum(job.problem.folds * job.problem.fold_epochs for job in jobs)
        line = bar.add_task("", total=total)
        for job in jobs:
            bar.update(line, description=str(job))
            folds = cross_validate(job, results, on_epoch=lambda _: bar.advance(line), **options)
            for record, cached in folds:
                on_record(job, record)
                records.append(record)
                if cached:  # an epoch that took no time would promise as much of the others
                    total -= job.problem.fold_epochs
                    bar.update(line, total=total)
                had = " (was there)" if cached else ""
                print_beside(bar, f"{_fold(record)}: {_score(record)}{had}")
    return records


def say_failed_folds(records: Sequence[dict[str, Any]]) -> bool:
    """A sentence on each fold that failed; whether there is one."""
    failed = [record for record in records if record["error"] is not None]
    for record in failed:
        say(_failure(_fold(record), record["error"]))
    return bool(failed)


def _fold(record: dict[str, Any]) -> str:
    arm = " ".join(record[name] for name in ("problem", "framework", "regime", "device"))
    widths = record["settings"]["changed"].get("hidden", PROBLEMS[record["problem"]].hidden)
    fold = f"fold {record['fold'] + 1}/{record['folds']}"
    return f"{arm} seed {record['seed']} hidden {widths_of(widths)} {fold}"


def _score(record: dict[str, Any]) -> str:
    if record["error"] is not None:
        return "FAILED: " + record["error"]["kind"]
    metric = PROBLEMS[record["problem"]].metric
    value = record["history"][f"val_{metric}"][-1]
    wild = "DIVERGED, " * bool(record.get("diverged"))
    return f"{wild}validation {metric} {'not finite' if value is None else format(value, '.3f')}"
