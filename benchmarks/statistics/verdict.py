"""What may be said of two arms: their test metric, time and memory, by the measuring protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations
from statistics import fmean, stdev
from types import MappingProxyType
from typing import Any

from benchmarks.records.arm import (
    Arm,
    Target,
    by_seed,
    clocks,
    group_by,
    metric_of,
    result_of,
    succeeded,
    target_of,
    threads,
    timed,
    training_runs,
)
from benchmarks.records.job import MIN_PROCESSES
from benchmarks.records.keys import Record
from benchmarks.records.plans import Planned
from benchmarks.statistics import intervals, ratios
from benchmarks.statistics.doubts import FEW, LOOKED, LOST, notes
from benchmarks.statistics.epochs import epoch_ratio
from benchmarks.statistics.intervals import Interval
from benchmarks.statistics.ratios import RANKED, Ratio
from common.data.files import DATASETS
from common.problem import PROBLEMS, Metric
from common.regime import REGIMES

MARGINS: Mapping[str, float] = MappingProxyType({p.name: p.margin for p in PROBLEMS.values()})
"""By problem: test metrics that differ by less are called equivalent."""

PLANNED = 30  # seeds an arm, where no plan says more; fewer are an early look

Plan = Mapping[str, Planned]
"""By problem what was declared of it."""


@dataclass(frozen=True)
class MetricComparison:
    """The test metrics of two arms. Differences are those of the second less the first."""

    name: Metric
    seeds: tuple[int, int]  # of each arm; of pairs when `paired`
    paired: bool
    means: tuple[float, float]
    spreads: tuple[float | None, float | None]  # standard deviations over seeds
    narrow: Interval  # 90 % interval of the difference
    wide: Interval  # 95 % interval of the difference
    margin: float | None  # None: nobody has set one
    verdict: str  # equivalent, different, not enough runs; "no margin" without one
    needed: int | None  # runs an arm that would do if all stays, when they are not enough
    p: float | None  # of no difference, two-sided; None without a variance
    superiority: Interval  # P(a run of the second is better), ties half, 95 % interval
    exploratory: str  # why it is no verdict of a plan; empty where it is one
    sampling: tuple[float | None, float | None]  # standard error of each mean by the test rows

    @property
    def difference(self) -> float:
        """The second arm's mean less the first's."""
        return self.wide.mean

    @property
    def bound(self) -> float | None:
        """What the data support: no larger difference is left by the 90 % interval."""
        return None if self.narrow.low is None else max(map(abs, self.narrow.ends))

    @property
    def constant(self) -> bool:
        """Whether no seed differs from another (or, paired, no difference from another)."""
        return self.wide.low is not None and self.wide.low == self.wide.high


@dataclass(frozen=True)
class Comparison:
    """Two arms that differ in one thing alone: what their records let us say.

    `first` and `second` name them as the records do. A ratio is the first's over the second's, so
    over 1 the second is faster, or smaller; None: fewer than MIN_PROCESSES processes.
    """

    problem: str
    regime: str
    device: str
    threads: str
    changed: Mapping[str, Any]
    file: str  # SHA-256 of a user's twins as they were then; empty for the four problems
    data: str | None  # digest of the rows
    first: str
    second: str
    metric: MetricComparison | None  # None: an arm has no finished run with a number
    lost: tuple[int, int]  # seeds of each arm without a number: a metric is of the others alone
    epoch: Ratio | None  # steady epoch, training only
    total: Ratio | None  # whole run, from the start of its process
    memory: Ratio | None  # peak of the process
    processes: tuple[int, int]  # timed ones
    targets: tuple[Target | None, Target | None]
    notes: tuple[str, ...]
    holm: tuple[float | None, float | None] = (None, None)  # p of metric and epoch, of a page's

    @property
    def loud(self) -> tuple[bool, bool]:
        """Whether the verdicts on metric and epoch may be bold: as planned, and kept by Holm."""
        metric, epoch = self.metric, self.epoch
        kept, kept_epoch = (p is None or p < intervals.ERROR for p in self.holm)
        words = (intervals.EQUIVALENT, *[intervals.DIFFERENT] * kept)
        return (
            metric is not None and metric.verdict in words and not metric.exploratory,
            epoch is not None and epoch.verdict in RANKED and kept_epoch,
        )


def comparisons(records: Iterable[Record], plan: Plan | None = None) -> list[Comparison]:
    """Each pair of frameworks in each problem, regime, device, threads, settings and data set.

    Holm's correction is over all of them. Other kinds of record than whole runs are left out.
    Raises ValueError when the records were measured under different protocols.
    """
    pairs = []
    for runs in group_by(training_runs(records), _setting).values():
        arms = group_by(runs, lambda record: record.framework)
        for first, second in combinations(arms, 2):
            pairs.append(compared(first, second, arms[first], arms[second], plan))
    return with_holm(pairs)


def with_holm(pairs: Sequence[Comparison]) -> list[Comparison]:
    """The comparisons of one page, the p values of metrics and epochs adjusted for all of them."""
    p_values = [side.p if side else None for pair in pairs for side in (pair.metric, pair.epoch)]
    adjusted = intervals.holm(p_values)
    both = zip(pairs, adjusted[::2], adjusted[1::2], strict=True)
    return [replace(pair, holm=(metric, epoch)) for pair, metric, epoch in both]


def compared(
    first: str,
    second: str,
    one: Sequence[Record],
    other: Sequence[Record],
    plan: Plan | None = None,
    *,
    across: bool = False,
) -> Comparison:
    """The comparison of two arms by their runs, failed ones included.

    Times of different machines are compared only with `across`, where machines are the question.
    """
    arms = [succeeded(runs) for runs in (one, other)]
    lost = [
        len({run.seed for run in runs} - by_seed(done).keys())
        for runs, done in zip((one, other), arms, strict=True)
    ]
    some = (one or other)[0]
    clocked = [timed(runs) for runs in arms]
    same_machine = across or len({(r.host.cpu, r.host.cores) for r in chain(*clocked)}) < 2

    def ratio(name: str) -> Ratio | None:
        values = [clocks(runs, name) for runs in arms]
        if not same_machine or min(map(len, values)) < MIN_PROCESSES:
            return None
        epochs = name == "epoch_seconds"
        return epoch_ratio(clocked[0], clocked[1]) if epochs else ratios.ratio_of_times(*values)

    return Comparison(
        problem=some.problem,
        regime=some.regime,
        device=some.device,
        threads=threads(some),
        changed=some.changed,
        file=_file(some),
        data=some.data.digest,
        first=first,
        second=second,
        metric=_metric(arms[0], arms[1], _declared(plan or {}, some), any(lost)),
        lost=(lost[0], lost[1]),
        epoch=ratio("epoch_seconds"),
        total=ratio("total_seconds"),
        memory=ratio("peak_rss_bytes"),
        processes=(len(clocked[0]), len(clocked[1])),
        targets=(target_of(arms[0]), target_of(arms[1])),
        notes=tuple(notes(first, second, one, other, same_machine)),
    )


def _metric(
    one: list[Record], other: list[Record], declared: Planned | None, lost: bool
) -> MetricComparison | None:
    """The test metrics compared; by seed where a seed means the same to both."""
    a, b = by_seed(one), by_seed(other)
    if not (a and b):
        return None
    some = one[0]
    # of a user's own twins nothing is known but what was declared
    margin = MARGINS.get(some.problem) or (declared.margin if declared else None) or None
    name = metric_of(some)
    shared = sorted(a.keys() & b.keys())
    pairs = bool(shared) and REGIMES[some.regime].paired
    x, y = ([v[s] for s in shared] if pairs else list(v.values()) for v in (a, b))
    interval = intervals.paired if pairs else intervals.welch
    narrow, wide = (interval(x, y, level) for level in (0.90, 0.95))
    word = intervals.verdict(narrow, wide, margin) if margin else "no margin"
    means = fmean(x), fmean(y)
    rows = _test_rows(some)
    # half a row of an accuracy is no row, and a millionth of any metric is rounding
    tie = 0.5 / rows if name is Metric.ACCURACY and rows else 1e-6 * max(map(abs, means))
    return MetricComparison(
        name=name,
        seeds=(len(x), len(y)),
        paired=pairs,
        means=means,
        spreads=(_spread(x), _spread(y)),
        narrow=narrow,
        wide=wide,
        margin=margin,
        verdict=word,
        needed=_needed(x, y, margin, pairs) if margin and word == intervals.NOT_ENOUGH else None,
        p=intervals.p_value(x, y, pairs=pairs),
        superiority=intervals.superiority(
            x, y, larger_is_better=name.larger_is_better, pairs=pairs, tie=tie
        ),
        exploratory=_exploratory(declared, min(len(x), len(y)), lost),
        sampling=(_sampling(one), _sampling(other)),
    )


def _exploratory(declared: Planned | None, seeds: int, lost: bool) -> str:
    """Why a verdict of so many seeds is an early look; empty where it is what was planned."""
    planned = max(PLANNED, declared.seeds if declared else 0)
    if seeds < planned:
        return FEW.format(planned)
    if declared and declared.runs_before:
        return LOOKED.format(declared.runs_before)
    return LOST if lost else ""


def _needed(
    first: Sequence[float], second: Sequence[float], margin: float, pairs: bool
) -> int | None:
    """Runs an arm that would do if spread and difference stay, PLANNED or more; None: not known."""
    if min(len(first), len(second)) < 2:
        return None
    if pairs:
        spread = stdev(b - a for a, b in zip(first, second, strict=True))
    else:
        spread = ((stdev(first) ** 2 + stdev(second) ** 2) / 2) ** 0.5
    difference = fmean(second) - fmean(first)
    needed = intervals.runs_needed(spread, margin, paired=pairs, difference=difference)
    return needed and max(needed, PLANNED)


def _setting(record: Record) -> tuple:
    """All that two frameworks must share to be compared; a failed run may know no digest."""
    return replace(Arm.of(record), framework=""), record.data.digest, _file(record)


def _file(record: Record) -> str:
    """SHA-256 of a user's twins as they were then; empty for the four problems."""
    return (record.settings.problem or {}).get("sha256", "")


def _declared(plan: Plan, record: Record) -> Planned | None:
    """What was declared of the problem; None where that was of the file before or after an edit."""
    declared = plan.get(record.problem)
    return declared if declared and declared.file in ("", _file(record)) else None


def _spread(values: Sequence[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None


def _test_rows(record: Record) -> int | None:
    """Of the real data; of others the record does not know the number."""
    dataset = DATASETS.get(record.problem)
    return dataset.test_rows if dataset and record.data.real else None


def _sampling(runs: list[Record]) -> float | None:
    """What another test set would move the metric by: the mean over runs of the standard error.

    That of an MAE follows from the mean square error, which is the loss of its problem.
    """
    rows = _test_rows(runs[0])
    if not rows:
        return None
    errors = []
    for run in runs:
        value, mse = result_of(run), run.metrics.get("loss")
        if value is not None and metric_of(run) is Metric.ACCURACY:
            errors.append(intervals.sampling_error(value, rows))
        elif value is not None and mse is not None:
            errors.append(intervals.sampling_error_of_mae(value, mse, rows))
    return fmean(errors) if errors else None
