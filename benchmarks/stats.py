"""Intervals of differences of means and of ratios of times; the protocol says which holds where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student

from benchmarks.plan import MIN_PROCESSES


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


class Ratio(NamedTuple):
    """A ratio of two times and its confidence interval; `low` and `high` are None without one."""

    value: float
    low: float | None
    high: float | None

    @property
    def verdict(self) -> str:
        """Of what stands below the bar: faster, slower, or no difference seen."""
        if self.low is None or self.high is None:
            return "too few processes"
        if self.low > 1:
            return "faster"
        return "slower" if self.high < 1 else "no difference seen"


def ratio_of_times(
    before: Sequence[Sequence[float]],
    after: Sequence[Sequence[float]],
    *,
    confidence: float = 0.95,
    draws: int = 5000,
) -> Ratio:
    """Of the median time `before` to that `after`: over 1 when `after` is faster.

    Each argument has a list of seconds a process; a time is the median over processes of each one's
    median. The interval is a percentile bootstrap that draws processes first and then, within each,
    its times; there is none with fewer processes than MIN_PROCESSES. The same values give the same
    interval. Raises ValueError for no process, an empty one, or a time that is not positive.
    """
    lists = [[_finite(times) for times in arm] for arm in (before, after)]
    if not all(lists) or min(times.min() for arm in lists for times in arm) <= 0:
        raise ValueError("positive seconds of one or more processes were expected")
    over, under = (np.median([np.median(times) for times in arm]) for arm in lists)
    if min(map(len, lists)) < MIN_PROCESSES:
        return Ratio(float(over / under), None, None)
    random = np.random.default_rng(0)
    over_drawn, under_drawn = (_drawn_medians(arm, draws, random) for arm in lists)
    tail = (1 - confidence) / 2
    low, high = np.quantile(over_drawn / under_drawn, [tail, 1 - tail])
    return Ratio(float(over / under), float(low), float(high))


def _drawn_medians(arm: list[np.ndarray], draws: int, random: np.random.Generator) -> np.ndarray:
    """The time of each of some bootstrap samples of an arm, (draws,)."""
    # of each process, as many redrawn medians as there are samples that may ask for it
    medians = np.stack(
        [np.median(random.choice(times, (draws, len(times))), axis=1) for times in arm]
    )
    chosen = random.integers(len(arm), size=(draws, len(arm)))
    # a process drawn twice in one sample gives the times of two different redraws
    shift = random.integers(draws, size=(draws, len(arm)))
    return np.median(medians[chosen, shift], axis=1)


def _interval(mean: float, error: float, freedom: float, confidence: float) -> Interval:
    reach = float(student.ppf((1 + confidence) / 2, freedom)) * error
    return Interval(mean, mean - reach, mean + reach)


def _finite(values: Sequence[float]) -> np.ndarray:
    array = np.asarray(values, np.float64)
    if array.ndim != 1 or not len(array) or not np.isfinite(array).all():
        raise ValueError(f"one or more finite numbers were expected, got {values!r}")
    return array
