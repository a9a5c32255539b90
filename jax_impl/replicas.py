"""Several networks of one shape in lock-step: `jax.vmap` of the tuned epoch over all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from common.batches import in_batches
from common.replicas import StackLog
from jax_impl import backend, tuned
from jax_impl.program import Program, means


class Stack:
    """The trainings of several Tasks as one, handed back to them after each epoch."""

    def __init__(self, tasks: Sequence[Any]) -> None:
        self.tasks = tasks
        self.training = jax.tree.map(lambda *same: jnp.stack(same), *(t.training for t in tasks))

    def train_epochs(
        self,
        x: np.ndarray,
        y: np.ndarray,
        epochs: int,
        turns: Iterator[np.ndarray],
        log: StackLog,
    ) -> None:
        """Train on the rows of each epoch, (replicas, n), in turn."""
        first, size = self.tasks[0], self.tasks[0].problem.batch_size
        held = jax.device_put((x, first.targets(y)), backend.device(first.device))
        for rows in turns:
            each = [in_batches(chosen, size) for chosen in rows]
            parts = [(np.stack(same),) for same in zip(*each, strict=True)]
            self.training, sums = epochs_of_all(first.program, self.training, *held, parts)
            jax.block_until_ready(self.training)
            seconds = log.seconds()
            self._hand_back(-(-rows.shape[1] // size))
            log.stop(means(first.problem, [sums], rows.shape[1])(), seconds)

    def _hand_back(self, steps: int) -> None:
        """Give each Task its training as it is now, so many steps later."""
        for i, task in enumerate(self.tasks):
            task.training = jax.tree.map(lambda of_all: of_all[i], self.training)  # noqa: B023
            task.steps += steps


@partial(jax.jit, static_argnums=0)
def epochs_of_all(program: Program, training: Any, table: Any, targets: Any, parts: Any) -> Any:
    """As `tuned.epoch`, with a leading axis of replicas on the training and on the batches."""
    epoch = partial(tuned.epoch, program)
    return jax.vmap(epoch, in_axes=(0, None, None, 0))(training, table, targets, parts)
