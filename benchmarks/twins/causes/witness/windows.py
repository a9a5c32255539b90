"""Convolutions, transposed convolutions and pooling by their formulas, in any number of axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Array = np.ndarray
Pads = tuple[tuple[int, int], ...]


def same_pads(space: Sequence[int], size: Sequence[int], strides: Sequence[int]) -> Pads:
    """Keras's and JAX's "same": what is missing, half of it before, the odd one at the end.

    `size` is that of the window with its gaps.
    """
    missing = [
        max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(space, size, strides, strict=True)
    ]
    return tuple((m // 2, m - m // 2) for m in missing)


def extent(size: Sequence[int], dilation: Sequence[int]) -> tuple[int, ...]:
    """A window's size with the gaps of a dilation."""
    return tuple((k - 1) * d + 1 for k, d in zip(size, dilation, strict=True))


def padded(x: Array, pads: Pads, value: float = 0.0, mode: str = "constant") -> Array:
    """A border around the space of (n, *space, c); pads below zero cut. `mode` is NumPy's."""
    widths = [(0, 0), *((max(a, 0), max(b, 0)) for a, b in pads), (0, 0)]
    options = {"constant_values": value} if mode == "constant" else {}
    x = np.pad(x, widths, mode=mode, **options)  # type: ignore[call-overload]
    cuts = [slice(max(-a, 0), x.shape[i] - max(-b, 0)) for i, (a, b) in enumerate(pads, 1)]
    return x[(slice(None), *cuts)]


def windows(
    x: Array, size: Sequence[int], strides: Sequence[int], dilation: Sequence[int]
) -> Array | None:
    """(n, *space, c) -> (n, *places, c, *size); None where no window fits."""
    axes = tuple(range(1, x.ndim - 1))
    span = extent(size, dilation)
    if any(x.shape[axis] < s for axis, s in zip(axes, span, strict=True)):
        return None
    view = sliding_window_view(x, span, axis=axes)
    places = (slice(None), *(slice(None, None, s) for s in strides), slice(None))
    return view[(*places, *(slice(None, None, d) for d in dilation))]


def convolution(
    x: Array,
    kernel: Array,
    *,
    pads: Pads,
    strides: Sequence[int],
    dilation: Sequence[int],
    groups: int = 1,
    depthwise: bool = False,
    mode: str = "constant",
) -> Array | None:
    """(n, *space, i), (*size, i / groups, o) -> (n, *places, o); a depthwise kernel is
    (*size, i, m) and gives i * m channels, those of one input side by side."""
    size = kernel.shape[:-2]
    view = windows(padded(x, pads, mode=mode), size, strides, dilation)
    if view is None:
        return None
    n, *places = view.shape[: x.ndim - 1]
    view = view.reshape(n, *places, x.shape[-1], -1)
    flat = kernel.reshape(-1, *kernel.shape[-2:])
    if depthwise:
        return np.einsum("...cw,wcm->...cm", view, flat, optimize=True).reshape(n, *places, -1)
    parts = zip(np.split(view, groups, -2), np.split(flat, groups, -1), strict=True)
    return np.concatenate(
        [np.einsum("...iw,wio->...o", v, k, optimize=True) for v, k in parts], axis=-1
    )


def transposed(
    x: Array, kernel: Array, *, strides: Sequence[int], dilation: Sequence[int]
) -> Array:
    """(n, *space, i), (*size, o, i) -> (n, *all places, o): the whole result, nothing cropped."""
    size, axes = kernel.shape[:-2], range(1, x.ndim - 1)
    span = extent(size, dilation)
    spaces = zip(axes, strides, span, strict=True)
    full = [(x.shape[axis] - 1) * s + k for axis, s, k in spaces]
    out = np.zeros((len(x), *full, kernel.shape[-2]))
    for place in np.ndindex(*size):
        target = tuple(
            slice(p * d, p * d + (x.shape[axis] - 1) * s + 1, s)
            for axis, p, d, s in zip(axes, place, dilation, strides, strict=True)
        )
        out[(slice(None), *target)] += x @ kernel[place].T
    return out


def pooled(
    x: Array,
    kind: str,
    *,
    size: Sequence[int],
    strides: Sequence[int],
    pads: Pads,
    counted: bool = True,
    zeros: bool = False,
) -> Array | None:
    """The "max" or "mean" over windows of (n, *space, c); `counted`: the mean's border is counted,
    `zeros`: the maximum's border is zeros."""
    ones = (1,) * len(size)
    border = 0.0 if kind == "mean" or zeros else -np.inf
    view = windows(padded(x, pads, border), size, strides, ones)
    if view is None:
        return None
    axes = tuple(range(-len(size), 0))
    if kind == "max":
        return view.max(axis=axes)
    total = view.sum(axis=axes)
    if counted:
        return total / np.prod(size)
    inside = windows(padded(np.ones_like(x), pads), size, strides, ones)
    return total / np.maximum(inside.sum(axis=axes), 1)  # type: ignore[union-attr]
