"""What the tests call in a framework's process."""

from __future__ import annotations

import sys
import time
from typing import Any
from unittest import mock

import numpy as np
from scipy import sparse

from common.clock import EpochLog
from common.framework import framework
from common.problem import PROBLEMS, Problem
from common.regime import Regime
from common.replicas import fit_replicas
from common.task import Task

TASK: Task


def make(name: str, problem: Problem, **options: Any) -> None:
    """Make the Task that `ask` asks from now on."""
    global TASK
    TASK = framework(name).task_class()(problem, **options)


def ask(name: str, *args: Any, **options: Any) -> Any:
    """Call a method of the Task."""
    return getattr(TASK, name)(*args, **options)


def loaded(path: Any) -> list[Any]:
    """The arrays in a file of the Task's framework by its own loader, kernels as (in, out)."""
    module = sys.modules[type(TASK).__module__]
    if hasattr(module, "keras"):
        return module.keras.models.load_model(path).get_weights()
    if hasattr(module, "torch"):
        return [value.numpy().T for value in module.torch.load(path).values()]
    with np.load(path) as held:
        return list(held.values())


def save_trained(path: Any) -> None:
    """Write such a file as a user may do it after training: with more in it than the weights."""
    module = sys.modules[type(TASK).__module__]
    if hasattr(module, "keras"):
        return TASK.net.save(path)
    if hasattr(module, "torch"):
        held = TASK.net.state_dict(keep_vars=True)
        held["hidden1.bias"] = held["hidden1.bias"].detach()
        return module.torch.save(held, path)
    return np.savez_compressed(path, **TASK.get_weights())


def fit_until(x: Any, y: Any, order: Any, stop_after: int) -> int:
    """Train, with an `on_epoch` that stops the training by an error; the epochs trained."""

    def stop(number: int, row: dict) -> None:
        if number == stop_after:
            raise InterruptedError

    try:
        TASK.fit(x, y, epochs=len(order), order=order, on_epoch=stop)
    except InterruptedError:
        return TASK.epoch
    raise AssertionError("the error in on_epoch was swallowed")


class Watched:
    """Counts the samples taken out of it by number, as every batch of `fit` is."""

    taken = 0

    def __getitem__(self, chosen: Any) -> Any:
        if isinstance(chosen, np.ndarray):
            Watched.taken += len(chosen)
        return super().__getitem__(chosen)  # type: ignore[misc]


class WatchedArray(Watched, np.ndarray):
    """Dense."""


class WatchedText(Watched, sparse.csr_matrix):
    """Sparse."""


def watch_clocks(
    name: str, problem: Problem, regime: Regime, x: Any, y: Any, held_out: tuple, replicas: int
) -> tuple[list[int], list[tuple[int, int, int]]]:
    """Train for three epochs, and pause where a thread would run ahead.

    Gives the samples taken before each clock of the first Task starts, and of each order that was
    asked for its epoch, the clocks that had started then and the epochs that had ended, from 0.
    """
    kind = framework(name).task_class()
    tasks = [kind(problem, regime=regime, seed=seed) for seed in range(replicas)]
    started, ended = dict.fromkeys(tasks, 0), [0] * replicas
    before: list[int] = []
    orders: list[tuple[int, int, int]] = []
    start = EpochLog.start
    Watched.taken = 0

    def watched_start(log: EpochLog) -> None:
        time.sleep(0.05)
        task = log.synchronize.__self__  # type: ignore[attr-defined]
        if task is tasks[0]:
            before.append(Watched.taken)
        started[task] += 1
        start(log)

    def order_of(i: int) -> Any:
        rows = tasks[i].order(len(y))

        def order(epoch: int) -> Any:
            if epoch == 4:
                raise InterruptedError
            orders.append((epoch, started[tasks[i]] - 1, ended[i]))
            return rows(epoch)

        return order

    def told(i: int, number: int, row: dict) -> None:
        ended[i] += 1

    watched = x.view(WatchedArray) if isinstance(x, np.ndarray) else WatchedText(x)
    each = [order_of(i) for i in range(replicas)]
    with mock.patch.object(EpochLog, "start", watched_start):
        options: dict[str, Any] = {"orders": each, "validation": [held_out] * replicas}
        fit_replicas(
            tasks, [watched] * replicas, [y] * replicas, epochs=3, on_epoch=told, **options
        )
        try:  # where no order comes any more, nothing may wait for it
            tasks[0].fit(watched, y, epochs=3, order=each[0])
        except InterruptedError:
            return before[:3], orders[: 3 * replicas]
    raise AssertionError("the error in the order was swallowed")


def fit_shared(x: Any, y: Any, epochs: list[int]) -> dict[str, Any]:
    """Train by the regime's own order in several calls of `fit`; the state afterwards."""
    for count in epochs:
        TASK.fit(x, y, epochs=count, order=TASK.order(len(y)))
    return TASK.get_state()


def fit_together(
    name: str, problem: Problem, regime: Regime, rows: list, orders: list, held_out: tuple
) -> list[tuple[dict, dict]]:
    """Train a Task a seed together, on `rows[seed]`; the history and the state of each."""
    kind = framework(name).task_class()
    tasks = [kind(problem, regime=regime, seed=seed) for seed in range(len(rows))]
    tasks[-1].train_step(*rows[-1])  # they need not have taken as many steps
    told: list[tuple[int, int]] = []
    histories = fit_replicas(
        tasks,
        [x for x, _ in rows],
        [y for _, y in rows],
        orders=orders,
        epochs=len(orders[0]),
        validation=[held_out] * len(tasks),
        on_epoch=lambda replica, number, row: told.append((replica, number)),
    )
    assert sorted(told) == [(i, n + 1) for i in range(len(tasks)) for n in range(len(orders[0]))]
    return [(history, task.get_state()) for history, task in zip(histories, tasks, strict=True)]


def fit_partly(
    name: str, problem: Problem, regime: Regime, extent: str, x: Any, y: Any, order: Any
) -> tuple[dict, dict, dict]:
    """Train a Task of which an extent is compiled: its history, its state and its facts."""
    kind = framework(name).ablation_module().PartlyCompiledTask
    task = kind(problem, regime=regime, extent=extent)
    history = task.fit(x, y, epochs=len(order), order=order)
    return history, task.get_state(), task.facts()


def modules(name: str) -> list[str]:
    """Import the named framework's Task, train a step, and say which packages are loaded."""
    task = framework(name).task_class()(PROBLEMS["boston"])
    task.train_step(np.ones((4, 13), np.float32), np.ones(4, np.float32))
    return sorted({name.partition(".")[0] for name, loaded in sys.modules.items() if loaded})
