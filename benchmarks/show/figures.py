"""Curves of loss and metric against the epoch: one figure a problem, every framework in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from benchmarks.records.arm import (
    arm,
    changed,
    data_of,
    group_by,
    metric_of,
    threads,
    training_runs,
)
from benchmarks.records.keys import Record
from benchmarks.show.colours import colour_of, marker_of, width_of
from common.atomic import replaced
from common.framework import label_of
from common.install import install_extra
from common.problem import PROBLEMS
from common.say import counted
from common.task import History

NAMES = {"loss": "loss", "accuracy": "accuracy", "mae": "mean absolute error (1,000 $)"}
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e5e5e5",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.hashsalt": "twinbench",  # else every SVG gets ids of its own and differs from the last
}


def save_curves(records: Iterable[Record], folder: Path | str) -> list[Path]:
    """Write `curves-<problem>.png` and `.svg` for each problem; the paths of what was written.

    Solid lines are training, dashed ones validation, a diamond is the test rows after the last
    epoch; with several seeds a line is their mean and a band reaches from the least to the most.
    The same records give the same bytes. Raises ImportError without matplotlib.
    """
    finished = [r for r in training_runs(records) if not r.get("error") and r.get("history")]
    paths = []
    for problem, runs in group_by(finished, lambda r: r["problem"]).items():
        stem = Path(folder) / f"curves-{as_name(problem)}"
        paths += save_figure(_figure(problem, runs), stem)
    return paths


def as_name(problem: str) -> str:
    """What a problem's name is in that of a file: anybody's name, it must lead nowhere else."""
    return re.sub(r"[^\w.+-]", "-", problem)[:80]


def new_figure(
    rows: int, columns: int, sharey: Literal["row"] | bool = "row"
) -> tuple[Any, np.ndarray]:
    """A matplotlib Figure and its axes (rows, columns), without a window and without pyplot."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(f"the curves need matplotlib: {install_extra('plot')}") from error
    matplotlib.rcParams.update(STYLE)
    figure = Figure(figsize=(1.2 + 3.8 * columns, 0.9 + 2.5 * rows), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, sharex="col", sharey=sharey)


def save_figure(figure: Any, stem: Path) -> list[Path]:
    """Write the figure as `<stem>.png` and `<stem>.svg`, without date or version in them."""
    for text in figure.findobj(lambda part: hasattr(part, "set_parse_math")):
        if text.get_text().count("$") > 1:  # a name is anybody's, and no formula
            text.set_parse_math(False)
    paths = []
    for suffix, empty in (("png", ["Software"]), ("svg", ["Date", "Creator"])):
        paths.append(stem.with_name(f"{stem.name}.{suffix}"))
        with replaced(paths[-1]) as file:
            figure.savefig(file, format=suffix, dpi=150, metadata=dict.fromkeys(empty))
    return paths


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


def draw_line(axes: Any, curves: list[list[float | None]], hidden: int = 0, **style: Any) -> None:
    """Draw the mean of curves, which start at epoch 1, and a band from least to most.

    The first `hidden` epochs are left out.
    """
    band = Band.of(curves, hidden)
    if len(band.epochs) == 1:  # makes no line
        style["marker"] = style.get("marker") or "o"
    axes.plot(band.epochs, band.mean, markevery=0.1, **style)
    if len(curves) > 1:
        edges = (band.epochs, band.least, band.most)
        axes.fill_between(*edges, color=style["color"], alpha=0.15, linewidth=0)


def draw_histories(axes: Any, histories: Mapping[str, History], quantity: str) -> None:
    """Draw what `Task.fit` returned, by framework: solid training, dashed validation.

    Each is thinner than the one before it, so that equal curves are seen to be equal.
    """
    for place, (name, history) in enumerate(histories.items()):
        for rows, key, dashes in (("training", "", "-"), ("validation", "val_", "--")):
            if curve := history.get(f"{key}{quantity}"):
                draw_line(
                    axes,
                    [list(curve)],
                    color=colour_of(name),
                    linestyle=dashes,
                    linewidth=width_of(place, len(histories)),
                    label=f"{label_of(name)}, {rows}",
                )
    axes.set(xlabel="epoch", ylabel=NAMES[quantity])
    axes.xaxis.get_major_locator().set_params(integer=True)


def title_of(problem: str, runs: list[Record]) -> str:
    """The problem's title, with the source of data that is not the real data files."""
    sources = {data_of(r)["source"] for r in runs if data_of(r).get("notice")}
    title = PROBLEMS[problem].title if problem in PROBLEMS else problem
    return title + (f" - {' and '.join(sorted(sources)).upper()} DATA" if sources else "")


def _figure(problem: str, runs: list[Record]) -> Any:
    regimes = group_by(runs, lambda r: r["regime"])
    quantities = ("loss", metric_of(runs[0]))
    figure, axes = new_figure(len(quantities), len(regimes))
    names = labels(runs)
    styles = {names[line]: style for line, style in _styles(list(names)).items()}
    for column, (regime, members) in enumerate(regimes.items()):
        axes[0, column].set_title(f"regime: {regime}", fontsize=9, loc="left")
        axes[-1, column].set_xlabel("epoch")
        for same in group_by(members, line_of).values():
            for row, quantity in enumerate(quantities):
                _draw_arm(axes[row, column], same, quantity, **styles[names[line_of(same[0])]])
    for row, quantity in enumerate(quantities):
        axes[row, 0].set_ylabel(NAMES[quantity])
    _scales(axes, quantities[1])
    figure.align_ylabels()
    figure.suptitle(_heading(problem, runs), fontsize=11, x=0.01, ha="left")
    _legend(figure, styles, runs)
    return figure


def _styles(lines: list[tuple]) -> dict[tuple, dict[str, Any]]:
    """How each line of `line_of` is drawn: by its framework, those of one told apart by markers."""
    frameworks = [line[1] for line in lines]
    return {
        line: {
            "color": colour_of(line[1]),
            "linewidth": width_of(place, len(lines)),
            "marker": marker_of(frameworks, place),
        }
        for place, line in enumerate(lines)
    }


def line_of(record: Record) -> tuple:
    """What runs of one line share: the arm without its regime, and the data."""
    problem, framework, _, *rest = arm(record)
    return (problem, framework, *rest, data_of(record).get("digest"))


def labels(runs: list[Record]) -> dict[tuple, str]:
    """A name for each line: the framework, and whatever else sets the lines apart."""
    parts = {
        line_of(r): (
            r["device"],
            ", ".join(f"{name} = {value}" for name, value in changed(r).items()),
            f"{data_of(r).get('source')} data",
            counted(threads(r), "thread"),
        )
        for r in runs
    }
    told = [i for i in range(4) if len({p[i] for p in parts.values()}) > 1]
    return {
        line: ", ".join([label_of(line[1]), *(p[i] for i in told if p[i])])
        for line, p in parts.items()
    }


def _draw_arm(axes: Any, runs: list[Record], quantity: str, **style: Any) -> None:
    for name, dashes in ((quantity, "-"), (f"val_{quantity}", "--")):
        histories = [r["history"][name] for r in runs if r["history"].get(name)]
        if histories:
            draw_line(axes, histories, linestyle=dashes, **style)
    every = [(r.get("metrics") or {}).get(quantity) for r in runs]  # a curve's end, not a result
    tests = [value for value in every if value is not None]
    if tests:
        last = max(len(r["history"][quantity]) for r in runs)
        size, colour = 4 + style["linewidth"], style["color"]
        axes.plot(last, np.mean(tests), marker="D", markersize=size, color=colour, clip_on=False)


def _scales(axes: np.ndarray, metric: str) -> None:
    if metric == "mae":
        # the first epochs are a hundred times the last ones
        for each in axes.flat:
            logarithmic(each)
    for each in axes.flat:
        each.xaxis.get_major_locator().set_params(integer=True)


def logarithmic(axes: Any) -> None:
    """A logarithmic scale upwards whose labels are plain numbers, of what is drawn above 0."""
    if not np.isfinite(axes.dataLim.minposy):  # a scale of nothing is an error of matplotlib's
        return
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(_few_minor_labels)


def _few_minor_labels(value: float, _: int) -> str:
    """2 and 5 of each decade: all nine would run into each other."""
    return f"{value:g}" if f"{value:e}"[0] in "25" else ""


def _heading(problem: str, runs: list[Record]) -> str:
    seeds = len({r["seed"] for r in runs})
    return title_of(problem, runs) + (f" ({seeds} seeds: mean and range)" if seeds > 1 else "")


def _legend(figure: Any, styles: dict[str, dict[str, Any]], runs: list[Record]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], **style, label=label) for label, style in styles.items()]
    grey: dict[str, Any] = {"color": "#555555"}
    handles.append(Line2D([], [], **grey, label="training"))
    if any(r["history"].get("val_loss") for r in runs):
        handles.append(Line2D([], [], **grey, linestyle="--", label="validation"))
    handles.append(Line2D([], [], **grey, linestyle="", marker="D", markersize=5, label="test"))
    figure.legend(handles=handles, loc="outside lower left", ncols=len(handles))
