"""What a compiler brings: one table a problem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import inf

from benchmarks.records.arm import by_problem
from benchmarks.records.job import MIN_PROCESSES
from benchmarks.records.keys import Record
from benchmarks.records.kinds import Compilation
from benchmarks.records.notices import not_real, provenance
from benchmarks.show.part import Part
from benchmarks.show.section import Section
from benchmarks.speed.compilation import Extent, arms
from benchmarks.speed.race_table import ratio_text
from benchmarks.statistics.epochs import notes as epoch_notes
from benchmarks.statistics.payback import Payback
from common.framework import label_of
from common.problem import PROBLEMS
from common.say import counted

HEADINGS = (
    "framework",
    "what is compiled",
    "epoch (ms)",
    "times faster",
    "first epoch (s)",
    "graph breaks",
    "recompilations",
    "ahead after epoch",
)


def sections(records: Iterable[Record]) -> Iterator[Section]:
    """A table a problem, a row an arm."""
    for problem, runs in by_problem(records, Compilation).items():
        found = arms(runs)
        yield Section(
            f"{PROBLEMS[problem].title}: with the compiler and without",
            HEADINGS,
            [_row(arm) for arm in found],
            left=(0, 1),
            notes=list(_notes(runs, found)),
            notices=not_real(runs),
        )


def _row(arm: Extent) -> list[str]:
    return [
        label_of(arm.framework),
        arm.compiled,
        f"{1e3 * arm.epoch:.1f}",
        ratio_text(arm.ratio) if arm.ratio else "",
        f"{arm.first:.2f}",
        _count(arm.graph_breaks),
        _count(arm.recompilations),
        payback_text(arm.payback) if arm.payback else "",
    ]


def _count(number: int | None) -> str:
    return "-" if number is None else str(number)


def payback_text(found: Payback) -> str:
    """`41 [35, 50]`, or `never`; without an interval the epoch alone."""
    epoch, *ends = ("never" if value == inf else f"{value:,.0f}" for value in found if value)
    return f"{epoch} [{', '.join(ends)}]" if ends else epoch


def _notes(runs: list[Compilation], found: list[Extent]) -> Iterator[str]:
    few = min(arm.processes for arm in found)
    epochs = sorted({len(run.epoch_seconds) for run in runs})
    yield (
        f"{counted(few, 'process')} an arm, all arms in turn, of "
        f"{' or '.join(map(str, epochs))} epochs; medians over processes of the median of all "
        "epochs but the first; times faster: the epoch with nothing compiled over the arm's, with "
        "the 95 % interval of a bootstrap over processes and epochs; bold: it excludes 1"
        + (f"; fewer than {MIN_PROCESSES} processes give none" if few < MIN_PROCESSES else "")
    )
    yield (
        "first epoch: with the building of the network before it; nothing that was compiled in "
        "another process is used; ahead after epoch: by its end the process has made up for what "
        "compiling took, with the 95 % interval of a bootstrap over processes"
    )
    yield "graph breaks, recompilations: as the compiler counts them in a process; -: it tells none"
    yield from epoch_notes(runs)
    yield from provenance(runs)


def parts(kinds: Mapping[str, list[Record]]) -> Iterator[Part]:
    """What a compiler brings, and when it has paid."""
    if tables := list(sections(kinds.get("compilation", []))):
        text = "The tutorial's code under the framework's own compiler, and without it."
        yield Part("compilation", "What a compiler brings", text, tables)
