"""The charts of the page: Plotly figures as plain values, from numbers that reports computed.

Text goes through `shown`, since Plotly reads a few HTML tags in labels; colours of paper, ink and
grid are left to the page, which has a light and a dark scheme.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle, pairwise
from typing import Any, NamedTuple

import numpy as np

from benchmarks.report.curves import COLOURS, Band
from benchmarks.report.html.part import Figure
from benchmarks.report.summary import group_by
from common.framework import frameworks

Colours = Mapping[str, str]
GREY = "#888888"  # seen on light and on dark
BETTER, WORSE = "#009E73", "#CC79A7"  # green and purple: no framework's
# Paul Tol's light colours: parts of a whole, told apart from frameworks and by the colour-blind
STACK = ("#77AADD", "#EE8866", "#EEDD88", "#44BB99", "#FFAABB", "#99DDFF", "#BBCC33", "#AAAA00")
# over its bound an error turns from blue to orange
WITHIN_TO_OVER = ((0, "#e3eef9"), (0.8, "#2f7fc1"), (0.8, "#D55E00"), (1, "#7a3300"))
LEAST, MOST = -4, 1  # powers of ten of an error over its bound, the ends of that scale


def colours_of(names: Iterable[str]) -> dict[str, str]:
    """A colour for each name, the same in every chart; frameworks come first."""
    names = set(names)
    order = [*(n for n in frameworks() if n in names), *sorted(names - set(frameworks()))]
    return dict(zip(order, cycle(COLOURS[:-1]), strict=False))  # black is lost on a dark page


def shown(text: object) -> str:
    """Text that Plotly shows as it is."""
    return html.escape(str(text), quote=False)


class Curve(NamedTuple):
    """A quantity by epoch of the runs of one arm; its kind is training, validation or test."""

    label: str
    framework: str
    kind: str
    panel: int
    band: Band


def curves(found: Sequence[Curve], titles: Sequence[str], colours: Colours, log: bool) -> Figure:
    """A panel a quantity, one above the other: lines of means, bands from least to most."""
    traces: list[dict[str, Any]] = []
    several = list(dict.fromkeys(curve.label for curve in found))
    for curve in found:
        x, colour = curve.band.epochs.tolist(), colours[curve.framework]
        common = {
            "yaxis": "y2" if curve.panel else "y",
            "legendgroup": curve.label,
            "name": shown(curve.label),
        }
        if curve.kind == "training" and not np.array_equal(curve.band.least, curve.band.most):
            edges = [*curve.band.most.tolist(), *curve.band.least.tolist()[::-1]]
            outline = {"x": x + x[::-1], "y": edges, "fill": "toself", "fillcolor": colour}
            quiet = {"opacity": 0.18, "hoverinfo": "skip", "showlegend": False, "mode": "none"}
            traces.append({**common, **outline, **quiet})
        broad = curve.label == several[0]  # shows under another that lies exactly on it
        line = {"color": colour, "width": 3 if broad else 1.5}
        line["dash"] = "dash" if curve.kind == "validation" else "solid"
        test = curve.kind == "test"
        marker = {"color": colour, "symbol": "diamond" if test else "circle"}
        marker["size"] = 11 if broad else 7
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
    scale = {"type": "log", "dtick": "D2", "exponentformat": "none"} if log else {}
    return _figure(
        traces,
        430,
        xaxis=_axis("epoch", anchor="y2", rangemode="tozero"),
        yaxis=_axis(titles[0], domain=[0.54, 1], **scale),
        yaxis2=_axis(titles[1], domain=[0, 0.46], **scale),
    )


class Amounts(NamedTuple):
    """Numbers of one arm on one problem; `base` is a part of each that is shown paler."""

    problem: str
    label: str
    framework: str
    values: Sequence[float]
    base: float = 0.0


def boxes(found: Sequence[Amounts], unit: str, colours: Colours) -> Figure:
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
                "marker": {"color": colours[arms[0].framework], "size": 4, "opacity": 0.6},
                "boxpoints": "all" if few else "outliers",
                "pointpos": 0,
                "jitter": 0.5,
            }
        )
    axis = _axis(unit, type="log", dtick="D2", exponentformat="none")
    return _grouped(traces, found, axis, boxmode="group")


def bars(found: Sequence[Amounts], unit: str, colours: Colours) -> Figure:
    """A bar an arm, grouped by problem; the paler part of it is `base`."""
    traces = []
    for label, arms in group_by(found, lambda arm: arm.label).items():
        y, colour = [shown(arm.problem) for arm in arms], colours[arms[0].framework]
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
    return _grouped(traces, found, _axis(unit, rangemode="tozero"), barmode="group")


def _grouped(traces: list, found: Sequence[Amounts], xaxis: dict, **mode: Any) -> Figure:
    height = 110 + 30 * len(found)
    yaxis = _axis("", autorange="reversed", categoryarray=[shown(arm.problem) for arm in found])
    return _figure(traces, height, xaxis=xaxis, yaxis=yaxis, **mode)


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
    axes = {"xaxis": _axis(unit), "yaxis": _axis("", autorange="reversed")}
    return _figure(traces, height, barmode="relative", **axes)


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
    colours: Colours,
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
            "marker": {"size": 9, "color": colours.get(same[0].framework, GREY)},
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
    scale = {"type": "log", "dtick": "D2", "exponentformat": "none"} if log else {}
    names = [shown(e.name) for e in found]
    yaxis = _axis("", autorange="reversed", categoryarray=names, type="category")
    height = 110 + 28 * len(set(names))
    return _figure(traces, height, shapes=shapes, xaxis=_axis(title, **scale), yaxis=yaxis)


class Line(NamedTuple):
    """Points of one arm that a line goes through."""

    label: str
    framework: str
    x: Sequence[float]
    y: Sequence[float]
    dash: str = "solid"


def lines(
    found: Sequence[Line], titles: tuple[str, str], colours: Colours, log: str = ""
) -> Figure:
    """Lines with a marker a point; `log` names the axes that are logarithmic: "", "y" or "xy"."""
    traces = [
        {
            "mode": "lines+markers" if len(line.x) < 20 else "lines",
            "name": shown(line.label),
            "x": list(line.x),
            "y": [None if math.isnan(value) else value for value in line.y],
            "line": {"color": colours[line.framework], "dash": line.dash, "width": 2},
            "hovertemplate": "%{x}: %{y:.4g}",
        }
        for line in found
    ]
    scales = {axis: {"type": "log", "exponentformat": "none", "dtick": "D2"} for axis in log}
    if "x" in log:
        ticks = sorted({value for line in found for value in line.x})
        scales["x"] = {"type": "log", "tickvals": ticks, "ticktext": [f"{t:g}" for t in ticks]}
    axes = {f"{a}axis": _axis(t, **scales.get(a, {})) for a, t in zip("xy", titles, strict=True)}
    return _figure(traces, 340, **axes)


def heat(
    z: Sequence[Sequence[float | None]], rows: Sequence[str], columns: Sequence[str]
) -> Figure:
    """Errors over their bounds, as powers of ten: blue within the bound, orange over it."""
    ticks = range(LEAST, MOST + 1)
    trace = {
        "type": "heatmap",
        "z": [[None if v is None else min(max(v, LEAST), MOST) for v in row] for row in z],
        "x": list(map(shown, columns)),
        "y": list(map(shown, rows)),
        "zmin": LEAST,
        "zmax": MOST,
        "colorscale": WITHIN_TO_OVER,
        "xgap": 2,
        "ygap": 2,
        "customdata": [["-" if v is None else f"{10**v:.2g}" for v in row] for row in z],
        "texttemplate": "%{customdata}" if len(columns) < 10 else "",
        "hovertemplate": "%{x}, %{y}: %{customdata} of the bound",
        "colorbar": {
            "title": {"text": "error / bound", "side": "top"},
            "orientation": "h",
            "thickness": 10,
            "y": 1.02,
            "yanchor": "bottom",
            "tickvals": list(ticks),
            "ticktext": [f"{10.0**t:g}" for t in ticks],
        },
    }
    axes = {"xaxis": _axis(""), "yaxis": _axis("", autorange="reversed", type="category")}
    return _figure([trace], 220 + 28 * len(rows), **axes)


class Bar(NamedTuple):
    """One step of a waterfall: what it leads to, and the interval of what it does."""

    name: str
    after: float
    low: float | None = None
    high: float | None = None


def waterfall(steps: Sequence[Bar], title: str, *, larger_is_better: bool) -> Figure:
    """From the first value, a bar a step, to the last; lines are intervals of the steps."""
    values = [step.after for step in steps]
    effects = [0.0, *(b - a for a, b in pairwise(values))]
    names = [shown(step.name) for step in steps]
    up, down = (BETTER, WORSE) if larger_is_better else (WORSE, BETTER)
    bars_ = {
        "type": "waterfall",
        "orientation": "h",
        "y": names,
        "x": [values[0], *effects[1:-1], 0],
        "measure": ["absolute", *["relative"] * (len(steps) - 2), "total"],
        "increasing": {"marker": {"color": up}},
        "decreasing": {"marker": {"color": down}},
        "totals": {"marker": {"color": GREY}},
        "connector": {"line": {"color": GREY, "width": 0.8}},
        "hovertemplate": "%{y}: %{delta:.4g}",
        "showlegend": False,
    }
    known = [i for i, step in enumerate(steps) if step.low is not None and step.high is not None]
    reach = {
        "mode": "markers",
        "x": [values[i] for i in known],
        "y": [names[i] for i in known],
        "marker": {"size": 1, "color": GREY},
        "error_x": {
            "array": [(steps[i].high or 0) - effects[i] for i in known],
            "arrayminus": [effects[i] - (steps[i].low or 0) for i in known],
            "color": GREY,
            "thickness": 1.5,
            "width": 3,
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }
    ends = [
        value + (bound or 0)
        for i, value in enumerate([values[0], *values[:-1]])
        for bound in (0, effects[i], steps[i].low, steps[i].high)
    ]
    pad = 0.06 * (max(ends) - min(ends)) or 0.01
    xaxis = _axis(title, range=[min(ends) - pad, max(ends) + pad])
    yaxis = _axis("", autorange="reversed", type="category")
    return _figure([bars_, reach], 110 + 26 * len(steps), xaxis=xaxis, yaxis=yaxis)


def roofline(found: Sequence[Any], colours: Colours) -> Figure:
    """Each arm of `benchmarks.limit.reached` below the roofs of its framework."""
    traces: list[dict[str, Any]] = []
    ends = [min(arm.intensity for arm in found) / 2, max(arm.intensity for arm in found) * 4]
    for name, arms in group_by(found, lambda arm: arm.framework).items():
        top, feed, colour = arms[0].flops, arms[0].bandwidth, colours[name]
        xs = sorted({*ends, *(x for x in [top / feed] if ends[0] < x < ends[1])})
        roof = {"x": xs, "y": [min(top, x * feed) / 1e9 for x in xs], "mode": "lines"}
        line = {"color": colour, "width": 1.5}
        traces.append({**roof, "line": line, "name": shown(f"roof by {name}")})
        for regime, same in group_by(arms, lambda arm: arm.regime).items():
            symbol = "circle" if regime == "tuned" else "x"
            traces.append(
                {
                    "x": [arm.intensity for arm in same],
                    "y": [arm.achieved / 1e9 for arm in same],
                    "text": [shown(arm.problem) for arm in same],
                    "mode": "markers+text",
                    "textposition": "top center",
                    "marker": {"color": colour, "size": 9, "symbol": symbol},
                    "name": shown(f"{name}, {regime}"),
                    "hovertemplate": "%{text}: %{y:.3g} GFLOP/s",
                }
            )
    scale = {"type": "log", "exponentformat": "none", "dtick": "D2"}
    axes = {"xaxis": _axis("flop a byte", **scale), "yaxis": _axis("GFLOP/s", **scale)}
    return _figure(traces, 420, **axes)


def _axis(title: str, **more: Any) -> dict[str, Any]:
    words = {"text": title, "standoff": 8}
    return {"title": words, "automargin": True, "zeroline": False, **more}


def _figure(traces: Sequence[Mapping[str, Any]], height: int, **layout: Any) -> Figure:
    """Checked by Plotly, whose own names of properties these are."""
    try:
        import plotly.graph_objects as go
    except ImportError as error:
        raise ImportError('the page needs plotly: pip install "twinbench[report]"') from error
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
