"""The parts of a report that come from whole training runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from benchmarks.records.arm import (
    clocks,
    group_by,
    metric_of,
    succeeded,
    timed,
)
from benchmarks.records.keys import ARM, Record
from benchmarks.show import curves, run_table
from benchmarks.show.charts import stacks
from benchmarks.show.colours import GREY
from benchmarks.show.curves import Band
from benchmarks.show.figures import PANEL, Chart, colour, data, logarithmic, title_of
from benchmarks.show.part import Part
from benchmarks.show.section import Section
from benchmarks.show.wording import number
from benchmarks.statistics.compared import Compared, Kinds
from common.framework import label_of

MIB = 2**20


def parts(kinds: Kinds) -> Iterator[Part]:
    """The parts of whole runs, and what failed of any kind."""
    runs = kinds.compared.runs
    yield from table(kinds.compared)
    yield from failures([record for records in kinds.values() for record in records])
    for part in (learning, times, memory, stages):
        yield from part(runs)


def table(compared: Compared) -> Iterator[Part]:
    """The comparison: a table per regime, a row per arm."""
    if sections := run_table.sections(compared):
        yield Part(
            "comparison",
            "Every run, side by side",
            "Each regime has a table of its own: numbers of two regimes never stand in one column.",
            sections,
            filtered=True,
        )


def learning(runs: list[Record]) -> Iterator[Part]:
    """Curves of loss and metric: a figure per problem and regime."""
    by_problem = group_by(curves.with_history(runs), lambda run: run.problem)
    groups = [
        (problem, regime, same)
        for problem, of_problem in by_problem.items()
        for regime, same in group_by(of_problem, lambda run: run.regime).items()
    ]
    if groups:
        yield Part(
            "learning",
            "How they learn",
            "Solid lines are training rows, dashed ones validation rows, a diamond the test rows "
            "after the last epoch; means over seeds. A band reaches from the least to the most.",
            [_by_epoch(*group) for group in groups],
        )


def _by_epoch(problem: str, regime: str, runs: list[Record]) -> Section:
    names = curves.labels(runs)
    arms = {
        names[line]: {**_facts(own[0]), "seconds": curves.seconds_of(own)}
        for line, own in group_by(runs, curves.line_of).items()
    }
    cells: dict[str, dict[tuple[str, int], str]] = {}  # by column, arm and epoch
    for quantity in ("loss", metric_of(runs[0])):
        for curve in curves.curves_of(runs, quantity, names):
            column = cells.setdefault(f"{curve.kind} {quantity}", {})
            for epoch, text in zip(curve.band.epochs.tolist(), _texts(curve.band), strict=True):
                column[curve.name, epoch] = text
    ends = {
        (n, i): f"{end:g}" for n, arm in arms.items() for i, end in enumerate(arm["seconds"], 1)
    }
    order = list(arms)
    places = {place for of in cells.values() for place in of}
    rows = sorted(places, key=lambda place: (order.index(place[0]), place[1]))
    cells |= {"seconds": ends} if ends else {}
    return Section(
        f"{title_of(problem, runs)}, regime {regime}",
        ("arm", "epoch", *cells),
        [[name, str(n), *(of.get((name, n), "") for of in cells.values())] for name, n in rows],
        notes=[
            "means over seeds; in brackets the least and the most",
            "seconds of training until the end of the epoch: medians over the processes that had "
            "the machine to themselves; an arm without one has none",
        ],
        draw=partial(curves.figure, problem, runs) if rows else None,
        long=True,
        arms=arms,
    )


def _facts(run: Record) -> dict[str, Any]:
    """What the page's filters ask of a mark."""
    facts = {"problem": run.problem, "framework": label_of(run.framework)}
    return {**facts, "regime": run.regime, "device": run.device}


def _texts(band: Band) -> list[str]:
    return [
        f"{mean:.4g}" + ("" if least == most else f" [{least:.4g}, {most:.4g}]")
        for mean, least, most in zip(*band[1:], strict=True)
    ]


def times(runs: list[Record]) -> Iterator[Part]:
    """Epoch times, a box per arm, a figure per regime."""
    sections = []
    for regime, same in _by_regime(timed(runs)):
        rows, boxes = [], []
        for about, arm in _arms(same):
            processes = clocks(arm, "epoch_seconds")
            values = [1e3 * seconds for process in processes for seconds in process]
            if not values:
                continue
            five = np.quantile(values, (0, 0.25, 0.5, 0.75, 1)).tolist()
            boxes.append(about | dict(zip(FIVE, five, strict=True)))
            sizes = (str(len(processes)), str(len(values)))
            rows.append([about["problem"], about["name"], *sizes, *map(number, five)])
        if rows:
            headings = ("problem", "arm", "processes", "epochs", *FIVE)
            title = f"Milliseconds of an epoch, regime {regime}"
            draw, arms = partial(_boxes, boxes), _by_name(same)
            sections.append(Section(title, headings, rows, (0, 1), draw=draw, arms=arms))
    if sections:
        yield Part(
            "times",
            "How long an epoch takes",
            "All epochs of all processes but each one's first, training alone: the box holds half "
            "of them, the line in it is the median, the thin one reaches from least to most.",
            sections,
        )


FIVE = ("least", "25 %", "median", "75 %", "most")


def _boxes(rows: list[dict[str, Any]]) -> Chart:
    import altair as alt

    scale = logarithmic(row[end] for row in rows for end in ("least", "most"))
    x = {name: alt.X(f"{name}:Q", title="ms (logarithmic)", scale=scale) for name in FIVE}
    base = _by_arm(rows).encode(tooltip=["name:N", *(f"{name}:Q" for name in FIVE)])
    return (
        base.mark_rule().encode(x=x["least"], x2="most:Q")
        + base.mark_bar(height=12).encode(x=x["25 %"], x2="75 %:Q")
        + base.mark_tick(thickness=2, height=16, color="black").encode(
            x=x["median"], color=alt.value(GREY)
        )
    )


def _by_arm(rows: list[dict[str, Any]]) -> Chart:
    """Rows of arms, grouped by problem."""
    import altair as alt

    frameworks = {row["name"]: row["framework"] for row in rows}
    problems = alt.Scale(domain=list(dict.fromkeys(row["problem"] for row in rows)))
    chart = alt.Chart(data(rows), height=alt.Step(22, **{"for": "offset"}), width=PANEL["width"])
    return chart.encode(
        y=alt.Y("problem:N", title=None, scale=problems),
        yOffset=alt.YOffset("name:N", scale=alt.Scale(domain=list(frameworks))),
        color=colour(frameworks),
        order=alt.value(0),  # else Vega-Lite sorts bars by an expression with their names in it
    )


def memory(runs: list[Record]) -> Iterator[Part]:
    """Peak memory and that of the bare imports, a figure per regime."""
    sections = []
    for regime, same in _by_regime(run for run in runs if run.trained_together <= 1):
        rows, bars = [], []
        for about, arm in _arms(same):
            peaks, imports = (
                [size / MIB for run in arm if (size := getattr(run, name))]
                for name in ("peak_rss_bytes", "import_rss_bytes")
            )
            if not peaks:
                continue
            peak, base = median(peaks), median(imports) if imports else 0.0
            bars.append(about | {"peak": peak, "imports": base})
            sizes = (number(peak), number(base or None), str(len(peaks)))
            rows.append([about["problem"], about["name"], *sizes])
        if rows:
            headings = ("problem", "arm", "peak (MiB)", "imports alone (MiB)", "processes")
            title = f"Peak memory of the process, regime {regime}"
            draw, arms = partial(_bars, bars), _by_name(same)
            sections.append(Section(title, headings, rows, (0, 1), draw=draw, arms=arms))
    if sections:
        text = "Medians over processes; the paler part is what the imports alone take."
        yield Part("memory", "How much memory", text, sections)


def _bars(rows: list[dict[str, Any]]) -> Chart:
    import altair as alt

    sizes = [alt.Tooltip(f"{name}:Q", format=",.0f") for name in ("peak", "imports")]
    base = _by_arm(rows).encode(tooltip=["name:N", *sizes])
    pale = base.mark_bar(opacity=0.4).encode(x=alt.X("imports:Q", title="MiB"))
    return pale + base.mark_bar().encode(x=alt.X("imports:Q", title="MiB"), x2="peak:Q")


def stages(runs: list[Record]) -> Iterator[Part]:
    """Where the time of a whole run goes, a figure per regime."""
    sections = []
    for regime, same in _by_regime(run for run in timed(runs) if run.stages):
        seconds: dict[str, dict[str, float]] = {}
        arms = {}
        for about, arm in _arms(same):
            names = dict.fromkeys(name for run in arm for name in run.stages)
            bar = f"{about['problem']}, {about['name']}"
            seconds[bar] = {
                name: median(run.stages.get(name, 0.0) for run in arm) for name in names
            }
            arms[bar] = _facts(arm[0])
        order = list(dict.fromkeys(stage for of in seconds.values() for stage in of))
        rows = [
            [arm, *(number(of.get(stage)) for stage in order), number(sum(of.values()))]
            for arm, of in seconds.items()
        ]
        title = f"Seconds of a whole run, regime {regime}"
        draw = partial(stacks, seconds, "seconds")
        sections.append(Section(title, ("run", *order, "sum"), rows, draw=draw, arms=arms))
    if sections:
        yield Part(
            "stages",
            "Where a whole run's time goes",
            "From the start of the process to the test metric: medians over processes.",
            sections,
        )


def failures(runs: list[Record]) -> Iterator[Part]:
    """What did not finish, and why."""
    if any(run.error for run in runs):
        rows = [
            [
                *(label_of(str(run.json.get(name, ""))) for name in ARM),
                f"{run.error.kind}: {run.error.message}",
            ]
            for run in runs
            if run.error
        ]
        section = Section("Runs that failed", (*ARM, "error"), rows, left=(0, 1, 2, 3, 5))
        text = "The same command runs these again, and no others."
        yield Part("failures", "What failed", text, [section])


def _by_regime(runs: Iterable[Record]) -> Iterable[tuple[str, list[Record]]]:
    finished = succeeded(runs)
    return group_by(finished, lambda run: run.regime).items()


def _arms(runs: list[Record]) -> Iterator[tuple[dict[str, str], list[Record]]]:
    """The runs of each arm, with its problem, its name in a legend and its framework."""
    names = curves.labels(runs)
    for line, same in group_by(runs, curves.line_of).items():
        about = {"problem": same[0].problem, "name": names[line]}
        yield about | {"framework": same[0].framework}, same


def _by_name(runs: list[Record]) -> dict[str, dict[str, Any]]:
    """The facts of each name in a legend, whose marks say their problem themselves."""
    return {about["name"]: _facts(own[0]) for about, own in _arms(runs)}
