"""Means, maxima and pooling: which of them took one tensor to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations, product
from typing import Any

import numpy as np

from benchmarks.twins.causes.witness.elementwise import Program
from benchmarks.twins.causes.witness.grids import GRIDS, resized
from benchmarks.twins.causes.witness.windows import Pads, pooled, same_pads

Array = np.ndarray
REDUCE: Mapping[str, Callable] = {"mean": np.mean, "max": np.max, "sum": np.sum, "min": np.min}

SPREAD: Mapping[str, Callable] = {"std": np.std, "var": np.var}
"""Those that are divided by n, or by n - 1."""


def reductions(x: Array, y: Array, masks: Sequence[Array] = ()) -> Iterator[Program]:
    """Over any axes but the rows'; of (n, time, ...) over the steps of a mask (n, time) alone."""
    settings: dict[str, Any]
    for count in range(1, x.ndim):
        for axes in combinations(range(1, x.ndim), count):
            if np.prod([n for i, n in enumerate(x.shape) if i not in axes]) != y.size:
                continue
            for kind, function in REDUCE.items():
                settings = {"kind": kind, "axis": axes, "masked": False}
                yield Program("reduced", kind, settings, partial(function, axis=axes))
            for kind, n in product(SPREAD, (0, 1)):
                settings = {"kind": kind, "axis": axes, "masked": False, "correction": n}
                yield Program("reduced", kind, settings, partial(SPREAD[kind], axis=axes, ddof=n))
    for mask in masks:
        if mask.shape == x.shape[:2] and x.ndim == 3:
            settings = {"kind": "mean", "axis": (1,), "masked": True}
            apply = partial(_masked_mean, mask=mask[..., None])
            yield Program("reduced", "mean", settings, apply)


def _masked_mean(x: Array, mask: Array) -> Array:
    return (x * mask).sum(1) / mask.sum(1)


def poolings(
    x: Array, y: Array, sizes: Sequence[tuple[Sequence[int], Sequence[int]]]
) -> Iterator[Program]:
    """Pooling by windows of these (sizes, strides), which the models name."""
    settings: dict[str, Any]
    for size, strides in sizes:
        if len(size) != x.ndim - 2 or x.ndim != y.ndim or x.shape[-1] != y.shape[-1]:
            continue
        for pads in _pads(x, y, size, strides):
            for kind, counted, zeros in product(("max", "mean"), (True, False), (True, False)):
                if (kind == "max" and counted) or (kind == "mean" and zeros):
                    continue
                if not any(map(any, pads)) and (zeros or (kind == "mean" and not counted)):
                    continue  # without a border there is nothing to count
                settings = {
                    "kind": kind,
                    "size": tuple(size),
                    "strides": tuple(strides),
                    "pads": pads,
                    "counted": counted,
                    "zeros": zeros,
                }
                yield Program("pooled", f"{kind} pooling", settings, partial(pooled, **settings))


def _pads(x: Array, y: Array, size: Sequence[int], strides: Sequence[int]) -> list[Pads]:
    """Borders under which as many windows fit as y has: "same" first, then by what is before."""
    space, target = x.shape[1:-1], y.shape[1:-1]
    needed = [(t - 1) * s + k - n for n, t, s, k in zip(space, target, strides, size, strict=True)]
    candidates = [same_pads(space, size, strides)]
    for before in range(max(size)):
        candidates.append(tuple((before, max(n - before, 0)) for n in needed))
        candidates.append(tuple((before, before) for _ in needed))
    fitting = []
    for pads in dict.fromkeys(candidates):
        places = [
            (n + sum(p) - k) // s + 1 for n, p, k, s in zip(space, pads, size, strides, strict=True)
        ]
        if tuple(places) == target:
            fitting.append(pads)
    return fitting


def resizings(x: Array, y: Array) -> Iterator[Program]:
    """Upsampling and downsampling to the size of y."""
    if x.ndim != y.ndim or x.ndim < 3 or x.shape[-1] != y.shape[-1] or x.shape == y.shape:
        return
    for method, grid in product(("nearest", "linear"), GRIDS):
        apply = partial(resized, size=y.shape[1:-1], method=method, grid=grid)
        yield Program("resized", "resize", {"method": method, "grid": grid}, apply)
