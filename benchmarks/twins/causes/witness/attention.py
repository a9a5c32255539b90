"""Attention by its formula: scaled or not, with a causal mask or without."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks.twins.causes.witness.elementwise import softmax

Array = np.ndarray
LOWEST = -1e300


def attention(
    query: Array,
    key: Array,
    value: Array,
    *,
    scale: float,
    causal: bool = False,
    mask: Array | None = None,
    axis: int = -1,
) -> Array:
    """(..., t, d), (..., s, d), (..., s, v) -> (..., t, v); a mask (..., t, s) is true where there
    is something to look at, `axis` is that of the softmax."""
    scores = query @ key.swapaxes(-1, -2) * scale
    if causal:
        scores = np.where(np.tri(*scores.shape[-2:]) > 0, scores, LOWEST)
    if mask is not None:
        scores = np.where(mask, scores, LOWEST)
    return softmax(scores, axis) @ value


def of_heads(
    query: Array,
    key: Array,
    value: Array,
    weights: Mapping[str, Array],
    *,
    heads: int,
    scaled: bool = True,
    causal: bool = False,
    rows_first: bool = True,
) -> Array | None:
    """Multi-head attention on (n, t, d); weights are "query/kernel", "query/bias", ..., "output".

    Without `rows_first` rows and steps change places. None where the weights do not fit.
    """
    parts = []
    for name, x in (("query", query), ("key", key), ("value", value)):
        x = x if rows_first else x.swapaxes(0, 1)
        if x.ndim != 3 or x.shape[-1] != len(weights[f"{name}/kernel"]):
            return None
        part = _dense(x, weights, name)
        parts.append(part.reshape(*part.shape[:2], heads, -1).swapaxes(1, 2))
    scale = parts[0].shape[-1] ** -0.5 if scaled else 1.0
    if len(parts[0]) != len(parts[1]) or parts[1].shape[:-1] != parts[2].shape[:-1]:
        return None
    out = attention(*parts, scale=scale, causal=causal).swapaxes(1, 2)
    out = _dense(out.reshape(*out.shape[:2], -1), weights, "output")
    return out if rows_first else out.swapaxes(0, 1)


def _dense(x: Array, weights: Mapping[str, Array], name: str) -> Array:
    return x @ weights[f"{name}/kernel"] + weights.get(f"{name}/bias", 0.0)
