"""Charts that several questions draw: lines, estimates with their intervals, parts of a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any, NamedTuple

from benchmarks.show.colours import GREY, STACK
from benchmarks.show.figures import (
    PANEL,
    Chart,
    colour,
    data,
    logarithmic,
    names_in,
    toggled,
    widths,
)


class Line(NamedTuple):
    """Points of one arm that a line goes through."""

    name: str
    framework: str
    x: Sequence[float]
    y: Sequence[float]
    dashed: bool = False


def lines(
    drawn: Sequence[Line],
    x: str,
    y: str,
    *,
    frameworks: Mapping[str, str] | None = None,
    ticks: Sequence[float] = (),
) -> Chart:
    """Lines with a point at each value, on two logarithmic scales; `x` and `y` are titles.

    A value that is not above 0 is left out. `frameworks` is as for `colour`, default: of these
    lines. `ticks` are the places on the x axis; default: powers of ten.
    """
    import altair as alt

    frameworks = frameworks or {line.name: line.framework for line in drawn}
    width = widths(frameworks)
    rows: list[dict[str, Any]] = [
        {
            "name": line.name,
            "x": float(a),
            "y": float(b) if b > 0 else None,
            "dashed": line.dashed,
            "width": width[line.name],
        }
        for line in drawn
        for a, b in zip(line.x, line.y, strict=True)
    ]
    axis = alt.Axis(values=list(ticks), format="~g") if ticks else alt.Axis(format="~g")
    base = alt.Chart(data(rows)).encode(
        x=alt.X("x:Q", title=x, scale=logarithmic(row["x"] for row in rows), axis=axis),
        y=alt.Y("y:Q", title=y, scale=logarithmic(row["y"] for row in rows)),
        color=colour(frameworks),
        tooltip=["name:N", "x:Q", alt.Tooltip("y:Q", format=".4~g")],
    )
    dashes = names_in((False, True), ([1, 0], [5, 4]))
    line = toggled(base.mark_line()).encode(
        strokeDash=alt.StrokeDash("dashed:N", scale=dashes, legend=None),
        strokeWidth=alt.StrokeWidth("width:Q", scale=None),
    )
    return (line + base.mark_point()).properties(**PANEL)


class Estimate(NamedTuple):
    """A value and its interval, which may be missing; `row` is its place, `name` its legend."""

    row: str
    name: str
    framework: str
    value: float
    low: float | None = None
    high: float | None = None


def estimates(
    drawn: Sequence[Estimate], title: str, *, at: float, reach: float = 0.0, log: bool = False
) -> Chart:
    """A dot per row with its interval; a line `at` no difference, a band of `reach` around it."""
    import altair as alt

    rows = [e._asdict() for e in drawn]
    ends = [at - reach, at + reach, *(v for e in drawn for v in e[3:] if v is not None)]
    scale = logarithmic(ends) if log else alt.Scale(zero=False)
    x, y = alt.X("value:Q", title=title, scale=scale), alt.Y("row:N", title=None, sort=None)
    base = alt.Chart(data(rows)).encode(y=y, color=colour({e.name: e.framework for e in drawn}))
    line = alt.Chart(data([{"low": at - reach, "high": at + reach, "value": at}]))
    return (
        line.mark_rect(opacity=0.2, color=GREY).encode(x=alt.X("low:Q", title=title), x2="high:Q")
        + line.mark_rule(strokeDash=[2, 2], color=GREY).encode(x=x)
        + base.mark_rule(strokeWidth=2).encode(x="low:Q", x2="high:Q")
        + base.mark_point(size=70).encode(x=x, tooltip=[f"{k}:{t}" for k, t in _TOLD])
    ).properties(width=PANEL["width"], height=alt.Step(26))


_TOLD = (("row", "N"), ("name", "N"), ("value", "Q"), ("low", "Q"), ("high", "Q"))


def stacks(parts: Mapping[str, Mapping[str, float]], unit: str) -> Chart:
    """A bar per name, made of its parts in their order."""
    import altair as alt

    order = dict.fromkeys(part for own in parts.values() for part in own)
    rows = [
        {"bar": bar, "part": part, "value": value, "place": list(order).index(part)}
        for bar, own in parts.items()
        for part, value in own.items()
    ]
    colours = [colour for _, colour in zip(order, cycle(STACK), strict=False)]
    return (
        alt.Chart(data(rows))
        .mark_bar(stroke=GREY, strokeWidth=0.5)
        .encode(
            x=alt.X("value:Q", title=unit),
            y=alt.Y("bar:N", title=None, sort=None, axis=alt.Axis(labelLimit=240)),
            color=alt.Color("part:N", scale=names_in(order, colours), title=None),
            order="place:Q",
            tooltip=["bar:N", "part:N", alt.Tooltip("value:Q", format=".3~g")],
        )
        .properties(width=PANEL["width"], height=alt.Step(28))
    )
