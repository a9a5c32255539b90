"""Intervals of the difference of two means; PROTOCOL.md says which of them holds where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student


class Interval(NamedTuple):
    """A mean and its confidence interval, in the unit of what it was taken of.

    With one value there is a mean and no interval: `low` and `high` are None. Values without any
    variance give an interval of no width, which speaks of these values and proves nothing.
    """

    mean: float
    low: float | None
    high: float | None

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside; never without an interval."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high

    def reversed(self) -> Interval:
        """Of the difference taken the other way round."""
        low, high = (None if bound is None else -bound for bound in (self.high, self.low))
        return Interval(-self.mean + 0.0, low, high)  # + 0.0: no negative zero


def paired(before: Sequence[float], after: Sequence[float], confidence: float = 0.95) -> Interval:
    """Of the mean of `after - before`, value by value (Student's t).

    Raises ValueError for no values, unequal numbers of them, or one that is not finite.
    """
    a, b = _finite(before), _finite(after)
    if len(a) != len(b):
        raise ValueError(f"pairs were expected, got {len(a)} and {len(b)} values")
    n, differences = len(a), b - a
    if n < 2:
        return Interval(float(differences.mean()), None, None)
    error = differences.std(ddof=1) / np.sqrt(n)
    return _interval(float(differences.mean()), float(error), n - 1, confidence)


def welch(before: Sequence[float], after: Sequence[float], confidence: float = 0.95) -> Interval:
    """Of the difference of the means of two independent samples with variances of their own.

    Degrees of freedom after Welch (1947, Biometrika 34). Raises ValueError for no values or one
    that is not finite.
    """
    a, b = _finite(before), _finite(after)
    difference = float(b.mean() - a.mean())
    if min(len(a), len(b)) < 2:
        return Interval(difference, None, None)
    parts = np.array([a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)])
    total = parts.sum()
    freedom = 1.0
    if total > 0:  # else both samples are constant, and the quotient is 0 / 0
        freedom = 1 / ((parts / total) ** 2 / [len(a) - 1, len(b) - 1]).sum()
    return _interval(difference, float(np.sqrt(total)), float(freedom), confidence)


def _interval(mean: float, error: float, freedom: float, confidence: float) -> Interval:
    reach = float(student.ppf((1 + confidence) / 2, freedom)) * error
    return Interval(mean, mean - reach, mean + reach)


def _finite(values: Sequence[float]) -> np.ndarray:
    array = np.asarray(values, np.float64)
    if array.ndim != 1 or not len(array) or not np.isfinite(array).all():
        raise ValueError(f"one or more finite numbers were expected, got {values!r}")
    return array
