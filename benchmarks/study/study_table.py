"""The page of a study: what was planned, the tables, and every seed's test metric in a figure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from statistics import median, stdev
from typing import Any

import numpy as np

from benchmarks.records.arm import arm, by_seed, group_by, metric_of, succeeded, training_runs
from benchmarks.records.declared import Plan
from benchmarks.records.keys import Record
from benchmarks.records.notices import provenance
from benchmarks.show import run_table
from benchmarks.show.colours import colour_of
from benchmarks.show.figures import NAMES, as_name, new_figure, save_figure, title_of
from benchmarks.show.section import Section, drawn
from benchmarks.study.declared import unfulfilled
from benchmarks.study.verdict_table import verdict_sections
from common.framework import label_of
from common.say import counted

ENOUGH = 8  # seeds of which the outline of a distribution is drawn
PLANNED = ("problem", "seeds an arm", "margin", "declared", "runs before", "planned from")
Seeds = dict[tuple[str, str, str], dict[int, float]]
SPREAD = ("regime", "framework", "seeds", "least", "median", "most", "sd")


def sections(records: Iterable[Record], plan: Plan, stem: Path) -> list[Section]:
    """The tables of the page; the figures are written as `<stem>-<problem>.png` and `.svg`."""
    runs = training_runs(records)
    shown = {run["problem"] for run in runs}
    declared = {name: entry for name, entry in plan.items() if name in shown}
    verdicts = verdict_sections(runs, declared)
    tables = [*_planned(runs, declared), *run_table.sections(runs), *verdicts]
    return [*tables, *_figures(runs, stem)]


def _planned(runs: list[Record], plan: Plan) -> list[Section]:
    rows = [
        [
            name,
            *(str(of["seeds"]), f"{of['margin']:g}", of["declared"]),
            str(of["runs_before"]),
            _origin(of["pilot"]),
        ]
        for name, of in plan.items()
    ]
    early = [f"EXPLORATORY, not a verdict of the plan: {said}" for said in unfulfilled(plan, runs)]
    note = "Declared before the first run: two test metrics closer than the margin are equivalent."
    origin = provenance(succeeded(runs))
    return [Section("Plan", PLANNED, rows, notes=[note, *origin], notices=early)]


def _origin(pilot: dict[str, Any] | None) -> str:
    """Where the number of seeds came from."""
    if pilot is None:
        return "given"
    hardest = max(pilot["spreads"], key=lambda each: each["spread"], default=None)
    spread = f"sd {hardest['spread']:.2g} ({hardest['regime']})" if hardest else "one arm"
    return f"pilot: {spread}, {pilot['wanted']} wanted"


def _figures(runs: list[Record], stem: Path) -> list[Section]:
    """A section a problem: a figure of every seed of every arm, and its spread in numbers."""
    made = []
    for problem, same in group_by(runs, lambda run: run["problem"]).items():
        seeds = _seeds(same)
        if not seeds:
            continue
        path = stem.with_name(f"{stem.name}-{as_name(problem)}")
        made.append(
            Section(
                f"Every seed of {problem}: test {NAMES[metric_of(same[0])]}",
                SPREAD,
                [
                    [regime, name, *_spread(list(of.values()))]
                    for (regime, name, _), of in seeds.items()
                ],
                left=(0, 1),
                figures=drawn(partial(_draw, same, seeds, path), f"figure of {problem}"),
            )
        )
    return made


def _seeds(runs: list[Record]) -> Seeds:
    """The test metric by seed, by regime, name of the arm and framework, of finite numbers alone.

    The name is the framework's, with whatever else sets the arms of its regime apart.
    """
    arms = group_by(succeeded(runs), arm)
    found = {}
    for key, same in arms.items():
        _, framework, regime, device, threads, changed = key
        parts = {
            device: {other[3] for other in arms},
            counted(threads, "thread"): {other[4] for other in arms},
            ", ".join(f"{name} = {value}" for name, value in changed): {o[5] for o in arms},
        }
        name = ", ".join(
            [label_of(framework), *(p for p, all_of in parts.items() if p and len(all_of) > 1)]
        )
        if finite := by_seed(same):
            found[regime, name, framework] = finite
    return found


def _spread(values: list[float]) -> list[str]:
    digits = 3 if max(values) > 1 else 4
    numbers = (min(values), median(values), max(values), stdev(values) if len(values) > 1 else 0.0)
    return [str(len(values)), *(f"{number:.{digits}f}" for number in numbers)]


def _draw(runs: list[Record], seeds: Seeds, stem: Path) -> list:
    """Write the figure: a column a regime, a strip of points an arm, a bar at its median."""
    regimes = group_by(seeds, lambda key: key[0])
    figure, axes = new_figure(1, len(regimes))
    for column, (regime, keys) in enumerate(regimes.items()):
        each = axes[0, column]
        each.set_title(f"regime: {regime}", fontsize=9, loc="left")
        each.grid(visible=False, axis="x")
        each.set_xticks(range(len(keys)), [name for _, name, _ in keys])
        each.set_xlim(-0.6, len(keys) - 0.4)
        for place, key in enumerate(keys):
            _strip(each, place, list(seeds[key].values()), colour_of(key[2]))
    axes[0, 0].set_ylabel(f"test {NAMES[metric_of(runs[0])]}")
    most = max(map(len, seeds.values()))
    figure.suptitle(
        f"{title_of(runs[0]['problem'], runs)}: each point a seed, up to {most} an arm",
        fontsize=11,
        x=0.01,
        ha="left",
    )
    return save_figure(figure, stem)


def _strip(axes: Any, place: int, values: list[float], colour: str) -> None:
    """All values at their place, beside each other as far as they would hide each other."""
    if len(set(values)) >= ENOUGH:
        (body,) = axes.violinplot([values], [place], widths=0.8, showextrema=False)["bodies"]
        body.set(facecolor=colour, alpha=0.18, edgecolor="none")
    aside = np.random.default_rng(0).uniform(-0.18, 0.18, len(values))
    axes.plot(place + aside, values, "o", color=colour, markersize=3, alpha=0.7, markeredgewidth=0)
    axes.hlines(median(values), place - 0.3, place + 0.3, color=colour, linewidth=1.6)
