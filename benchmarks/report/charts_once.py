"""Charts of one kind of record each: the ladder's heat map, a walk's waterfall, the roofline."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from benchmarks.records.arm import group_by
from benchmarks.show.colours import BETTER, GREY, WORSE, colour_of
from benchmarks.show.html.charts import LOG, axis, figure, shown
from benchmarks.show.html.part import Figure
from benchmarks.speed.limit import Reached
from common.framework import label_of

# over its bound an error turns from blue to orange
WITHIN_TO_OVER = ((0, "#eef4fb"), (0.8, "#6aaede"), (0.8, "#D55E00"), (1, "#7a3300"))
LEAST, MOST = -4, 1  # powers of ten of an error over its bound, the ends of that scale


def heat(
    z: Sequence[Sequence[float | None]], rows: Sequence[str], columns: Sequence[str]
) -> Figure:
    """Errors over their bounds, as powers of ten: blue within the bound, orange over it."""
    ticks = range(LEAST, MOST + 1)
    trace = {
        "type": "heatmap",
        "z": [[None if v is None else min(max(v, LEAST), MOST) for v in row] for row in z],
        "x": [shown(c).replace(": ", "<br>", 1).replace(" and ", "<br>and ") for c in columns],
        "y": list(map(shown, rows)),
        "zmin": LEAST,
        "zmax": MOST,
        "colorscale": WITHIN_TO_OVER,
        "xgap": 2,
        "ygap": 2,
        "text": [["" if v is None else f"{10**v:.2g}" for v in row] for row in z],
        "texttemplate": "%{text}",
        "hovertemplate": "%{x}, %{y}: %{text} of the bound",
        "colorbar": {
            "title": {"text": "error / bound", "side": "top", "font": {"size": 12}},
            "orientation": "h",
            "thickness": 10,
            "y": 1.02,
            "yanchor": "bottom",
            "tickvals": list(ticks),
            "ticktext": [f"{10.0**t:g}" for t in ticks],
        },
    }
    axes = {"xaxis": axis(""), "yaxis": axis("", autorange="reversed", type="category")}
    return figure([trace], 220 + 28 * len(rows), **axes)


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
    # intervals of few seeds are so wide that no bar would be seen beside them
    pad = 0.6 * (max(values) - min(values)) or 0.01
    xaxis = axis(title, range=[min(values) - pad, max(values) + pad])
    yaxis = axis("", autorange="reversed", type="category")
    return figure([bars_, reach], 110 + 26 * len(steps), xaxis=xaxis, yaxis=yaxis)


def roofline(found: Sequence[Reached]) -> Figure:
    """Each arm of `benchmarks.speed.limit.reached` below the roofs of its framework."""
    traces: list[dict[str, Any]] = []
    by_problem = group_by(found, lambda arm: arm.problem)
    best = [max(arms, key=lambda arm: arm.achieved) for arms in by_problem.values()]
    ends = [min(arm.intensity for arm in found) / 2, max(arm.intensity for arm in found) * 4]
    for name, arms in group_by(found, lambda arm: arm.framework).items():
        top, feed, colour = arms[0].flops, arms[0].bandwidth, colour_of(name)
        xs = sorted({*ends, *(x for x in [top / feed] if ends[0] < x < ends[1])})
        roof = {"x": xs, "y": [min(top, x * feed) / 1e9 for x in xs], "mode": "lines"}
        line = {"color": colour, "width": 1.5}
        traces.append({**roof, "line": line, "name": shown(f"roof by {label_of(name)}")})
        for regime, same in group_by(arms, lambda arm: arm.regime).items():
            symbol = "circle" if regime == "tuned" else "x"
            traces.append(
                {
                    "x": [arm.intensity for arm in same],
                    "y": [arm.achieved / 1e9 for arm in same],
                    "text": [shown(arm.problem) if arm in best else "" for arm in same],
                    "mode": "markers+text",
                    "textposition": "top center",
                    "marker": {"color": colour, "size": 9, "symbol": symbol},
                    "name": shown(f"{label_of(name)}, {regime}"),
                    "customdata": [shown(arm.problem) for arm in same],
                    "hovertemplate": "%{customdata}: %{y:.3g} GFLOP/s",
                }
            )
    return figure(traces, 420, xaxis=axis("flop a byte", **LOG), yaxis=axis("GFLOP/s", **LOG))
