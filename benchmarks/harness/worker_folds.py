"""K-fold validation: each fold is a job, and all folds of an arm and seed share a process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.harness.clocks import Stages
from benchmarks.harness.worker import (
    Emit,
    diverged,
    fit_together,
    held,
    measured,
    planned_data,
    task_of,
)
from benchmarks.records.job import Job, Process
from common.data import Data, standardise
from common.problem import Problem, widths_of
from common.splits import k_folds


@dataclass(frozen=True)
class Fold(Job):
    """A training on all rows but those of a fold, which are scored after each epoch.

    The folds of an arm and seed share a process; each is a fresh network. Tuned, a framework may
    train them in lock-step; else the record of each is kept as soon as it is there.
    """

    kind = folder = "crossval"
    target = f"{__name__}:run_fold"
    batch_target = f"{__name__}:run_folds"
    fold: int = 0  # counted from 0
    own_statistics: bool = False  # standardised by its own training rows

    @property
    def process(self) -> Process:
        """That of all folds of the arm and seed."""
        return Process(self.place, self.regime, replace(self, fold=0))

    @property
    def batch(self) -> Job | None:
        """All folds of a tuned arm may be trained together."""
        return replace(self, fold=0) if self.regime.tuned else None

    @property
    def epochs(self) -> int:
        """Those of the K-fold protocol."""
        return self.problem.fold_epochs

    @property
    def steps(self) -> float:
        """Those of the K-fold protocol."""
        return self.epochs / self.problem.fold_batch_size

    @property
    def about(self) -> dict[str, Any]:
        """Which fold it is, counted from 0, of how many, and how its rows are standardised."""
        statistics = "own" if self.own_statistics else "all"
        return {"fold": self.fold, "folds": self.problem.folds, "fold_statistics": statistics}

    @property
    def key(self) -> str:
        """Path of its record below the folder of its kind."""
        own = "-own" if self.own_statistics else ""
        name = f"fold{self.fold + 1}of{self.problem.folds}{own}"
        return f"{super().key.removesuffix('.json')}-{name}.json"

    def __str__(self) -> str:
        widths = widths_of(self.problem.hidden)
        return f"{super().__str__()} hidden {widths} fold {self.fold + 1}/{self.problem.folds}"


def folds_of(job: Job, own_statistics: bool = False) -> list[Fold]:
    """All folds of the job's problem, each of which is a job."""
    numbers = range(job.problem.folds)
    return [Fold.of(job, fold=fold, own_statistics=own_statistics) for fold in numbers]


def run_fold(fold: Fold, emit: Emit) -> dict[str, Any]:
    """The measured part of the record of a fold; in a Child."""
    return run_folds([fold], emit)[0]


def run_folds(folds: list[Fold], emit: Emit) -> list[dict[str, Any]]:
    """For each fold, train on all rows but its own and score these after each epoch; in a Child.

    Emits the epochs of each. Returns the measured parts of their records, without test metrics;
    their times are each fold's share of the time of all.
    """
    job = folds[0]
    data = planned_data(job)
    problem = job.problem.but(
        epochs=job.problem.fold_epochs, batch_size=job.problem.fold_batch_size
    )
    parts = fold_parts(job.problem, len(data.y))
    rows, held_out = [], []
    for trained, held_back in (parts[fold.fold] for fold in folds):
        x, x_held = fold_rows(data, trained, held_back, job.own_statistics)
        rows.append((held(job, x), data.y[trained]))
        held_out.append((held(job, x_held), data.y[held_back]))
    fold_job = replace(job, problem=problem)
    tasks = [task_of(fold_job) for _ in folds]
    stages = Stages()
    with stages("fit"):
        histories = fit_together(tasks, rows, emit, held_out)
    stages.seconds = {name: seconds / len(folds) for name, seconds in stages.seconds.items()}
    name = f"val_{problem.metric}"
    return [
        {
            **measured(job, data, task, history, len(y), stages),
            "diverged": diverged(fold_job, task, history, x, y, y_held, history[name][-1]),
        }
        for task, history, (x, y), (_, y_held) in zip(tasks, histories, rows, held_out, strict=True)
    ]


def fold_parts(problem: Problem, rows: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """`(training rows, held-out rows)` of each fold; a single fold is the problem's hold-out."""
    if problem.folds != 1:
        return list(k_folds(rows, problem.folds))
    every = np.arange(rows)
    return [(every[problem.validation :], every[: problem.validation])]


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
