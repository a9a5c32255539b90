"""The records of K-fold validation: a table of folds and the curve of their mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.records.arm import Arm, group_by, of_kind, some_diverged
from benchmarks.records.keys import Record
from benchmarks.records.kinds import Crossval
from benchmarks.records.notices import not_real
from benchmarks.show.curves import Band, Curve, panel
from benchmarks.show.figures import Chart, of_regime, panels, quantity_title, save, title_of
from benchmarks.show.part import Part
from benchmarks.show.section import Section
from benchmarks.show.wording import listed, told_apart
from common.framework import label_of
from common.language import chained, phrase
from common.problem import PROBLEMS, Problem
from common.regime import REGIMES

HOW = (
    "Validation mean absolute error in 1,000 $ by fold, after the last epoch; then the mean over "
    "folds after the last epoch, and where that mean is least. The least was chosen by the rows it "
    "is measured on: it flatters."
)
HIDDEN_EPOCHS = 10  # left out of the plot, as in the textbook: they dwarf the rest


class Line(NamedTuple):
    """What folds must share to be averaged; numbers of two regimes are never set side by side."""

    arm: Arm
    seed: int
    folds: int
    statistics: str  # whose mean and deviation standardise a fold: "all" rows or its "own"
    changes: str

    @classmethod
    def of(cls, fold: Crossval) -> Line:
        """That of a fold."""
        changes = listed((k, v) for k, v in fold.changed.items() if k != "folds")
        return cls(Arm.bare(fold), fold.seed, fold.folds, fold.fold_statistics, changes)

    @property
    def problem(self) -> Problem:
        """As it was published."""
        return PROBLEMS[self.arm.problem]


def by_line(records: Iterable[Record]) -> dict[Line, list[Crossval]]:
    """Finished folds by line, in the order of the folds; a line may still lack some."""
    folds = of_kind(records, Crossval)
    regimes = list(REGIMES)
    folds.sort(key=lambda fold: (regimes.index(fold.regime), Line.of(fold), fold.fold))
    return group_by(folds, Line.of)


def with_a_mean(lines: Mapping[Line, list[Crossval]]) -> dict[Line, list[Crossval]]:
    """Those lines that have one."""
    return {line: folds for line, folds in lines.items() if _has_a_mean(line, folds)}


def _has_a_mean(line: Line, folds: list[Crossval]) -> bool:
    """Every fold is there, and none diverged."""
    return len(folds) == line.folds and not some_diverged(folds)


def mean_over_folds(folds: Sequence[Record], name: str) -> np.ndarray:
    """The mean over folds of each epoch's value of the history: float64 (epochs,), NaN for null."""
    return np.mean([np.asarray(fold.history[name], dtype=float) for fold in folds], axis=0)


def fold_sections(records: Iterable[Record]) -> list[Section]:
    """A table a regime: the last epoch of each fold, and the best and last of their mean curve."""
    records = list(records)
    lines = by_line(records)
    sections = [
        _section({line: lines[line] for line in members})
        for members in group_by(lines, lambda line: (_title(line), line.changes)).values()
    ]
    if sections:
        sections[0] = replace(sections[0], notices=not_real(records))
        sections[-1].notes.append(HOW)
    return sections


def save_fold_curves(records: Iterable[Record], folder: Path | str) -> list[Path]:
    """Write `crossval-<problem>.png` and `.svg`; the paths of what was written.

    A panel a regime, a line a framework: the mean over folds of the validation metric against the
    epoch, with several seeds their mean and range.
    """
    whole = with_a_mean(by_line(records))
    paths = []
    for problem, lines in group_by(whole, lambda line: line.arm.problem).items():
        chart = figure(problem, {line: whole[line] for line in lines})
        paths += save(chart, Path(folder) / f"crossval-{problem}")
    return paths


def _title(line: Line) -> str:
    """What every row of a table shares; a row is a framework, a device and a seed."""
    parts = [line.problem.title, f"{line.folds} folds", f"regime: {line.arm.regime}"]
    if line.statistics == "own":
        parts.append("standardised by each fold's own rows")
    return ", ".join(parts)


def _labels(lines: Iterable[Line]) -> dict[Line, str]:
    """The framework of each line, and what sets it apart from the others of a figure."""
    texts = {
        line: (
            f"device {line.arm.device}",
            f"folds {line.folds}",
            f"statistics {line.statistics}",
            f"changes {line.changes}",
        )
        for line in lines
    }
    return {
        line: ", ".join([label_of(line.arm.framework), *apart])
        for line, apart in told_apart(texts).items()
    }


def _section(lines: dict[Line, list[Crossval]]) -> Section:
    first = next(iter(lines))
    names = (f"fold {k}" for k in range(1, first.folds + 1))
    headings = ("framework", "device", "seed", *names, "mean", "best (epoch)")
    rows = [_row(line, folds) for line, folds in lines.items()]
    notes = [f"changed: {first.changes}"] if first.changes else []
    return Section(_title(first), headings, rows, (0, 1), notes)


def _row(line: Line, folds: list[Crossval]) -> list[str]:
    name = f"val_{line.problem.metric}"
    last = {
        fold.fold: "diverged" if fold.diverged else f"{mean_over_folds([fold], name)[-1]:.3f}"
        for fold in folds
    }
    row = [label_of(line.arm.framework), line.arm.device, str(line.seed)]
    row += [last.get(fold, "-") for fold in range(line.folds)]
    if not _has_a_mean(line, folds):
        return [*row, "", ""]
    curve = mean_over_folds(folds, name)
    best = int(np.nan_to_num(curve, nan=np.inf).argmin())
    return [*row, f"{curve[-1]:.3f}", f"{curve[best]:.3f} ({best + 1})"]


def figure(problem: str, lines: Mapping[Line, list[Crossval]]) -> Chart:
    """A panel per regime, a line per framework: its mean over folds, validation rows."""
    metric = PROBLEMS[problem].metric
    labels = _labels(lines)
    frameworks = {label: line.arm.framework for line, label in labels.items()}
    means = {line: mean_over_folds(own, f"val_{metric}").tolist() for line, own in lines.items()}
    hidden = HIDDEN_EPOCHS if min(map(len, means.values())) > 2 * HIDDEN_EPOCHS else 0
    charts = []
    for regime, members in group_by(lines, lambda line: line.arm.regime).items():
        curves = [
            Curve(label, "training", Band.of([means[line] for line in seeds], hidden))
            for label, seeds in group_by(members, labels.__getitem__).items()
        ]
        charts.append(panel(curves, quantity_title(metric), frameworks, title=of_regime(regime)))
    folds = next(iter(lines)).folds
    caption = phrase("mean over {folds} folds, validation rows", folds=folds)
    if hidden:
        left = phrase("the first {hidden} epochs are not drawn", hidden=hidden)
        caption = chained("; ", [caption, left])
    runs = [fold for own in lines.values() for fold in own]
    return panels(charts, title_of(problem, runs), caption)


def parts(kinds: Mapping[str, list[Record]]) -> Iterator[Part]:
    """K-fold validation: the tables, and the mean over folds by epoch."""
    records = kinds.get("crossval", [])
    if not (lines := by_line(records)):
        return
    tables = fold_sections(records)
    whole = with_a_mean(lines)
    places = group_by(whole, lambda line: (line.arm.problem, line.arm.regime))
    for (problem, regime), members in places.items():
        name = f"val_{PROBLEMS[problem].metric}"
        means = {line: mean_over_folds(whole[line], name) for line in members}
        names = (f"{label_of(line.arm.framework)} seed {line.seed}" for line in means)
        rows = [
            [str(n + 1), *(f"{mean[n]:.4g}" if n < len(mean) else "" for mean in means.values())]
            for n in range(max(map(len, means.values())))
        ]
        title = f"{PROBLEMS[problem].title}: mean over folds by epoch, regime {regime}"
        draw = partial(figure, problem, {line: whole[line] for line in members})
        facts = {"": {"problem": problem, "regime": regime}}
        tables.append(
            Section(title, ("epoch", *names), rows, left=(), draw=draw, long=True, arms=facts)
        )
    yield Part("folds", "K-fold validation", "Each fold is a fresh network.", tables)
