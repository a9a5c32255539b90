"""How time and memory grow: a table a problem and axis, and the curves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from math import isnan
from pathlib import Path

from benchmarks.records.arm import group_by, succeeded
from benchmarks.records.keys import Record
from benchmarks.records.notices import not_real, provenance
from benchmarks.show.colours import colour_of
from benchmarks.show.figures import logarithmic, new_figure, save_figure
from benchmarks.show.section import Section, drawn
from benchmarks.speed.scale import EPOCHS, Growth, growths
from common.framework import label_of
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
    finished = succeeded(records)
    for name, runs in group_by(finished, lambda record: record["problem"]).items():
        figures = drawn(partial(save_growth, runs, name, stem.with_name(f"{stem.name}-{name}")))
        yield from sections(name, runs, figures)


def sections(problem: str, runs: list[Record], figures: Sequence[Path] = ()) -> Iterator[Section]:
    """A table for each axis of one problem's finished records."""
    found = group_by(growths(runs), lambda growth: growth.axis)
    for number, (axis, arms) in enumerate(found.items()):
        last = number == len(found) - 1
        values = _values(arms)
        yield Section(
            f"{PROBLEMS[problem].title}: an epoch in ms by {TITLES[axis]}",
            ("framework", "regime", *map(str, values), "exponent", "of the peak memory"),
            [_row(growth, values) for growth in arms],
            (0, 1),
            list(_notes(runs, found)) if last else [],
            not_real(runs) if number == 0 else [],
            list(figures) if number == 0 else [],
        )


def _values(arms: Iterable[Growth]) -> list[int]:
    """The places on an axis at which any arm has a run: one that failed is missing from its own."""
    return sorted({value for growth in arms for value in growth.values})


def _row(growth: Growth, values: list[int]) -> list[str]:
    seconds = dict(zip(growth.values, growth.epochs, strict=True))
    cells = [f"{1e3 * seconds[value]:.1f}" if value in seconds else "-" for value in values]
    exponents = [growth.time_exponent, growth.memory_exponent]
    shown = ["-" if isnan(value) else f"{value:.2f}" for value in exponents]
    return [label_of(growth.framework), growth.regime, *cells, *shown]


def _notes(runs: list[Record], found: dict[str, list[Growth]]) -> Iterator[str]:
    few = min(growth.processes for arms in found.values() for growth in arms)
    yield (
        f"medians over {counted(few, 'process')} of the median of {EPOCHS - 1} epochs after a "
        "first; training alone, without the held-out rows; exponent: k of the power law c n^k, by "
        "least squares on logarithms; rows are repeated, so a cache may help a little"
    )
    yield from provenance(runs)


def save_growth(records: Iterable[Record], problem: str, stem: Path) -> list[Path]:
    """Write `<stem>.png` and `.svg`: a panel an axis. Raises ImportError without matplotlib."""
    found = group_by(growths(records), lambda growth: growth.axis)
    figure, axes = new_figure(1, len(found), sharey=False)
    for panel, (axis, arms) in zip(axes[0], found.items(), strict=True):
        for growth in arms:
            style = "-" if growth.regime == "tuned" else "--"
            panel.plot(
                growth.values,
                [1e3 * seconds for seconds in growth.epochs],
                f"o{style}",
                color=colour_of(growth.framework),
                label=f"{label_of(growth.framework)} {growth.regime}",
            )
        panel.set_xscale("log", base=2)
        logarithmic(panel)
        panel.set_xticks(_values(arms), list(map(str, _values(arms))), fontsize=7)
        panel.set_xlabel(TITLES[axis])
    axes[0][0].set_ylabel("an epoch (ms)")
    axes[0][0].legend(fontsize=7)
    figure.suptitle(PROBLEMS[problem].title, fontsize=10, x=0.01, ha="left")
    return save_figure(figure, stem)
