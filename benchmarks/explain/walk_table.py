"""What each difference does: a table for each walk, one of both beside each other, a waterfall."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.explain.walk import SWITCHES, Arm, Explained, Rung, Walk
from benchmarks.records.arm import data_of
from benchmarks.records.job import MIN_PROCESSES
from benchmarks.records.keys import Record
from benchmarks.records.notices import not_real, provenance
from benchmarks.show.colours import BETTER, WORSE
from benchmarks.show.figures import NAMES, new_figure, save_figure
from benchmarks.show.section import Section
from benchmarks.statistics.intervals import Interval
from common.framework import label_of
from common.say import counted

HEADINGS = ("step", "from", "to", "mean", "effect, 95 % interval", "epoch ratio", "first seen at")
LEFT = (0, 1, 2, 6)  # of the columns


def sections(explained: Explained, figures: list[Path]) -> list[Section]:
    """The walks, then each switch on both ways; `figures` are the files of the waterfall."""
    tables = list(_tables(explained))
    tables[0] = replace(tables[0], notices=not_real(_runs(explained)), figures=figures)
    tables[-1] = replace(tables[-1], notes=list(notes(explained)))
    return tables


def notes(explained: Explained) -> Iterator[str]:
    """Sentences on how the numbers came about and how far they carry."""
    runs = _runs(explained)
    seeds = sorted({r["seed"] for r in runs})
    bold = "an interval that excludes zero is bold, and of twenty that should not about one does"
    yield (
        f"{counted(len(seeds), 'seed')} ({seeds[0]} to {seeds[-1]}), {explained.problem.title}: "
        f"effect of a step on the {NAMES[explained.problem.metric]} of the test rows, paired by "
        f"seed but where it says unpaired (Student's t; Welch's); {bold}"
    )
    if explained.problem.changes():
        changes = (f"{k} = {v}" for k, v in explained.problem.changes().items())
        yield f"changed: {', '.join(changes)}"
    for switch, why in explained.walks[0].skipped.items():
        yield f"no step for {switch}: {why}"
    few = explained.processes()
    yield (
        "epoch ratio: the median steady epoch after the step over that before; "
        f"processes an arm: {few}"
        + (", which is too few to rank anything by time" if few < MIN_PROCESSES else "")
    )
    yield (
        "first seen at: the lowest rung of a short parity ladder at which the arms before and "
        "after differ by more than 1e-5, and by how much (an arm's own two epochs come last)"
    )
    yield from provenance(runs)


def _runs(explained: Explained) -> list[Record]:
    arms = list(dict.fromkeys(arm for walk in explained.walks for arm in walk.arms))
    return [r for arm in arms for _, r in sorted(explained.records.get(arm, {}).items())]


def _tables(explained: Explained) -> Iterator[Section]:
    metric = explained.problem.metric
    for walk in explained.walks:
        ends = f"from {label_of(walk.start)} to {label_of(walk.goal)}"
        title = f"{explained.problem.title}: {ends}, {metric}"
        yield Section(title, HEADINGS, list(_rows(explained, walk)), LEFT)
    if len(explained.walks) == 2:
        one, other = explained.walks
        first, second = label_of(one.start), label_of(one.goal)
        title = f"Each switch on both ways, as if turned from {first}'s value to {second}'s"
        ways = (f"{first} to {second}", f"{second} to {first}")
        headings = ("switch", "from", "to", *ways, "difference of the two")
        yield Section(title, headings, list(_both(explained, one, other)), LEFT)


def _rows(explained: Explained, walk: Walk) -> Iterator[list[str]]:
    yield [f"{label_of(walk.start)} by itself", "", "", _value(explained, walk.arms[0]), "", "", ""]
    for step in walk.steps:
        ratio = explained.time_ratio(step)
        yield [
            step.switch,
            side(step.old),
            side(step.new),
            _value(explained, step.after),
            _effect(explained, explained.step_effect(step), step.paired),
            "-" if ratio is None else f"{ratio:.2f}",
            _rung(explained.rungs.get((step.before, step.after))),
        ]
    whole = _effect(explained, explained.way(walk), False)
    yield ["the whole way", label_of(walk.start), label_of(walk.goal), "", whole, "", ""]


def _both(explained: Explained, one: Walk, other: Walk) -> Iterator[list[str]]:
    back = {step.switch: step for step in other.steps}
    for step in one.steps:
        if step.switch in SWITCHES and step.switch in back:
            reverse = explained.step_effect(back[step.switch])
            yield [
                step.switch,
                side(step.old),
                side(step.new),
                _effect(explained, explained.step_effect(step), True),
                _effect(explained, reverse and reverse.reversed(), True),
                _effect(explained, explained.interaction(step, back[step.switch]), True),
            ]


def side(value: Any) -> str:
    """The value of a switch, or the framework or harness whose own stands there."""
    name, apostrophe, s = str(value).partition("'s")
    return label_of(name) + apostrophe + s


def _digits(explained: Explained) -> int:
    return 3 if explained.problem.metric == "mae" else 4


def _value(explained: Explained, arm: Arm) -> str:
    mean = explained.mean(arm)
    return "-" if mean is None else f"{mean:.{_digits(explained)}f}"


def _effect(explained: Explained, effect: Interval | None, pairs: bool) -> str:
    if effect is None:
        return "-"
    if effect == (0, 0, 0):
        return "0 exactly"
    digits = _digits(explained)
    text = f"{effect.mean:+.{digits}f}"
    if effect.low is not None:
        text += f" [{effect.low:+.{digits}f}, {effect.high:+.{digits}f}]"
    return "*" * effect.excludes_zero + text + ("" if pairs else " unpaired")


def _rung(rung: Rung | None) -> str:
    if rung is None:
        return "-"
    if not rung.rung:
        return "nowhere"
    return f"{rung.rung} ({'not finite' if rung.error is None else f'{rung.error:.0e}'})"


def save_waterfall(explained: Explained, stem: Path) -> list[Path]:
    """Write `<stem>.png` and `.svg`: a panel a walk, a bar a step, from one mean to the next.

    Raises ImportError without matplotlib.
    """
    figure, axes = new_figure(1, len(explained.walks), sharey=False)
    steps = max(len(walk.steps) for walk in explained.walks)
    figure.set_size_inches(1.6 + 4.2 * len(explained.walks), 1.5 + 0.3 * steps)
    for panel, walk in zip(axes[0], explained.walks, strict=True):
        _panel(panel, explained, walk)
    ends = [limit for panel in axes[0] for limit in panel.get_xlim()]
    for panel in axes[0]:
        panel.set_xlim(min(ends), max(ends))
    first = explained.walks[0].arms[0]
    title = f"{explained.problem.title}, {counted(len(explained.values(first)), 'seed')}"
    if not_real(_runs(explained)):
        title += f" - {data_of(_runs(explained)[0])['source'].upper()} DATA"
    caption = (
        "bar: the step's effect; line: its 95 % interval; green better, purple worse: no zero in it"
    )
    figure.suptitle(f"{title}\n{caption}", fontsize=10, x=0.01, ha="left")
    return save_figure(figure, stem)


def _panel(axes: Any, explained: Explained, walk: Walk) -> None:
    better = -1 if explained.problem.metric == "mae" else 1
    for y, step in enumerate(walk.steps, 1):
        before, effect = explained.mean(step.before), explained.step_effect(step)
        after = explained.mean(step.after)
        if before is None or after is None or effect is None:
            continue
        colour = BETTER if (after - before) * better > 0 else WORSE
        colour = colour if effect.excludes_zero else "#b0b0b0"
        axes.barh(y, after - before, left=before, height=0.62, color=colour)
        axes.plot([after, after], [y, y + 1], color="#777777", linewidth=0.6)
        if effect.low is not None and effect.high is not None:
            reach = [before + effect.low, before + effect.high]
            axes.plot(reach, [y, y], color="black", linewidth=1)
    ends = {0: walk.arms[0], len(walk.steps) + 1: walk.arms[-1]}
    for y, arm in ends.items():
        axes.plot(explained.mean(arm), y, marker="D", color="black", clip_on=False)
    names = [
        f"{label_of(walk.start)} by itself",
        *(f"{s.switch}: {side(s.new)}" for s in walk.steps),
    ]
    names.append(f"{label_of(walk.goal)} by itself")
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel(f"test {NAMES[explained.problem.metric]}")
    axes.set_title(f"from {label_of(walk.start)} to {label_of(walk.goal)}", fontsize=9, loc="left")
