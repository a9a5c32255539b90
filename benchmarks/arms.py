"""What the runs of one arm give: a metric a seed, clocks a process, and time to target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from types import MappingProxyType

from benchmarks.report.summary import Record, metric_of, result_of
from benchmarks.stats import epochs_to
from common.problem import PROBLEMS

TARGETS: Mapping[str, float] = MappingProxyType({p.name: p.target for p in PROBLEMS.values()})
"""By problem: the metric that time to target waits for, about what the textbook reaches."""


@dataclass(frozen=True)
class Target:
    """How one arm reaches a metric: epochs and seconds are medians over all of its runs.

    A run that never does counts as one that takes for ever, so there are no medians when half do
    not. `by` is the metric waited for: that of the held-out rows by epoch, or, in a problem
    without any, the test metric at the end, which says whether and not when.
    """

    target: float
    by: str
    runs: int
    reached: int
    epochs: float | None
    seconds: float | None  # of training alone, by the timed runs

    @property
    def pass_rate(self) -> float:
        return self.reached / self.runs


def timed(runs: Iterable[Record]) -> list[Record]:
    """Those whose clocks may be used: alone on the machine, and alone in their process."""
    return [run for run in runs if run.get("timed", True) and run.get("trained_together", 1) <= 1]


def clocks(runs: Iterable[Record], name: str) -> list[list[float]]:
    """What each process has of a quantity: seconds of all epochs but the first, or one number.

    Memory is that of any process that trained one network; times are those of `timed` runs.
    """
    if name == "peak_rss_bytes":
        alone = [run for run in runs if run.get("trained_together", 1) <= 1]
    else:
        alone = timed(runs)
    if name == "epoch_seconds":
        return [run[name][1:] for run in alone if run[name][1:]]
    return [[run[name]] for run in alone if run.get(name) is not None]


def by_seed(runs: Iterable[Record]) -> dict[int, float]:
    """The test metric by seed, without those that are none.

    Of two runs of one seed the timed one counts, which had its process for itself.
    """
    found = {}
    for run in sorted(runs, key=lambda run: run.get("timed", True)):
        value = result_of(run)
        if value is not None:
            found[run["seed"]] = value
    return dict(sorted(found.items()))


def target_of(runs: list[Record]) -> Target | None:
    """Time to target of one arm; None without a run or a target."""
    target = TARGETS.get(runs[0]["problem"]) if runs else None
    if not target:
        return None
    metric, better = metric_of(runs[0]), metric_of(runs[0]) != "mae"
    by = f"val_{metric}"
    if any(by not in run["history"] for run in runs):
        last, seeds = by_seed(runs).values(), {run["seed"] for run in runs}
        reached = sum(epochs_to([v], target, larger_is_better=better) == 1 for v in last)
        return Target(target, f"test {metric}", len(seeds), reached, None, None)
    epochs = [epochs_to(r["history"][by], target, larger_is_better=better) for r in runs]
    seconds = [
        None if epoch is None else sum(run["epoch_seconds"][:epoch])
        for run, epoch in zip(runs, epochs, strict=True)
        if run in timed([run])
    ]
    reached = sum(epoch is not None for epoch in epochs)
    return Target(target, by, len(runs), reached, _middle(epochs), _middle(seconds))


def _middle(values: Sequence[float | None]) -> float | None:
    """The median where None is for ever; None when that is for ever, or without a value."""
    if not values:
        return None
    found = median(float("inf") if value is None else value for value in values)
    return None if found == float("inf") else found
