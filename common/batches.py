"""Batches of rows: dense ones, and ones of one shape for a program that is compiled for shapes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from scipy import sparse

SPREAD = 5  # room for the words of a batch, in its standard deviations above the mean


def is_sparse(x: Any) -> bool:
    """Whether rows are a sparse matrix of SciPy, which is not imported for it.

    It takes longer to import than NumPy, and a table of numbers does not need it.
    """
    scipy = sys.modules.get("scipy.sparse")
    return scipy is not None and scipy.issparse(x)


def dense(x: np.ndarray | sparse.csr_matrix) -> np.ndarray:
    """`x` as one dense float32 array; MemoryError when the machine has not the room for it.

    What is packed of several arrays stays as it is.
    """
    if not is_sparse(x):
        if x.dtype.names:
            return x
        return np.ascontiguousarray(x, dtype=np.float32)
    need = 4 * x.shape[0] * x.shape[1]
    room = _available_bytes()
    if room is not None and need > 0.8 * room:
        raise MemoryError(
            f"a dense array of {x.shape[0]:,} x {x.shape[1]:,} float32 takes {need / 1e9:.1f} GB "
            f"and {room / 1e9:.1f} GB are free; use the regime 'matched', which keeps text sparse"
        )
    matrix: Any = x
    return matrix.astype(np.float32, copy=False).toarray(order="C")


def packed(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """The rows of several arrays as those of one, with a field for each; of one array itself."""
    if len(arrays) == 1:
        return arrays[0]
    fields: Any = [(str(i), array.dtype, array.shape[1:]) for i, array in enumerate(arrays)]
    rows = np.empty(len(arrays[0]), fields)
    for i, array in enumerate(arrays):
        rows[str(i)] = array
    return rows


def unpacked(rows: np.ndarray) -> list[np.ndarray]:
    """The arrays that were packed."""
    return [np.ascontiguousarray(rows[name]) for name in rows.dtype.names or ()] or [rows]


def _available_bytes() -> int | None:
    """Memory that can be had without swapping, where the system tells (Linux)."""
    try:
        with open("/proc/meminfo") as file:
            facts = dict(line.split(":") for line in file)
        return int(facts["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError):
        return None


def batches(x: Any, y: np.ndarray, rows: np.ndarray, batch_size: int) -> Iterator[tuple]:
    """Dense float32 batches of `x` and `y` at the given rows; the last one may be smaller."""
    for start in range(0, len(rows), batch_size):
        chosen = rows[start : start + batch_size]
        yield dense(x[chosen]), y[chosen]


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
    arrays = []
    for words, outside in ((x.data, 0), (numbers, size), (x.indices, x.shape[1])):
        whole = np.empty((len(starts) - 1, room), words.dtype)
        for place, (first, last) in zip(whole, pairwise(starts), strict=True):
            place[: last - first] = words[first:last]
            place[last - first :] = outside
        arrays.append(whole)
    return arrays
