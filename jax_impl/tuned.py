"""What a tuned epoch is: one compiled scan over its batches, on rows that lie on the device.

Text goes as sparse rows. A scan has one shape, so each batch is padded to one number of words; and
so has its program: a number that no epoch exceeds saves compiling again, which takes longer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from common.batches import dense, in_batches, is_sparse, padded, sparse_batches
from jax_impl import backend
from jax_impl.program import Program, Training, means

if TYPE_CHECKING:
    from jax.experimental.sparse import BCOO
    from scipy import sparse

Part = tuple[np.ndarray, ...]
"""Batches of one size: their rows (steps, size), and where these are sparse their words."""


def trainer(task: Any, x: Any, targets: np.ndarray) -> Callable[[np.ndarray], Any]:
    """A function that trains on the rows of an epoch in turn, and gives the means over them."""
    place = backend.device(task.device)
    table = None if is_sparse(x) else jax.device_put(dense(x), place)
    held = jax.device_put(targets, place)

    def train(rows: np.ndarray) -> Callable[[], dict[str, float]]:
        words = sparse_batches if table is None else lambda x, part: ()
        parts = [(part, *words(x, part)) for part in in_batches(rows, task.problem.batch_size)]
        task.training, sums = epoch(task.program, task.training, table, held, parts)
        task.steps += sum(len(part) for part, *_ in parts)
        return means(task.problem, [sums], len(rows))

    return train


@partial(jax.jit, static_argnums=0)
def epoch(
    program: Program, training: Training, table: Array | None, targets: Array, parts: Sequence[Part]
) -> tuple[Training, Array]:
    """The training after all batches in turn, and the sums over their rows.

    Rows come out of the table, or where there is none are put together from their words.
    """

    def step(training: Training, batch: Part) -> tuple[Training, Array]:
        rows, *words = batch
        features = training.weights["hidden1/kernel"].shape[0]
        x = matrix(words, (len(rows), features)) if table is None else table[rows]
        return program.step(training, x, targets[rows])

    sums = jnp.zeros(2)
    for part in parts:
        training, found = jax.lax.scan(step, training, part)
        sums = sums + found.sum(0)
    return training, sums


def matrix(words: Sequence[Any], shape: tuple[int, int]) -> BCOO:
    """Sparse rows of values, rows and columns: in order, each place once.

    What is padded lies outside of the matrix, where JAX sees nothing.
    """
    from jax.experimental.sparse import BCOO  # with SciPy's, longer than JAX: text alone needs it

    values, *places = words
    at = jnp.stack(places, -1)
    return BCOO((values, at), shape=shape, indices_sorted=True, unique_indices=True)


def sparse_rows(x: sparse.csr_matrix) -> BCOO:
    """The rows of a matrix as a first layer takes them."""
    return matrix([words[0] for words in padded(x, x.shape[0], x.nnz)], x.shape)
