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
from jax.experimental.sparse import BCOO
from scipy import sparse

from common.task import dense
from jax_impl import backend

if TYPE_CHECKING:
    from jax_impl.task import JaxTask, Program, Training

SPREAD = 5  # room for the words of a batch, in its standard deviations above the mean

Part = tuple[np.ndarray, ...]
"""Batches of one size: their rows (steps, size), and where these are sparse their words."""


def trainer(task: JaxTask, x: Any, targets: np.ndarray) -> Callable[[np.ndarray], Any]:
    """A function that trains on the rows of an epoch in turn, and gives the means over them."""
    place = backend.device(task.device)
    table = None if sparse.issparse(x) else jax.device_put(dense(x), place)
    held = jax.device_put(targets, place)

    def train(rows: np.ndarray) -> Callable[[], dict[str, float]]:
        parts = batched(rows, task.problem.batch_size)
        if table is None:
            parts = [(part, *words_of(x, part)) for (part,) in parts]
        task.training, sums = epoch(task._program, task.training, table, held, parts)
        task.steps += sum(len(part) for part, *_ in parts)
        return task._means([sums], len(rows))

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


def batched(rows: np.ndarray, size: int) -> list[Part]:
    """The whole batches, and a smaller last one where rows are left."""
    whole = len(rows) - len(rows) % size
    parts = rows[:whole].reshape(-1, size), rows[whole:].reshape(1, -1)
    return [(part.astype(np.int32),) for part in parts if part.size]


def words_of(x: sparse.csr_matrix, rows: np.ndarray) -> Part:
    """Values and places (steps, room) and (steps, room, 2) of the words of batches (steps, size).

    What is padded lies outside of the matrix, where JAX sees nothing.
    """
    size, lengths = rows.shape[1], np.diff(x.indptr)
    held = x[rows.ravel()]
    counts = np.diff(held.indptr[::size])
    room = size * lengths.mean() + SPREAD * size**0.5 * lengths.std()
    taken = np.arange(max(int(room), counts.max())) < counts[:, None]
    numbers = np.repeat(np.arange(rows.size, dtype=np.int32) % size, np.diff(held.indptr))
    values = np.zeros(taken.shape, np.float32)
    places = np.full((*taken.shape, 2), (size, x.shape[1]), np.int32)
    values[taken] = held.data
    places[taken] = np.stack([numbers, held.indices], 1)
    return values, places


def matrix(words: Sequence[Any], shape: tuple[int, int]) -> BCOO:
    """A batch of sparse rows; its words come in order, each once."""
    values, places = words
    return BCOO((values, places), shape=shape, indices_sorted=True, unique_indices=True)


def sparse_rows(x: sparse.csr_matrix) -> BCOO:
    """The rows of a matrix as a first layer takes them."""
    coordinates = x.tocoo()
    return matrix((x.data, np.stack([coordinates.row, coordinates.col], 1)), x.shape)
