"""Curves of loss and metric against the epoch, of whole runs and of a lesson's histories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from benchmarks.records.arm import Arm, group_by, metric_of, threads, timed, training_runs
from benchmarks.records.keys import Record
from benchmarks.show.colours import marker_of
from benchmarks.show.figures import (
    PANEL,
    Chart,
    as_name,
    colour,
    data,
    from_the_least,
    logarithmic,
    names_in,
    of_regime,
    panels,
    quantity_title,
    save,
    title_of,
    toggled,
    widths,
)
from benchmarks.show.wording import listed, told_apart
from common.framework import label_of
from common.language import chained, phrase
from common.say import counted
from common.task import History

Line = tuple[Arm, str | None]
LEVELS = ("epoch", "mean", "least", "most")  # the columns of a `Band`
KINDS = {"training": [1, 0], "validation": [5, 3]}  # of rows, and the dashes of their line


class Band(NamedTuple):
    """Of several curves the mean, the least and the most: arrays (epochs,), float64, NaN for null.

    `epochs` has the numbers of the epochs, int64.
    """

    epochs: np.ndarray
    mean: np.ndarray
    least: np.ndarray
    most: np.ndarray

    @classmethod
    def of(cls, curves: Sequence[Sequence[float | None]], hidden: int = 0) -> Band:
        """As long as the shortest curve, without the first `hidden` epochs."""
        shortest = min(map(len, curves))
        values = np.array([curve[hidden:shortest] for curve in curves], dtype=float)
        epochs = np.arange(1 + hidden, 1 + shortest)
        return cls(epochs, values.mean(axis=0), values.min(axis=0), values.max(axis=0))


class Curve(NamedTuple):
    """A quantity by epoch of the runs of one arm; its kind is training, validation or test."""

    name: str
    kind: str
    band: Band


def panel(
    curves: Sequence[Curve],
    quantity: str,
    frameworks: Mapping[str, str],
    *,
    log: bool = False,
    title: str = "",
) -> Chart:
    """Lines of means and bands from least to most; a diamond is the test rows after the last epoch.

    `frameworks` has that of each name in the figure, in the order of the legend. Lines of one
    framework, whose colour is one, are told apart by points.
    """
    import altair as alt

    width_by_name = widths(frameworks)
    rows: list[dict[str, Any]] = [
        {
            "name": c.name,
            "kind": c.kind,
            "width": width_by_name[c.name],
            **dict(zip(LEVELS, map(float, level), strict=True)),
        }
        for c in curves
        for level in zip(*(part.tolist() for part in c.band), strict=True)
    ]
    lengths = Counter((row["name"], row["kind"]) for row in rows)
    of_names = list(frameworks.values())
    markers = {name: marker_of(of_names, place) for place, name in enumerate(frameworks)}
    values = [row[key] for row in rows for key in ("mean", "least")]
    y = alt.Y("mean:Q", title=quantity, scale=logarithmic(values) if log else from_the_least())
    levels = [alt.Tooltip(f"{k}:Q", format=".4~g") for k in LEVELS]
    base = alt.Chart().encode(
        x=_epoch(max(row["epoch"] for row in rows)),
        y=y,
        color=colour(frameworks),
        detail="kind:N",
        tooltip=["name:N", "kind:N", *levels],
    )
    width = alt.StrokeWidth("width:Q", scale=None)
    dashes = alt.StrokeDash("kind:N", scale=names_in(KINDS, KINDS.values()), legend=None)
    band, line = base.mark_area(opacity=0.15), toggled(base.mark_line())
    point, test = base.mark_point(size=30), base.mark_point(shape="diamond", size=70)
    if any(markers.values()):
        shapes = names_in(markers, (marker or "circle" for marker in markers.values()))
        point = point.encode(shape=alt.Shape("name:N", scale=shapes, title=None))
    layers = (
        (band.encode(y=alt.Y("least:Q", title=quantity), y2="most:Q"), _spread),
        (line.encode(strokeDash=dashes, strokeWidth=width), lambda row: True),
        (
            point,  # of a line of one epoch, which is none, and of a framework's second line
            lambda row: (
                lengths[row["name"], row["kind"]] == 1
                or (markers[row["name"]] and row["epoch"] % 3 == 1)
            ),
        ),
    )
    of_epochs = [row for row in rows if row["kind"] != "test"]
    drawn = [(chart, [row for row in of_epochs if wanted(row)]) for chart, wanted in layers]
    drawn.append((test, [row for row in rows if row["kind"] == "test"]))
    charts = [chart.properties(data=data(own)) for chart, own in drawn if own]
    return alt.layer(*charts).properties(**PANEL, title=title)


def _how() -> str:
    return phrase("solid: training rows; dashed: validation rows")


def _epoch(last: float) -> Any:
    import altair as alt

    # tickMinStep is lost where layers are merged
    few: dict[str, Any] = {"values": list(range(1, round(last) + 1))} if last < 10 else {}
    whole = alt.Axis(format="d", **few)
    return alt.X("epoch:Q", title=phrase("epoch"), axis=whole, scale=from_the_least())


def _spread(row: Mapping[str, Any]) -> bool:
    return row["least"] != row["most"]


def curves_of(
    runs: Sequence[Record], quantity: str, names: Mapping[Line, str] | None = None
) -> Iterator[Curve]:
    """Of each arm training, validation and test rows; means over seeds, from least to most.

    `names` are those of `labels`, default: of these runs.
    """
    names = names or labels(runs)
    for line, repetitions in group_by(runs, line_of).items():
        name, last = names[line], 0
        for kind, key in (("training", quantity), ("validation", f"val_{quantity}")):
            if histories := [run.history[key] for run in repetitions if run.history.get(key)]:
                band = Band.of(histories)
                last = max(last, len(band.epochs))
                yield Curve(name, kind, band)
        # a curve's end, not a result: of a run that diverged too
        tests = [run.metrics.get(quantity) for run in repetitions]
        if last and (known := [value for value in tests if value is not None]):
            band = Band.of([[value] for value in known])
            yield Curve(name, "test", band._replace(epochs=np.array([last])))


def seconds_of(runs: Sequence[Record]) -> list[float]:
    """Seconds of training until the end of each epoch, the first and its compilation included.

    Medians over the processes whose clocks may be used, to four digits; [] without any.
    """
    clocks = [run.epoch_seconds for run in timed(runs) if run.epoch_seconds]
    shortest = min(map(len, clocks), default=0)
    if not shortest:
        return []
    ends = np.median([np.cumsum(clock[:shortest]) for clock in clocks], axis=0)
    return [float(f"{end:.4g}") for end in ends]


def figure(problem: str, runs: list[Record]) -> Chart:
    """A column per regime, loss above the metric, a line per arm."""
    regimes = group_by(runs, lambda run: run.regime)
    metric = metric_of(runs[0])
    # the first epochs of an error are a hundred times the last ones
    log = not metric.larger_is_better
    names = labels(runs)
    frameworks = {name: line[0].framework for line, name in names.items()}
    charts = [
        panel(
            list(curves_of(members, quantity, names)),
            quantity_title(quantity),
            frameworks,
            log=log,
            title=title,
        )
        for quantity in ("loss", metric)
        for regime, members in regimes.items()
        for title in [of_regime(regime) if quantity == "loss" else ""]
    ]
    seeds = len({run.seed for run in runs})
    spread = phrase("{seeds} seeds: mean, and a band from least to most", seeds=seeds)
    below = chained("; ", [_how(), phrase("diamond: test rows after the last epoch")])
    return panels(
        charts, title_of(problem, runs), below, *[spread] * (seeds > 1), columns=len(regimes)
    )


def save_curves(records: Iterable[Record], folder: Path | str) -> list[Path]:
    """Write `curves-<problem>.png` and `.svg` for each problem; the paths of what was written."""
    paths = []
    for problem, runs in group_by(with_history(records), lambda run: run.problem).items():
        paths += save(figure(problem, runs), Path(folder) / f"curves-{as_name(problem)}")
    return paths


def with_history(records: Iterable[Record]) -> list[Record]:
    """Training runs that finished and have curves."""
    return [run for run in training_runs(records) if not run.error and run.history]


def draw_histories(
    histories: Mapping[str, History],
    quantities: Sequence[str],
    marks: Mapping[str, int] = MappingProxyType({}),
    title: str = "",
) -> Chart:
    """What `Task.fit` returned, by framework: a panel per quantity, solid training, dashed
    validation. `marks` are epochs at which a line stands, by what is written at it.
    """
    import altair as alt

    last = max(len(curve) for history in histories.values() for curve in history.values())
    marked = alt.Chart(data({"epoch": epoch, "mark": mark} for mark, epoch in marks.items()))
    word = marked.mark_text(angle=270, align="right", baseline="bottom", y=4)
    rule = marked.mark_rule(strokeDash=[2, 2]).encode(x=_epoch(last))
    frameworks = {label_of(name): name for name in histories}
    charts = []
    for quantity in quantities:
        curves = [
            Curve(label_of(name), kind, Band.of([history[key]]))
            for name, history in histories.items()
            for kind, key in (("training", quantity), ("validation", f"val_{quantity}"))
            if history.get(key)
        ]
        lines = panel(curves, quantity_title(quantity), frameworks)
        marks_over = [rule, word.encode(x=_epoch(last), text="mark:N")] * bool(marks)
        charts.append(alt.layer(lines, *marks_over))
    return panels(charts, title, _how(), share="")


def line_of(record: Record) -> Line:
    """What runs of one line share: the arm without its regime, and the digest of the data."""
    return replace(Arm.of(record), regime=""), record.data.digest


def labels(runs: Sequence[Record]) -> dict[Line, str]:
    """A name for each line: the framework, and whatever else sets the lines apart."""
    texts = {
        line_of(run): (
            run.device,
            listed(run.changed.items()),
            f"{run.data.source} data",
            counted(threads(run), "thread"),
        )
        for run in runs
    }
    return {
        line: ", ".join([label_of(line[0].framework), *apart])
        for line, apart in told_apart(texts).items()
    }
