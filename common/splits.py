"""Which rows: hold-out, K-fold, and the seeded order in which an epoch visits its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np

Permutation = Callable[[int], np.ndarray]


def hold_out(x: Any, y: np.ndarray, validation: int) -> tuple[tuple, tuple | None]:
    """`(x, y)` without the first `validation` rows, and those rows (None when there are none)."""
    if validation >= len(y):
        raise ValueError(f"{validation} validation rows leave no training row of {len(y)}")
    if not validation:
        return (x, y), None
    return (x[validation:], y[validation:]), (x[:validation], y[:validation])


def k_folds(rows: int, folds: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """`(training rows, validation rows)` of each contiguous fold of rows // folds rows.

    The rows left over by the division always train, as in the textbook.
    """
    if not 2 <= folds <= rows:
        raise ValueError(f"folds must lie between 2 and the {rows} rows, got {folds}")
    size = rows // folds
    every = np.arange(rows)
    for k in range(folds):
        held = slice(k * size, (k + 1) * size)
        yield np.delete(every, held), every[held]


def shared_order(kind: Literal["reshuffled", "repeated"], rows: int, seed: int) -> Permutation:
    """The permutation of each epoch from a seed: a new one an epoch, or the same one again.

    `repeated` is what Keras's `fit(shuffle=True)` does on arrays when a seed is set.
    """

    def permutation(epoch: int) -> np.ndarray:
        stream = epoch if kind == "reshuffled" else 0
        return np.random.default_rng([seed, stream]).permutation(rows)

    return permutation
