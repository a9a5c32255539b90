"""What a tuned step does: sparse rows through the first layer and back, and XLA where it pays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from common.batches import dense, is_sparse
from common.clock import EpochLog
from common.problem import Problem
from keras_impl.backends.tensorflow import Gate
from keras_impl.feed import Turns

if TYPE_CHECKING:
    from scipy import sparse


def compiled(problem: Problem) -> bool:
    """Whether XLA pays: it has no sparse tensors, and costs a small network more than it saves."""
    return not problem.text and problem.features * problem.hidden[0] > 100_000


def fit(
    task: Any,
    x: Any,
    targets: np.ndarray,
    epochs: int,
    turns: Iterator[np.ndarray],
    log: EpochLog,
) -> None:
    """Train on the rows of each epoch in turn, which is one execution; text stays sparse."""
    held, gate = tf.constant(targets), Gate()
    take = sparse_taker(x) if is_sparse(x) else partial(tf.gather, tf.constant(dense(x)))
    clock = Turns(turns, gate.give, lambda logs: log.stop(lambda: logs))
    steps = -(-len(clock.rows) // task.problem.batch_size)
    if task.net.steps_per_execution != steps:
        task.net.steps_per_execution = steps  # no Python between two of them
        task.net.make_train_function(force=True)
    task.net.fit(
        gate.batches(
            epochs,
            task.problem.batch_size,
            lambda chosen: (take(chosen), tf.gather(held, chosen)),
        ),
        steps_per_epoch=steps,
        epochs=epochs,
        shuffle=False,
        callbacks=[clock],
        verbose=0,
    )


def stack(tasks: Sequence[Any]) -> Any:
    """The Tasks in lock-step."""
    from keras_impl.backends.tensorflow_replicas import Stack

    return Stack(tasks)


def accept_sparse(net: keras.Sequential) -> keras.Sequential:
    """The same network, whose first layer takes sparse rows beside dense ones."""
    first, *others = net.layers
    layer = SparseDense(first.units, activation=first.activation, name=first.name)
    return keras.Sequential([keras.Input(net.input_shape[1:], sparse=True), layer, *others])


class SparseDense(keras.layers.Dense):
    """A Dense whose product with sparse rows is one of a CSR matrix, and so is its gradient.

    Keras's own goes through an embedding lookup, whose gradient is a list of rows, and
    `tf.sparse.sparse_dense_matmul` slows down twentyfold from 32 columns on.
    """

    def call(self, x: Any, training: bool | None = None) -> Any:
        """Outputs (n, units) of dense or sparse rows (n, features)."""
        if not isinstance(x, tf.SparseTensor):
            return super().call(x, training=training)
        return self.activation(_product(x, tf.convert_to_tensor(self.kernel)) + self.bias)


def _product(x: tf.SparseTensor, kernel: tf.Tensor) -> tf.Tensor:
    """x kernel, whose gradient is x' g; x itself has none."""
    rows = csr(x)

    @tf.custom_gradient
    def product(kernel: tf.Tensor) -> Any:
        return times(rows, kernel), lambda gradient: times(rows, gradient, transpose_a=True)

    return product(kernel)


def csr(x: tf.SparseTensor) -> tf.Tensor:
    """Sparse rows as the CSR matrix that `times` multiplies."""
    return tf.raw_ops.SparseTensorToCSRSparseMatrix(
        indices=x.indices, values=x.values, dense_shape=x.dense_shape
    )


def times(rows: tf.Tensor, b: tf.Tensor, transpose_a: bool = False) -> tf.Tensor:
    """The product of a CSR matrix, or its transpose, with a dense one."""
    return tf.raw_ops.SparseMatrixMatMul(a=rows, b=b, transpose_a=transpose_a)


def sparse_rows(x: sparse.csr_matrix) -> tf.SparseTensor:
    """The rows of a matrix as a first layer takes them."""
    return sparse_taker(x)(tf.range(x.shape[0]))


def sparse_taker(x: sparse.csr_matrix) -> Callable[[tf.Tensor], tf.SparseTensor]:
    """A function that takes rows by number out of a matrix, in the graph."""
    starts, features = tf.constant(x.indptr, tf.int64), x.shape[1]

    def ragged(values: np.ndarray) -> tf.RaggedTensor:
        return tf.RaggedTensor.from_row_splits(tf.constant(values), starts, validate=False)

    columns, values = ragged(x.indices.astype(np.int64)), ragged(x.data)

    def take(chosen: tf.Tensor) -> tf.SparseTensor:
        # `to_sparse` numbers the rows in a third of the time that `value_rowids` takes
        held = tf.gather(values, chosen).to_sparse()
        at = tf.stack([held.indices[:, 0], tf.gather(columns, chosen).values], 1)
        return tf.SparseTensor(at, held.values, [tf.size(chosen, tf.int64), features])

    return take
