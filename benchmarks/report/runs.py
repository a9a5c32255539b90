"""The parts of a report that come from whole training runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from statistics import median

import numpy as np

from benchmarks.records.arm import clocks, group_by, metric_of, succeeded, timed
from benchmarks.records.keys import Record
from benchmarks.show import run_table
from benchmarks.show.figures import Band, labels, line_of, title_of
from benchmarks.show.html import charts
from benchmarks.show.html.charts import Amounts, Curve, Estimate
from benchmarks.show.html.part import Block, Draw, Part, Said
from benchmarks.show.section import Section
from benchmarks.show.wording import number, sentence
from benchmarks.statistics.verdict import Comparison, Plan, comparisons
from benchmarks.study.verdict_table import verdict_sections
from common.framework import label_of

MIB = 2**20


def verdicts(runs: list[Record], plan: Plan) -> Iterator[Part]:
    """The sentences on each pair of frameworks, and the tables that they come from."""
    found = comparisons(runs, plan)
    if not found:
        return
    said = [Said(sentence(pair), pair.notes) for pair in found]
    blocks = [
        Block(*_margins(regime, pairs))
        for regime, pairs in group_by(found, lambda pair: pair.regime).items()
        if any(_over_margin(pair) for pair in pairs)
    ]
    sentences = {each.sentence for each in said}
    for table in verdict_sections(runs, plan):
        if table.rows:
            notes = [note for note in table.notes if note not in sentences]
            blocks.append(Block(replace(table, notes=notes), folded=True))
    yield Part(
        "verdicts",
        "What the records let us say",
        "In the words and at the margins that the protocol fixed before the first run.",
        blocks,
        said,
    )


def _margins(regime: str, pairs: list[Comparison]) -> tuple[Section, Draw]:
    """The differences of all problems on one scale: that of their margins."""
    found = [each for pair in pairs if (each := _over_margin(pair))]
    section = Section(
        f"Difference over the margin, regime {regime}",
        ("problem", "difference", "over the margin", "90 % interval"),
        [[e.name, e.label, f"{e.value:+.2f}", f"{e.low:+.2f} to {e.high:+.2f}"] for e in found],
        left=(0, 1),
        notes=["equivalent: the whole interval lies between -1 and 1, in the chart the grey band"],
    )
    return section, partial(charts.estimates, found, "difference / margin", at=0, reach=1)


def _over_margin(pair: Comparison) -> Estimate | None:
    """The difference of the test metrics and its 90 % interval, in margins; None without one."""
    metric = pair.metric
    if metric is None or not metric.margin or metric.narrow.low is None:
        return None
    mean, low, high = (float(bound or 0) / metric.margin for bound in metric.narrow)
    where = f"{pair.problem} ({pair.device})"
    return Estimate(
        where, f"{label_of(pair.second)} less {label_of(pair.first)}", "", mean, low, high
    )


def table(runs: list[Record]) -> Iterator[Part]:
    """The comparison: a table a regime, a row an arm."""
    if sections := run_table.sections(runs):
        yield Part(
            "comparison",
            "Every run, side by side",
            "Each regime has a table of its own: numbers of two regimes never stand in one column.",
            [Block(section) for section in sections],
            filtered=True,
        )


def learning(runs: list[Record]) -> Iterator[Part]:
    """Curves of loss and metric: a chart a problem and regime."""
    runs = [run for run in runs if run.get("history") and not run.get("error")]
    blocks = []
    # the regimes of one problem beside each other
    by_problem = group_by(runs, lambda r: r["problem"]).values()
    ordered = [run for same in by_problem for run in same]
    for (problem, regime), same in group_by(ordered, _problem_and_regime).items():
        quantities = ("loss", metric_of(same[0]))
        found = list(_curves(same, quantities))
        title = f"{title_of(problem, same)}, regime {regime}"
        log = quantities[1] == "mae"
        draw = partial(charts.curves, found, [charts.AXES[q] for q in quantities], log)
        blocks.append(Block(_by_epoch(title, found, quantities), draw, long=True))
    if blocks:
        yield Part(
            "learning",
            "How they learn",
            "Solid lines are training rows, dashed ones validation rows, a diamond the test rows "
            "after the last epoch; means over seeds. The band reaches from the least to the most "
            "of the training curves.",
            blocks,
        )


def _problem_and_regime(run: Record) -> tuple[str, str]:
    return run["problem"], run["regime"]


def _curves(runs: list[Record], quantities: tuple[str, str]) -> Iterator[Curve]:
    names = labels(runs)
    for line, same in group_by(runs, line_of).items():
        for panel, quantity in enumerate(quantities):
            about = (names[line], same[0]["framework"])
            last = 0
            for kind, name in (("training", quantity), ("validation", f"val_{quantity}")):
                histories = [r["history"][name] for r in same if r["history"].get(name)]
                if histories:
                    band = Band.of(histories)
                    last = max(last, len(band.epochs))
                    yield Curve(*about, kind, panel, band)
            tests = [(r.get("metrics") or {}).get(quantity) for r in same]
            if last and (known := [value for value in tests if value is not None]):
                band = Band.of([[value] for value in known])._replace(epochs=np.array([last]))
                yield Curve(*about, "test", panel, band)


def _by_epoch(title: str, found: list[Curve], quantities: tuple[str, str]) -> Section:
    names = [f"{c.label} {c.kind} {quantities[c.panel]}" for c in found]
    epochs = sorted({int(epoch) for curve in found for epoch in curve.band.epochs})
    columns = [dict(zip(c.band.epochs.tolist(), _texts(c.band), strict=True)) for c in found]
    rows = [[str(epoch), *(column.get(epoch, "") for column in columns)] for epoch in epochs]
    note = "means over seeds; in brackets the least and the most"
    return Section(title, ("epoch", *names), rows, left=(), notes=[note])


def _texts(band: Band) -> list[str]:
    return [
        f"{mean:.4g}" + ("" if least == most else f" [{least:.4g}, {most:.4g}]")
        for mean, least, most in zip(*band[1:], strict=True)
    ]


def times(runs: list[Record]) -> Iterator[Part]:
    """Epoch times, a box an arm, a chart a regime."""
    blocks = []
    for regime, same in _by_regime(timed(runs)):
        rows, found = [], []
        for about, arm in _arms(same):
            processes = clocks(arm, "epoch_seconds")
            values = [1e3 * seconds for process in processes for seconds in process]
            if not values:
                continue
            found.append(Amounts(*about, values))
            five = (number(v) for v in np.quantile(values, (0, 0.25, 0.5, 0.75, 1)))
            rows.append([*about[:2], str(len(processes)), str(len(values)), *five])
        if found:
            five_names = ("least", "25 %", "median", "75 %", "most")
            headings = ("problem", "arm", "processes", "epochs", *five_names)
            title = f"Milliseconds of an epoch, regime {regime}"
            draw = partial(charts.boxes, found, "ms (logarithmic)")
            blocks.append(Block(Section(title, headings, rows, (0, 1)), draw))
    if blocks:
        yield Part(
            "times",
            "How long an epoch takes",
            "All epochs of all processes but each one's first, training alone: the box holds half "
            "of them, its line is the median.",
            blocks,
        )


def memory(runs: list[Record]) -> Iterator[Part]:
    """Peak memory and that of the bare imports, a chart a regime."""
    blocks = []
    for regime, same in _by_regime(run for run in runs if run.get("trained_together", 1) <= 1):
        rows, found = [], []
        for about, arm in _arms(same):
            peaks, imports = (
                [run[name] / MIB for run in arm if run.get(name)]
                for name in ("peak_rss_bytes", "import_rss_bytes")
            )
            if not peaks:
                continue
            base = median(imports) if imports else 0.0
            found.append(Amounts(*about, [median(peaks)], base))
            rows.append([*about[:2], number(median(peaks)), number(base or None), str(len(peaks))])
        if found:
            headings = ("problem", "arm", "peak (MiB)", "imports alone (MiB)", "processes")
            title = f"Peak memory of the process, regime {regime}"
            draw = partial(charts.bars, found, "MiB")
            blocks.append(Block(Section(title, headings, rows, (0, 1)), draw))
    if blocks:
        text = "Medians over processes; the paler part is what the imports alone take."
        yield Part("memory", "How much memory", text, blocks)


def stages(runs: list[Record]) -> Iterator[Part]:
    """Where the time of a whole run goes, a chart a regime."""
    blocks = []
    for regime, same in _by_regime(run for run in timed(runs) if run.get("stages")):
        found = {}
        for (problem, label, _), arm in _arms(same):
            names = dict.fromkeys(name for run in arm for name in run["stages"])
            found[f"{problem}, {label}"] = {
                name: median(run["stages"].get(name, 0.0) for run in arm) for name in names
            }
        parts = list(dict.fromkeys(name for each in found.values() for name in each))
        rows = [
            [arm, *(number(each.get(part)) for part in parts), number(sum(each.values()))]
            for arm, each in found.items()
        ]
        title = f"Seconds of a whole run, regime {regime}"
        section = Section(title, ("run", *parts, "sum"), rows)
        blocks.append(Block(section, partial(charts.stacks, found, "seconds")))
    if blocks:
        yield Part(
            "stages",
            "Where a whole run's time goes",
            "From the start of the process to the test metric: medians over processes.",
            blocks,
        )


def failures(runs: list[Record]) -> Iterator[Part]:
    """What did not finish, and why."""
    failed = [run for run in runs if run.get("error")]
    if failed:
        names = ("problem", "framework", "regime", "device", "seed")
        rows = [
            [
                *(label_of(str(run.get(name, ""))) for name in names),
                f"{run['error'].get('kind')}: {run['error'].get('message')}",
            ]
            for run in failed
        ]
        section = Section("Runs that failed", (*names, "error"), rows, left=(0, 1, 2, 3, 5))
        text = "The same command runs these again, and no others."
        yield Part("failures", "What failed", text, [Block(section)])


def _by_regime(runs: Iterable[Record]) -> Iterable[tuple[str, list[Record]]]:
    finished = succeeded(runs)
    return group_by(finished, lambda run: run["regime"]).items()


def _arms(runs: list[Record]) -> Iterator[tuple[tuple[str, str, str], list[Record]]]:
    """The runs of each arm, with its problem, its name in a legend and its framework."""
    names = labels(runs)
    for line, same in group_by(runs, line_of).items():
        yield (same[0]["problem"], names[line], same[0]["framework"]), same
