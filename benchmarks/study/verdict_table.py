"""Verdicts on pairs of arms: their sentences, and tables of the metric, of times, of targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from benchmarks.records.arm import Target, group_by
from benchmarks.records.job import MIN_PROCESSES
from benchmarks.records.notices import not_real
from benchmarks.show.charts import Estimate, estimates
from benchmarks.show.part import Part, Said
from benchmarks.show.port_time import port_sentences
from benchmarks.show.section import Section
from benchmarks.show.wording import listed, number, probability, seeds, sentence, signed, span
from benchmarks.statistics.compared import Compared, Kinds
from benchmarks.statistics.intervals import ERROR
from benchmarks.statistics.ratios import ALIKE, RANKED
from benchmarks.statistics.verdict import PLANNED, Comparison, MetricComparison
from common.framework import label_of
from common.say import counted

ARMS = ("problem", "device", "first", "second")
METRIC = (
    *ARMS,
    "seeds",
    "means",
    "second less first",
    "90 % interval",
    "95 % interval",
    "margin",
    "bound",
    "verdict",
    "excludes 0",
    "p (Holm)",
    "P(second better)",
    "test rows' error",
)
TIME = (
    *ARMS,
    "processes",
    "epoch: times faster",
    "verdict",
    "p (Holm)",
    "whole run: times faster",
    "memory: times smaller",
)
TARGET = ("problem", "device", "arm", "target", "by", "runs", "reach it", "epoch", "seconds")
TEXT = (0, 1, 2, 3)  # columns; and the verdict
HOW = (
    "equivalent: the 90 % interval of the difference lies inside the margin; different: the 95 % "
    "interval lies outside it; else not enough runs. Intervals are over seeds on one fixed test "
    "set, paired by seed where initial weights and order are shared, else Welch's. Bound: no "
    "larger difference is left by the 90 % interval. p: of no difference at all, by the t test; "
    "Holm: adjusted for all p values of metrics and epochs here; bold: with the seeds that were "
    f"planned, at least {PLANNED}, all others are exploratory; how many would do: at the "
    "difference seen. Test rows' error: what another test set of that size would move the metric "
    "by (standard error). P(second better): of one run against one, 95 % interval; ties, of "
    "roundings too, count half"
)
HOW_TIMES = (
    "ratios are the first's median over the second's, with the 95 % interval of a bootstrap over "
    f"processes and then epochs; none with fewer than {MIN_PROCESSES} timed processes of each. "
    f"Epoch: training alone, the first left out; equally fast: the 90 % interval lies within "
    f"{ALIKE:.0%}; p by the same bootstrap, bold: below {ERROR} after Holm too"
)
HOW_TARGETS = (
    "medians over all runs of the first epoch that reaches the target and of the seconds of "
    "training until then, a run that never does counting as one that takes for ever; a problem "
    "without validation has the test metric at the end alone, which tells no time"
)


def verdict_sections(compared: Compared) -> list[Section]:
    """Up to three tables a regime, the sentences below the first; [] without two frameworks."""
    sections = []
    for regime, pairs in group_by(compared.pairs, lambda pair: pair.regime).items():
        of_regime = [run for run in compared.runs if run.regime == regime]
        sections += comparison_sections(f"regime {regime}", pairs, not_real(of_regime))
    return sections


def comparison_sections(
    title: str, pairs: list[Comparison], notices: Sequence[str] = ()
) -> list[Section]:
    """The tables of some comparisons, with their sentences below the first."""
    # one that holds for all of a problem's pairs is said once
    notes = dict.fromkeys(note for pair in pairs for note in pair.notes if note not in notices)
    targets = {
        (*place, name): [*place, name, *_target(target)]
        for pair in pairs
        for *place, name, target in _targets(pair)
    }
    sentences = [*map(sentence, pairs), *port_sentences(pairs)]
    metric, times = [_metric_row(pair) for pair in pairs], [_time_row(pair) for pair in pairs]
    sections = [
        Section(
            f"Test metric, {title}", METRIC, metric, (*TEXT, 11), [*sentences, HOW], list(notices)
        ),
        Section(f"Time and memory, {title}", TIME, times, (*TEXT, 6), [HOW_TIMES, *notes]),
    ]
    if targets:
        rows = list(targets.values())
        sections.append(
            Section(f"Time to target, {title}", TARGET, rows, (*TEXT, 4), [HOW_TARGETS])
        )
    return sections


def _arms(pair: Comparison) -> list[str]:
    changed = listed(pair.changed.items())
    problem = pair.problem + (f" ({changed})" if changed else "")
    threads = counted(pair.threads, "thread")
    return [problem, f"{pair.device}, {threads}", *map(label_of, (pair.first, pair.second))]


def _metric_row(pair: Comparison) -> list[str]:
    metric = pair.metric
    if metric is None:
        return [*_arms(pair), *"-" * (len(METRIC) - len(ARMS))]
    places, text = metric.name.digits, partial(signed, metric=metric.name)
    known = metric.wide.low is not None
    loud = "*" if pair.loud[0] else ""
    return [
        *_arms(pair),
        seeds(metric),
        " and ".join(f"{mean:.{places}f}" for mean in metric.means),
        text(metric.difference),
        span(metric.narrow, text),
        span(metric.wide, text),
        "-" if metric.margin is None else f"{metric.margin}",
        "-" if metric.bound is None else f"{metric.bound:.{places}f}",
        f"{loud}{metric.verdict}{_needed(metric)}" + ", of survivors alone" * any(pair.lost),
        ("yes" if metric.wide.excludes_zero else "no") if known else "-",
        _p(metric.p, pair.holm[0]),
        f"{metric.superiority.mean:.2f} ({span(metric.superiority, '{:.2f}'.format)})",
        " and ".join("-" if error is None else f"{error:.{places}f}" for error in metric.sampling),
    ]


def _needed(metric: MetricComparison) -> str:
    needed = f" (about {metric.needed:,} would do)" if metric.needed else ""
    return needed + (", exploratory" if metric.exploratory else "")


def _time_row(pair: Comparison) -> list[str]:
    first, second = pair.processes
    ratios = [pair.epoch, pair.total, pair.memory]
    epoch, total, memory = (
        "-" if r is None else f"{number(r.value)} ({span(r, number)})" for r in ratios
    )
    word = "-"
    if pair.epoch is not None:
        ranked = pair.epoch.verdict in RANKED
        word = f"{label_of(pair.second)} " * ranked + pair.epoch.verdict
        word = "*" * pair.loud[1] + word
    p = _p(pair.epoch and pair.epoch.p, pair.holm[1])
    return [*_arms(pair), f"{first} and {second}", epoch, word, p, total, memory]


def _p(plain: float | None, adjusted: float | None) -> str:
    return "-" if plain is None else f"{probability(plain)} ({probability(adjusted)})"


def _targets(pair: Comparison) -> Iterator[tuple[str, str, str, Target]]:
    problem, device, *names = _arms(pair)
    for name, target in zip(names, pair.targets, strict=True):
        if target:
            yield problem, device, name, target


def _target(target: Target) -> list[str]:
    return [
        f"{target.target}",
        target.by,
        f"{target.runs}",
        f"{target.pass_rate:.0%}",
        "-" if target.epochs is None else f"{target.epochs:g}",
        number(target.seconds),
    ]


def parts(kinds: Kinds) -> Iterator[Part]:
    """The sentences on each pair of frameworks, and the tables that they come from."""
    pairs = kinds.compared.pairs
    if not pairs:
        return
    verdicts = [Said(sentence(pair), pair.notes) for pair in pairs]
    verdicts += [Said(answer) for answer in port_sentences(pairs)]
    sentences = {verdict.sentence for verdict in verdicts}
    tables = [table for table in verdict_sections(kinds.compared) if table.rows]
    yield Part(
        "verdicts",
        "What the records let us say",
        "In the words and at the margins that the protocol fixed before the first run.",
        [
            *_margins(pairs),
            *(
                replace(table, notes=[n for n in table.notes if n not in sentences], folded=True)
                for table in tables
            ),
        ],
        verdicts,
    )


def _margins(pairs: Sequence[Comparison]) -> Iterator[Section]:
    """The differences of all problems on one scale, that of their margins: a section per regime."""
    for regime, of_regime in group_by(pairs, lambda pair: pair.regime).items():
        judged = [(pair, estimate) for pair in of_regime if (estimate := _over_margin(pair))]
        drawn = [estimate for _, estimate in judged]
        places = {e.row: {"problem": pair.problem, "device": pair.device} for pair, e in judged}
        both = {e.name: {"framework": list(_both(pair))} for pair, e in judged}
        if drawn:
            yield Section(
                f"Difference over the margin, regime {regime}",
                ("problem", "difference", "over the margin", "90 % interval"),
                [
                    [e.row, e.name, f"{e.value:+.2f}", f"{e.low:+.2f} to {e.high:+.2f}"]
                    for e in drawn
                ],
                left=(0, 1),
                notes=["equivalent: the whole interval lies between -1 and 1, the grey band"],
                draw=partial(estimates, drawn, "difference / margin", at=0, reach=1),
                arms={"": {"regime": regime}, **places, **both},
            )


def _over_margin(pair: Comparison) -> Estimate | None:
    """The difference of the test metrics and its 90 % interval, in margins; None without one."""
    metric = pair.metric
    if metric is None or not metric.margin or metric.narrow.low is None:
        return None
    bounds = (float(bound or 0) / metric.margin for bound in metric.narrow)
    first, second = _both(pair)
    return Estimate(f"{pair.problem} ({pair.device})", f"{second} less {first}", "", *bounds)


def _both(pair: Comparison) -> tuple[str, str]:
    return label_of(pair.first), label_of(pair.second)
