"""How near a training comes to what the machine can do: the products alone, and the roofs.

The roofline is that of Williams, Waterman and Patterson (2009, CACM 52): so many operations a
second at most, or as many as the memory can feed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from math import nan
from statistics import median
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks.harness import worker
from benchmarks.harness.clocks import median_seconds
from benchmarks.records.arm import group_by, of_kind
from benchmarks.records.job import Job
from benchmarks.records.keys import Record
from benchmarks.records.kinds import Limit, Roofs
from common.clock import EpochLog
from common.framework import framework
from common.problem import Problem
from common.reference import ReferenceTask
from common.splits import hold_out
from common.task import Order

FLOAT = 4  # bytes


@dataclass(frozen=True)
class Limited(Job):
    """A run, and beside it what the machine can do at best."""

    kind = folder = "limit"
    target = f"{__name__}:measure"


def measure(job: Job, emit: Callable[[dict], None]) -> dict[str, Any]:
    """A whole training, then the limits in the same process; in a Child.

    `limit` has seconds a step of the products alone (`dense`, and `sparse` or None), the flop and
    the least bytes of a step of the better of the two, the steps of an epoch, the machine's flop
    and bytes a second (`flops`, `bandwidth`), and the seconds that the harness itself takes of an
    epoch (`harness`).
    """
    record = worker.run_job(job, emit)
    emit({"stage": "limit"})
    ablation = framework(job.framework).ablation_module()
    data = worker.planned_data(job)
    (x, y), _ = hold_out(data.x, data.y, job.problem.validation)
    batch = x[: job.problem.batch_size]
    task = worker.task_of(job)
    device, wait = task.facts()["device"], task.synchronize
    products = partial(ablation.products, job.problem, device, tuned=job.regime.tuned)
    seconds: dict[str, float | None] = {"dense": median_seconds(products(), wait), "sparse": None}
    if sparse.issparse(batch):
        seconds["sparse"] = median_seconds(products(batch), wait)
    flop, least = work(job.problem, batch.nnz if sparse.issparse(batch) else None)
    best = {
        name: amount / median_seconds(run, wait, calls=10)
        for name, (run, amount) in ablation.peaks(device).items()
    }
    return {
        **record,
        "limit": {
            **seconds,
            "flop": flop,
            "bytes": least,
            "steps": -(-len(y) // job.problem.batch_size),
            "flops": best["product"],
            "bandwidth": best["stream"],
            "harness": harness_seconds(job.problem, len(y)),
        },
    }


class Nothing(ReferenceTask):
    """A Task whose `fit` does nothing: what its epochs take is the harness's own cost."""

    def train_epochs(self, x: Any, y: Any, epochs: int, order: Order, log: EpochLog) -> None:
        """Go through the rows of each epoch and take its time."""
        for _rows in self.rows_of_epochs(order, epochs, log):
            log.stop(dict)


def harness_seconds(problem: Problem, rows: int) -> float:
    """Median seconds of an epoch of a Task that does nothing: its order, its clock, its history."""
    task = Nothing(problem)
    history = task.fit(None, np.empty(rows), epochs=20, order=task.order(rows))
    return median(history["epoch_seconds"])


def work(problem: Problem, nonzeros: int | None = None) -> tuple[float, float]:
    """Flop of the products of a step, and the least bytes that a step must move.

    Each layer multiplies forward, for its kernel's gradient and, but for the first, for its
    inputs'. Bytes: rows once, activations written and read, each weight and running square read and
    written, each gradient written and read. With `nonzeros`, the first layer's rows are sparse:
    a value and a column number each.
    """
    rows, first = problem.batch_size, problem.layers[0]
    cells = rows * first.fan_in if nonzeros is None else nonzeros
    flop = 2.0 * 2 * cells * first.fan_out
    flop += sum(2.0 * 3 * rows * layer.fan_in * layer.fan_out for layer in problem.layers[1:])
    weights = sum((layer.fan_in + 1) * layer.fan_out for layer in problem.layers)
    activations = rows * sum(layer.fan_out for layer in problem.layers)
    moved = cells * (1 if nonzeros is None else 2) + 4 * activations + 6 * weights
    return flop, float(FLOAT * moved)


@dataclass(frozen=True)
class Reached:
    """One arm: medians over its processes. Seconds of an epoch, flop a second, flop a byte.

    `limit` is what the machine needs for the products of an epoch: the best that any framework of
    the session reached, dense or sparse. Products that alone take longer than the epoch that
    contains them are no limit: they ran by other kernels than the training's. NaN without any.
    """

    problem: str
    framework: str
    regime: str
    processes: int
    epoch: float
    harness: float
    dense: float
    sparse: float | None
    limit: float
    achieved: float
    intensity: float
    flops: float
    bandwidth: float

    @property
    def share(self) -> float | None:
        """Of an epoch, what its products would take; None without a limit below the epoch."""
        return self.limit / self.epoch if self.limit < self.epoch else None

    @property
    def roof(self) -> float:
        """Flop a second that the machine could do at this intensity."""
        return min(self.flops, self.intensity * self.bandwidth)


def reached(records: Iterable[Record]) -> list[Reached]:
    """The arms of the finished records, in their order."""
    finished = of_kind(records, Limit)
    by_arm = group_by(finished, lambda record: (record.problem, record.framework, record.regime))
    arms = [_reached(arm, runs) for arm, runs in sorted(by_arm.items())]
    best = {
        problem: min((arm.limit for arm in own if arm.limit == arm.limit), default=nan)
        for problem, own in group_by(arms, lambda arm: arm.problem).items()
    }
    return [replace(arm, limit=best[arm.problem]) for arm in arms]


def _reached(arm: tuple[str, str, str], runs: list[Limit]) -> Reached:
    def middle(of: Callable[[Roofs], float]) -> float:
        return median(of(run.limit) for run in runs)

    limit = runs[0].limit
    epoch = median(run.steady_epoch_seconds for run in runs)
    dense = middle(lambda roofs: roofs.dense * roofs.steps)
    sparse_rows = None
    if limit.sparse is not None:
        sparse_rows = middle(lambda roofs: (roofs.sparse or nan) * roofs.steps)
    return Reached(
        *arm,
        len(runs),
        epoch,
        middle(lambda roofs: roofs.harness),
        dense,
        sparse_rows,
        limit=min((s for s in (dense, sparse_rows) if s and s < epoch), default=nan),
        achieved=limit.flop * limit.steps / epoch,
        intensity=limit.flop / limit.bytes,
        flops=middle(lambda roofs: roofs.flops),
        bandwidth=middle(lambda roofs: roofs.bandwidth),
    )
