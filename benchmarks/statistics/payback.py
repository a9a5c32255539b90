"""After how many epochs a compiler has won back the time that it took."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import numpy as np

from benchmarks.records.job import MIN_PROCESSES
from benchmarks.statistics.ratios import DRAWS


class Started(NamedTuple):
    """What one process has: seconds until its first epoch has ended, and of one later epoch."""

    first: float
    steady: float


class Payback(NamedTuple):
    """The first epoch after which the compiled process is ahead, and its 95 % interval.

    Infinity is never; `low` and `high` are None with fewer processes than MIN_PROCESSES.
    """

    epoch: float
    low: float | None = None
    high: float | None = None


def payback(plain: Sequence[Started], compiled: Sequence[Started]) -> Payback:
    """From medians over the processes of each arm; the interval is a percentile bootstrap of them.

    Raises ValueError for an arm without a process.
    """
    if not (plain and compiled):
        raise ValueError("one or more processes of each arm were expected")
    arms = np.asarray(plain, float), np.asarray(compiled, float)
    (epoch,) = _epochs(*(np.median(arm, axis=0, keepdims=True) for arm in arms))
    if min(map(len, arms)) < MIN_PROCESSES:
        return Payback(epoch)
    random = np.random.default_rng(0)
    drawn = (
        np.median(arm[random.integers(len(arm), size=(DRAWS, len(arm)))], axis=1) for arm in arms
    )
    low, high = np.quantile(_epochs(*drawn), [0.025, 0.975], method="nearest")
    return Payback(epoch, float(low), float(high))


def _epochs(plain: np.ndarray, compiled: np.ndarray) -> list[float]:
    """The epoch by whose end `compiled` is ahead, for each pair of rows (first, steady)."""
    lost, gain = compiled[:, 0] - plain[:, 0], plain[:, 1] - compiled[:, 1]
    epochs = np.full(len(lost), inf)
    np.divide(lost, gain, out=epochs, where=gain > 0)
    return [1.0 + float(e) for e in np.where(lost <= 0, 0.0, np.ceil(epochs))]
