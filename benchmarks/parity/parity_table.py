"""How far apart two climbs are: a table on the terminal, a heat map and the growth of the error."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from benchmarks.show.charts import Line, lines
from benchmarks.show.colours import GREY
from benchmarks.show.figures import Chart, data, panels, save
from benchmarks.show.terminal import plain, print_table
from benchmarks.statistics.parity import RAISED_BECAUSE, Parity
from common.framework import label_of
from common.language import aloud, chained, phrase
from common.say import counted
from common.trace import Difference

LEAST, MOST = -4, 1  # powers of ten of an error over its bound, the ends of the colour scale
# over its bound an error turns from blue to orange
WITHIN_TO_OVER = ("#eef4fb", "#6aaede", "#D55E00", "#7a3300")


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


def print_parity(parity: Parity, console: Console | None = None, *, every: bool = False) -> None:
    """Print the verdict, and a line per rung and tensor: the error of every pair, and the bound.

    Lines that are zero for every pair are counted and left out, unless `every` is wanted.
    """
    console = console or Console()
    ladder = parity.ladder
    notes = [(f"NOTE: {parity.notice}", "bold red")] if parity.notice else []
    style = "bold red" if parity.breach() else "bold green"
    with aloud():
        notes.insert(0, (f"{ladder.problem.name}: {parity.verdict()}", style))
    for text, style in notes:
        console.print(plain(text, style), soft_wrap=True)
    columns = [{(d.rung, d.tensor): d for d in shown(ds)} for ds in parity.pairs.values()]
    keys = list(dict.fromkeys(key for column in columns for key in column))
    lines = {key: [column.get(key) for column in columns] for key in keys}
    kept = {key: ds for key, ds in lines.items() if every or any(d and d.error != 0 for d in ds)}
    rows: list[list[str | Text]] = []
    rung = ""
    for key, differences in kept.items():
        limit = next((d.bound for d in differences if d), None)
        raised = "*" if limit in parity.raised.values() else ""
        first = "" if key[0] == rung else key[0]
        rows.append([first, key[1], *map(_cell, differences), _limit(limit) + raised])
        rung = key[0]
    devices = {name.partition(" ")[2] for name in parity.traces}
    alike = f" {devices.pop()}" if len(devices) == 1 else ""
    pairs = ["\n".join(_heading(name.removesuffix(alike)) for name in p) for p in parity.pairs]
    title = f"{ladder.problem.title}, regime: {ladder.regime.name}, seed {ladder.seed}"
    print_table(title, ("rung", "tensor", *pairs, "bound"), rows, (0, 1), console)
    if equal := len(lines) - len(kept):
        lines_of = f"{counted(equal, 'line')} more, equal bit for bit in every pair: --all"
        console.print(plain(f"({lines_of} shows them)"), soft_wrap=True)
    if parity.raised:
        console.print(plain(f"* {RAISED_BECAUSE}", "yellow"), soft_wrap=True)


def _heading(name: str) -> str:
    """Of an arm or the reference, its label in lines that are not long."""
    return label_of(name).replace(" (", "\n(")


def _limit(bound: float | None) -> str:
    return "not judged" if bound is None else "equal" if bound == 0 else f"{bound:.0e}"


def _cell(d: Difference | None) -> str | Text:
    if d is None:
        return ""
    text = "0" if d.error == 0 else f"{d.error:.0e}" if math.isfinite(d.error) else str(d.error)
    return plain(f"{text} !", "bold red") if d.broken else text


def save_figures(parity: Parity, folder: Path, stem: str) -> list[Path]:
    """Write `<stem>-heat.png`, `<stem>-growth.png` and both as `.svg`; the paths of all four.

    Without the growth where there is no reference to grow away from.
    """
    paths = save(heat_map(parity), folder / f"{stem}-heat")
    if grown := growth(parity):
        paths += save(grown, folder / f"{stem}-growth")
    return paths


def heat_map(parity: Parity) -> Chart:
    """A panel per pair, a row per rung, a column per tensor."""
    charts = []
    for pair, differences in parity.pairs.items():
        cells = [(d.rung, d.tensor, d) for d in shown(differences)]
        charts.append(heat(cells).properties(title=chained(" and ", map(label_of, pair))))
    breach = parity.breach()
    short = phrase("every rung within its bounds")
    if breach:
        short = phrase("first breach at {rung}, {tensor}", **breach[1]._asdict())
    below = phrase("error over its bound; grey: not judged, or equal bit for bit")
    return panels(charts, chained(": ", [_title(parity), short]), below, share="")


def heat(cells: Iterable[tuple[str, str, Difference]], *, numbers: bool = False) -> Chart:
    """Errors over their bounds by row and column: blue within the bound, orange over it.

    A cell that is not judged, or whose error is 0, is grey. `numbers` are written into the cells.
    """
    import altair as alt

    rows = [
        {
            "row": row,
            "column": column,
            "tensor": d.tensor,
            "error": f"{d.error:.1e}",
            "bound": _limit(d.bound),
            "share": "" if (share := share_of(d)) is None else f"{share:.2g}",
            "power": _power(share),
        }
        for row, column, d in cells
    ]
    order = {key: list(dict.fromkeys(row[key] for row in rows)) for key in ("row", "column")}
    step = 60 if numbers else 15
    base = alt.Chart(data(rows)).encode(
        x=alt.X("column:N", title=None, scale=alt.Scale(domain=order["column"])),
        y=alt.Y("row:N", title=None, scale=alt.Scale(domain=order["row"])),
        tooltip=[f"{key}:N" for key in ("row", "tensor", "error", "bound", "share")],
    )
    grid = base.mark_rect(color="#e8e8e8")
    scale = alt.Scale(domain=[LEAST, 0, 1e-9, MOST], range=WITHIN_TO_OVER, interpolate="rgb")
    legend = alt.Legend(title=phrase("error / bound, power of ten"), gradientLength=200)
    box = base.mark_rect(stroke=GREY, strokeWidth=0.4).encode(
        color=alt.Color("power:Q", scale=scale, legend=legend)
    )
    text = base.mark_text(fontSize=9, color="#000000").encode(text="share:N")
    chart = grid + box + text if numbers else grid + box
    return chart.properties(width=alt.Step(step), height=alt.Step(20))


def share_of(d: Difference) -> float | None:
    """The error over its bound, infinite where equality was asked for and is not there.

    None where the tensor is not judged.
    """
    if d.bound is None:
        return None
    if d.error == 0:
        return 0.0
    return d.error / d.bound if d.bound and math.isfinite(d.error) else math.inf


def _power(share: float | None) -> float | None:
    if not share:
        return None
    return MOST if math.isinf(share) else min(max(math.log10(share), LEAST), MOST)


def growth(parity: Parity) -> Chart | None:
    """The largest error of any weight against the step; None where no weight was compared."""
    drawn = [
        Line(label_of(name), name if known else "", steps, errors, dashed=not known)
        for name, steps, errors in parity.growth()
        for known in [name in parity.traces]
    ]
    if not drawn:
        return None
    chart = lines(drawn, phrase("step"), phrase("largest error of any weight"))
    return panels([chart], _title(parity), phrase("against the reference in float64"))


def _title(parity: Parity) -> str:
    loud = parity.notice.partition(":")[0]
    title = f"{parity.ladder.problem.title}, {parity.ladder.regime.name}"
    return f"{title} - {loud}" if loud else title
