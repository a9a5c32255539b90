"""Several networks of one shape in lock-step: `jax.vmap` of the tuned epoch over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from common.padding import in_batches
from common.task import EpochLog, Order, one_table
from jax_impl import backend, tuned

if TYPE_CHECKING:
    from jax_impl.task import JaxTask, Program


class Stack:
    """The trainings of several Tasks as one, handed back to them after each epoch."""

    def __init__(self, tasks: Sequence[JaxTask]) -> None:
        self.tasks = tasks
        self.training = jax.tree.map(lambda *same: jnp.stack(same), *(t.training for t in tasks))

    def fit(
        self,
        xs: Sequence[np.ndarray],
        ys: Sequence[np.ndarray],
        orders: Sequence[Order],
        epochs: int,
        logs: Sequence[EpochLog],
    ) -> None:
        """Train for some epochs; into each Task's log goes its share of their time."""
        first, size = self.tasks[0], self.tasks[0].problem.batch_size
        x, y, starts = one_table(xs, ys)
        held = jax.device_put((x, first._targets(y)), backend.device(first.device))
        turns = (task.rows_of_epochs(o, epochs) for task, o in zip(self.tasks, orders, strict=True))
        for rows in zip(*turns, strict=True):
            for log in logs:
                log.start()
            each = [in_batches(chosen, size) for chosen in np.stack(rows) + starts]
            parts = [(np.stack(same),) for same in zip(*each, strict=True)]
            self.training, sums = epochs_of_all(first._program, self.training, *held, parts)
            jax.block_until_ready(self.training)
            seconds = logs[0].seconds() / len(logs)
            for i, (task, log) in enumerate(zip(self.tasks, logs, strict=True)):
                task.training = jax.tree.map(lambda of_all: of_all[i], self.training)  # noqa: B023
                task.steps += -(-len(rows[i]) // size)
                log.stop(task._means([sums[i]], len(rows[i])), seconds)


@partial(jax.jit, static_argnums=0)
def epochs_of_all(program: Program, training: Any, table: Any, targets: Any, parts: Any) -> Any:
    """As `tuned.epoch`, with a leading axis of replicas on the training and on the batches."""
    epoch = partial(tuned.epoch, program)
    return jax.vmap(epoch, in_axes=(0, None, None, 0))(training, table, targets, parts)
