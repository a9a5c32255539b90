"""The charts of the page: Plotly figures as plain values, from numbers that reports computed.

Text goes through `shown`, since Plotly reads a few HTML tags in labels; colours of paper, ink and
grid are left to the page, which has a light and a dark scheme.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any, NamedTuple

import numpy as np

from benchmarks.records.arm import group_by
from benchmarks.show.colours import GREY, colour_of, width_of
from benchmarks.show.figures import Band
from benchmarks.show.html.part import Figure
from common.install import install_extra
from common.visible import visible

AXES = {"loss": "loss", "accuracy": "accuracy", "mae": "MAE (1,000 $)"}
LOG: dict[str, Any] = {"type": "log", "dtick": "D2", "exponentformat": "none"}
# Paul Tol's light colours: parts of a whole, told apart from frameworks and by the colour-blind
STACK = ("#77AADD", "#EE8866", "#EEDD88", "#44BB99", "#FFAABB", "#99DDFF", "#BBCC33", "#AAAA00")


def shown(text: object) -> str:
    """Text that Plotly shows as it is."""
    return html.escape(visible(text), quote=False)


class Curve(NamedTuple):
    """A quantity by epoch of the runs of one arm; its kind is training, validation or test."""

    label: str
    framework: str
    kind: str
    panel: int
    band: Band


def curves(found: Sequence[Curve], titles: Sequence[str], log: bool) -> Figure:
    """A panel a quantity, one above the other: lines of means, bands from least to most."""
    bands: list[dict[str, Any]] = []
    traces: list[dict[str, Any]] = []
    several = list(dict.fromkeys(curve.label for curve in found))
    for curve in found:
        x, colour = curve.band.epochs.tolist(), colour_of(curve.framework)
        common = {
            "yaxis": "y2" if curve.panel else "y",
            "legendgroup": shown(curve.label),
            "name": shown(curve.label),
        }
        if curve.kind == "training" and not np.array_equal(curve.band.least, curve.band.most):
            edges = [*curve.band.most.tolist(), *curve.band.least.tolist()[::-1]]
            outline = {"x": x + x[::-1], "y": edges, "fill": "toself", "fillcolor": colour}
            quiet = {"opacity": 0.18, "hoverinfo": "skip", "showlegend": False, "mode": "none"}
            bands.append({**common, **outline, **quiet})
        width = 1.5 * width_of(several.index(curve.label), len(several))
        dash = "dash" if curve.kind == "validation" else "solid"
        line = {"color": colour, "width": width, "dash": dash}
        test = curve.kind == "test"
        symbol, size = "diamond" if test else "circle", 5 + 2 * width
        marker = {"color": colour, "symbol": symbol, "size": size}
        traces.append(
            {
                **common,
                "x": x,
                "y": curve.band.mean.tolist(),
                "mode": "markers" if test or len(x) == 1 else "lines",
                "line": line,
                "marker": marker,
                "showlegend": curve.kind == "training" and curve.panel == 0,
                "hovertemplate": f"{curve.kind}, epoch %{{x}}: %{{y:.4g}}",
            }
        )
    scale = LOG if log else {}
    last = max(int(curve.band.epochs[-1]) for curve in found)
    # plotly would put 0.5 between few epochs, and begin at 0
    whole = {"range": [1 - 0.04 * last, 1.04 * last], **({"dtick": 1} if last < 10 else {})}
    return figure(
        [*bands, *traces],
        430,
        xaxis=axis("epoch", anchor="y2", **whole),
        yaxis=axis(titles[0], domain=[0.54, 1], **scale),
        yaxis2=axis(titles[1], domain=[0, 0.46], **scale),
    )


class Amounts(NamedTuple):
    """Numbers of one arm on one problem; `base` is a part of each that is shown paler."""

    problem: str
    label: str
    framework: str
    values: Sequence[float]
    base: float = 0.0


def boxes(found: Sequence[Amounts], unit: str) -> Figure:
    """A box an arm over all its values on a logarithmic scale, grouped by problem."""
    traces = []
    for label, arms in group_by(found, lambda arm: arm.label).items():
        few = max(len(arm.values) for arm in arms) <= 60
        traces.append(
            {
                "type": "box",
                "orientation": "h",
                "name": shown(label),
                "offsetgroup": shown(label),
                "x": [value for arm in arms for value in arm.values],
                "y": [shown(arm.problem) for arm in arms for _ in arm.values],
                "marker": {"color": colour_of(arms[0].framework), "size": 4, "opacity": 0.6},
                "boxpoints": "all" if few else "outliers",
                "pointpos": 0,
                "jitter": 0.5,
            }
        )
    return _grouped(traces, found, axis(unit, **LOG), boxmode="group")


def bars(found: Sequence[Amounts], unit: str) -> Figure:
    """A bar an arm, grouped by problem; the paler part of it is `base`."""
    traces = []
    for label, arms in group_by(found, lambda arm: arm.label).items():
        y, colour = [shown(arm.problem) for arm in arms], colour_of(arms[0].framework)
        common = {"type": "bar", "orientation": "h", "y": y, "offsetgroup": shown(label)}
        common |= {"name": shown(label), "legendgroup": shown(label)}
        pale = {"marker": {"color": colour, "opacity": 0.4}, "showlegend": False}
        over = [arm.values[0] - arm.base for arm in arms]
        bases = [arm.base for arm in arms]
        traces.append({**common, **pale, "x": bases, "hovertemplate": "imports: %{x:,.0f}"})
        whole = {"x": over, "base": bases, "marker": {"color": colour}}
        texts = [f"{arm.values[0]:,.0f}" for arm in arms]
        told = {"customdata": texts, "hovertemplate": "peak: %{customdata}"}
        traces.append({**common, **whole, **told})
    return _grouped(traces, found, axis(unit, rangemode="tozero"), barmode="group")


def _grouped(traces: list, found: Sequence[Amounts], xaxis: dict, **mode: Any) -> Figure:
    height = 110 + 30 * len(found)
    yaxis = axis("", autorange="reversed", categoryarray=[shown(arm.problem) for arm in found])
    return figure(traces, height, xaxis=xaxis, yaxis=yaxis, **mode)


def stacks(found: Mapping[str, Mapping[str, float]], unit: str) -> Figure:
    """A bar a name, made of its parts in their order."""
    parts = list(dict.fromkeys(part for each in found.values() for part in each))
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": shown(part),
            "y": [shown(name) for name in found],
            "x": [each.get(part) for each in found.values()],
            "marker": {"color": colour, "line": {"color": GREY, "width": 0.5}},
            "hovertemplate": f"{shown(part)}: %{{x:.3g}} {unit}",
        }
        for part, colour in zip(parts, cycle(STACK), strict=False)
    ]
    height = 150 + 30 * len(found)
    axes = {"xaxis": axis(unit), "yaxis": axis("", autorange="reversed")}
    return figure(traces, height, barmode="relative", **axes)


class Estimate(NamedTuple):
    """A value and its interval, which may be missing; `name` is its row."""

    name: str
    label: str
    framework: str
    value: float
    low: float | None = None
    high: float | None = None


def estimates(
    found: Sequence[Estimate],
    title: str,
    *,
    at: float,
    reach: float = 0.0,
    log: bool = False,
) -> Figure:
    """A dot a row with its interval; a line `at` no difference, and a band of `reach` around it."""
    traces = [
        {
            "mode": "markers",
            "name": shown(label),
            "x": [e.value for e in same],
            "y": [shown(e.name) for e in same],
            "marker": {
                "size": 9,
                "color": colour_of(same[0].framework) if same[0].framework else GREY,
            },
            "error_x": {
                "array": [0 if e.high is None else e.high - e.value for e in same],
                "arrayminus": [0 if e.low is None else e.value - e.low for e in same],
                "thickness": 2,
            },
            "hovertemplate": "%{y}: %{x:.3g}",
            "showlegend": bool(label),
        }
        for label, same in group_by(found, lambda e: e.label).items()
    ]
    line = {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1}
    shapes = [{**line, "line": {"color": GREY, "width": 1, "dash": "dot"}}]
    if reach:
        ends = {"type": "rect", "x0": at - reach, "x1": at + reach, "fillcolor": GREY}
        shapes.append({**line, **ends, "opacity": 0.18, "line": {"width": 0}, "layer": "below"})
    scale = LOG if log else {}
    if reach:
        seen = [at, *(v for e in found for v in (e.value, e.low, e.high) if v is not None)]
        far = 1.1 * max(1.4 * reach, *(abs(v - at) for v in seen))
        scale = {"range": [at - far, at + far]}
    names = [shown(e.name) for e in found]
    yaxis = axis("", autorange="reversed", categoryarray=names, type="category")
    height = 110 + 28 * len(set(names))
    return figure(traces, height, shapes=shapes, xaxis=axis(title, **scale), yaxis=yaxis)


class Line(NamedTuple):
    """Points of one arm that a line goes through."""

    label: str
    framework: str
    x: Sequence[float]
    y: Sequence[float]
    dash: str = "solid"


def lines(found: Sequence[Line], titles: tuple[str, str], log: str = "") -> Figure:
    """Lines with a marker a point; `log` names the axes that are logarithmic: "", "y" or "xy"."""
    widths = [1.5 * width_of(place, len(found)) for place in range(len(found))]
    traces = [
        {
            "mode": "lines+markers" if len(line.x) < 20 else "lines",
            "name": shown(line.label),
            "x": list(line.x),
            "y": [None if math.isnan(value) else value for value in line.y],
            "line": {"color": colour_of(line.framework), "dash": line.dash, "width": width},
            "marker": {"size": 3 + 2 * width},
            "hovertemplate": "%{x}: %{y:.4g}",
        }
        for line, width in zip(found, widths, strict=True)
    ]
    scales: dict[str, dict[str, Any]] = dict.fromkeys(log, LOG)
    if "x" in log:
        ticks = sorted({value for line in found for value in line.x})
        scales["x"] = {"type": "log", "tickvals": ticks, "ticktext": [f"{t:g}" for t in ticks]}
    sides = {f"{a}axis": axis(t, **scales.get(a, {})) for a, t in zip("xy", titles, strict=True)}
    return figure(traces, 340, **sides)


def axis(title: str, **more: Any) -> dict[str, Any]:
    words = {"text": title, "standoff": 8, "font": {"size": 12}}
    return {"title": words, "automargin": True, "zeroline": False, **more}


def figure(traces: Sequence[Mapping[str, Any]], height: int, **layout: Any) -> Figure:
    """Checked by Plotly, whose own names of properties these are."""
    try:
        import plotly.graph_objects as go
    except ImportError as error:
        raise ImportError(f"the page needs plotly: {install_extra('report')}") from error
    calm = {
        "template": "none",
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "dragmode": False,
        "hovermode": "closest",
        "font": {"size": 12},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "xanchor": "left"},
    }
    return json.loads(go.Figure(data=list(traces), layout={**calm, **layout}).to_json())
