"""Intervals, verdicts at a margin, and how many runs they take; numbers in, numbers out.

Which of them holds where, and the words that may be said, are those of the measuring protocol.
SciPy takes longer to import than most commands, so it is imported where it is used.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

EQUIVALENT, DIFFERENT, NOT_ENOUGH = "equivalent", "different", "not enough runs"
ERROR = 0.05  # of a verdict, also among all verdicts of a page
POWER = 0.8  # with which a planned number of runs reaches its verdict
MOST_RUNS = 100_000  # more than these is no plan


class Interval(NamedTuple):
    """A mean and its confidence interval, in the unit of what it was taken of.

    With one value there is a mean and no interval: `low` and `high` are None. Values without any
    variance give an interval of no width, which speaks of these values and proves nothing.
    """

    mean: float
    low: float | None
    high: float | None

    @property
    def ends(self) -> tuple[float, float]:
        """`low` and `high`; without an interval the whole line, which holds whatever may be."""
        return (
            -np.inf if self.low is None else self.low,
            np.inf if self.high is None else self.high,
        )

    def inside(self, margin: float) -> bool:
        """Whether all of it lies nearer to 0 than the margin; never without an interval."""
        low, high = self.ends
        return -margin < low and high < margin

    def outside(self, margin: float) -> bool:
        """Whether all of it lies beyond the margin on one side; never without an interval."""
        low, high = self.ends
        return low > margin or high < -margin

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside; never without an interval."""
        low, high = self.ends
        return not low <= 0 <= high

    def reversed(self) -> Interval:
        """Of the difference taken the other way round."""
        low, high = (None if bound is None else -bound for bound in (self.high, self.low))
        return Interval(-self.mean + 0.0, low, high)  # + 0.0: no negative zero


def paired(before: Sequence[float], after: Sequence[float], confidence: float = 0.95) -> Interval:
    """Of the mean of `after - before`, value by value (Student's t).

    Raises ValueError for no values, unequal numbers of them, or one that is not finite.
    """
    a, b = finite(before), finite(after)
    if len(a) != len(b):
        raise ValueError(f"pairs were expected, got {len(a)} and {len(b)} values")
    return _interval(*_of_pairs(a, b), confidence)


def welch(before: Sequence[float], after: Sequence[float], confidence: float = 0.95) -> Interval:
    """Of the difference of the means of two independent samples with variances of their own.

    Degrees of freedom after Welch (1947, Biometrika 34). Raises ValueError for no values or one
    that is not finite.
    """
    return _interval(*_of_two(finite(before), finite(after)), confidence)


def p_value(before: Sequence[float], after: Sequence[float], *, pairs: bool) -> float | None:
    """Two-sided p of no difference, by the t test of `paired` or of `welch`.

    None without a variance: values that do not vary tell nothing of others.
    """
    mean, error, freedom = (_of_pairs if pairs else _of_two)(finite(before), finite(after))
    if not error:
        return None
    from scipy.special import stdtr

    return float(2 * stdtr(freedom, -abs(mean) / error))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Each p adjusted for all of them (Holm 1979, Scand. J. Statist. 6); None stays and is none."""
    known = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, place) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        adjusted[place] = largest
    return adjusted


def verdict(narrow: Interval, wide: Interval, margin: float) -> str:
    """EQUIVALENT, DIFFERENT or NOT_ENOUGH, from the 90 % and the 95 % interval of a difference.

    Two one-sided tests at 5 % (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15) call equivalent
    whatever has its 90 % interval inside the margin. Raises ValueError for a margin that is not
    positive.
    """
    if not margin > 0:
        raise ValueError(f"a positive margin was expected, got {margin}")
    if narrow.inside(margin):
        return EQUIVALENT
    return DIFFERENT if wide.outside(margin) else NOT_ENOUGH


def runs_needed(
    spread: float, margin: float, *, paired: bool, difference: float = 0.0, power: float = POWER
) -> int | None:
    """Fewest runs an arm that reach their verdict with that power if `difference` is the true one.

    The verdict is EQUIVALENT for a difference inside the margin and DIFFERENT for one outside. With
    `paired`, `spread` is the standard deviation of the differences and runs are pairs; else it is
    that of the runs of one arm (of two: the root of the mean of their variances). The power is
    exact for normal values of equal spread: Phillips 1990, J. Pharmacokinet. Biopharm. 18, for
    equivalence; the noncentral t for a difference. None when more than MOST_RUNS would be needed.
    Raises ValueError for a spread below 0 or a margin that is not positive.
    """
    if not (spread >= 0 and margin > 0):
        raise ValueError(f"a spread and a positive margin were expected, got {spread}, {margin}")
    runs = range(2, MOST_RUNS + 1)
    fewest = bisect_left(runs, power, key=lambda n: _power(n, spread, margin, paired, difference))
    return runs[fewest] if fewest < len(runs) else None


def _power(n: int, spread: float, margin: float, paired: bool, difference: float) -> float:
    """Probability of the verdict that a true difference deserves, with n runs an arm."""
    from scipy.special import ndtr, stdtrit

    freedom = n - 1 if paired else 2 * (n - 1)
    error = spread * np.sqrt((1 if paired else 2) / n)
    distance = abs(difference)
    if error == 0:
        return float(distance != margin)
    if distance >= margin:
        from scipy.stats import nct

        edge = stdtrit(freedom, 0.975)
        return float(nct.sf(edge, freedom, (distance - margin) / error))
    # over the observed error, of which the chi-square distribution is that of the square
    shares = np.sqrt(_chi2((np.arange(2000) + 0.5) / 2000, freedom) / freedom)
    reach = stdtrit(freedom, 0.95) * shares
    inside = ndtr((margin - distance) / error - reach) - ndtr(reach - (margin + distance) / error)
    return float(np.maximum(inside, 0).mean())


def superiority(
    first: Sequence[float],
    second: Sequence[float],
    *,
    larger_is_better: bool,
    pairs: bool = False,
    confidence: float = 0.95,
    tie: float = 0.0,
) -> Interval:
    """Probability that a run of `second` is better than one of `first`, ties counted half.

    Values that differ by no more than `tie` are a tie.

    Unpaired: the A of Vargha and Delaney (2000, J. Educ. Behav. Stat. 25), which is Mann and
    Whitney's U over n m, with the score interval of Newcombe (2006, Stat. Med. 25, method 5).
    With `pairs` a run is compared with its own partner, with the score interval of Wilson (1927).
    Unlike those of a bootstrap they have a width where one side always wins.
    """
    from scipy.optimize import brentq

    a, b = finite(first), finite(second)
    if pairs and len(a) != len(b):
        raise ValueError(f"pairs were expected, got {len(a)} and {len(b)} values")
    more = b - a if pairs else b[None, :] - a[:, None]
    wins = np.where(np.abs(more) <= tie, 0, np.sign(more))
    share = float((1 + (wins if larger_is_better else -wins)).mean() / 2)

    def variance(p: float) -> float:
        if pairs:
            return p * (1 - p) / len(a)
        others = ((len(a) + len(b)) / 2 - 1) * ((1 - p) / (2 - p) + p / (1 + p))
        return p * (1 - p) * (1 + others) / (len(a) * len(b))

    z_squared = float(_chi2(confidence, 1))

    def beyond(p: float) -> float:
        return (share - p) ** 2 - z_squared * variance(p)

    inner = min(max(share, 1e-12), 1 - 1e-12)  # at 0 and at 1 themselves both sides vanish
    return Interval(share, brentq(beyond, 0.0, inner), brentq(beyond, inner, 1.0))


def sampling_error(accuracy: float, rows: int) -> float:
    """Standard error of an accuracy on that many test rows (binomial): another test set's worth."""
    return float(np.sqrt(accuracy * (1 - accuracy) / rows))


def sampling_error_of_mae(mae: float, mse: float, rows: int) -> float:
    """Standard error of a mean absolute error on that many test rows, by the mean square too."""
    return float(np.sqrt(max(0.0, mse - mae**2) / rows))


def _of_pairs(a: np.ndarray, b: np.ndarray) -> tuple[float, float | None, float]:
    """The mean difference, its standard error (None of one pair) and the degrees of freedom."""
    n, differences = len(a), b - a
    error = float(differences.std(ddof=1) / np.sqrt(n)) if n > 1 else None
    return float(differences.mean()), error, n - 1


def _of_two(a: np.ndarray, b: np.ndarray) -> tuple[float, float | None, float]:
    """The same of two independent samples, the degrees of freedom after Welch."""
    difference = float(b.mean() - a.mean())
    if min(len(a), len(b)) < 2:
        return difference, None, 0
    parts = np.array([a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)])
    total = parts.sum()
    if not total:  # both samples are constant, and the quotient below would be 0 / 0
        return difference, 0.0, 1
    freedom = 1 / ((parts / total) ** 2 / [len(a) - 1, len(b) - 1]).sum()
    return difference, float(np.sqrt(total)), float(freedom)


def _interval(mean: float, error: float | None, freedom: float, confidence: float) -> Interval:
    if error is None:
        return Interval(mean, None, None)
    from scipy.special import stdtrit

    reach = float(stdtrit(freedom, (1 + confidence) / 2)) * error
    return Interval(mean, mean - reach, mean + reach)


def _chi2(probability: float | np.ndarray, freedom: float) -> np.ndarray:
    """Where the chi-square distribution reaches the probability."""
    from scipy.special import gammaincinv

    return 2 * gammaincinv(freedom / 2, probability)


def finite(values: Sequence[float]) -> np.ndarray:
    array = np.asarray(values, np.float64)
    if array.ndim != 1 or not len(array) or not np.isfinite(array).all():
        raise ValueError(f"one or more finite numbers were expected, got {values!r}")
    return array
