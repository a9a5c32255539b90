"""How time and memory grow: a table a problem and axis, and the curves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from math import isnan
from pathlib import Path

from benchmarks.records.arm import by_problem, group_by
from benchmarks.records.keys import Record
from benchmarks.records.kinds import Scale
from benchmarks.records.notices import not_real, provenance
from benchmarks.show.charts import Line, lines
from benchmarks.show.figures import Chart, as_name, panels
from benchmarks.show.part import Part
from benchmarks.show.section import Section, with_figures
from benchmarks.speed.scale import EPOCHS, Growth, growths
from common.framework import label_of
from common.language import phrase
from common.problem import PROBLEMS
from common.say import counted

TITLES = {
    "rows": "times the training rows",
    "batch": "rows a step",
    "width": "times the hidden widths",
    "threads": "threads",
}


def page(records: Iterable[Record], stem: Path) -> Iterator[Section]:
    """A table for each problem and axis, and the curves, written to `<stem>-<problem>.png`."""
    for name, runs in by_problem(records, Scale).items():
        yield from with_figures(sections(name, runs), stem)


def sections(problem: str, runs: list[Scale]) -> Iterator[Section]:
    """A table for each axis of one problem's finished records, the first with the figure."""
    by_axis = group_by(growths(runs), lambda growth: growth.axis)
    of_lines = {
        _name(growth): {"framework": label_of(growth.framework), "regime": growth.regime}
        for arms in by_axis.values()
        for growth in arms
    }
    for number, (axis, arms) in enumerate(by_axis.items()):
        last = number == len(by_axis) - 1
        values = _values(arms)
        yield Section(
            f"{PROBLEMS[problem].title}: an epoch in ms by {TITLES[axis]}",
            ("framework", "regime", *map(str, values), "exponent", "of the peak memory"),
            [_row(growth, values) for growth in arms],
            (0, 1),
            list(_notes(runs, by_axis)) if last else [],
            not_real(runs) if number == 0 else [],
            partial(figure, problem, by_axis) if number == 0 else None,
            as_name(problem),
            arms={"": {"problem": problem}, **of_lines},
        )


def _values(arms: Iterable[Growth]) -> list[float]:
    """The places on an axis at which any arm has a run: one that failed is missing from its own."""
    return sorted({value for growth in arms for value in growth.values})


def _row(growth: Growth, values: list[float]) -> list[str]:
    seconds = dict(zip(growth.values, growth.epochs, strict=True))
    cells = [f"{1e3 * seconds[value]:.1f}" if value in seconds else "-" for value in values]
    exponents = [growth.time_exponent, growth.memory_exponent]
    shown = ["-" if isnan(value) else f"{value:.2f}" for value in exponents]
    return [label_of(growth.framework), growth.regime, *cells, *shown]


def _notes(runs: list[Scale], by_axis: dict[str, list[Growth]]) -> Iterator[str]:
    few = min(growth.processes for arms in by_axis.values() for growth in arms)
    yield (
        f"medians over {counted(few, 'process')} of the median of {EPOCHS - 1} epochs after a "
        "first; training alone, without the held-out rows; exponent: k of the power law c n^k, by "
        "least squares on logarithms; rows are repeated, so a cache may help a little"
    )
    yield from provenance(runs)


def figure(problem: str, by_axis: Mapping[str, list[Growth]]) -> Chart:
    """A panel per axis along which the problem grows, a line per arm."""
    names = {_name(growth): growth.framework for arms in by_axis.values() for growth in arms}
    charts = [
        lines(
            [
                Line(
                    _name(growth),
                    growth.framework,
                    growth.values,
                    [1e3 * seconds for seconds in growth.epochs],
                    dashed=growth.regime != "tuned",
                )
                for growth in arms
            ],
            phrase(TITLES[axis]),
            phrase("an epoch (ms)"),
            frameworks=names,
            ticks=_values(arms),
        )
        for axis, arms in by_axis.items()
    ]
    below = phrase("solid: tuned; dashed: another regime")
    return panels(charts, PROBLEMS[problem].title, below, columns=2, share="")


def _name(growth: Growth) -> str:
    return f"{label_of(growth.framework)} {growth.regime}"


def parts(kinds: Mapping[str, list[Record]]) -> Iterator[Part]:
    """How time and memory grow."""
    runs = by_problem(kinds.get("scale", []), Scale)
    if tables := [table for name, own in runs.items() for table in sections(name, own)]:
        text = "A problem made larger along one axis at a time."
        yield Part("scale", "How time grows", text, tables)
