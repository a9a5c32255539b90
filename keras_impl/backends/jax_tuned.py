"""What a tuned step does on JAX: an epoch is one compiled scan over batches on the device.

Text goes as sparse rows, each batch padded to one number of words: a new number would be compiled
anew, which takes longer than the epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from jax.experimental.sparse import BCOO
from scipy import sparse

from common.problem import Problem
from common.task import EpochLog, Order, dense, one_table

if TYPE_CHECKING:
    from keras_impl.task import KerasTask

SPREAD = 6  # room for a batch's words, in standard deviations above the mean batch


def compiled(problem: Problem) -> bool:
    """XLA compiles everything here."""
    return True


def accept_sparse(net: keras.Sequential) -> keras.Sequential:
    """The same network, whose first layer takes sparse rows beside dense ones."""
    return keras.Sequential([keras.Input(net.input_shape[1:], sparse=True), *net.layers])


def sparse_rows(x: sparse.csr_matrix) -> BCOO:
    """The rows of a matrix as a first layer takes them."""
    return matrix(*words(x, x.nnz), x.shape)


def words(x: sparse.csr_matrix, room: int) -> tuple[np.ndarray, np.ndarray]:
    """Values (room,) and places (room, 2) of what is not zero; what is padded lies outside."""
    n, features = x.shape
    at = np.full((room, 2), (n, features), np.int32)
    at[: x.nnz, 0] = np.repeat(np.arange(n), np.diff(x.indptr))
    at[: x.nnz, 1] = x.indices
    return np.pad(x.data, (0, room - x.nnz)), at


def matrix(values: Any, at: Any, shape: tuple[int, int]) -> BCOO:
    """Sparse rows, in order, each place once."""
    return BCOO((values, at), shape=shape, indices_sorted=True, unique_indices=True)


def fit(
    task: KerasTask,
    x: Any,
    targets: np.ndarray,
    rows: Sequence[np.ndarray],
    clock: keras.callbacks.Callback,
) -> None:
    """Train on the given rows of each epoch, which is one execution; text stays sparse."""
    trainer: Trainer = vars(task).setdefault("trainer", Trainer(task))
    trainer.hold(x, targets)
    for number, epoch in enumerate(rows):
        clock.on_epoch_begin(number)
        means = trainer.train([task.net], epoch[None])
        clock.on_epoch_end(number, {name: mean[0] for name, mean in means.items()})


class Stack:
    """Several Tasks as one program over their variables."""

    def __init__(self, tasks: Sequence[KerasTask]) -> None:
        self.tasks, self.trainer = tasks, Trainer(tasks[0])

    def fit(
        self,
        xs: Sequence[np.ndarray],
        ys: Sequence[np.ndarray],
        orders: Sequence[Order],
        epochs: int,
        logs: Sequence[EpochLog],
    ) -> None:
        """Train for some epochs; into each Task's log goes its share of their time."""
        turns = [task.rows_of_epochs(o, epochs) for task, o in zip(self.tasks, orders, strict=True)]
        x, y, starts = one_table(xs, ys)
        self.trainer.hold(x, self.tasks[0]._targets(y))
        for rows in [np.stack(each) + starts for each in zip(*turns, strict=True)]:
            for log in logs:
                log.start()
            means = self.trainer.train([task.net for task in self.tasks], rows)
            seconds = logs[0].seconds() / len(logs)
            for i, log in enumerate(logs):
                log.stop({name: mean[i] for name, mean in means.items()}.copy, seconds)


class Trainer:
    """An epoch of Keras's own `train_step` as one program, over one network or several alike."""

    def __init__(self, task: KerasTask) -> None:
        self.net, self.size = task.net, task.problem.batch_size
        self.epoch = jax.jit(self._epoch)

    def hold(self, x: Any, targets: np.ndarray) -> None:
        """Put the rows on the device; but sparse batches are taken here."""
        self.text = sparse.issparse(x)
        self.x, self.targets = x if self.text else jnp.asarray(dense(x)), jnp.asarray(targets)
        if self.text:
            counts = np.diff(x.indptr)
            self.mean, self.deviation = counts.mean(), counts.std()

    def train(self, nets: Sequence[keras.Model], rows: np.ndarray) -> dict[str, np.ndarray]:
        """Train each network for an epoch on its rows (networks, n); the epoch's means by name."""
        variables = [_variables(net) for net in nets]
        state = [_stacked(same) for same in zip(*variables, strict=True)]
        whole = rows.shape[1] // self.size * self.size
        batches = rows[:, :whole].reshape(len(nets), -1, self.size).swapaxes(0, 1)
        last = rows[None, :, whole:]
        state, means = self.epoch(
            state,
            (self.targets, None if self.text else self.x),
            [self._batches(part) for part in (batches, last) if part.size],
        )
        for i, of_net in enumerate(variables):
            for group, values in zip(of_net, state, strict=True):
                for variable, value in zip(group, values, strict=True):
                    variable.assign(value[i])
        return means
