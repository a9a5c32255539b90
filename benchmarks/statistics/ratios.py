"""Times of two arms compared: bootstrap intervals of ratios and differences of medians."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks.records.job import MIN_PROCESSES
from benchmarks.statistics.intervals import Interval, finite

DRAWS = 5000  # of a bootstrap
ALIKE = 0.05  # times that differ by a smaller share are equally fast
RANKED = ("faster", "slower")  # the verdicts that say which


class Ratio(NamedTuple):
    """A ratio of two times and its 95 % interval; `low` and `high` are None without one."""

    value: float
    low: float | None
    high: float | None
    close: bool = False  # the 90 % interval lies within ALIKE of 1
    p: float | None = None  # of no difference, two-sided, by the same draws

    @property
    def inverse(self) -> Ratio:
        """That of the second time to the first."""
        if self.low is None or self.high is None:
            return self._replace(value=1 / self.value)
        return self._replace(value=1 / self.value, low=1 / self.high, high=1 / self.low)

    @property
    def verdict(self) -> str:
        """Of what stands below the bar: faster, slower, equally fast, or no difference seen."""
        if self.low is None or self.high is None:
            return "too few processes"
        if self.low > 1:
            return "faster"
        if self.high < 1:
            return "slower"
        return "equally fast" if self.close else "no difference seen"


def ratio_of_times(
    before: Sequence[Sequence[float]],
    after: Sequence[Sequence[float]],
    *,
    confidence: float = 0.95,
    draws: int = DRAWS,
) -> Ratio:
    """Of the median time `before` to that `after`: over 1 when `after` is faster.

    Each argument has a list of seconds a process; a time is the median over processes of each one's
    median. The interval is a percentile bootstrap that draws processes first and then, within each,
    its times; there is none with fewer processes than MIN_PROCESSES. The same values give the same
    interval. Raises ValueError for no process, an empty one, or a time that is not positive.
    """
    value, drawn = _bootstrap(before, after, np.divide, draws)
    return _ratio(value, drawn, confidence) if len(drawn) else Ratio(value, None, None)


def _ratio(value: float, drawn: np.ndarray, confidence: float) -> Ratio:
    """With its intervals and its p by the drawn ones."""
    inner = _middle(drawn, 0.90)
    close = inner[0] > 1 / (1 + ALIKE) and inner[1] < 1 + ALIKE
    less, more = (np.sum(drawn <= 1), np.sum(drawn >= 1))
    p = min(1.0, 2 * (1 + float(min(less, more))) / (1 + len(drawn)))
    return Ratio(value, *_middle(drawn, confidence), close, p)


def ratio_of_turns(
    before: Sequence[Sequence[float]],
    after: Sequence[Sequence[float]],
    *,
    confidence: float = 0.95,
    draws: int = DRAWS,
) -> Ratio:
    """The same of processes that took turns: an epoch and its neighbour are a pair.

    Process for process and epoch for epoch the two arguments belong together; the ratio is the
    median over processes of each one's median of the ratios of its pairs, and the bootstrap draws
    pairs of processes, then pairs of epochs. An epoch without a partner is left out.
    """
    logs = []
    for x, y in zip(before, after, strict=True):
        n = min(len(x), len(y))
        logs.append(np.log(finite(x)[:n] / finite(y)[:n]))
    value = float(np.exp(np.median([np.median(pairs) for pairs in logs])))
    if len(logs) < MIN_PROCESSES:
        return Ratio(value, None, None)
    drawn = _drawn_medians(logs, draws, np.random.default_rng(0))
    return _ratio(value, np.exp(drawn), confidence)


def difference_of_times(
    before: Sequence[Sequence[float]],
    after: Sequence[Sequence[float]],
    *,
    confidence: float = 0.95,
    draws: int = DRAWS,
) -> Interval:
    """Of the median time `after` less that `before`, as `ratio_of_times` takes them."""
    value, drawn = _bootstrap(after, before, np.subtract, draws)
    return Interval(value, *(_middle(drawn, confidence) if len(drawn) else (None, None)))


def _bootstrap(
    one: Sequence[Sequence[float]],
    other: Sequence[Sequence[float]],
    combined: Callable[[Any, Any], Any],
    draws: int,
) -> tuple[float, np.ndarray]:
    """The two median times combined, and those of each sample; none with too few processes."""
    lists = [[finite(times) for times in arm] for arm in (one, other)]
    if not all(lists) or min(times.min() for arm in lists for times in arm) <= 0:
        raise ValueError("positive seconds of one or more processes were expected")
    value = float(combined(*(np.median([np.median(times) for times in arm]) for arm in lists)))
    if min(map(len, lists)) < MIN_PROCESSES:
        return value, np.empty(0)
    random = np.random.default_rng(0)
    return value, combined(*(_drawn_medians(arm, draws, random) for arm in lists))


def _middle(drawn: np.ndarray, confidence: float) -> tuple[float, float]:
    """Where the middle share of the values begins and ends."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)


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
