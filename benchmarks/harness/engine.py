"""Runs jobs: skips what has a record, writes the others as they end, and shows the progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

from benchmarks.harness.forecast import WORTH_SAYING, forecast_missing
from benchmarks.harness.local import Batch, OnJobEvent, run_batches
from benchmarks.harness.plan import together
from benchmarks.harness.progress import Progress
from benchmarks.records.job import Job
from benchmarks.records.keys import Record
from benchmarks.records.record import read_served, write_record
from common.say import detail, inform, say


class Engine(Protocol):
    """Runs each batch in a process somewhere.

    It yields a batch with a record per job as soon as its call has ended, in whatever order; a
    failure is a record with an `error`, and nothing is raised for it. A timed job has a machine
    to itself. What an engine yields is written by the caller, in this process. It must be a
    generator: when that is closed, nothing that it started is left running.
    """

    def __call__(
        self, batches: Sequence[Batch], on_event: OnJobEvent
    ) -> Iterator[tuple[Batch, list[Record]]]: ...


def run_jobs(
    jobs: Sequence[Job],
    results: Path,
    *,
    engine: Engine = run_batches,
    replicas: int = 1,
    force: bool = False,
    at_once: int = 1,
    on_record: Callable[[Job, Record], object] = lambda job, record: None,
) -> list[Record]:
    """The records of all jobs, in their order.

    The engine is this machine, one job at a time, unless another is given. `replicas`: how many
    jobs at most are trained together, where they may; `at_once`: how many that are not timed the
    engine runs at a time, for the forecast. A record is written as soon as its job has
    ended, and then given to `on_record`, as are those that were there before. A job that fails has
    a record with an `error`, is run again by the next call, and does not keep the others from
    running; `say_failures` says why, when what was reached has been shown.
    """
    records: dict[Job, Record] = {}
    served = {job: None if force else read_served(job, results) for job in dict.fromkeys(jobs)}
    missing = [job for job, record in served.items() if record is None]
    ahead = forecast_missing(missing, len(served), results, at_once=at_once)
    if ahead.missing and (ahead.seconds or 0) > WORTH_SAYING:
        inform(str(ahead))
    with Progress(jobs) as progress:

        def keep(job: Job, record: Record, *, cached: bool) -> None:
            progress.finished(job, record, cached)
            on_record(job, record)
            records[job] = record

        for job, record in served.items():
            if record is not None:
                keep(job, record, cached=True)
        batches = together(missing, replicas)
        with closing(engine(batches, progress.event)) as finished:  # type: ignore[type-var]
            for batch, batch_records in finished:
                pairs = list(zip(batch, batch_records, strict=True))
                for job, record in pairs:
                    write_record(record, results / job.path)
                    detail(f"{results / job.path}: written")
                for job, record in pairs:
                    keep(job, record, cached=False)
    return [records[job] for job in jobs]


def say_failures(jobs: Sequence[Job], records: Sequence[Record], results: Path) -> bool:
    """A sentence on each record that is a failure; whether there is one."""
    failed = [(job, r.error) for job, r in zip(jobs, records, strict=True) if r.error]
    for job, error in failed:
        reason = error.message.partition("\n")[0]
        say(f"failed: {job}: {error.kind}: {reason} (more in {results / job.path})")
    return bool(failed)
