"""Activations by their formulas, and which of them took one tensor to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import pi, sqrt
from typing import Any, NamedTuple

import numpy as np

from benchmarks.twins.causes.trial import fits

Array = np.ndarray


class Program(NamedTuple):
    """A function of one tensor: the family whose members differ by a setting, name, settings."""

    family: str
    name: str
    settings: Mapping[str, Any]
    apply: Callable[[Array], Array | None]

    def __str__(self) -> str:
        words = ", ".join(f"{k}={_short(v)}" for k, v in self.settings.items())
        return f"{self.name}({words})" if words else self.name


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def sigmoid(x: Array) -> Array:
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), 1 - 1 / (1 + np.exp(-np.abs(x))))


def softplus(x: Array) -> Array:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softmax(x: Array, axis: int) -> Array:
    shifted = np.exp(x - x.max(axis=axis, keepdims=True))
    return shifted / shifted.sum(axis=axis, keepdims=True)


def log_softmax(x: Array, axis: int) -> Array:
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def erf(x: Array) -> Array:
    """Abramowitz and Stegun 7.1.5 near zero, 7.1.14 as a continued fraction far from it."""
    near = np.clip(x, -3, 3)
    term, total = near.copy(), near.copy()
    for n in range(1, 60):
        term = term * -near * near / n
        total = total + term / (2 * n + 1)
    far = np.maximum(np.abs(x), 3)
    fraction = far.copy()
    for n in range(60, 0, -1):
        fraction = far + n / 2 / fraction
    tail = np.sign(x) * (1 - np.exp(-far * far) / fraction / sqrt(pi))
    return np.where(np.abs(x) < 3, total * 2 / sqrt(pi), tail)


def gelu(x: Array) -> Array:
    return 0.5 * x * (1 + erf(x / sqrt(2)))


def gelu_by_tanh(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))


def elu(x: Array, alpha: float) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def hard_sigmoid(x: Array, factor: float = 1 / 6) -> Array:
    return np.clip(factor * x + 0.5, 0, 1)


PLAIN: Mapping[str, tuple[str, Callable[[Array], Array]]] = {
    "linear": ("linear", lambda x: x),
    "relu": ("relu", lambda x: np.maximum(x, 0)),
    "relu6": ("clipped", lambda x: np.clip(x, 0, 6)),
    "sigmoid": ("sigmoid", sigmoid),
    "tanh": ("tanh", np.tanh),
    "gelu": ("gelu", gelu),
    "gelu_by_tanh": ("gelu", gelu_by_tanh),
    "silu": ("silu", lambda x: x * sigmoid(x)),
    "softplus": ("softplus", softplus),
    "selu": ("selu", lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772)),
    "softsign": ("softsign", lambda x: x / (1 + np.abs(x))),
    "hard_sigmoid": ("hard_sigmoid", hard_sigmoid),
    "hard_sigmoid_of_0.2": ("hard_sigmoid", lambda x: hard_sigmoid(x, 0.2)),
    "hard_silu": ("hard_silu", lambda x: x * hard_sigmoid(x)),
    "mish": ("mish", lambda x: x * np.tanh(softplus(x))),
    "log_sigmoid": ("log_sigmoid", lambda x: -softplus(-x)),
    "quick_gelu": ("gelu", lambda x: x * sigmoid(1.702 * x)),
    "exp": ("exp", lambda x: np.exp(np.minimum(x, 700))),
    "abs": ("abs", np.abs),
    "square": ("square", np.square),
}
"""Keras's name -> the family that it belongs to, and the function."""


def programs(x: Array, y: Array) -> Iterator[Program]:
    """Functions, number by number, that may have given y for x; their numbers are read off them."""
    if x.size != y.size or not x.size:
        return
    flat = x.reshape(y.shape)
    for name, (family, function) in PLAIN.items():
        yield Program(family, name, {}, function)
    yield from _leaky(flat, y)
    yield from _elu(flat, y)
    yield from _clip(flat, y)
    yield from _affine(flat, y)
    yield from _placed(flat, y)


def softmaxes(x: Array, y: Array) -> Iterator[Program]:
    """A softmax, or its logarithm, over each axis."""
    for axis in range(-1, -x.ndim, -1) if x.shape == y.shape else ():
        for name, function in (("softmax", softmax), ("log_softmax", log_softmax)):
            yield Program(name, name, {"axis": axis}, partial(function, axis=axis))


def named(x: Array, y: Array, limit: float) -> Program | None:
    """The first function that takes x to y."""
    for candidates in (programs, softmaxes):
        for program in candidates(x, y):
            if fits(program.apply(x), y, limit):
                return program
    return None


def _leaky(x: Array, y: Array) -> Iterator[Program]:
    below = x < 0
    if below.any():
        slope = float(np.median(y[below] / x[below]))
        if 0 < abs(slope) < 1:
            yield Program(
                "leaky_relu",
                "leaky_relu",
                {"negative_slope": _round(slope)},
                lambda x: np.where(x > 0, x, slope * x),
            )


def _elu(x: Array, y: Array) -> Iterator[Program]:
    below = x < 0
    if below.any():
        alpha = float(np.median(y[below] / np.expm1(x[below])))
        if 0 < alpha < 100:
            yield Program("elu", "elu", {"alpha": _round(alpha)}, lambda x: elu(x, alpha))


def _clip(x: Array, y: Array) -> Iterator[Program]:
    low, high = float(y.min()), float(y.max())
    cut = low > x.min(), high < x.max()
    if low < high and any(cut):
        limits = (low if cut[0] else -np.inf, high if cut[1] else np.inf)
        settings = {k: _round(v) for k, v, c in zip(("low", "high"), limits, cut, strict=True) if c}
        yield Program("clipped", "clip", settings, lambda x: np.clip(x, *limits))


def _affine(x: Array, y: Array) -> Iterator[Program]:
    """A factor, and an offset: one of each for all numbers."""
    scale = float(np.abs(x).max())
    if not scale or np.ptp(x) == 0 or not np.isfinite(y).all():
        return
    i, j = int(x.argmax()), int(x.argmin())
    factor = float((y.flat[i] - y.flat[j]) / (x.flat[i] - x.flat[j]))
    offset = float(y.flat[i] - factor * x.flat[i])
    if abs(offset) < 1e-9 * max(1.0, abs(factor) * scale):
        yield Program("scaled", "times", {"factor": _round(factor)}, lambda x: factor * x)
    else:
        settings = {"factor": _round(factor), "offset": _round(offset)}
        yield Program("scaled", "affine", settings, lambda x: factor * x + offset)


def _placed(x: Array, y: Array) -> Iterator[Program]:
    """A factor for all, and a summand for each place that all rows have."""
    if len(x) < 3 or x.ndim < 2:
        return
    step, risen = x[0] - x[1], y[0] - y[1]
    place = np.unravel_index(int(np.abs(step).argmax()), step.shape)
    if step[place]:
        factor = float(risen[place] / step[place])
        summand = y[0] - factor * x[0]
        yield Program(
            "placed",
            "times, plus one for each place",
            {"factor": _round(factor)},
            partial(_by_place, factor=factor, summand=summand),
        )


def _by_place(x: Array, factor: float, summand: Array) -> Array | None:
    return factor * x + summand if x.shape[1:] == summand.shape else None


def _round(value: float) -> float:
    """Without the last digits, which are rounding."""
    return float(f"{value:.9g}")
