"""The parts of a report that come from the records of other commands than `run`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from benchmarks.explain import steps_table as ablation_report
from benchmarks.explain.from_records import explained
from benchmarks.explain.steps import splits
from benchmarks.explain.walk import Explained, Walk
from benchmarks.explain.walk_table import sections as walk_sections
from benchmarks.explain.walk_table import side
from benchmarks.folds.crossval_table import by_arm, fold_sections, mean_over_folds, with_a_mean
from benchmarks.parity.parity_table import shown
from benchmarks.records.arm import group_by, succeeded
from benchmarks.records.keys import Record
from benchmarks.report import charts_once
from benchmarks.report.charts_once import Bar
from benchmarks.show.html import charts
from benchmarks.show.html.charts import Estimate, Line
from benchmarks.show.html.part import Block, Part
from benchmarks.show.section import Section
from benchmarks.speed import limit, race, scale
from benchmarks.speed import limit_table as limit_report
from benchmarks.speed import race_table as race_report
from benchmarks.speed import scale_table as scale_report
from common.framework import label_of
from common.problem import PROBLEMS
from common.trace import Difference

Kinds = Mapping[str, list[Record]]
APART = {"seed": "seed", "epochs": "epochs", "threads": "threads", "data_digest": "data"}
"""What two ladders of a problem and a regime may differ in, and its name in a table."""


def folds(kinds: Kinds) -> Iterator[Part]:
    """K-fold validation."""
    arms = by_arm(kinds.get("crossval", []))
    if not arms:
        return
    blocks = [Block(section) for section in fold_sections(kinds["crossval"])]
    whole = with_a_mean(arms)
    for (problem, regime), members in group_by(whole, lambda a: (a.problem, a.regime)).items():
        metric = PROBLEMS[problem].metric
        curves = {arm: mean_over_folds(whole[arm], f"val_{metric}") for arm in members}
        found = [
            Line(
                f"{label_of(arm.framework)} seed {arm.seed}",
                arm.framework,
                range(1, len(y) + 1),
                y.tolist(),
            )
            for arm, y in curves.items()
        ]
        rows = [
            [
                str(epoch),
                *(f"{y[epoch - 1]:.4g}" if epoch <= len(y) else "" for y in curves.values()),
            ]
            for epoch in range(1, 1 + max(map(len, curves.values())))
        ]
        title = f"{PROBLEMS[problem].title}: mean over folds by epoch, regime {regime}"
        table = Section(title, ("epoch", *(line.label for line in found)), rows, left=())
        draw = partial(charts.lines, found, ("epoch", f"validation {charts.AXES[metric]}"), "y")
        blocks.append(Block(table, draw, long=True))
    yield Part("folds", "K-fold validation", "Each fold is a fresh network.", blocks)


def parity(kinds: Kinds) -> Iterator[Part]:
    """Errors over their bounds, rung by rung; a chart of all problems, a table each."""
    records = kinds.get("parity", [])
    if not records:
        return
    blocks = []
    for regime, same in group_by(records, lambda record: record["regime"]).items():
        named = list(zip(_told_apart(same), same, strict=True))
        worst = {
            f"{name}: {' and '.join(map(label_of, pair))}": _worst(differences)
            for name, record in named
            for pair, differences in _pairs(record).items()
        }
        rungs = list(dict.fromkeys(rung for each in worst.values() for rung in each))
        rows = [[rung, *(_cell(each.get(rung)) for each in worst.values())] for rung in rungs]
        notes = [f"{name}: {record['verdict']}" for name, record in named]
        title = f"Largest error over its bound, regime {regime}"
        table = Section(title, ("rung", *worst), rows, notes=notes, notices=_loud(same))
        z = [[_power(each.get(rung)) for each in worst.values()] for rung in rungs]
        blocks.append(Block(table, partial(charts_once.heat, z, rungs, list(worst))))
    yield Part(
        "parity",
        "Do they compute the same?",
        "The error of a tensor is max|a - b| / max|b|; a cell is the worst of its rung, as a part "
        "of the bound that was measured beforehand: blue is within, orange is over it. An empty "
        "cell is not judged; 0 is equal bit for bit.",
        blocks,
    )


def _told_apart(records: list[Record]) -> list[str]:
    """The problem of each, and what tells it from others of that problem: at least a number."""
    names: list[str] = []
    for record in records:
        same = [other for other in records if other["problem"] == record["problem"]]
        apart = [key for key in APART if len({other.get(key) for other in same}) > 1]
        words = [f"{APART[key]} {str(record[key])[:8]}" for key in apart if key in record]
        names.append(" ".join([record["problem"], *words]))
    earlier = [names[:i].count(name) for i, name in enumerate(names)]
    return [f"{name} ({n + 1})" if n else name for name, n in zip(names, earlier, strict=True)]


def _pairs(record: Record) -> dict[tuple[str, ...], list[Difference]]:
    """The differences of each pair as `parity` compared them; null was no finite number."""
    by_pair = group_by(record["differences"], lambda d: tuple(d["pair"]))
    return {
        pair: shown(
            [
                Difference(
                    d["rung"],
                    d["tensor"],
                    math.nan if d["error"] is None else d["error"],
                    d["bound"],
                )
                for d in found
            ]
        )
        for pair, found in by_pair.items()
    }


def _worst(differences: list[Difference]) -> dict[str, Difference]:
    """Of each rung the tensor that comes nearest to its bound, or goes farthest over it."""
    judged = (d for d in differences if d.bound is not None)
    rungs = group_by(judged, lambda d: "epochs" if d.rung.startswith("epoch") else d.rung)
    return {rung: max(found, key=_share) for rung, found in rungs.items()}


def _share(d: Difference) -> float:
    """The error over the bound: infinite where equality was asked for and is not there."""
    if d.error == 0:
        return 0.0
    return d.error / d.bound if d.bound and math.isfinite(d.error) else math.inf


def _power(d: Difference | None) -> float | None:
    if d is None:
        return None
    share = _share(d)
    return -math.inf if share == 0 else math.inf if math.isinf(share) else math.log10(share)


def _cell(d: Difference | None) -> str:
    if d is None:
        return "not judged"
    bound = "must be equal" if d.bound == 0 else f"bound {d.bound:.0e}"
    return "*" * d.broken + f"{d.error:.1e} ({bound}; {d.tensor})"


def _loud(records: Iterable[Record]) -> list[str]:
    return list(dict.fromkeys(f"NOTE: {r['notice']}" for r in records if r.get("notice")))


def walks(kinds: Kinds) -> Iterator[Part]:
    """What each difference between two frameworks does: a waterfall a walk."""
    blocks = []
    for each in explained(kinds.get("explain", []), kinds.get("explain_rung", [])):
        metric = each.problem.metric
        # the walks come first, in their order
        for number, section in enumerate(walk_sections(each, [])):
            draw = None
            if number < len(each.walks) and (bars := _bars(each, each.walks[number])):
                better = metric != "mae"
                title = f"test {charts.AXES[metric]}"
                draw = partial(charts_once.waterfall, bars, title, larger_is_better=better)
            blocks.append(Block(section, draw))
    if blocks:
        yield Part(
            "explain",
            "What each difference does",
            "A walk from one framework's defaults to the other's, one difference at a time: green "
            "is better, purple worse, the line a step's 95 % interval, which may run out of the "
            "picture. The axis does not begin at zero.",
            blocks,
        )


def _bars(each: Explained, walk: Walk) -> list[Bar]:
    """Both ends and the steps between; [] where an arm has no number."""
    means = {arm: mean for arm in walk.arms if (mean := each.mean(arm)) is not None}
    if len(means) < len(walk.arms):
        return []
    bars = [Bar(f"{label_of(walk.start)} by itself", means[walk.arms[0]])]
    for number, step in enumerate(walk.steps, 1):
        effect = each.step_effect(step)
        reach = effect[1:] if effect else (None, None)
        bars.append(Bar(f"{number} {step.switch}: {side(step.new)}", means[step.after], *reach))
    return [*bars, Bar(f"{label_of(walk.goal)} by itself", means[walk.arms[-1]])]


def step_parts(kinds: Kinds) -> Iterator[Part]:
    """Where the time of a step goes."""
    records = succeeded(kinds.get("ablation", []))
    blocks = []
    runs_by_problem = group_by(records, lambda record: record["problem"])
    for runs, section in zip(
        runs_by_problem.values(), ablation_report.sections(records), strict=True
    ):
        parts = {
            f"{label_of(split.framework)}, {split.regime}": _ms(split.parts)
            for split in splits(runs)
        }
        blocks.append(Block(section, partial(charts.stacks, parts, "ms a step")))
    if blocks:
        text = "What an epoch takes with a part less what it takes without it."
        yield Part("steps", "Where the time of a step goes", text, blocks)


def _ms(parts: Mapping[str, float]) -> dict[str, float]:
    return {name: 1e3 * seconds for name, seconds in parts.items()}


def limits(kinds: Kinds) -> Iterator[Part]:
    """How near the machine's limit: the roofline."""
    runs = succeeded(kinds.get("limit", []))
    if runs:
        draw = partial(charts_once.roofline, limit.reached(runs))
        text = "A roof is the most that the machine can do: operations, or what memory can feed."
        blocks = [Block(limit_report.section(runs), draw)]
        yield Part("limit", "How near the machine's limit", text, blocks)


def growth(kinds: Kinds) -> Iterator[Part]:
    """How time and memory grow."""
    runs = succeeded(kinds.get("scale", []))
    blocks = []
    for problem, same in group_by(runs, lambda record: record["problem"]).items():
        axes = group_by(scale.growths(same), lambda growth: growth.axis)
        sections = scale_report.sections(problem, same)
        for (axis, arms), section in zip(axes.items(), sections, strict=True):
            found = [
                Line(
                    f"{label_of(arm.framework)} {arm.regime}",
                    arm.framework,
                    arm.values,
                    [1e3 * seconds for seconds in arm.epochs],
                    "solid" if arm.regime == "tuned" else "dash",
                )
                for arm in arms
            ]
            titles = (scale_report.TITLES[axis], "an epoch (ms)")
            blocks.append(Block(section, partial(charts.lines, found, titles, "xy")))
    if blocks:
        text = "A problem made larger along one axis at a time."
        yield Part("scale", "How time grows", text, blocks)


def races(kinds: Kinds) -> Iterator[Part]:
    """Times faster than the textbook; problems that the textbook did not finish are left out."""
    blocks = []
    for name in ("race", "race/folds"):
        finished = succeeded(kinds.get(name, []))
        for runs in group_by(finished, lambda record: record["problem"]).values():
            try:
                found = race.runners(runs)
            except ValueError:  # no finished run of the peer
                continue
            section = race_report.section_of(runs, found, folds=name != "race")
            faster = [
                Estimate(
                    f"{label_of(r.framework)} {r.regime}",
                    r.framework,
                    r.framework,
                    *r.epoch_ratio[:3],
                )
                for r in found[1:]
                if r.epoch_ratio
            ]
            title = f"times faster than the {found[0].framework}"
            draw = partial(charts.estimates, faster, title, at=1, log=True)
            blocks.append(Block(section, draw if faster else None))
    if blocks:
        text = "The peer's epoch over the arm's and its 95 % interval: right of the line is faster."
        yield Part("race", "How many times faster", text, blocks)
