"""The answer in one look: each pair of frameworks by problem and regime, and a headline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from benchmarks.records.arm import group_by
from benchmarks.records.job import MIN_PROCESSES
from benchmarks.records.notices import not_real
from benchmarks.show.part import Part, Said
from benchmarks.show.section import Section
from benchmarks.show.wording import listed, number, signed
from benchmarks.statistics.compared import Compared, Kinds
from benchmarks.statistics.intervals import DIFFERENT, EQUIVALENT, ERROR, NOT_ENOUGH
from benchmarks.statistics.verdict import Comparison
from common.framework import label_of
from common.language import said
from common.say import counted

COLOURS = {EQUIVALENT: "e1", DIFFERENT: "e4", NOT_ENOUGH: "e0"}
"""By the verdict that a cell begins with: the class of the page's colour."""

HOW = (
    "test metric: equivalent within the margin, different beyond it, else not enough runs, with "
    "the second's mean less the first's; and not 0: smaller than the margin, and yet it outlasts "
    "Holm's correction; epoch: how many times as fast, and whose, where the 95 % "
    f"interval excludes 1; bold: as planned and after Holm's correction; -: fewer than "
    f"{MIN_PROCESSES} timed processes"
)


def parts(kinds: Kinds) -> Iterator[Part]:
    """The headline and the matrix, which open a report; nothing without two frameworks."""
    for section in sections(kinds.compared):
        text = "Two frameworks at a time; what each word rests on stands in the next part."
        answer, *notes = section.notes
        yield Part("answer", "The answer", text, [replace(section, notes=notes)], [Said(answer)])


def sections(compared: Compared) -> list[Section]:
    """The matrix with the headline as its first note; [] without two frameworks."""
    runs, pairs = compared
    return [matrix(pairs, not_real(runs))] if pairs else []


def headline(pairs: Sequence[Comparison]) -> str:
    """What is equivalent, different and undecided, and whose epochs are faster, in one sentence."""
    verdicts = Counter(pair.metric.verdict for pair in pairs if pair.metric)
    words = {
        EQUIVALENT: said("equivalent within the margin"),
        DIFFERENT: said("different"),
        NOT_ENOUGH: said("undecided"),
        "no margin": said("compared without a margin"),
    }
    counts = said("{number} {verdict}")
    metrics = [
        counts.format(number=verdicts[word], verdict=text)
        for word, text in words.items()
        if verdicts[word]
    ]
    early = sum(bool(pair.metric and pair.metric.exploratory) for pair in pairs)
    times = Counter(name for pair in pairs if pair.loud[1] and (name := _faster(pair)))
    timed = sum(pair.epoch is not None for pair in pairs)
    text = said("Of {comparisons}: {metrics}{exploratory}.").format(
        comparisons=counted(len(pairs), "comparison"),
        metrics=said(", ").join(metrics) or said("no test metric"),
        exploratory=said(" ({number} exploratory)").format(number=early) * bool(early),
    )
    if timed:
        where = said("in {name} in {number}")
        won = [where.format(name=label_of(name), number=n) for name, n in times.most_common()]
        if undecided := timed - times.total():
            won.append(said("in neither in {number}").format(number=undecided))
        faster = said(" Of {timed} timed ones an epoch is faster (after Holm) {won}.")
        text += faster.format(timed=timed, won=said(", ").join(won))
    return text


def matrix(pairs: Sequence[Comparison], notices: Sequence[str] = ()) -> Section:
    """A row per problem and pair of frameworks; per regime the metric's verdict and the epoch's."""
    regimes = list(dict.fromkeys(pair.regime for pair in pairs))
    several = len({pair.threads for pair in pairs}) > 1
    rows = group_by(pairs, partial(_row, say_threads=several))
    columns = [
        (f"{regime}: {title}", regime, cell)
        for regime in regimes
        for title, cell in (("test metric", _metric), ("epoch", _epoch))
        if title == "test metric" or any(p.epoch for p in pairs if p.regime == regime)
    ]
    return Section(
        "Test metric and epoch, by problem and regime",
        ("problem", "frameworks", *[title for title, _, _ in columns]),
        [
            [
                *names,
                *("; ".join(cell(p) for p in row if p.regime == of) for _, of, cell in columns),
            ]
            for names, row in rows.items()
        ],
        left=tuple(range(2 + len(columns))),
        notes=[headline(pairs), HOW],
        notices=list(notices),
        colours=COLOURS,
    )


def _row(pair: Comparison, *, say_threads: bool) -> tuple[str, str]:
    changed = listed(pair.changed.items())
    problem = pair.problem + f" ({changed})" * bool(changed)
    place = "" if pair.device == "cpu" else f", {pair.device}"
    place += f", {counted(pair.threads, 'thread')}" * say_threads
    return problem + place, f"{label_of(pair.first)}, {label_of(pair.second)}"


def _metric(pair: Comparison) -> str:
    metric = pair.metric
    if metric is None:
        return "-"
    word = metric.verdict
    if word != DIFFERENT and pair.holm[0] is not None and pair.holm[0] < ERROR:
        word += ", and not 0"
    early = ", exploratory" * bool(metric.exploratory)
    return "*" * pair.loud[0] + f"{word} ({signed(metric.difference, metric.name)}){early}"


def _epoch(pair: Comparison) -> str:
    if pair.epoch is None:
        return "-"
    name = _faster(pair)
    if name is None:
        return pair.epoch.verdict
    value = max(pair.epoch.value, 1 / pair.epoch.value)
    return "*" * pair.loud[1] + f"{label_of(name)} {number(value)} times as fast"


def _faster(pair: Comparison) -> str | None:
    """The framework whose epoch is faster; None where neither is said to be."""
    word = pair.epoch.verdict if pair.epoch else ""
    return {"faster": pair.second, "slower": pair.first}.get(word)
