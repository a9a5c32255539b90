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

from common.batches import dense, in_batches, is_sparse, padded, sparse_batches
from common.clock import EpochLog
from common.problem import Problem
from common.replicas import StackLog

if TYPE_CHECKING:
    from jax.experimental.sparse import BCOO
    from scipy import sparse


def compiled(problem: Problem) -> bool:
    """XLA compiles everything here."""
    return True


def fit(
    task: Any,
    x: Any,
    targets: np.ndarray,
    epochs: int,
    turns: Iterator[np.ndarray],
    log: EpochLog,
) -> None:
    """Train on the rows of each epoch in turn, which is one execution; text stays sparse."""
    if task.program is None:
        _build_metrics(task.net, targets)
        task.program = jax.jit(_epoch(task.net))
    words = sparse_batches if is_sparse(x) else lambda x, rows: ()
    table = () if is_sparse(x) else (jnp.asarray(dense(x)),)
    labels = jnp.asarray(targets)

    for rows in turns:
        parts = [(part, *words(x, part)) for part in in_batches(rows, task.problem.batch_size)]
        # read anew: validation hands Keras's variables over to a program that uses them up
        state, means = task.program(_state(task.net), labels, table, parts)
        _hand_back(task.net, state)
        log.stop({name: float(mean) for name, mean in means.items()}.copy)


class Stack:
    """Several networks of one shape as one program over all of their variables."""

    def __init__(self, tasks: Sequence[Any]) -> None:
        self.tasks = tasks

    def train_epochs(
        self,
        x: np.ndarray,
        y: np.ndarray,
        epochs: int,
        turns: Iterator[np.ndarray],
        log: StackLog,
    ) -> None:
        """Train on the rows of each epoch, (replicas, n), in turn."""
        first = self.tasks[0]
        targets = first.targets(y)
        for task in self.tasks:
            _build_metrics(task.net, targets)
        train = jax.jit(jax.vmap(_epoch(first.net), in_axes=(0, None, None, 0)))
        labels, table = jnp.asarray(targets), (jnp.asarray(x),)
        states = [_state(task.net) for task in self.tasks]
        state = jax.tree.map(lambda *same: jnp.stack(same), *states)
        for rows in turns:
            each = [in_batches(chosen, first.problem.batch_size) for chosen in rows]
            parts = [(np.stack(same),) for same in zip(*each, strict=True)]
            state, means = train(state, labels, table, parts)
            seconds = log.seconds()
            for i, task in enumerate(self.tasks):
                _hand_back(task.net, jax.tree.map(lambda of_all: of_all[i], state))  # noqa: B023
            log.stop(means, seconds)


stack = Stack


def accept_sparse(net: keras.Sequential) -> keras.Sequential:
    """The same network, whose first layer takes sparse rows beside dense ones."""
    return keras.Sequential([keras.Input(net.input_shape[1:], sparse=True), *net.layers])


def sparse_rows(x: sparse.csr_matrix) -> BCOO:
    """The rows of a matrix as a first layer takes them."""
    return _matrix([words[0] for words in padded(x, x.shape[0], x.nnz)], x.shape)


def _build_metrics(net: keras.Model, targets: np.ndarray) -> None:
    """Make their variables, which a compiled program cannot: else their first use does."""
    net.compute_metrics(None, jnp.asarray(targets[:1]), jnp.zeros((1, *net.output_shape[1:])))
    net.reset_metrics()


def _epoch(net: keras.Model) -> Callable:
    """A function that trains on the batches of an epoch by Keras's own `train_step`.

    Of a state, all targets, the table of rows (none where batches bring theirs) and the batches,
    like ones stacked; it gives the state after them and the epoch's means by name.
    """
    features = net.input_shape[1]

    def train(state: Any, labels: Any, table: tuple, parts: Sequence[tuple]) -> Any:
        def step(state: Any, batch: tuple) -> Any:
            rows, *words = batch
            x = _matrix(words, (len(rows), features)) if words else table[0][rows]
            means, state = net.train_step(state, (x, labels[rows]))
            return state, means

        *others, counts = state
        state = (*others, jax.tree.map(jnp.zeros_like, counts))
        for part in parts:
            state, means = jax.lax.scan(step, state, part)
        return state, jax.tree.map(lambda running: running[-1], means)

    return train


def _state(net: keras.Model) -> tuple[list[Any], ...]:
    """What `train_step` takes and gives."""
    return tuple([variable.value for variable in group] for group in _variables(net))


def _hand_back(net: keras.Model, state: tuple[list[Any], ...]) -> None:
    for group, values in zip(_variables(net), state, strict=True):
        for variable, value in zip(group, values, strict=True):
            variable.assign(value)


def _variables(net: keras.Model) -> tuple[list[Any], ...]:
    return (
        net.trainable_variables,
        net.non_trainable_variables,
        net.optimizer.variables,
        net.metrics_variables,
    )


def _matrix(words: Sequence[Any], shape: tuple[int, int]) -> BCOO:
    """Sparse rows of values, rows and columns: in order, each place once.

    What is padded lies outside of the matrix, where JAX sees nothing.
    """
    from jax.experimental.sparse import BCOO  # with SciPy's, longer than JAX: text alone needs it

    values, *places = words
    at = jnp.stack(places, -1)
    return BCOO((values, at), shape=shape, indices_sorted=True, unique_indices=True)
