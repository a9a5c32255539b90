"""The runs of `explain`: each arm is trained and climbs a ladder, in processes that stay alive.

A process of its own is needed only where its environment or a flag of the whole process differs,
so a walk has three or four of them; within one, every run is a fresh Task.
"""

from __future__ import annotations

import gc
import hashlib
import math
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.explain.walk import Rung, first_rung
from benchmarks.harness import worker
from benchmarks.harness.pool import Processes
from benchmarks.records.job import PROTOCOL, Job
from benchmarks.records.record import SCHEMA, read_finished, write_record
from common.splits import hold_out
from common.trace import Rows, Trace, climb

KIND = "explain"  # of a record, and the folder below the results
PROCESS = uuid.uuid4().hex[:12]  # of the process that imported this: a name, for counting
STEPS, EPOCHS, ROWS = (1, 10), 2, 4000  # of the ladder that finds the first rung


def train(job: Job, emit: Callable[[dict], None]) -> dict[str, Any]:
    """The measured part of a record; its `total_seconds` are those of this run alone. In a Child.

    Its peak memory is that of the process, in which other runs came before.
    """
    started = perf_counter()
    measured = worker.run_job(job, emit)
    seconds = perf_counter() - started
    gc.collect()  # a Keras network is a ring of references, and the next run is timed
    return {**measured, "process": PROCESS, "total_seconds": seconds}


def first_rungs(
    pairs: Iterable[tuple[Job, Job]], folder: Path, processes: Processes
) -> Iterator[Rung]:
    """Where the two arms of each pair first differ; the last trace is kept for the next pair.

    Raises what a climb raises: by then its arm has trained.
    """
    last: dict[Job, Trace] = {}

    def trace(job: Job) -> Trace:
        if job not in last:
            last[job] = processes.call(f"{__name__}:climb_arm", job)
        return last[job]

    for before, after in pairs:
        path = folder / _rung_key(before, after)
        record = read_finished(path)
        if record is None:
            found = first_rung(trace(before), trace(after))
            last = {after: last[after]}
            record = _rung_record(before, after, found)
            write_record(record, path)
        yield Rung(**record["first"])


def climb_arm(job: Job) -> Trace:
    """A short ladder on the first rows, then two epochs in the arm's own order. In a Child.

    `climb` gives every arm the same order, in which a switch of the order would not show.
    """
    data = worker.planned_data(job)
    (x, y), _ = hold_out(data.x, data.y, job.problem.validation)
    rows = Rows(x[:ROWS], y[:ROWS], data.x_test, data.y_test)

    trace = climb(partial(worker.task_of, job), rows, steps=STEPS)
    task = worker.task_of(job)

    def write(number: int, row: object) -> None:
        trace.update({f"epoch {number}/{k}": v for k, v in task.get_weights().items()})

    order = task.order(len(rows.y))
    task.fit(rows.x, rows.y, epochs=EPOCHS, order=order, on_epoch=write)
    gc.collect()
    return trace


def _rung_key(before: Job, after: Job) -> str:
    text = f"{before.key} {after.key} {STEPS} {EPOCHS} {ROWS}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{before.problem.name}/rungs/{digest}.json"


def _rung_record(before: Job, after: Job, found: Rung) -> dict[str, Any]:
    error = found.error if found.error is not None and math.isfinite(found.error) else None
    return {
        "kind": "explain_rung",
        "schema": SCHEMA,
        "protocol": PROTOCOL,
        "before": before.key,
        "after": after.key,
        "first": found._replace(error=error)._asdict(),
        "error": None,
    }
