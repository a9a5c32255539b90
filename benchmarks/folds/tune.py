"""Choose widths, depth and epochs by held-out rows, as the textbook does with K folds.

The validation curve of a network is the mean over its folds, smoothed; the number of epochs is
where it is least, and the network the one whose least is least. Beside it stands the smallest
network within one standard error of that (Breiman, Friedman, Olshen and Stone 1984, *Classification
and Regression Trees*, section 3.4.3). The test rows take no part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.records.arm import Arm, group_by, of_kind, some_diverged
from benchmarks.records.keys import Object, Record
from benchmarks.records.kinds import Crossval
from common.problem import PROBLEMS, Metric, Problem, widths_of
from common.splits import hold_out, k_folds

HOLD_OUT_SHARE = 6  # one row in six, 10,000 of MNIST's, where a problem holds out none itself
LEFT_OUT = 10  # epochs before the curve begins, as in the textbook: they dwarf the rest
SMOOTHING = 0.9  # as in the textbook
ARM = ("problem", "regime", "device", "framework")


def cells(
    problem: Problem,
    rows: int,
    *,
    widths: Sequence[int] | None = None,
    layers: Sequence[int],
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    folds: int | None = None,
    validation: int | None = None,
) -> list[Problem]:
    """Every network of the grid, each as the problem of its folds.

    `widths` are by default half, once and twice the problem's widest; `epochs` twice its own. The
    rows are held out by K folds where the problem has such a protocol, else once; `folds` or
    `validation` asks for the one or the other. Raises ValueError for both, or too few rows.
    """
    if folds and validation:
        raise ValueError("--folds and --validation are two ways to hold out rows; choose one")
    folds = folds or (0 if validation else problem.folds) or 1
    if folds > 1:
        next(k_folds(rows, folds))
        held, own = problem, (problem.fold_epochs, problem.fold_batch_size)
    else:
        held = problem.but(validation=validation or problem.validation or rows // HOLD_OUT_SHARE)
        hold_out(np.empty(rows), np.empty(rows), held.validation)
        own = (0, 0)
    widest = max(problem.hidden)
    return [
        held.but(
            hidden=(width,) * depth,
            folds=folds,
            fold_epochs=epochs or 2 * (own[0] or problem.epochs),
            fold_batch_size=batch_size or own[1] or problem.batch_size,
            learning_rate=learning_rate,
        )
        for depth in layers
        for width in widths or (max(1, widest // 2), widest, 2 * widest)
    ]


def smoothed(curve: Sequence[float], factor: float) -> np.ndarray:
    """The exponential moving average of a curve, float64; it begins with the first value."""
    means = [float(curve[0])]
    for value in curve[1:]:
        means.append(factor * means[-1] + (1 - factor) * value)
    return np.array(means)


@dataclass(frozen=True)
class Cell:
    """One network of the grid in one arm; values are those of the problem's metric."""

    hidden: tuple[int, ...]
    parameters: int
    curve: np.ndarray  # smoothed mean over folds, (epochs,); NaN where no curve is drawn
    epochs: int  # where it is best
    value: float  # there
    error: float | None  # standard error there; None where nothing tells it

    @property
    def name(self) -> str:
        """The widths: `64-64`."""
        return widths_of(self.hidden)


@dataclass(frozen=True)
class Choice:
    """What the held-out rows say in one arm: every cell, the best, and the smallest near it."""

    arm: Arm
    problem: Object  # the settings that all cells share; one fold is a hold-out
    smoothing: float
    cells: tuple[Cell, ...]
    best: Cell
    simplest: Cell  # within one standard error; the best itself where no smaller one is
    left_out: tuple[str, ...]  # names of networks that lack a fold or diverged

    @property
    def metric(self) -> Metric:
        """What the held-out rows are scored by."""
        return PROBLEMS[self.arm.problem].metric


def choose(records: Iterable[Record], smoothing: float | None = None) -> list[Choice]:
    """The choice of each arm by the records of its folds; without a complete cell it has none.

    `smoothing` is by default the textbook's for folds, and none for a hold-out, whose few epochs a
    moving average would only delay. Folds of several seeds are averaged first.
    """
    choices = []
    for arm, folds in group_by(of_kind(records, Crossval), Arm.bare).items():
        problem = _problem(folds[0])
        factor = (SMOOTHING if problem["folds"] > 1 else 0.0) if smoothing is None else smoothing
        grid = group_by(folds, lambda record: widths_of(_problem(record)["hidden"]))
        cells = [
            _cell(own, factor)
            for own in grid.values()
            if len({record.fold for record in own}) == problem["folds"] and not some_diverged(own)
        ]
        finite = [cell for cell in cells if np.isfinite(cell.value)]
        if finite:
            names = [cell.name for cell in finite]
            left_out = tuple(name for name in grid if name not in names)
            choices.append(_choice(arm, problem, factor, finite, left_out))
    return choices


def as_plain(choice: Choice) -> dict[str, Any]:
    """A choice as JSON can hold it: arm, best, simplest and every cell, null for NaN."""
    cells = [
        {**asdict(cell), "curve": [None if np.isnan(value) else value for value in cell.curve]}
        for cell in choice.cells
    ]
    arm = {name: getattr(choice.arm, name) for name in ARM}
    names = {"best": choice.best.name, "simplest": choice.simplest.name}
    return {**arm, **names, "smoothing": choice.smoothing, "cells": cells}


def chosen(choice: Choice) -> Problem:
    """A fresh network of the chosen sizes, for the chosen epochs, on all training rows."""
    return PROBLEMS[choice.arm.problem].but(
        hidden=choice.best.hidden,
        epochs=choice.best.epochs,
        batch_size=choice.problem["fold_batch_size"],
        learning_rate=choice.problem["learning_rate"],
        validation=0,
    )


def _problem(fold: Crossval) -> Object:
    """The settings of its problem, without which there is no record of a fold."""
    return fold.settings.problem or {}


def _choice(
    arm: Arm, problem: Object, smoothing: float, cells: list[Cell], left: tuple[str, ...]
) -> Choice:
    sign = _sign(arm.problem)
    best = min(cells, key=lambda cell: (sign * cell.value, cell.parameters))
    near = sign * best.value + (best.error or 0.0)
    simplest = min(
        (cell for cell in cells if sign * cell.value <= near),
        key=lambda cell: (cell.parameters, sign * cell.value),
    )
    return Choice(arm, problem, smoothing, tuple(cells), best, simplest, left)


def _cell(records: list[Crossval], smoothing: float) -> Cell:
    """A cell from the records of all its folds and seeds."""
    problem, name = _problem(records[0]), records[0].problem
    metric, sign = PROBLEMS[name].metric, _sign(name)
    by_fold = group_by(records, lambda record: record.fold).values()
    raw = [
        np.mean([np.array(run.history[f"val_{metric}"], float) for run in seeds], axis=0)
        for seeds in by_fold
    ]
    start = LEFT_OUT if smoothing and len(raw[0]) > 2 * LEFT_OUT else 0
    folds = np.array([smoothed(curve[start:], smoothing) for curve in raw])
    mean = folds.mean(axis=0)
    at = int(np.nan_to_num(sign * mean, nan=np.inf).argmin())
    value = float(mean[at])
    hidden = tuple(problem["hidden"])
    network = PROBLEMS[name].but(hidden=hidden)
    return Cell(
        hidden,
        sum((layer.fan_in + 1) * layer.fan_out for layer in network.layers),
        np.concatenate([np.full(start, np.nan), mean]),
        start + at + 1,
        value,
        _error(folds[:, at], value, metric, problem["validation"]),
    )


def _error(folds: np.ndarray, value: float, metric: Metric, held: int) -> float | None:
    """Standard error over folds; of one hold-out that of a share of so many rows, else unknown."""
    if len(folds) > 1:
        return float(folds.std(ddof=1) / np.sqrt(len(folds)))
    return float(np.sqrt(value * (1 - value) / held)) if metric is Metric.ACCURACY else None


def _sign(problem: str) -> int:
    """1 where less of the metric is better, -1 where more is."""
    return -1 if PROBLEMS[problem].metric.larger_is_better else 1
