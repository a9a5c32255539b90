"""How far apart two climbs are: a table on the terminal, a heat map and the growth of the error."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.show.colours import GREY, colour_of, width_of
from benchmarks.show.figures import new_figure, save_figure
from benchmarks.show.terminal import plain, print_wide
from benchmarks.statistics.parity import Parity
from common.framework import label_of
from common.trace import Difference

LOWEST, HIGHEST = 1e-9, 1.0  # of the colour scale


def shown(differences: list[Difference]) -> list[Difference]:
    """One line per rung and tensor; all epochs share the lines of their worst loss and metric.

    Of an epoch's weights only the last ones are shown; since no epoch's are judged, no breach is
    left out.
    """
    epochs = [d.rung for d in differences if d.rung.startswith("epoch")]
    last = epochs[-1] if epochs else ""
    lines: dict[tuple[str, str], Difference] = {}
    for d in differences:
        if d.rung.startswith("epoch"):
            if d.tensor.endswith(("/kernel", "/bias")):
                if d.rung != last:
                    continue
            elif last != "epoch 1":
                d = d._replace(rung=f"epoch 1-{last.partition(' ')[2]}")
        key = d.rung, d.tensor
        if key not in lines or _size(d) > _size(lines[key]):
            lines[key] = d
    # the losses of all epochs before the weights of the last
    rungs = list(dict.fromkeys(d.rung for d in lines.values()))
    return sorted(lines.values(), key=lambda d: rungs.index(d.rung))


def _size(d: Difference) -> float:
    return math.inf if math.isnan(d.error) else d.error


def print_parity(parity: Parity, console: Console | None = None) -> None:
    """Print one line per rung and tensor: the error of every pair, and the bound."""
    console = console or Console()
    ladder = parity.ladder
    title = f"{ladder.problem.title}, regime: {ladder.regime.name}, seed {ladder.seed}"
    table = Table(title=plain(title, "bold"), title_justify="left", box=SIMPLE_HEAD, padding=0)
    table.add_column("rung", no_wrap=True)
    table.add_column("tensor", no_wrap=True)
    for one, other in parity.pairs:
        table.add_column(f"{label_of(one)}\n{label_of(other)}", justify="right", no_wrap=True)
    table.add_column("bound", justify="right", no_wrap=True)
    columns = [{(d.rung, d.tensor): d for d in shown(ds)} for ds in parity.pairs.values()]
    keys = list(dict.fromkeys(key for column in columns for key in column))
    rung = ""
    for key in keys:
        differences = [column.get(key) for column in columns]
        limit = next((d.bound for d in differences if d), None)
        table.add_row(
            "" if key[0] == rung else key[0],
            plain(key[1]),
            *map(_cell, differences),
            _limit(limit) + ("*" if limit in parity.raised.values() else ""),
        )
        rung = key[0]
    print_wide(table, console)
    notes = [(f"* {parity.raised_because}", "yellow")] if parity.raised else []
    notes += [(f"NOTE: {parity.notice}", "bold red")] if parity.notice else []
    style = "bold red" if parity.breach() else "green"
    notes.append((f"{ladder.problem.name}: {parity.verdict()}", style))
    for text, style in notes:
        console.print(plain(text, style), soft_wrap=True)


def _limit(bound: float | None) -> str:
    return "not judged" if bound is None else "equal" if bound == 0 else f"{bound:.0e}"


def _cell(d: Difference | None) -> str:
    if d is None:
        return ""
    text = "0" if d.error == 0 else f"{d.error:.0e}" if math.isfinite(d.error) else str(d.error)
    return f"[bold red]{text} ![/]" if d.broken else text


def save_figures(parity: Parity, folder: Path, stem: str) -> list[Path]:
    """Write `<stem>-heat.png`, `<stem>-growth.png` and both as `.svg`; the paths of all four.

    Without the growth where there is no reference to grow away from. Raises ImportError without
    matplotlib.
    """
    heat = save_figure(_heat_map(parity), folder / f"{stem}-heat")
    if not any(parity.growth()):
        return heat
    return [*heat, *save_figure(_growth(parity), folder / f"{stem}-growth")]


def _heat_map(parity: Parity) -> Any:
    """A panel a pair, a row a rung, a column a tensor; breaches are outlined."""
    lines = {pair: shown(differences) for pair, differences in parity.pairs.items()}
    every = [d for ds in lines.values() for d in ds]
    rungs = list(dict.fromkeys(d.rung for d in every))
    tensors = list(dict.fromkeys(d.tensor for d in every))
    figure, axes = new_figure(1, len(lines))
    figure.set_size_inches(2.2 + 0.2 * len(tensors) * len(lines), 2.4 + 0.22 * len(rungs))
    for axis, (pair, differences) in zip(axes[0], lines.items(), strict=True):
        image = _panel(axis, differences, rungs, tensors)
        axis.set_title(" and ".join(map(label_of, pair)), fontsize=9, loc="left")
    axes[0, 0].set_yticks(range(len(rungs)), rungs, fontsize=7)
    bar = figure.colorbar(image, ax=list(axes[0]), fraction=0.03, pad=0.01, extend="both")
    bar.set_label("max|a - b| / max|b|, empty box: equal", fontsize=7)
    figure.suptitle(f"{_title(parity)}: {_short(parity)}", fontsize=10, x=0.01, ha="left")
    return figure


def _panel(axis: Any, differences: list[Difference], rungs: list[str], tensors: list[str]) -> Any:
    from matplotlib.colors import LogNorm
    from matplotlib.patches import Rectangle

    grid = np.full((len(rungs), len(tensors)), np.nan)
    for d in differences:
        at = rungs.index(d.rung), tensors.index(d.tensor)
        error = d.error if math.isfinite(d.error) else HIGHEST
        grid[at] = max(error, LOWEST / 10) if error else np.nan
        edge = "#d40000" if d.broken else "#bbbbbb"
        corner = (at[1] - 0.5, at[0] - 0.5)
        width = 1.8 if d.broken else 0.4
        box = Rectangle(corner, 1, 1, fill=False, edgecolor=edge, linewidth=width)
        axis.add_patch(box).set_zorder(3 if d.broken else 2)
    axis.set_facecolor("white")
    axis.grid(False)
    axis.set_xticks(range(len(tensors)), tensors, rotation=90, fontsize=6)
    norm = LogNorm(LOWEST, HIGHEST)
    return axis.imshow(grid, norm=norm, cmap="viridis_r", aspect="auto", interpolation="none")


def _growth(parity: Parity) -> Any:
    """The largest error of any weight against the step, on two logarithmic scales."""
    figure, axes = new_figure(1, 1)
    figure.set_size_inches(6, 3.8)
    axis = axes[0, 0]
    lines = list(parity.growth())
    for place, (name, steps, errors) in enumerate(lines):
        style = {"color": colour_of(name), "linestyle": "-"}
        if name not in parity.traces:
            style = {"color": GREY, "linestyle": "--"}
        broad = width_of(place, len(lines))
        axis.plot(
            steps,
            errors,
            marker="o",
            markersize=2 + broad,
            linewidth=broad,
            label=label_of(name),
            **style,
        )
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("step")
    axis.set_ylabel("largest error of any weight\nagainst the reference in float64")
    axis.legend()
    figure.suptitle(_title(parity), fontsize=10, x=0.01, ha="left")
    return figure


def _title(parity: Parity) -> str:
    loud = parity.notice.partition(":")[0]
    title = f"{parity.ladder.problem.title}, {parity.ladder.regime.name}"
    return f"{title} - {loud}" if loud else title


def _short(parity: Parity) -> str:
    breach = parity.breach()
    if breach is None:
        return "every rung within its bounds"
    return f"first breach at {breach[1].rung}, {breach[1].tensor}"
