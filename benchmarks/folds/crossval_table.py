"""The records of K-fold validation: a table of folds and the curve of their mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.records.arm import changed, group_by, some_diverged, succeeded
from benchmarks.records.keys import Record
from benchmarks.records.notices import not_real
from benchmarks.show.curves import Band, Curve, panel
from benchmarks.show.figures import NAMES, Chart, panels, save, title_of
from benchmarks.show.part import Part
from benchmarks.show.section import Section
from common.framework import label_of
from common.problem import PROBLEMS
from common.regime import REGIMES

HOW = (
    "Validation mean absolute error in 1,000 $ by fold, after the last epoch; then the mean over "
    "folds after the last epoch, and where that mean is least. The least was chosen by the rows it "
    "is measured on: it flatters."
)
HIDDEN_EPOCHS = 10  # left out of the plot, as in the textbook: they dwarf the rest


class Arm(NamedTuple):
    """What folds must share to be averaged; numbers of two regimes are never set side by side."""

    problem: str
    regime: str
    framework: str
    device: str
    seed: int
    folds: int
    statistics: str  # whose mean and deviation standardise a fold: "all" rows or its "own"
    changes: str


def by_arm(records: Iterable[Record]) -> dict[Arm, list[Record]]:
    """Finished folds by arm, in the order of the folds; an arm may still lack some."""
    folds = succeeded(r for r in records if r.get("kind") == "crossval")
    regimes = list(REGIMES)
    folds.sort(key=lambda r: (regimes.index(r["regime"]), _arm(r), r["fold"]))
    return group_by(folds, _arm)


def with_a_mean(arms: Mapping[Arm, list[Record]]) -> dict[Arm, list[Record]]:
    """Those arms that have one."""
    return {arm: folds for arm, folds in arms.items() if _has_a_mean(arm, folds)}


def _has_a_mean(arm: Arm, folds: list[Record]) -> bool:
    """Every fold is there, and none diverged."""
    return len(folds) == arm.folds and not some_diverged(folds)


def mean_over_folds(folds: list[Record], name: str) -> np.ndarray:
    """The mean over folds of each epoch's value of the history: float64 (epochs,), NaN for null."""
    return np.mean([np.asarray(r["history"][name], dtype=float) for r in folds], axis=0)


def fold_sections(records: Iterable[Record]) -> list[Section]:
    """A table a regime: the last epoch of each fold, and the best and last of their mean curve."""
    records = list(records)
    arms = by_arm(records)
    found = [
        _section({arm: arms[arm] for arm in members})
        for members in group_by(arms, lambda arm: (_title(arm), arm.changes)).values()
    ]
    if found:
        found[0] = replace(found[0], notices=not_real(records))
        found[-1].notes.append(HOW)
    return found


def save_fold_curves(records: Iterable[Record], folder: Path | str) -> list[Path]:
    """Write `crossval-<problem>.png` and `.svg`; the paths of what was written.

    A panel a regime, a line a framework: the mean over folds of the validation metric against the
    epoch, with several seeds their mean and range.
    """
    whole = with_a_mean(by_arm(records))
    paths = []
    for problem, arms in group_by(whole, lambda arm: arm.problem).items():
        chart = figure(problem, {arm: whole[arm] for arm in arms})
        paths += save(chart, Path(folder) / f"crossval-{problem}")
    return paths


def _arm(record: Record) -> Arm:
    changes = (f"{k} = {v}" for k, v in changed(record).items() if k != "folds")
    names = [name for name in Arm._fields if name not in ("statistics", "changes")]
    return Arm(
        **{name: record[name] for name in names},
        statistics=record["fold_statistics"],
        changes=", ".join(changes),
    )


def _title(arm: Arm) -> str:
    """What every row of a table shares; a row is a framework, a device and a seed."""
    parts = [PROBLEMS[arm.problem].title, f"{arm.folds} folds", f"regime: {arm.regime}"]
    if arm.statistics == "own":
        parts.append("standardised by each fold's own rows")
    return ", ".join(parts)


def _labels(arms: Iterable[Arm]) -> dict[Arm, str]:
    """The framework of each arm, and what sets it apart from the other lines of a figure."""
    arms = list(arms)
    told = [
        name
        for name in ("device", "folds", "statistics", "changes")
        if len({getattr(arm, name) for arm in arms}) > 1
    ]
    return {
        arm: ", ".join(
            [label_of(arm.framework), *(f"{name} {getattr(arm, name)}" for name in told)]
        )
        for arm in arms
    }


def _section(arms: dict[Arm, list[Record]]) -> Section:
    some = next(iter(arms))
    names = (f"fold {k}" for k in range(1, some.folds + 1))
    headings = ("framework", "device", "seed", *names, "mean", "best (epoch)")
    rows = [_row(arm, done) for arm, done in arms.items()]
    notes = [f"changed: {some.changes}"] if some.changes else []
    return Section(_title(some), headings, rows, (0, 1), notes)


def _row(arm: Arm, done: list[Record]) -> list[str]:
    name = f"val_{PROBLEMS[arm.problem].metric}"
    last = {
        r["fold"]: "diverged" if r.get("diverged") else f"{mean_over_folds([r], name)[-1]:.3f}"
        for r in done
    }
    row = [label_of(arm.framework), arm.device, str(arm.seed)]
    row += [last.get(fold, "-") for fold in range(arm.folds)]
    if not _has_a_mean(arm, done):
        return [*row, "", ""]
    curve = mean_over_folds(done, name)
    best = int(np.nan_to_num(curve, nan=np.inf).argmin())
    return [*row, f"{curve[-1]:.3f}", f"{curve[best]:.3f} ({best + 1})"]


def figure(problem: str, arms: Mapping[Arm, list[Record]]) -> Chart:
    """A panel per regime, a line per framework: its mean over folds, validation rows."""
    metric = PROBLEMS[problem].metric
    labels = _labels(arms)
    frameworks = {label: arm.framework for arm, label in labels.items()}
    means = {arm: mean_over_folds(folds, f"val_{metric}").tolist() for arm, folds in arms.items()}
    hidden = HIDDEN_EPOCHS if min(map(len, means.values())) > 2 * HIDDEN_EPOCHS else 0
    charts = []
    for regime, members in group_by(arms, lambda arm: arm.regime).items():
        curves = [
            Curve(label, "training", Band.of([means[arm] for arm in seeds], hidden))
            for label, seeds in group_by(members, labels.__getitem__).items()
        ]
        charts.append(panel(curves, NAMES[metric], frameworks, title=f"regime: {regime}"))
    caption = f"mean over {next(iter(arms)).folds} folds, validation rows"
    caption += f"; the first {hidden} epochs are not drawn" if hidden else ""
    runs = [r for folds in arms.values() for r in folds]
    return panels(charts, title_of(problem, runs), caption)


def parts(kinds: Mapping[str, list[Record]]) -> Iterator[Part]:
    """K-fold validation: the tables, and the mean over folds by epoch."""
    records = kinds.get("crossval", [])
    if not (arms := by_arm(records)):
        return
    tables = fold_sections(records)
    whole = with_a_mean(arms)
    for (problem, regime), members in group_by(whole, lambda a: (a.problem, a.regime)).items():
        name = f"val_{PROBLEMS[problem].metric}"
        means = {arm: mean_over_folds(whole[arm], name) for arm in members}
        headings = ("epoch", *(f"{label_of(arm.framework)} seed {arm.seed}" for arm in means))
        rows = [
            [str(n + 1), *(f"{mean[n]:.4g}" if n < len(mean) else "" for mean in means.values())]
            for n in range(max(map(len, means.values())))
        ]
        title = f"{PROBLEMS[problem].title}: mean over folds by epoch, regime {regime}"
        draw = partial(figure, problem, {arm: whole[arm] for arm in members})
        tables.append(Section(title, headings, rows, left=(), draw=draw, long=True))
    yield Part("folds", "K-fold validation", "Each fold is a fresh network.", tables)
