"""What may be said of two arms: their test metric, time and memory, by the measuring protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, stdev
from types import MappingProxyType
from typing import Any

from benchmarks import stats
from benchmarks.arms import TARGETS as TARGETS  # a fact of a problem, as MARGINS is
from benchmarks.arms import (
    Target,
    arm,
    by_seed,
    changed,
    clocks,
    data_of,
    ended_without,
    group_by,
    metric_of,
    result_of,
    succeeded,
    target_of,
    threads,
    timed,
    training_runs,
)
from benchmarks.meanings import Record
from benchmarks.messages import counted
from benchmarks.plan import MIN_PROCESSES
from benchmarks.sentences import not_real, sentence, warnings_of
from benchmarks.stats import Interval, Ratio
from common.data.files import DATASETS
from common.problem import PROBLEMS
from common.regime import REGIMES

MARGINS: Mapping[str, float] = MappingProxyType({p.name: p.margin for p in PROBLEMS.values()})
"""By problem: test metrics that differ by less are called equivalent."""

PLANNED = 30  # seeds an arm, where no plan says more; fewer are an early look


@dataclass(frozen=True)
class Metric:
    """The test metrics of two arms. Differences are those of the second less the first."""

    name: str  # accuracy or mae
    seeds: tuple[int, int]  # of each arm; of pairs when `paired`
    paired: bool
    means: tuple[float, float]
    spreads: tuple[float | None, float | None]  # standard deviations over seeds
    narrow: Interval  # 90 % interval of the difference
    wide: Interval  # 95 % interval of the difference
    margin: float | None  # None: nobody has set one for this problem
    verdict: str  # equivalent, different, not enough runs; "no margin" without one
    needed: int | None  # runs an arm that would do, when they are not enough
    superiority: Interval  # P(a run of the second is better), ties half, 95 % interval
    exploratory: bool  # fewer seeds than planned
    sampling: tuple[float | None, float | None]  # standard error of each mean by the test rows

    @property
    def difference(self) -> float:
        """The second arm's mean less the first's."""
        return self.wide.mean

    @property
    def larger_is_better(self) -> bool:
        return self.name != "mae"

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
    first: str
    second: str
    metric: Metric | None  # None: an arm has no finished run with a number
    lost: tuple[int, int]  # seeds of each arm without a number: a metric is of the others alone
    epoch: Ratio | None  # steady epoch, training only
    total: Ratio | None  # whole run, from the start of its process
    memory: Ratio | None  # peak of the process
    processes: tuple[int, int]  # timed ones
    targets: tuple[Target | None, Target | None]
    notes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What a reader should take away, in one to three sentences."""
        return sentence(self)


def comparisons(
    records: Iterable[Record], planned: Mapping[str, int] | None = None
) -> list[Comparison]:
    """Each pair of frameworks in each problem, regime, device, threads, settings and data set.

    `planned` has the number of seeds an arm by problem, as declared before the first run (PLANNED
    where it is silent): verdicts from fewer are exploratory. Other kinds of record than whole runs
    are left out. Raises ValueError when the records were measured under different protocols.
    """
    found = []
    for runs in group_by(training_runs(records), _setting).values():
        arms = group_by(runs, lambda record: record["framework"])
        for first, second in combinations(arms, 2):
            found.append(compared(first, second, arms[first], arms[second], planned))
    return found


def compared(
    first: str,
    second: str,
    one: Sequence[Record],
    other: Sequence[Record],
    planned: Mapping[str, int] | None = None,
    *,
    across: bool = False,
) -> Comparison:
    """The comparison of two arms by their runs, failed ones included.

    Times of different machines are compared only with `across`, where machines are the question.
    """
    arms = [succeeded(runs) for runs in (one, other)]
    lost = [
        len({run["seed"] for run in runs} - by_seed(done).keys())
        for runs, done in zip((one, other), arms, strict=True)
    ]
    some = (one or other)[0]
    clocked = [timed(runs) for runs in arms]
    same_machine = across or len({_machine(run) for runs in clocked for run in runs}) < 2

    def ratio(name: str) -> Ratio | None:
        values = [clocks(runs, name) for runs in arms]
        comparable = same_machine and min(map(len, values)) >= MIN_PROCESSES
        return stats.ratio_of_times(*values) if comparable else None

    return Comparison(
        problem=some["problem"],
        regime=some["regime"],
        device=some["device"],
        threads=threads(some),
        changed=changed(some),
        first=first,
        second=second,
        metric=_metric(arms[0], arms[1], (planned or {}).get(some["problem"], PLANNED)),
        lost=(lost[0], lost[1]),
        epoch=ratio("epoch_seconds"),
        total=ratio("total_seconds"),
        memory=ratio("peak_rss_bytes"),
        processes=(len(clocked[0]), len(clocked[1])),
        targets=(target_of(arms[0]), target_of(arms[1])),
        notes=tuple(_notes(first, second, one, other, same_machine)),
    )


def _metric(one: list[Record], other: list[Record], planned: int) -> Metric | None:
    """The test metrics compared; by seed where a seed means the same to both."""
    a, b = by_seed(one), by_seed(other)
    if not (a and b):
        return None
    some = one[0]
    name, margin = metric_of(some), MARGINS.get(some["problem"]) or None
    shared = sorted(a.keys() & b.keys())
    pairs = bool(shared) and REGIMES[some["regime"]].paired
    x, y = ([v[s] for s in shared] if pairs else list(v.values()) for v in (a, b))
    interval = stats.paired if pairs else stats.welch
    narrow, wide = (interval(x, y, level) for level in (0.90, 0.95))
    word = stats.verdict(narrow, wide, margin) if margin else "no margin"
    means = fmean(x), fmean(y)
    return Metric(
        name=name,
        seeds=(len(x), len(y)),
        paired=pairs,
        means=means,
        spreads=(_spread(x), _spread(y)),
        narrow=narrow,
        wide=wide,
        margin=margin,
        verdict=word,
        needed=_needed(x, y, margin, pairs) if margin and word == stats.NOT_ENOUGH else None,
        superiority=stats.superiority(x, y, larger_is_better=name != "mae", pairs=pairs),
        exploratory=min(len(x), len(y)) < planned,
        sampling=(_sampling(some, means[0]), _sampling(some, means[1])),
    )


def _needed(
    first: Sequence[float], second: Sequence[float], margin: float, pairs: bool
) -> int | None:
    """Runs an arm that would do if the spread stays; None when it cannot be told.

    A difference inside the margin is taken for none, unless as many runs were already made: then,
    as outside of it, for the true one.
    """
    if min(len(first), len(second)) < 2:
        return None
    if pairs:
        spread = stdev(b - a for a, b in zip(first, second, strict=True))
    else:
        spread = ((stdev(first) ** 2 + stdev(second) ** 2) / 2) ** 0.5
    difference = fmean(second) - fmean(first)
    few = stats.runs_needed(spread, margin, paired=pairs)
    if abs(difference) < margin and few is not None and few > min(len(first), len(second)):
        return few
    return stats.runs_needed(spread, margin, paired=pairs, difference=difference)


def _notes(
    first: str, second: str, one: Sequence[Record], other: Sequence[Record], same_machine: bool
) -> Iterator[str]:
    """What makes these numbers less than they look; the records' own warnings come last."""
    for name, runs in ((first, one), (second, other)):
        finished = succeeded(runs)
        lost = sum(result_of(run) is None for run in finished)
        if failed := len(runs) - len(finished):
            yield f"{failed} of {counted(len(runs), 'run')} of {name} failed and are left out"
        if lost:
            yield f"{lost} of {counted(len(finished), 'run')} of {name} {ended_without(finished)}"
        if len({str(run.get("versions")) for run in finished}) > 1:
            yield f"the runs of {name} mix versions of libraries"
    if not same_machine:
        yield "the timed runs come from more than one machine: their times are not compared"
    for what, value in (("threads in use", _threads_used), ("compile modes", _compiled)):
        sides = [
            sorted({str(value(r)) for r in runs if not r.get("error")}) for runs in (one, other)
        ]
        if all(sides) and sides[0] != sides[1]:
            yield (f"{what} differ: {first} {', '.join(sides[0])}; {second} {', '.join(sides[1])}")
    yield from not_real((*one, *other))
    yield from warnings_of([*one, *other])


def _threads_used(record: Record) -> Any:
    return record.get("threads")


def _compiled(record: Record) -> Any:
    return (record.get("settings") or {}).get("compiled")


def _setting(record: Record) -> tuple:
    """All that two frameworks must share to be compared; a failed run may know no digest."""
    problem, _, *rest = arm(record)
    return (problem, *rest, data_of(record).get("digest"))


def _machine(record: Record) -> str:
    host = record.get("host") or {}
    return f"{host.get('cpu')} {host.get('cores')}"


def _spread(values: Sequence[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None


def _sampling(record: Record, mean: float) -> float | None:
    """Of an accuracy on the real test rows; of other rows the record does not know the number."""
    dataset = DATASETS.get(record["problem"])
    known = metric_of(record) == "accuracy" and data_of(record).get("real")
    return stats.sampling_error(mean, dataset.test_rows) if known and dataset else None
