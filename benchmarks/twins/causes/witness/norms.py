"""Normalisations by their formula: over which axes, with which epsilon and variance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray


def normalised(
    x: Array,
    kind: str,
    weights: Mapping[str, Array],
    *,
    epsilon: float,
    axes: Sequence[int] = (-1,),
    groups: int = 1,
    correction: int = 0,
) -> Array | None:
    """Any normalisation of (n, ..., c) in evaluation; None where the settings do not fit.

    `axes` are those that a layer norm goes over, whose weights have their shape; a batch norm uses
    its running statistics, a group norm goes over all places of each of its groups of channels.
    """
    if kind == "batch_norm" or (kind == "instance_norm" and "moving_mean" in weights):
        mean, variance = weights.get("moving_mean"), weights.get("moving_variance")
        if mean is None or variance is None or mean.shape != x.shape[-1:]:
            return None
        return _scaled((x - mean) / np.sqrt(variance + epsilon), weights, (-1,))
    if kind in ("group_norm", "instance_norm"):
        groups = x.shape[-1] if kind == "instance_norm" or groups == -1 else groups
        if x.shape[-1] % groups:
            return None
        split = x.reshape(len(x), -1, groups, x.shape[-1] // groups)
        return _scaled(
            _standard(split, (1, 3), epsilon, correction).reshape(x.shape), weights, (-1,)
        )
    axes = tuple(sorted(axis % x.ndim for axis in axes))
    if kind == "rms_norm":
        square = np.mean(x * x, axis=axes, keepdims=True)
        return _scaled(x / np.sqrt(square + epsilon), weights, axes)
    return _scaled(_standard(x, axes, epsilon, correction), weights, axes)


def _standard(x: Array, axes: Sequence[int], epsilon: float, correction: int) -> Array:
    axes = tuple(axes)
    variance = np.var(x, axis=axes, keepdims=True, ddof=correction)
    return (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(variance + epsilon)


def _scaled(x: Array, weights: Mapping[str, Any], axes: Sequence[int]) -> Array | None:
    """Times gamma, plus beta, which lie along these axes."""
    axes = sorted(axis % x.ndim for axis in axes)
    gamma, beta = weights.get("gamma"), weights.get("beta")
    for weight, plus in ((gamma, False), (beta, True)):
        if weight is None:
            continue
        along = [x.shape[axis] for axis in axes]
        if weight.size == np.prod(along):
            shape = [x.shape[axis] if axis in axes else 1 for axis in range(x.ndim)]
            weight = weight.reshape(shape)
        elif weight.shape != x.shape[-1:]:
            return None
        x = x + weight if plus else x * weight
    return x
