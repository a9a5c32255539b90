"""Batches of one shape, as a program that is compiled for shapes takes them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import sparse

SPREAD = 5  # room for the words of a batch, in its standard deviations above the mean


def in_batches(rows: np.ndarray, size: int) -> list[np.ndarray]:
    """The whole batches (steps, size), and a smaller last one (1, what is left)."""
    whole = len(rows) // size * size
    parts = rows[:whole].reshape(-1, size), rows[None, whole:]
    return [part for part in parts if part.size]


def sparse_batches(x: sparse.csr_matrix, rows: np.ndarray) -> list[np.ndarray]:
    """Values, rows and columns (steps, room) of batches (steps, size) of rows of a matrix.

    There is room that hardly any batch exceeds, so that no epoch's shape differs from another's.
    """
    size, words = rows.shape[1], np.diff(x.indptr)
    room = int(size * words.mean() + SPREAD * size**0.5 * words.std())
    return padded(x[rows.ravel()], size, room)


def padded(x: sparse.csr_matrix, size: int, room: int) -> list[np.ndarray]:
    """The same of all rows of a matrix, `size` to a batch; more room where one has more words.

    What is padded has the value 0 and lies outside of the matrix.
    """
    starts = x.indptr[::size]
    room = max(room, np.diff(starts).max())
    numbers = np.repeat(np.arange(x.shape[0], dtype=np.int32) % size, np.diff(x.indptr))
    found = []
    for words, outside in ((x.data, 0), (numbers, size), (x.indices, x.shape[1])):
        whole = np.empty((len(starts) - 1, room), words.dtype)
        for place, (first, last) in zip(whole, pairwise(starts), strict=True):
            place[: last - first] = words[first:last]
            place[last - first :] = outside
        found.append(whole)
    return found
