"""What all figures share. A chart is drawn once, with Altair, for files, the docs and the page.

Names of others' making are data in a chart and never a part of an expression; `spec` makes what
would act on a terminal or a reader visible. Altair is imported where a chart is drawn.
"""

from __future__ import annotations

import json
import math
import re
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.records.keys import Record
from benchmarks.show.colours import GREY, colour_of, width_of
from common.atomic import replaced
from common.language import Phrase, phrase, speaks_chinese, tight
from common.problem import Metric, problem_title
from common.visible import visible

# Altair imports jsonschema, and that, where Jupyter is installed, a package that makes 38 grammars
# of addresses first: three quarters of the time. No chart has an address in it
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

Chart = Any
"""An Altair chart, whose classes are not imported before one is drawn."""
PANEL = {"width": 300, "height": 180}  # pixels of a panel without its axes
PIXELS = 1.5  # of a PNG per pixel of the chart
LEGEND = {
    "orient": "bottom",
    "columns": 2,
    "labelLimit": 400,
    "symbolOpacity": 1,
    "symbolStrokeWidth": 3,
}


CHINESE = (
    "Noto Sans CJK SC, Source Han Sans SC, WenQuanYi Zen Hei, Microsoft YaHei, PingFang SC, "
    "Heiti SC, SimHei, sans-serif"
)
"""Fonts of a figure in Chinese; without any of them whichever has its characters is taken."""


def theme(paper: str, ink: str, soft: str, rule: str) -> dict[str, Any]:
    """The configuration of Vega-Lite that all charts share, with these colours as #RRGGBB."""
    quiet = {"labelColor": soft, "titleColor": soft, "titleFontWeight": "normal"}
    return {
        "background": paper,
        "font": "sans-serif",  # in a file Liberation Sans, which vl-convert brings along
        "view": {"stroke": None},
        "axis": {**quiet, "gridColor": rule, "domainColor": soft, "tickColor": soft},
        "legend": {**quiet, "labelColor": ink, **LEGEND},
        "title": {"color": ink, "subtitleColor": soft, "anchor": "start", "fontWeight": "normal"},
        "rule": {"color": ink},
        "text": {"color": ink},
        "point": {"filled": True, "size": 40},
    }


THEMES = {
    "light": theme("#ffffff", "#1d2126", "#59616b", "#e4e6e9"),
    "dark": theme("#15181c", "#e6e8ea", "#a3abb5", "#343a42"),
}


def spec(chart: Chart, *, aloud: bool = False) -> dict[str, Any]:
    """The chart as JSON in Vega-Lite's words, checked by Altair; NaN and infinity are null.

    Aloud its phrases are in the language that is spoken, else in English.
    """
    return {k: v for k, v in as_json(chart.to_dict(), aloud=aloud).items() if k != "config"}


def as_json(value: Any, *, aloud: bool = False) -> Any:
    """The value with NaN and infinity as null, and every text as `visible` has it."""
    if isinstance(value, dict):
        return {as_json(k): as_json(inner, aloud=aloud) for k, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(inner, aloud=aloud) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if aloud and isinstance(value, Phrase):
        return visible(tight(value.spoken))
    return visible(value) if isinstance(value, str) else value


@cache
def draws_chinese() -> bool:
    """Whether a font with Chinese is here: without one, all its characters look alike."""
    import vl_convert

    place = 'xmlns="http://www.w3.org/2000/svg" width="20" height="20"'
    text = f'<svg {place}><text y="16" font-family="sans-serif">{{}}</text></svg>'
    one, other = (vl_convert.svg_to_png(text.format(character)) for character in "中文")
    return bool(one != other)


def save(chart: Chart, stem: Path, *, aloud: bool = True) -> list[Path]:
    """Write the chart as `<stem>.png` and `<stem>.svg`; the same chart gives the same bytes.

    It is English without `aloud`, as beside a page, and where no font here has the language.
    """
    import vl_convert

    svg = picture(chart, aloud=aloud and speaks_chinese() and draws_chinese()).svg
    paths = [stem.with_name(f"{stem.name}.{suffix}") for suffix in ("png", "svg")]
    png = vl_convert.svg_to_png(svg, scale=PIXELS)
    for path, content in zip(paths, (png, svg.encode()), strict=True):
        with replaced(path) as file:
            file.write(content)
    return paths


class Picture(NamedTuple):
    """A figure that a notebook and a page of the docs show without a script and without network."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg


def picture(chart: Chart, *, aloud: bool = False) -> Picture:
    """The chart as SVG, on light paper."""
    import vl_convert

    text, config = json.dumps(spec(chart, aloud=aloud)), dict(THEMES["light"])
    if aloud:
        config["font"] = CHINESE
    svg = vl_convert.vegalite_to_svg(text, config=config, allowed_base_urls=[])
    numbers: dict[str, int] = {}  # Vega counts clips and gradients over all charts of a process
    return Picture(
        re.sub(
            r'(id="|url\(#)([a-z_]+)(\d+)',
            lambda name: f"{name[1]}{name[2]}{numbers.setdefault(name[3], len(numbers))}",
            svg,
        )
    )


def as_name(problem: str) -> str:
    """What a problem's name is in that of a file: anybody's name, it must lead nowhere else."""
    return re.sub(r"[^\w.+-]", "-", problem)[:80]


def title_of(problem: str, runs: Sequence[Record]) -> str:
    """The problem's title, with the source of data that is not the real data files."""
    sources = {str(run.data.source) for run in runs if run.data.notice}
    source = f" - {' and '.join(sorted(sources)).upper()} DATA" if sources else ""
    return problem_title(problem) + source


def quantity_title(quantity: str) -> str:
    """A quantity of a history with its unit."""
    names = {str(metric): metric.full_name for metric in Metric}
    return phrase(names.get(quantity, quantity))


def of_regime(regime: str) -> str:
    """The title of a panel."""
    return phrase("regime: {regime}", regime=regime)


def panels(
    charts: Sequence[Chart], title: str, *below: str, columns: int = 0, share: str = "y"
) -> Chart:
    """Charts under one title, in rows of `columns` (default: all in one).

    The charts of a row share the scale of the axis named by `share`: "x", "y" or "" for none.
    """
    import altair as alt

    columns = columns or len(charts)
    heading = alt.TitleParams(title, subtitle=list(below), offset=12)
    rows = [charts[i : i + columns] for i in range(0, len(charts), columns)]
    resolve: dict[str, Any] = {share: "shared"} if share else {}
    with warnings.catch_warnings():
        # one legend for all panels, and one click on it
        warnings.filterwarnings("ignore", "Automatically deduplicated selection", UserWarning)
        beside = [alt.concat(*row, columns=columns).resolve_scale(**resolve) for row in rows]
        return alt.vconcat(*beside, title=heading)


def data(rows: Iterable[Mapping[str, Any]]) -> Any:
    """Rows that travel in the chart."""
    import altair as alt

    return alt.Data(values=tuple(map(dict, rows)))  # Altair would copy a list with every layer


def names_in(domain: Iterable[Any], values: Iterable[Any]) -> Any:
    """A scale from each name to its value, in this order."""
    import altair as alt

    return alt.Scale(domain=list(domain), range=list(values))


def colour(frameworks: Mapping[str, str], **more: Any) -> Any:
    """The colour of a row by its `name`; `frameworks` has the framework or peer of each name.

    It is grey where that is "". All panels of a figure must be given the same names.
    """
    import altair as alt

    colours = (colour_of(name) if name else GREY for name in frameworks.values())
    return alt.Color("name:N", scale=names_in(frameworks, colours), title=None, **more)


def widths(names: Iterable[str]) -> dict[str, float]:
    """The width of each line: thinner than the one before it, so that equal curves show."""
    names = list(names)
    return {name: width_of(place, len(names)) for place, name in enumerate(names)}


def toggled(chart: Chart) -> Chart:
    """A click on a `name` in the legend fades the others; a click beside it shows all again."""
    import altair as alt

    clicked = alt.selection_point(name="clicked", fields=["name"], bind="legend")
    shade = alt.when(clicked).then(alt.value(1)).otherwise(alt.value(0.1))
    return chart.add_params(clicked).encode(opacity=shade)


def logarithmic(values: Iterable[float | None], **more: Any) -> Any:
    """A logarithmic scale around the values, or a plain one where one of them is not above 0."""
    import altair as alt

    finite = [v for v in values if v is not None and math.isfinite(v)]
    return alt.Scale(type="log" if finite and min(finite) > 0 else "linear", nice=False, **more)


def from_the_least() -> Any:
    """A scale that begins at the least value and not at zero."""
    import altair as alt

    return alt.Scale(zero=False)
