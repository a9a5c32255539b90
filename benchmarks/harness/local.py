"""Runs jobs on this machine, each in a fresh process: timed ones alone, others several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from threading import Lock
from typing import Any

from benchmarks.harness.process import Child
from benchmarks.records.job import Job
from benchmarks.records.keys import Record
from benchmarks.records.record import described, make_record

OnEvent = Callable[[dict], None] | None
OnJobEvent = Callable[[Job, dict], None] | None
Batch = list[Job]  # what one process trains: one job, or replicas


def run_batches(
    batches: Sequence[Batch],
    on_event: OnJobEvent = None,
    *,
    run: Callable[[Job, OnEvent], Record] | None = None,
    workers: int = 1,
) -> Iterator[tuple[Batch, list[Record]]]:
    """An engine: the timed jobs one after another, then the others, so many processes at once.

    `run(job, on_event)` gives the record of a timed job; the default is `run_job`. When the
    generator is closed, nothing that it started is left running.
    """
    untimed = []
    for batch in batches:
        if batch[0].timed:
            tell = on_event and partial(on_event, batch[0])
            yield batch, [(run or run_job)(batch[0], tell)]
        else:
            untimed.append(batch)
    yield from _run_at_once(untimed, on_event, workers)


def _run_at_once(
    batches: Sequence[Batch], on_event: OnJobEvent, workers: int
) -> Iterator[tuple[Batch, list[Record]]]:
    started: list[Child] = []
    stopped = False
    events = Lock()

    def start(child: Child) -> None:
        started.append(child)
        if stopped:
            child.kill()

    def tell(job: Job, event: dict) -> None:
        with events:
            if on_event is not None:
                on_event(job, event)

    # a thread lives for as long as the processes that it makes, as Child asks for
    pool = ThreadPoolExecutor(workers)
    try:
        futures = {
            pool.submit(run_batch, batch, partial(tell, batch[0]), on_start=start): batch
            for batch in batches
        }
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        stopped = True
        pool.shutdown(wait=False, cancel_futures=True)
        for child in started:
            child.kill()
        pool.shutdown()


def run_batch(
    batch: Batch, on_event: OnEvent = None, *, on_start: Callable[[Child], None] | None = None
) -> list[Record]:
    """The record of each job of a batch; `on_start` is given their process."""
    if len(batch) == 1:
        return [run_job(batch[0], on_event, on_start=on_start)]
    limit = batch[0].timeout and batch[0].timeout * len(batch)
    return recorded_each(
        batch,
        lambda: _in_child(
            batch[0], "benchmarks.harness.worker:run_replicas", batch, on_event, on_start, limit
        ),
    )


def run_job(
    job: Job,
    on_event: OnEvent = None,
    *,
    target: str = "benchmarks.harness.worker:run_job",
    kind: str = "run",
    on_start: Callable[[Child], None] | None = None,
) -> Record:
    """The record, of that kind, of what `target(job, emit)` measures in a process of its own.

    An error becomes part of the record.
    """
    return recorded(job, lambda: _in_child(job, target, job, on_event, on_start, job.timeout), kind)


def _in_child(
    home: Job,
    target: str,
    argument: Any,
    on_event: OnEvent,
    on_start: Callable[[Child], None] | None,
    timeout: float | None,
) -> Any:
    """What a function gives in a fresh process such as the job `home` asks for."""
    with Child.at(home.place, home.regime) as child:
        if on_start is not None:
            on_start(child)
        return child.call(target, argument, on_event=on_event, timeout=timeout)


def recorded(job: Job, measure: Callable[[], Record], kind: str = "run") -> Record:
    """The record of what `measure` gives, or of the error it raises."""
    return recorded_each([job], lambda: [measure()], kind)[0]


def recorded_each(
    batch: Batch, measure: Callable[[], list[Record]], kind: str = "run"
) -> list[Record]:
    """The records of what `measure` gives for each job; an error that it raises is that of each."""
    try:
        measured = measure()
    except Exception as error:
        return [make_record(job, error=described(error), kind=kind) for job in batch]
    return [make_record(job, found, kind=kind) for job, found in zip(batch, measured, strict=True)]
