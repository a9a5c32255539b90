"""Records by arm: which runs repeat each other, and what the runs of one arm give."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from statistics import median
from types import MappingProxyType
from typing import TypeVar

from benchmarks.records.keys import Record
from common.problem import PROBLEMS, Metric
from common.regime import REGIMES

TARGETS: Mapping[str, float] = MappingProxyType({p.name: p.target for p in PROBLEMS.values()})
"""By problem: the metric that time to target waits for, about what the textbook reaches."""

Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)
Kind = TypeVar("Kind", bound=Record)


@dataclass(frozen=True, order=True)
class Arm:
    """What runs must share to be repetitions of each other, but for the data they found."""

    problem: str
    framework: str
    regime: str
    device: str = "cpu"
    threads: str = ""  # asked for; empty where they tell no arms apart
    changed: tuple[tuple[str, str], ...] = ()  # settings by name, where they tell arms apart

    @classmethod
    def of(cls, record: Record) -> Arm:
        """That of a run."""
        settings = sorted((name, str(value)) for name, value in record.changed.items())
        return replace(cls.bare(record), threads=threads(record), changed=tuple(settings))

    @classmethod
    def bare(cls, record: Record) -> Arm:
        """The same where all arms have the threads and settings that were asked for."""
        return cls(record.problem, record.framework, record.regime, record.device)

    def __str__(self) -> str:
        return f"{self.problem} {self.framework} {self.regime} {self.device}"


def group_by(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    """Items by key, in the order in which the keys first appear."""
    groups: dict[Key, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def of_one_protocol(records: Iterable[Kind]) -> list[Kind]:
    """The records; ValueError when they were measured under different protocols.

    One that names none was not measured by a clock.
    """
    records = list(records)
    protocols = sorted({str(r.protocol) for r in records if r.protocol is not None})
    if len(protocols) > 1:
        raise ValueError(
            f"records of protocols {' and '.join(protocols)} cannot stand in one table; "
            "keep each protocol in a results folder of its own"
        )
    return records


def succeeded(records: Iterable[Kind]) -> list[Kind]:
    """Those that did not end with an error; their numbers may still be none.

    Raises ValueError when they were measured under different protocols.
    """
    return of_one_protocol(record for record in records if record.error is None)


def of_kind(records: Iterable[Record], kind: type[Kind]) -> list[Kind]:
    """Those of a kind that did not end with an error; raises as `succeeded`."""
    return succeeded(record for record in records if isinstance(record, kind))


def by_problem(records: Iterable[Record], kind: type[Kind]) -> dict[str, list[Kind]]:
    """Those of a kind that did not end with an error by problem; raises as `succeeded`."""
    return group_by(of_kind(records, kind), lambda record: record.problem)


def training_runs(records: Iterable[Record]) -> list[Record]:
    """The records of whole runs, without those of another kind, sorted for every report.

    Raises ValueError when they were measured under different protocols.
    """
    runs = [record for record in records if record.kind == "run"]
    return sorted(of_one_protocol(runs), key=_place)


def metric_of(record: Record) -> Metric:
    """The test metric; of a user's own twins whichever was measured."""
    if record.problem in PROBLEMS:
        return PROBLEMS[record.problem].metric
    measured = (metric for metric in Metric if metric in record.metrics)
    return next(measured, Metric.ACCURACY)


def result_of(record: Record) -> float | None:
    """The test metric of a run; None if it is not finite or the run diverged, even when the record
    holds a finite value."""
    return None if record.diverged else record.metrics.get(metric_of(record))


def some_diverged(records: Iterable[Record]) -> bool:
    """Whether any of them did; of those of before it was recorded nothing is known."""
    return any(record.diverged for record in records)


def ended_without(runs: Sequence[Record]) -> str:
    """How those of the runs ended that have no result."""
    lost = "ended without a number"
    return f"diverged or {lost}" if some_diverged(runs) else lost


def threads(record: Record) -> str:
    """Threads asked for: those read back would set a run that failed early apart."""
    return str((record.settings.requested or {}).get("threads", record.threads))


def _place(record: Record) -> tuple:
    """Problems and regimes in the order of their tables, the rest by name."""
    regimes, problems = list(REGIMES), list(PROBLEMS)
    return (
        regimes.index(record.regime),
        problems.index(record.problem) if record.problem in problems else len(problems),
        record.problem,
        record.device,
        record.framework,
        str(astuple(Arm.of(record))),
        record.seed,
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
    return [run for run in runs if run.timed and run.trained_together <= 1]


def clocks(runs: Iterable[Record], name: str) -> list[list[float]]:
    """What each process has of a quantity: seconds of all epochs but the first, or one number.

    Memory is that of any process that trained one network; times are those of `timed` runs.
    """
    if name == "peak_rss_bytes":
        alone = [run for run in runs if run.trained_together <= 1]
    else:
        alone = timed(runs)
    if name == "epoch_seconds":
        return [run.epoch_seconds[1:] for run in alone if run.epoch_seconds[1:]]
    return [[value] for run in alone if (value := getattr(run, name)) is not None]


def in_turns(one: Sequence[Kind], other: Sequence[Kind]) -> list[tuple[Kind, Kind]]:
    """The runs of two arms that took turns with each other; none where some took no turns."""
    heats, others = ({run.heat: run for run in arm} for arm in (one, other))
    if None in heats or None in others:
        return []
    return [(run, others[name]) for name, run in heats.items() if name in others]


def by_seed(runs: Iterable[Record]) -> dict[int, float]:
    """The test metric by seed, without those that are none.

    Of two runs of one seed the timed one counts, which had its process for itself.
    """
    values = {}
    for run in sorted(runs, key=lambda run: run.timed):
        value = result_of(run)
        if value is not None:
            values[run.seed] = value
    return dict(sorted(values.items()))


def target_of(runs: Sequence[Record]) -> Target | None:
    """Time to target of one arm; None without a run or a target."""
    target = TARGETS.get(runs[0].problem) if runs else None
    if not target:
        return None
    metric = metric_of(runs[0])
    by, better = f"val_{metric}", metric.larger_is_better
    if any(by not in run.history for run in runs):
        last, seeds = by_seed(runs).values(), {run.seed for run in runs}
        reached = sum(epochs_to([v], target, larger_is_better=better) == 1 for v in last)
        return Target(target, f"test {metric}", len(seeds), reached, None, None)
    epochs = [
        None if run.diverged else epochs_to(run.history[by], target, larger_is_better=better)
        for run in runs
    ]
    seconds = [
        None if epoch is None else sum(run.epoch_seconds[:epoch])
        for run, epoch in zip(runs, epochs, strict=True)
        if run in timed([run])
    ]
    reached = sum(epoch is not None for epoch in epochs)
    return Target(target, by, len(runs), reached, _middle(epochs), _middle(seconds))


def _middle(values: Sequence[float | None]) -> float | None:
    """The median where None is for ever; None when that is for ever, or without a value."""
    if not values:
        return None
    middle = median(float("inf") if value is None else value for value in values)
    return None if middle == float("inf") else middle


def epochs_to(
    values: Sequence[float | None], target: float, *, larger_is_better: bool
) -> int | None:
    """The first epoch, counted from 1, whose value reaches the target; None when none does."""
    for epoch, value in enumerate(values, 1):
        if value is not None and (value >= target if larger_is_better else value <= target):
            return epoch
    return None
