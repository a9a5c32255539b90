"""What is said of two arms, in plain English and in the protocol's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from benchmarks.records.job import MIN_PROCESSES
from benchmarks.statistics.intervals import DIFFERENT, EQUIVALENT, ERROR, Interval
from benchmarks.statistics.ratios import ALIKE, RANKED, Ratio
from benchmarks.statistics.verdict import Comparison, MetricComparison
from common.framework import label_of
from common.language import said
from common.problem import Metric, problem_title
from common.say import counted

Key = TypeVar("Key", bound=Hashable)


def sentence(comparison: Comparison, *, times: bool = True) -> str:
    """The metric's verdict, then the time's unless that is not wanted."""
    words = said("{where}: {what}").format(where=where(comparison), what=_metric(comparison))
    return words + f" {_time(comparison)}" * times


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
        return said("no interval")
    return said("{low} to {high}").format(low=text(interval.low), high=text(interval.high))


def seeds(metric: MetricComparison) -> str:
    """`30 pairs of seeds`, or `30 and 28 seeds`."""
    first, second = metric.seeds
    if metric.paired:
        return counted(first, "pair of seeds")
    return said("{first} and {second} seeds").format(first=first, second=second)


def _metric(comparison: Comparison) -> str:
    metric = comparison.metric
    first, second = label_of(comparison.first), label_of(comparison.second)
    if metric is None:
        text = said("no test metric of both {first} and {second} to compare.")
        return text.format(first=first, second=second)
    if metric.verdict == EQUIVALENT:
        text = said("{both} are equivalent within {margin} {numbers}.")
    elif metric.verdict == DIFFERENT:
        text = said(
            "the {metric} of {higher} is higher by {gap}, beyond the margin of {margin}: different "
            "{numbers}."
        )
    elif metric.margin is None:
        text = said(
            "{both} are compared {numbers}; no margin was given: nothing is called equivalent."
        )
    else:
        text = said(
            "not enough runs to tell whether {both} are equivalent within {margin} {numbers}; "
            "{would_do}."
        )
    both = said("the {metrics} of {first} and {second}")
    text = text.format(
        both=both.format(metrics=said(metric.name.plural), first=first, second=second),
        metric=said(metric.name.word),
        higher=_higher(comparison, metric),
        gap=_gap(metric),
        margin=metric.margin,
        numbers=_numbers(metric),
        would_do=_would_do(metric),
    )
    if metric.constant:
        text += said(" Without any variance this speaks of these seeds alone.")
    elif metric.wide.excludes_zero and metric.verdict != DIFFERENT:
        text += _not_zero(comparison, metric)
    if metric.margin is not None and (wide := _wide_error(metric)):
        text += said(
            " Another test set of that size would move it by {wide}, more than the margin."
        ).format(wide=wide)
    if metric.exploratory:
        text += said(" Exploratory: {why}.").format(why=_why(metric.exploratory))
    return text + _lost(comparison)


def _numbers(metric: MetricComparison) -> str:
    """How many seeds, by how much they differ, and the interval that the verdict rests on."""
    within, level = metric.narrow, "90 %"
    if metric.verdict == DIFFERENT or metric.margin is None:
        within, level = metric.wide, "95 %"
    interval = span(within, lambda value: signed(value, metric.name))
    if interval != said("no interval"):
        interval = said("{level} interval {span}").format(level=level, span=interval)
    return said("({seeds}, difference {difference}, {interval})").format(
        seeds=seeds(metric), difference=signed(metric.difference, metric.name), interval=interval
    )


def _higher(comparison: Comparison, metric: MetricComparison) -> str:
    return label_of(comparison.second if metric.difference > 0 else comparison.first)


def _gap(metric: MetricComparison) -> str:
    return f"{abs(metric.difference):.{metric.name.digits}f}"


def _why(reason: str) -> str:
    """One of `REASONS` with its number, aloud."""
    return said(re.sub(r"\d+", "{}", reason)).format(*re.findall(r"\d+", reason))


def _not_zero(comparison: Comparison, metric: MetricComparison) -> str:
    """That the interval excludes 0, and whether that outlasts the correction for the others."""
    adjusted = comparison.holm[0] if comparison.holm[0] is not None else metric.p
    text = said(
        " The 95 % interval excludes 0 ({higher} is higher by {gap}, p = {p}), which does not "
        "outlast Holm's correction for all verdicts here (p = {corrected})."
    )
    if adjusted is not None and adjusted < ERROR:
        text = said(
            " And yet it is not 0: {higher} is higher by {gap} (p = {p}; after Holm's correction "
            "for all verdicts here {corrected})."
        )
    return text.format(
        higher=_higher(comparison, metric),
        gap=_gap(metric),
        p=probability(metric.p),
        corrected=probability(adjusted),
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
        said("{seeds} of {name}").format(seeds=counted(n, "seed"), name=label_of(name))
        for n, name in zip(comparison.lost, names, strict=True)
        if n
    ]
    if not lost:
        return ""
    text = said(" Of the seeds with a number alone: {lost} failed or gave none.")
    return text.format(lost=said(" and ").join(lost))


def _would_do(metric: MetricComparison) -> str:
    if metric.needed is None:
        return said("how many would do cannot be told from these")
    if metric.paired:
        return said("about {needed:,} pairs of seeds would do").format(needed=metric.needed)
    return said("about {needed:,} of each would do").format(needed=metric.needed)


def _time(comparison: Comparison) -> str:
    ratio = comparison.epoch
    first, second = label_of(comparison.first), label_of(comparison.second)
    if ratio is None:
        few, many = comparison.processes
        if min(few, many) < MIN_PROCESSES:
            text = said("Their times: {few} and {many} timed processes; {needed} are needed.")
            return text.format(few=few, many=many, needed=MIN_PROCESSES)
        return said("Their times are not compared.")
    shown = said(", ").join([number(ratio.value), span(ratio, number)])
    if ratio.verdict == "equally fast":
        text = said("Their epochs are equally fast within {alike:.0%} (ratio {shown}).")
        return text.format(alike=ALIKE, shown=shown)
    if ratio.verdict == "no difference seen":
        text = said("No difference seen in the time of an epoch (ratio {shown}).")
        return text.format(shown=shown)
    if ratio.verdict == "slower":
        second, ratio = first, ratio.inverse
    text = said("An epoch of {second} is {times} times as fast ({shown}).")
    shown = span(ratio, number) + corrected(comparison)
    return text.format(second=second, times=number(ratio.value), shown=shown)


def corrected(comparison: Comparison) -> str:
    """That the ratio of two epochs excludes 1 alone, and not among all verdicts; else nothing."""
    adjusted = comparison.holm[1]
    ranked = comparison.epoch is not None and comparison.epoch.verdict in RANKED
    if not ranked or adjusted is None or adjusted < ERROR:
        return ""
    text = said("; with all verdicts here (Holm) p = {p}, no longer below 0.05")
    return text.format(p=probability(adjusted))


def number(value: float | None) -> str:
    """About three digits, without exponents: `12,345`, `12.3`, `0.123`; "-" for None."""
    if value is None:
        return "-"
    return f"{value:,.{max(0, 3 - len(str(int(abs(value)))))}f}" if value >= 1 else f"{value:.3f}"
