"""The page of a study: what was planned, the tables, and every seed's test metric in a figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from statistics import median, stdev

import numpy as np
from scipy.stats import gaussian_kde

from benchmarks.records.arm import Arm, by_seed, group_by, metric_of, succeeded
from benchmarks.records.keys import Record
from benchmarks.records.notices import provenance
from benchmarks.records.plans import Pilot, Planned
from benchmarks.show import run_table
from benchmarks.show.figures import (
    PANEL,
    Chart,
    as_name,
    colour,
    data,
    of_regime,
    panels,
    quantity_title,
    title_of,
)
from benchmarks.show.section import Section, with_figures
from benchmarks.show.wording import listed, told_apart
from benchmarks.statistics.compared import Compared
from benchmarks.study.declared import unfulfilled
from benchmarks.study.verdict_table import verdict_sections
from common.framework import label_of
from common.language import phrase
from common.say import counted

ENOUGH = 8  # seeds of which the outline of a distribution is drawn
PLANNED = ("problem", "seeds an arm", "margin", "declared", "runs before", "planned from")
Seeds = dict[tuple[str, str, str], dict[int, float]]
SPREAD = ("regime", "framework", "seeds", "least", "median", "most", "sd")


def sections(compared: Compared, plan: Mapping[str, Planned], stem: Path) -> list[Section]:
    """The tables of the page; the figures are written to `<stem>-<problem>.png` and `.svg`."""
    runs = compared.runs
    shown = {run.problem for run in runs}
    declared = {name: entry for name, entry in plan.items() if name in shown}
    tables = [*_planned(runs, declared), *run_table.sections(compared)]
    return [*tables, *verdict_sections(compared), *with_figures(_of_seeds(runs), stem)]


def _planned(runs: list[Record], plan: Mapping[str, Planned]) -> list[Section]:
    rows = [
        [
            name,
            str(planned.seeds),
            f"{planned.margin:g}" if planned.margin else "none",
            planned.declared,
            str(planned.runs_before),
            _origin(planned.pilot),
        ]
        for name, planned in plan.items()
    ]
    early = [
        f"EXPLORATORY, not a verdict of the plan: {sentence}"
        for sentence in unfulfilled(plan, runs)
    ]
    note = "Declared before the first run: two test metrics closer than the margin are equivalent."
    origin = provenance(succeeded(runs))
    return [Section("Plan", PLANNED, rows, notes=[note, *origin], notices=early)]


def _origin(pilot: Pilot | None) -> str:
    """Where the number of seeds came from."""
    if pilot is None:
        return "given"
    hardest = max(pilot.spreads, key=lambda spread: spread.spread, default=None)
    spread = f"sd {hardest.spread:.2g} ({hardest.regime})" if hardest else "one arm"
    return f"pilot: {spread}, {pilot.wanted} wanted"


def _of_seeds(runs: list[Record]) -> Iterator[Section]:
    """A section per problem: a figure of every seed of every arm, and its spread in numbers."""
    for problem, own in group_by(runs, lambda run: run.problem).items():
        if seeds := _seeds(own):
            rows = [
                [regime, name, *_spread(list(values.values()))]
                for (regime, name, _), values in seeds.items()
            ]
            yield Section(
                f"Every seed of {problem}: test {metric_of(own[0]).full_name}",
                SPREAD,
                rows,
                left=(0, 1),
                draw=partial(figure, own, seeds),
                file=as_name(problem),
            )


def _seeds(runs: list[Record]) -> Seeds:
    """The test metric by seed, by regime, name of the arm and framework, of finite numbers alone.

    The name is the framework's, with whatever else sets the arms of its regime apart.
    """
    arms = group_by(succeeded(runs), Arm.of)
    texts = {arm: (arm.device, counted(arm.threads, "thread"), listed(arm.changed)) for arm in arms}
    return {
        (arm.regime, ", ".join([label_of(arm.framework), *apart]), arm.framework): finite
        for arm, apart in told_apart(texts).items()
        if (finite := by_seed(arms[arm]))
    }


def _spread(values: list[float]) -> list[str]:
    digits = 3 if max(values) > 1 else 4
    numbers = (min(values), median(values), max(values), stdev(values) if len(values) > 1 else 0.0)
    return [str(len(values)), *(f"{number:.{digits}f}" for number in numbers)]


def figure(runs: list[Record], seeds: Seeds) -> Chart:
    """A panel per regime, a strip per arm: a point per seed over their shape, and the median."""
    frameworks = {name: framework for _, name, framework in seeds}
    charts = [
        _strips({key[1]: list(seeds[key].values()) for key in keys}, frameworks).properties(
            **PANEL, title=of_regime(regime)
        )
        for regime, keys in group_by(seeds, lambda key: key[0]).items()
    ]
    most = max(map(len, seeds.values()))
    below = phrase(
        "test {metric}; each point a seed, up to {most} per arm; the line is their median",
        metric=quantity_title(metric_of(runs[0])),
        most=most,
    )
    return panels(charts, title_of(runs[0].problem, runs), below)


def _strips(values: dict[str, list[float]], frameworks: dict[str, str]) -> Chart:
    """The values of each name beside each other as far as they would hide each other."""
    import altair as alt

    rows = {
        "points": [
            {"name": name, "value": value, "aside": aside}
            for name, points in values.items()
            for value, aside in zip(points, _jitter(len(points)), strict=True)
        ],
        "medians": [
            {"name": name, "value": median(points), "aside": aside}
            for name, points in values.items()
            for aside in (-0.3, 0.3)
        ],
        "shapes": [
            {"name": name, "value": value, "aside": aside, "place": place}
            for name, points in values.items()
            if len(set(points)) >= ENOUGH
            for place, (aside, value) in enumerate(_outline(points))
        ],
    }
    ys = alt.Y("value:Q", title=None, scale=alt.Scale(zero=False))
    base = alt.Chart().encode(
        x=alt.X(
            "name:N", title=None, scale=alt.Scale(domain=list(values)), axis=alt.Axis(labelAngle=0)
        ),
        xOffset=alt.XOffset("aside:Q", scale=alt.Scale(domain=[-0.5, 0.5])),
        y=ys,
        color=colour(frameworks, legend=None),
    )
    marks = {
        "shapes": base.mark_line(filled=True, fillOpacity=0.18, strokeWidth=0).encode(
            order="place:Q"
        ),
        "points": base.mark_point(size=18, opacity=0.7).encode(tooltip=["name:N", "value:Q"]),
        "medians": base.mark_line(strokeWidth=2),
    }
    return alt.layer(
        *(chart.properties(data=data(rows[name])) for name, chart in marks.items() if rows[name])
    )


def _jitter(number: int) -> np.ndarray:
    """The same for each arm: what two arms share is seen to be the same."""
    return np.random.default_rng(0).uniform(-0.18, 0.18, number)


def _outline(values: list[float]) -> Iterator[tuple[float, float]]:
    """The outline of a Gaussian kernel density, Scott's bandwidth, as (aside, value)."""
    at = np.linspace(min(values), max(values), 60)
    density = gaussian_kde(values)(at)
    wide = 0.4 * density / density.max()
    yield from zip(wide.tolist(), at.tolist(), strict=True)
    yield from zip((-wide[::-1]).tolist(), at[::-1].tolist(), strict=True)
