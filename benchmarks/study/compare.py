"""Compare two sets of records arm by arm, as before and after an upgrade, and judge the changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from benchmarks.records.arm import (
    Arm,
    clocks,
    group_by,
    metric_of,
    succeeded,
    training_runs,
)
from benchmarks.records.keys import Record
from benchmarks.statistics import intervals, ratios
from benchmarks.statistics.intervals import Interval
from benchmarks.statistics.verdict import Comparison, compared, with_holm
from common.problem import Metric
from common.say import counted

METRICS = tuple(Metric)
CLOCKED = ("epoch_seconds", "first_epoch_seconds", "total_seconds", "peak_rss_bytes")
FAILS, HOLDS, NOT_SHOWN = "fails", "holds", "not shown"


@dataclass(frozen=True)
class Condition:
    """An unwanted change from before to after, such as `epoch_seconds>+10%`."""

    text: str
    name: str
    above: bool
    amount: float
    relative: bool

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Parse NAME(>|<)[+-]NUMBER[%]; raises ValueError that tells what is allowed."""
        names = (*METRICS, *CLOCKED)
        number = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
        match = re.fullmatch(rf"\s*(\w+)\s*([<>])\s*({number})\s*(%?)\s*", text, re.ASCII)
        if not match or match[1] not in names:
            raise ValueError(
                f"--fail-if {text!r}: a name, > or <, and a change was expected, as in "
                f"'epoch_seconds>+10%' or 'accuracy<-0.002'; names: {', '.join(names)}"
            )
        amount = float(match[3]) / (100 if match[4] else 1)
        return cls(text.strip(), match[1], match[2] == ">", amount, bool(match[4]))

    def applies(self, records: Sequence[Record]) -> bool:
        """Whether these runs of one arm have the quantity: an arm has one metric, not both."""
        return self.name not in METRICS or metric_of(records[0]) == self.name

    def judge(self, change: Interval) -> str:
        """FAILS if the whole interval lies beyond the amount, HOLDS if none of it does."""
        if change.low is None or change.high is None:
            return intervals.NOT_ENOUGH
        low, high = change.low - self.amount, change.high - self.amount
        if not self.above:
            low, high = -high, -low
        if low > 0:
            return FAILS
        return HOLDS if high <= 0 else NOT_SHOWN


@dataclass(frozen=True)
class Judged:
    """A condition on one arm: the change from before to after with its 95 % interval."""

    condition: Condition
    arm: str
    change: Interval | None  # relative to before if the condition is; None if unknown
    word: str  # fails, holds, not shown, not enough runs


@dataclass(frozen=True)
class Pair:
    """One arm's runs on both sides."""

    comparison: Comparison
    before: list[Record]
    after: list[Record]

    @property
    def name(self) -> str:
        return arm_name(self.before[0])


def pairs(
    before: Iterable[Record], after: Iterable[Record], names: tuple[str, str]
) -> tuple[list[Pair], dict[str, list[str]]]:
    """The arms on both sides, and by the name of a side the arms that only it has.

    An arm is a row of `twinbench table`, on one set of data. Raises ValueError when the records
    were measured under different protocols.
    """
    before, after = list(before), list(after)
    training_runs([*before, *after])  # refuses two protocols
    common: list[Pair] = []
    alone: dict[str, list[str]] = {name: [] for name in names}
    old, new = (group_by(training_runs(runs), _arm) for runs in (before, after))
    for key in old | new:
        one, other = old.get(key, []), new.get(key, [])
        if one and other:
            first, second = (f"{one[0].framework} ({name})" for name in names)
            common.append(Pair(compared(first, second, one, other, across=True), one, other))
        else:
            alone[names[0] if one else names[1]].append(arm_name((one or other)[0]))
    corrected = with_holm([pair.comparison for pair in common])
    return [replace(pair, comparison=c) for pair, c in zip(common, corrected, strict=True)], alone


def judged(conditions: Iterable[Condition], pairs: Sequence[Pair]) -> list[Judged]:
    """Each condition on each arm that has its quantity."""
    results = []
    for condition in conditions:
        for pair in pairs:
            if condition.applies(pair.before):
                change = _change(condition, pair)
                word = condition.judge(change) if change else intervals.NOT_ENOUGH
                if word != FAILS and condition.name in METRICS and any(pair.comparison.lost):
                    word = intervals.NOT_ENOUGH  # the seeds without a number may hide the change
                results.append(Judged(condition, pair.name, change, word))
    return results


def differences(before: Sequence[Record], after: Sequence[Record]) -> list[tuple[str, str, str]]:
    """The versions, machines and settings that differ: name, values before, values after."""
    one, other = (_surroundings(records) for records in (before, after))
    names = [name for name in dict.fromkeys([*one, *other]) if one.get(name) != other.get(name)]
    return [(name, _listed(one.get(name)), _listed(other.get(name))) for name in names]


def _surroundings(records: Iterable[Record]) -> dict[str, set[str]]:
    """The values of each version, property of the machine, number of threads, and commit."""
    values: dict[str, set[str]] = {}
    for record in records:
        facts = {
            **record.versions,
            **{name: getattr(record.host, name) for name in ("cpu", "cores", "memory_bytes", "os")},
            "threads": record.threads,
            "commit": record.git.commit,
        }
        for name, value in facts.items():
            if value is not None:
                values.setdefault(name, set()).add(str(value))
    return values


def _listed(values: set[str] | None) -> str:
    return ", ".join(sorted(values)) if values else "-"


def _change(condition: Condition, pair: Pair) -> Interval | None:
    """The change from before to after, with its 95 % interval; None if a side has no number."""
    if condition.name in METRICS:
        metric = pair.comparison.metric
        if metric is None or (condition.relative and not metric.means[0]):
            return None
        unit = metric.means[0] if condition.relative else 1.0
        return _shifted(metric.wide, lambda value: value / unit)
    one, other = (clocks(succeeded(runs), condition.name) for runs in (pair.before, pair.after))
    if not (one and other):
        return None
    if condition.relative:
        return _shifted(Interval(*ratios.ratio_of_times(other, one)[:3]), lambda value: value - 1)
    return ratios.difference_of_times(one, other)


def _shifted(interval: Interval, to: Callable[[float], float]) -> Interval:
    return Interval(*(None if bound is None else to(bound) for bound in interval))  # type: ignore[arg-type]


def _arm(record: Record) -> tuple[Arm, str | None]:
    return Arm.of(record), record.data.digest


def arm_name(record: Record) -> str:
    """`mnist keras matched cpu, 2 threads`, with the changed settings."""
    arm = Arm.of(record)
    settings = (f"{name} = {value}" for name, value in arm.changed)
    return ", ".join([str(arm), counted(arm.threads, "thread"), *settings])
