"""How time and memory grow: a problem made larger along one axis at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks.harness import worker
from benchmarks.harness.clocks import Stages, Surroundings, process_age_seconds
from benchmarks.records.arm import group_by, of_kind
from benchmarks.records.job import Job
from benchmarks.records.keys import Record
from benchmarks.records.kinds import Scale

EPOCHS = 4  # the first compiles
AXES: Mapping[str, Sequence[int]] = {
    "rows": (1, 2, 4, 8),  # times the training rows, by repetition
    "batch": (16, 64, 256, 1024, 4096),  # rows a step
    "width": (1, 2, 4, 8),  # times each hidden width
    "threads": (1, 2),
}


@dataclass(frozen=True)
class Scaled(Job):
    """A job with its place on an axis."""

    kind = folder = "scale"
    target = f"{__name__}:measure"
    axis: str = "rows"
    value: int = 1

    @property
    def key(self) -> str:
        """Path of its record below the folder of its kind."""
        return f"{self.axis}-{self.value}/{super().key}"

    def __str__(self) -> str:
        return f"{super().__str__()} {self.axis} {self.value}"


def along(job: Job, axis: str, values: Sequence[int]) -> list[Scaled]:
    """The job at each place on the axis."""
    problem = job.problem.but(epochs=EPOCHS)
    changes: Callable[[int], dict[str, Any]] = {
        "rows": lambda value: {},
        "batch": lambda value: {"problem": problem.but(batch_size=value)},
        "width": lambda value: {
            "problem": problem.but(hidden=tuple(value * width for width in problem.hidden))
        },
        "threads": lambda value: {"threads": value},
    }[axis]
    scaled = Scaled.of(job, problem=problem, axis=axis)
    return [replace(scaled, value=value, **changes(value)) for value in values]


def measure(job: Scaled, emit: worker.Emit) -> dict[str, Any]:
    """Train on as many rows as the job asks for; in a Child."""
    surroundings, stages = Surroundings(), Stages()
    data = worker.planned_data(job)
    (x, y), _ = worker.training_rows(job, data)
    times = job.value if job.axis == "rows" else 1
    if times > 1:
        x = sparse.vstack([x] * times, "csr") if sparse.issparse(x) else np.concatenate([x] * times)
        y = np.concatenate([y] * times)
    task = worker.task_of(job)
    with stages("fit"):
        history = worker.fit(task, x, y, emit)
    return {
        **worker.measured(job, data, task, history, len(y), stages),
        "axis": job.axis,
        "value": job.value,
        "total_seconds": process_age_seconds(),
        "surroundings": surroundings.read(),
    }


@dataclass(frozen=True)
class Growth:
    """One arm along one axis: medians over processes at each value."""

    framework: str
    regime: str
    axis: str
    values: tuple[float, ...]
    epochs: tuple[float, ...]  # seconds
    peaks: tuple[float, ...]  # bytes
    processes: int

    @property
    def time_exponent(self) -> float:
        """k of the power law seconds = c value^k, by least squares on logarithms."""
        return _exponent(self.values, self.epochs)

    @property
    def memory_exponent(self) -> float:
        """The same of the peak."""
        return _exponent(self.values, self.peaks)


def growths(records: Iterable[Record]) -> list[Growth]:
    """One for each arm and axis of one problem's finished records."""
    finished = of_kind(records, Scale)
    arms = group_by(finished, lambda record: (record.axis, record.framework, record.regime))
    return [_growth(arm, runs) for arm, runs in arms.items()]


def _growth(arm: tuple[str, str, str], runs: list[Scale]) -> Growth:
    axis, framework, regime = arm
    by_value = dict(sorted(group_by(runs, lambda run: run.value).items()))
    return Growth(
        framework,
        regime,
        axis,
        tuple(by_value),
        tuple(median(run.steady_epoch_seconds for run in own) for own in by_value.values()),
        tuple(median(run.peak_rss_bytes for run in own) for own in by_value.values()),
        min(map(len, by_value.values())),
    )


def _exponent(values: Sequence[float], amounts: Sequence[float]) -> float:
    if len(values) < 2:
        return float("nan")
    return float(np.polyfit(np.log(values), np.log(amounts), 1)[0])
