"""Upsampling by its formula: nearest or linear, on three grids."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Array = np.ndarray
GRIDS = ("half_pixels", "corners", "origin")
"""Where a place lies in the source: by its middle, between aligned corners, from the origin."""


def resized(x: Array, size: Sequence[int], method: str, grid: str) -> Array:
    """(n, *space, c) -> (n, *size, c), "nearest" or "linear", axis by axis."""
    for axis, target in enumerate(size, 1):
        x = _along(x, axis, target, method, grid)
    return x


def _along(x: Array, axis: int, target: int, method: str, grid: str) -> Array:
    source = x.shape[axis]
    place = np.arange(target, dtype=float)
    if grid == "corners":
        place = place * ((source - 1) / max(target - 1, 1))
    elif grid == "half_pixels":
        place = (place + 0.5) * source / target - 0.5
    else:
        place = place * source / target
    if method == "nearest":  # of two that are equally near the later one, from the origin the first
        nearest = np.floor(place + (0.0 if grid == "origin" else 0.5) + 1e-9)
        return np.take(x, np.clip(nearest, 0, source - 1).astype(int), axis=axis)
    place = np.clip(place, 0, source - 1)
    low = np.minimum(np.floor(place).astype(int), max(source - 2, 0))
    weight = (place - low).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    high = np.minimum(low + 1, source - 1)
    return np.take(x, low, axis=axis) * (1 - weight) + np.take(x, high, axis=axis) * weight
