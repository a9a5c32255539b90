"""What a walk between twins runs: draws of initial values, short epochs for a clock, trainings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.explain import runs
from benchmarks.harness import worker
from benchmarks.harness.local import Processes
from benchmarks.records.job import Job
from benchmarks.twins.match import Matching
from common.atomic import replaced
from common.splits import hold_out
from common.twins.probe import Values
from common.twins.turned import Turned, draws_path

BATCHES = 10  # of the two short epochs that are timed


@dataclass(frozen=True)
class TwinWalked(runs.Walked):
    """A run of a walk between twins; `draws` is the folder of what each side draws."""

    target = f"{__name__}:train"

    draws: str = ""


def train(job: TwinWalked, emit: Callable[[dict], None]) -> dict[str, Any]:
    """As `runs.train`. In a Child."""
    return runs.train(_placed(job), emit)


def _placed(job: TwinWalked) -> TwinWalked:
    if isinstance(job.problem, Turned):
        return replace(job, problem=replace(job.problem, folder=job.draws))
    return job


def initial_values(job: Job) -> Values:
    """What a model of the job starts from. In a Child."""
    state = worker.task_of(job).get_state()
    return {name: np.asarray(value, np.float32) for name, value in state.items()}


def pace(job: Job) -> float:
    """About how many seconds the job will take, by two short epochs. In a Child."""
    started, size = perf_counter(), job.problem.batch_size
    data = worker.planned_data(job)
    (x, y), _ = hold_out(data.x, data.y, job.problem.validation)
    rows = min(len(y), BATCHES * size)
    task = worker.task_of(job)
    history = task.fit(x[:rows], y[:rows], epochs=2, order=task.order(rows))
    task.evaluate(data.x_test, data.y_test)
    step = history["epoch_seconds"][1] / -(-rows // size)
    once = perf_counter() - started - sum(history["epoch_seconds"])
    compiled = max(history["epoch_seconds"][0] - history["epoch_seconds"][1], 0.0)
    return once + compiled + step * job.problem.epochs * -(-len(y) // size)


def draw_path(job: Job, folder: Path) -> Path:
    """The file of what the model of a job starts from."""
    return folder / f"{job.framework.replace(':', '-')}-seed{job.seed}.npz"


def draw(jobs: Sequence[Job], folder: Path, processes: Processes) -> list[Values]:
    """What the model of each job starts from, kept in the folder: it is drawn once."""
    drawn = []
    for job in jobs:
        path = draw_path(job, folder)
        if not path.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            _write(path, processes.call(f"{__name__}:initial_values", job.process, job))
        with np.load(path, allow_pickle=False) as values:
            drawn.append(dict(values))
    return drawn


def keep_draws(
    folder: Path,
    matching: Matching,
    names: tuple[str, str],
    seeds: Iterable[int],
    draws: tuple[Sequence[Values], Sequence[Values]],
) -> None:
    """Write what each side gets of the other's draws, for the processes that train."""
    for seed, one, other in zip(seeds, *draws, strict=True):
        given = matching.to_one(dict(other)), matching.to_other(dict(one))
        for number in (0, 1):
            _write(draws_path(folder, names[number], names[1 - number], seed), given[number])


def _write(path: Path, values: Values) -> None:
    with replaced(path) as file:
        np.savez(file, **values)  # type: ignore[arg-type]
