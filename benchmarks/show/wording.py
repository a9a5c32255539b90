"""What is said of two arms, in plain English and in the protocol's words."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from benchmarks.records.job import MIN_PROCESSES
from benchmarks.statistics.intervals import DIFFERENT, EQUIVALENT, ERROR, Interval
from benchmarks.statistics.ratios import ALIKE, RANKED, Ratio
from benchmarks.statistics.verdict import Comparison, MetricComparison
from common.framework import label_of
from common.problem import Metric, problem_title
from common.say import counted

Key = TypeVar("Key", bound=Hashable)


def sentence(comparison: Comparison, *, times: bool = True) -> str:
    """The metric's verdict, then the time's unless that is not wanted."""
    return f"{where(comparison)}: {_metric(comparison)}" + f" {_time(comparison)}" * times


def where(comparison: Comparison) -> str:
    """What both arms share: `MNIST digits, matched, cpu, epochs = 3`."""
    settings = [listed(comparison.changed.items())] * bool(comparison.changed)
    title = problem_title(comparison.problem)
    return ", ".join([title, comparison.regime, comparison.device, *settings])


def listed(settings: Iterable[tuple[str, Any]]) -> str:
    """Changed settings: `epochs = 3, hidden = [8]`."""
    return ", ".join(f"{name} = {value}" for name, value in settings)


def told_apart(texts: Mapping[Key, Sequence[str]]) -> dict[Key, list[str]]:
    """Of each key its texts at the places where not all keys have the same; no empty ones."""
    columns = enumerate(zip(*texts.values(), strict=True))
    differing = [place for place, column in columns if len(set(column)) > 1]
    return {key: [own[i] for i in differing if own[i]] for key, own in texts.items()}


def signed(value: float, metric: Metric) -> str:
    """A difference of metrics with its sign: `+0.0012`, of an MAE `-0.120`."""
    return f"{round(value, metric.digits) + 0.0:+.{metric.digits}f}"  # + 0.0: no negative zero


def span(interval: Interval | Ratio, text: Callable[[float], str]) -> str:
    """`low to high`, or that there is none."""
    if interval.low is None or interval.high is None:
        return "no interval"
    return f"{text(interval.low)} to {text(interval.high)}"


def seeds(metric: MetricComparison) -> str:
    """`30 pairs of seeds`, or `30 and 28 seeds`."""
    first, second = metric.seeds
    if metric.paired:
        return counted(first, "pair of seeds")
    return f"{first} and {second} seeds"


def _metric(comparison: Comparison) -> str:
    metric = comparison.metric
    first, second = label_of(comparison.first), label_of(comparison.second)
    if metric is None:
        return f"no test metric of both {first} and {second} to compare."
    several = metric.name.plural
    within, level = metric.narrow, "90 %"
    if metric.verdict == DIFFERENT or metric.margin is None:
        within, level = metric.wide, "95 %"
    shown = span(within, lambda value: signed(value, metric.name))
    interval = "no interval" if shown == "no interval" else f"{level} interval {shown}"
    numbers = f"({seeds(metric)}, difference {signed(metric.difference, metric.name)}, {interval})"
    both = f"the {several} of {first} and {second}"
    if metric.verdict == EQUIVALENT:
        text = f"{both} are equivalent within {metric.margin} {numbers}."
    elif metric.verdict == DIFFERENT:
        higher = second if metric.difference > 0 else first
        gap = f"{abs(metric.difference):.{metric.name.digits}f}"
        text = (
            f"the {metric.name.word} of {higher} is higher by {gap}, beyond the margin of "
            f"{metric.margin}: different {numbers}."
        )
    elif metric.margin is None:
        text = f"{both} are compared {numbers}; no margin was given: nothing is called equivalent."
    else:
        text = f"not enough runs to tell whether {both} are equivalent within {metric.margin} "
        text += f"{numbers}; {_would_do(metric)}."
    if metric.constant:
        text += " Without any variance this speaks of these seeds alone."
    elif metric.wide.excludes_zero and metric.verdict != DIFFERENT:
        text += _not_zero(comparison, metric)
    if metric.margin is not None and (wide := _wide_error(metric)):
        text += f" Another test set of that size would move it by {wide}, more than the margin."
    if metric.exploratory:
        text += f" Exploratory: {metric.exploratory}."
    return text + _lost(comparison)


def _not_zero(comparison: Comparison, metric: MetricComparison) -> str:
    """That the interval excludes 0, and whether that outlasts the correction for the others."""
    adjusted = comparison.holm[0] if comparison.holm[0] is not None else metric.p
    higher = comparison.second if metric.difference > 0 else comparison.first
    gap = f"{abs(metric.difference):.{metric.name.digits}f}"
    p, corrected = probability(metric.p), probability(adjusted)
    if adjusted is not None and adjusted < ERROR:
        return (
            f" And yet it is not 0: {label_of(higher)} is higher by {gap} (p = {p}; after Holm's "
            f"correction for all verdicts here {corrected})."
        )
    return (
        f" The 95 % interval excludes 0 ({label_of(higher)} is higher by {gap}, p = {p}), which "
        f"does not outlast Holm's correction for all verdicts here (p = {corrected})."
    )


def _wide_error(metric: MetricComparison) -> str:
    """The test rows' own standard error where it exceeds the margin, else nothing."""
    largest = max((error for error in metric.sampling if error is not None), default=0.0)
    over = metric.margin is not None and largest > metric.margin
    return f"{largest:.{metric.name.digits - 1}f}" if over else ""


def probability(p: float | None) -> str:
    """Two digits that matter; "-" for None."""
    if p is None:
        return "-"
    return "< 0.0001" if p < 1e-4 else f"{p:.{2 if p > 0.095 else 3 if p > 0.0095 else 4}f}"


def _lost(comparison: Comparison) -> str:
    """Runs that gave no number are no chance sample: an arm may owe its mean to their absence."""
    names = (comparison.first, comparison.second)
    lost = [
        f"{counted(n, 'seed')} of {label_of(name)}"
        for n, name in zip(comparison.lost, names, strict=True)
        if n
    ]
    if not lost:
        return ""
    return f" Of the seeds with a number alone: {' and '.join(lost)} failed or gave none."


def _would_do(metric: MetricComparison) -> str:
    if metric.needed is None:
        return "how many would do cannot be told from these"
    return f"about {metric.needed:,} {'pairs of seeds' if metric.paired else 'of each'} would do"


def _time(comparison: Comparison) -> str:
    ratio = comparison.epoch
    first, second = label_of(comparison.first), label_of(comparison.second)
    if ratio is None:
        few, many = comparison.processes
        if min(few, many) < MIN_PROCESSES:
            return f"Their times: {few} and {many} timed processes; {MIN_PROCESSES} are needed."
        return "Their times are not compared."
    if ratio.verdict in ("no difference seen", "equally fast"):
        shown = f"{number(ratio.value)}, {span(ratio, number)}"
        if ratio.verdict == "equally fast":
            return f"Their epochs are equally fast within {ALIKE:.0%} (ratio {shown})."
        return f"No difference seen in the time of an epoch (ratio {shown})."
    if ratio.verdict == "slower":
        second, ratio = first, ratio.inverse
    shown = span(ratio, number) + corrected(comparison)
    return f"An epoch of {second} is {number(ratio.value)} times as fast ({shown})."


def corrected(comparison: Comparison) -> str:
    """That the ratio of two epochs excludes 1 alone, and not among all verdicts; else nothing."""
    adjusted = comparison.holm[1]
    ranked = comparison.epoch is not None and comparison.epoch.verdict in RANKED
    if not ranked or adjusted is None or adjusted < ERROR:
        return ""
    return f"; with all verdicts here (Holm) p = {probability(adjusted)}, no longer below 0.05"


def number(value: float | None) -> str:
    """About three digits, without exponents: `12,345`, `12.3`, `0.123`; "-" for None."""
    if value is None:
        return "-"
    return f"{value:,.{max(0, 3 - len(str(int(abs(value)))))}f}" if value >= 1 else f"{value:.3f}"
