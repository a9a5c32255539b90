"""Records by arm: which runs repeat each other, and what the runs of one arm give."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from types import MappingProxyType
from typing import Any

from benchmarks.records.keys import Record
from common.problem import PROBLEMS
from common.regime import REGIMES

TARGETS: Mapping[str, float] = MappingProxyType({p.name: p.target for p in PROBLEMS.values()})
"""By problem: the metric that time to target waits for, about what the textbook reaches."""


def group_by(items: Iterable[Any], key: Callable[[Any], Hashable]) -> dict[Any, list[Any]]:
    """Items by key, in the order in which the keys first appear."""
    groups: dict[Any, list[Any]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def of_one_protocol(records: Iterable[Record]) -> list[Record]:
    """The records; ValueError when they were measured under different protocols.

    One that names none was not measured by a clock.
    """
    records = list(records)
    protocols = sorted({str(r["protocol"]) for r in records if r.get("protocol") is not None})
    if len(protocols) > 1:
        raise ValueError(
            f"records of protocols {' and '.join(protocols)} cannot stand in one table; "
            "keep each protocol in a results folder of its own"
        )
    return records


def succeeded(records: Iterable[Record]) -> list[Record]:
    """Those that did not end with an error; their numbers may still be none.

    Raises ValueError when they were measured under different protocols.
    """
    return of_one_protocol(record for record in records if not record.get("error"))


def training_runs(records: Iterable[Record]) -> list[Record]:
    """The records of whole runs, without those of another kind, sorted for every report.

    Raises ValueError when they were measured under different protocols.
    """
    runs = [record for record in records if record.get("kind", "run") == "run"]
    return sorted(of_one_protocol(runs), key=_place)


def changed(record: Record) -> dict[str, Any]:
    """The settings of the problem that were changed from those published."""
    return (record.get("settings") or {}).get("changed") or {}


def arm(record: Record) -> tuple:
    """What two runs must share to be repetitions of each other, but for the data they found."""
    settings = tuple(sorted((name, str(value)) for name, value in changed(record).items()))
    names = ("problem", "framework", "regime", "device")
    return (*(record[name] for name in names), threads(record), settings)


def metric_of(record: Record) -> str:
    """`accuracy` or `mae`; of a user's own twins whichever was measured."""
    if record["problem"] in PROBLEMS:
        return PROBLEMS[record["problem"]].metric
    return "mae" if "mae" in (record.get("metrics") or {}) else "accuracy"


def result_of(record: Record) -> float | None:
    """The test metric of a run; None where it is no number, or the run diverged: then it is none
    either, though a finite one may stand in the record."""
    found = (record.get("metrics") or {}).get(metric_of(record))
    return None if record.get("diverged") else found


def some_diverged(records: Iterable[Record]) -> bool:
    """Whether any of them did; of those of before it was recorded nothing is known."""
    return any(record.get("diverged") for record in records)


def ended_without(runs: list[Record]) -> str:
    """How those of the runs ended that have no result."""
    lost = "ended without a number"
    return f"diverged or {lost}" if some_diverged(runs) else lost


def data_of(record: Record) -> dict[str, Any]:
    """The record's `data`, empty for a run that failed before it had any."""
    return record.get("data") or {}


def threads(record: Record) -> str:
    """Threads asked for: those read back would set a run that failed early apart."""
    requested = (record.get("settings") or {}).get("requested") or {}
    return str(requested.get("threads", record.get("threads")))


def _place(record: Record) -> tuple:
    """Problems and regimes in the order of their tables, the rest by name."""
    regimes, problems = list(REGIMES), list(PROBLEMS)
    return (
        regimes.index(record["regime"]),
        problems.index(record["problem"]) if record["problem"] in problems else len(problems),
        record["problem"],
        record["device"],
        record["framework"],
        str(arm(record)),
        record["seed"],
    )


@dataclass(frozen=True)
class Target:
    """How one arm reaches a metric: epochs and seconds are medians over all of its runs.

    A run that never does, or that diverged, counts as one that takes for ever, so there are no
    medians when half do not. `by` is the metric waited for: that of the held-out rows by epoch, or,
    in a problem without any, the test metric at the end, which says whether and not when.
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
    epochs = [
        None
        if run.get("diverged")
        else epochs_to(run["history"][by], target, larger_is_better=better)
        for run in runs
    ]
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


def epochs_to(values: Sequence[float], target: float, *, larger_is_better: bool) -> int | None:
    """The first epoch, counted from 1, whose value reaches the target; None when none does."""
    for epoch, value in enumerate(values, 1):
        if value is not None and (value >= target if larger_is_better else value <= target):
            return epoch
    return None
