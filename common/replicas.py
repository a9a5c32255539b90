"""Several Tasks of one problem trained together: in lock-step where their framework can."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from common.batches import dense
from common.capabilities import Stackable
from common.clock import EpochLog, History
from common.task import Order, Task


def fit_replicas(
    tasks: Sequence[Task],
    xs: Sequence[Any],
    ys: Sequence[np.ndarray],
    *,
    orders: Sequence[Order],
    epochs: int,
    validation: Sequence[tuple | None],
    on_epoch: Callable[[int, int, Mapping[str, float]], None] | None = None,
) -> list[History]:
    """Train Tasks of one problem, each on rows of its own, as if each had its `fit` called.

    Tasks that are `Stackable`, on dense rows and as many for each, train as one batched program in
    lock-step, and an epoch's seconds are each Task's share of it. A first layer that takes sparse
    rows leaves so little to the others that it would not pay. `on_epoch` is given the number of
    the Task, from 0, before what `fit` gives.
    """
    watchers = [on_epoch and partial(on_epoch, i) for i in range(len(tasks))]
    alike = all(isinstance(x, np.ndarray) and len(x) == len(xs[0]) for x in xs)
    first = tasks[0]
    if len(tasks) > 1 and alike and isinstance(first, Stackable) and (stack := first.stack(tasks)):
        logs = [
            task.epoch_log(held_out, watcher)
            for task, held_out, watcher in zip(tasks, validation, watchers, strict=True)
        ]
        x, y, starts = _one_table(xs, ys)
        rows = [
            task.rows_of_epochs(order, epochs, log)
            for task, order, log in zip(tasks, orders, logs, strict=True)
        ]
        turns = (np.stack(chosen) + starts for chosen in zip(*rows, strict=True))
        stack.train_epochs(x, y, epochs, turns, StackLog(logs))
        for task in tasks:
            task.epoch += epochs
        return [log.history for log in logs]
    return [
        task.fit(x, y, epochs=epochs, order=order, validation=held_out, on_epoch=watcher)
        for task, x, y, order, held_out, watcher in zip(
            tasks, xs, ys, orders, validation, watchers, strict=True
        )
    ]


def _one_table(
    xs: Sequence[np.ndarray], ys: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All rows in one table, and where in it each replica's begin, int64 (replicas, 1)."""
    if all(x is xs[0] and y is ys[0] for x, y in zip(xs, ys, strict=True)):
        return dense(xs[0]), ys[0], np.zeros((len(xs), 1), np.int64)
    starts = np.arange(len(xs))[:, None] * len(xs[0])
    return dense(np.concatenate(xs)), np.concatenate(ys), starts


class StackLog:
    """The same for Tasks in lock-step: an epoch of each is its share of an epoch of all.

    The clock of the first, whose rows are asked for first, is that of all.
    """

    def __init__(self, logs: Sequence[EpochLog]) -> None:
        self.logs = logs

    def seconds(self) -> dict[str, float]:
        """Each Task's share since the start, when the device is idle."""
        return {name: of_all / len(self.logs) for name, of_all in self.logs[0].seconds().items()}

    def stop(self, means: Mapping[str, Sequence[float]], seconds: Mapping[str, float]) -> None:
        """As for one Task, once each has its weights; `means` has a value a Task by name."""
        for i, log in enumerate(self.logs):
            log.stop({name: values[i] for name, values in means.items()}.copy, seconds)
