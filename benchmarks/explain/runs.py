"""The runs of `explain`: each arm is trained and climbs a ladder, in processes that stay alive.

A process of its own is needed only where its environment or a flag of the whole process differs,
so a walk has three or four of them; within one, every run is a fresh Task.
"""

from __future__ import annotations

import gc
import hashlib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from msgspec import to_builtins

from benchmarks.explain.walk import first_rung
from benchmarks.harness import worker
from benchmarks.harness.local import Processes
from benchmarks.records.job import Job, Process
from benchmarks.records.kinds import ExplainRung, Rung, typed
from benchmarks.records.record import header, read_finished, write_record
from common.framework import framework
from common.regime import Regime
from common.splits import hold_out
from common.trace import Rows, Trace, climb

PROCESS_WIDE = ("denormals", "tf32", "deterministic")  # what torch's threads take over when made
STEPS, EPOCHS, ROWS = (1, 10), 2, 4000  # of the ladder that finds the first rung


@dataclass(frozen=True)
class Walked(Job):
    """A run in a process that all arms of a framework share whose process-wide flags are equal."""

    kind = folder = "explain"
    clocked = False
    target = f"{__name__}:train"

    @property
    def process(self) -> Process:
        """One that is started by the flags alone."""
        rules = self.regime.resolve(framework(self.framework).native)
        flags = {switch: getattr(rules, switch) for switch in PROCESS_WIDE}
        return Process(self.place, Regime("shared", **flags))


def train(job: Job, emit: Callable[[dict], None]) -> dict[str, Any]:
    """The measured part of a record; its `total_seconds` are those of this run alone. In a Child.

    Its peak memory is that of the process, in which other runs came before.
    """
    started = perf_counter()
    measured = worker.run_job(job, emit)
    seconds = perf_counter() - started
    gc.collect()  # a Keras network is a ring of references
    return {**measured, "total_seconds": seconds}


def first_rungs(pairs: Iterable[tuple[Job, Job]], results: Path) -> list[Rung]:
    """Where the two arms of each pair first differ; the last trace is kept for the next pair.

    Raises what a climb raises: by then its arm has trained.
    """
    last: dict[Job, Trace] = {}
    rungs = []
    with Processes() as processes:
        for before, after in pairs:
            path = results / Walked.folder / rung_key(before, after)
            record = read_finished(path)
            if not isinstance(record, ExplainRung):
                for job in (before, after):
                    if job not in last:
                        target = f"{__name__}:climb_arm"
                        last[job] = processes.call(target, job.process, job, timeout=job.timeout)
                rung = first_rung(last[before], last[after])
                last = {after: last[after]}
                record = _rung_record(before, after, rung)
                write_record(record, path)
            rungs.append(record.first)
    return rungs


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


def rung_key(before: Job, after: Job) -> str:
    """Path of the record of where two arms first differ, below the folder of the walks."""
    text = f"{before.key} {after.key} {STEPS} {EPOCHS} {ROWS}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{before.problem.name}/rungs/{digest}.json"


def _rung_record(before: Job, after: Job, rung: Rung) -> ExplainRung:
    error = rung.error if rung.error is not None and math.isfinite(rung.error) else None
    return cast(
        "ExplainRung",
        typed(
            {
                **header("explain_rung"),
                "before": before.key,
                "after": after.key,
                "first": {**to_builtins(rung), "error": error},
                "error": None,
            }
        ),
    )
