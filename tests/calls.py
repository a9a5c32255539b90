"""What the tests call in a framework's process."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from common.framework import framework
from common.problem import Problem
from common.regime import Regime
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


def fit_shared(x: Any, y: Any, epochs: list[int]) -> dict[str, Any]:
    """Train by the regime's own order in several calls of `fit`; the state afterwards."""
    for count in epochs:
        TASK.fit(x, y, epochs=count, order=TASK.order(len(y)))
    return TASK.get_state()


def fit_replicas(
    name: str, problem: Problem, regime: Regime, rows: list, orders: list, held_out: tuple
) -> list[tuple[dict, dict]]:
    """Train a Task a seed together, on `rows[seed]`; the history and the state of each."""
    kind = framework(name).task_class()
    tasks = [kind(problem, regime=regime, seed=seed) for seed in range(len(rows))]
    tasks[-1].train_step(*rows[-1])  # they need not have taken as many steps
    told: list[tuple[int, int]] = []
    histories = kind.fit_replicas(
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


def modules(name: str) -> list[str]:
    """Import the named framework's Task, train a step, and say which packages are loaded."""
    import sys

    import numpy as np

    from common.problem import PROBLEMS

    task = framework(name).task_class()(PROBLEMS["boston"])
    task.train_step(np.ones((4, 13), np.float32), np.ones(4, np.float32))
    return sorted({name.partition(".")[0] for name, loaded in sys.modules.items() if loaded})
