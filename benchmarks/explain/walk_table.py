"""What each difference does: a table for each walk, one of both beside each other, a waterfall."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from benchmarks.explain.explained import Effect, Explained
from benchmarks.explain.from_records import explained as from_records
from benchmarks.explain.twins.kept import explained as of_twins
from benchmarks.explain.walk import Walk
from benchmarks.records.arm import Arm
from benchmarks.records.keys import Record
from benchmarks.records.kinds import Explain, Rung
from benchmarks.records.notices import not_real, provenance
from benchmarks.show.answer import Verdict
from benchmarks.show.colours import BETTER, GREY, WORSE
from benchmarks.show.figures import PANEL, Chart, data, names_in, panels
from benchmarks.show.part import Part
from benchmarks.show.section import Section
from benchmarks.statistics.intervals import ERROR
from common.framework import label_of
from common.language import phrase
from common.problem import PROBLEMS, Problem
from common.say import counted

HEADINGS = ("step", "from", "to", "mean", "effect, 95 % interval", "first seen at")
LEFT = (0, 1, 2, 5)  # of the columns
COLOURS = {"better": BETTER, "worse": WORSE, "unclear": GREY, "end": GREY}  # of a bar
COLOURED = "green: better; purple: worse; grey: not seen (Holm)"


def sections(explained: Explained) -> list[Section]:
    """The walks, the first with the waterfall of all, then each switch on both ways."""
    tables = list(_tables(explained))
    draw = partial(waterfall, explained)
    arms = {"": {"problem": explained.problem.name}}
    tables[0] = replace(tables[0], notices=not_real(_runs(explained)), draw=draw, arms=arms)
    tables[-1] = replace(tables[-1], notes=list(notes(explained)))
    return tables


def notes(explained: Explained) -> Iterator[str]:
    """Sentences on how the numbers came about and how far they carry."""
    runs = _runs(explained)
    seeds = sorted({run.seed for run in runs})
    bold = (
        "bold: its interval excludes zero, and with all effects of these tables (Holm) p is below "
        f"{ERROR}"
    )
    yield (
        f"{counted(len(seeds), 'seed')} ({seeds[0]} to {seeds[-1]}), {explained.problem.title}: "
        f"effect of a step on the {_measured(explained.problem)} of the test rows, paired by "
        f"seed but where it says unpaired (Student's t; Welch's); {bold}"
    )
    if explained.problem.changes():
        changes = (f"{k} = {v}" for k, v in explained.problem.changes().items())
        yield f"changed: {', '.join(changes)}"
    for switch, why in explained.walks[0].skipped.items():
        yield f"no step for {switch}: {why}"
    if not explained.rungs:
        yield _most(explained)
    if explained.rungs:
        yield (
            "first seen at: the lowest rung of a short parity ladder at which the arms before and "
            "after differ by more than 1e-5, and by how much (an arm's own two epochs come last)"
        )
    yield from provenance(runs)


def _measured(problem: Problem) -> str:
    """The test metric's full name; its unit is that of the four problems."""
    name = problem.metric.full_name
    return name if problem.name in PROBLEMS else name.partition(" (")[0]


def _most(explained: Explained) -> str:
    """The steps that are seen to do something, the largest effect first."""
    effects = {step.switch: explained.step_effect(step) for step in explained.walks[0].steps}
    seen = {name: e.interval for name, e in effects.items() if e is not None and e.seen}
    if not seen:
        return "no step is seen to do something: these seeds show none of the differences"
    largest = sorted(seen, key=lambda name: -abs(seen[name].mean))
    digits = explained.problem.metric.digits
    told = ", ".join(f"{name} ({seen[name].mean:+.{digits}f})" for name in largest)
    return f"what is seen to change the {explained.problem.metric}, the largest first: {told}"


def _runs(explained: Explained) -> list[Explain]:
    arms = list(dict.fromkeys(arm for walk in explained.walks for arm in walk.arms))
    return [run for arm in arms for _, run in sorted(explained.records.get(arm, {}).items())]


def _tables(explained: Explained) -> Iterator[Section]:
    metric = explained.problem.metric
    for walk in explained.walks:
        ends = f"from {label_of(walk.start)} to {label_of(walk.goal)}"
        title = f"{explained.problem.title}: {ends}, {metric}"
        rows = list(_rows(explained, walk))
        if explained.rungs:
            yield Section(title, HEADINGS, rows, LEFT)
        else:
            yield Section(title, HEADINGS[:-1], [row[:-1] for row in rows], LEFT[:-1])
    if len(explained.walks) == 2:
        first, second = (label_of(walk.start) for walk in explained.walks)
        title = f"Each switch on both ways, as if turned from {first}'s value to {second}'s"
        ways = (f"{first} to {second}", f"{second} to {first}")
        headings = ("switch", "from", "to", *ways, "difference of the two")
        yield Section(title, headings, list(_both(explained)), LEFT)


def verdicts(explained: Explained) -> Iterator[Verdict]:
    """Of each step of the walks: whether the interval of its effect on the metric excludes 0."""
    for walk in explained.walks:
        for step in walk.steps:
            effect = explained.step_effect(step)
            name = f"{step.switch} from {side(step.old)} to {side(step.new)}"
            yield {
                "about": f"{explained.problem.name}, {label_of(walk.start)}: {name}",
                "verdict": effect and effect.verdict,
                "sentence": f"{name}: {_effect(explained, effect).lstrip('*')}",
            }


def _rows(explained: Explained, walk: Walk) -> Iterator[list[str]]:
    yield [f"{label_of(walk.start)} by itself", "", "", _value(explained, walk.arms[0]), "", ""]
    for step in walk.steps:
        yield [
            step.switch,
            side(step.old),
            side(step.new),
            _value(explained, step.after),
            _effect(explained, explained.step_effect(step)),
            _rung(explained.rungs.get((step.before, step.after))),
        ]
    whole = _effect(explained, explained.way(walk))
    yield ["the whole way", label_of(walk.start), label_of(walk.goal), "", whole, ""]


def _both(explained: Explained) -> Iterator[list[str]]:
    for there, back in explained.both_ways():
        reverse = explained.step_effect(back)
        yield [
            there.switch,
            side(there.old),
            side(there.new),
            _effect(explained, explained.step_effect(there)),
            _effect(explained, reverse and reverse._replace(interval=reverse.interval.reversed())),
            _effect(explained, explained.interaction(there, back)),
        ]


def side(value: Any) -> str:
    """The value of a switch, or the framework or harness whose own stands there."""
    name, apostrophe, s = str(value).partition("'s")
    return label_of(name) + apostrophe + s


def _value(explained: Explained, arm: Arm) -> str:
    mean = explained.mean(arm)
    return "-" if mean is None else f"{mean:.{explained.problem.metric.digits}f}"


def _effect(explained: Explained, effect: Effect | None) -> str:
    return effect_text(effect, explained.problem.metric.digits)


def effect_text(effect: Effect | None, digits: int) -> str:
    """`+0.0104 [+0.0076, +0.0132]`; with a * where it is seen, - where there is none."""
    if effect is None:
        return "-"
    mean, low, high = effect.interval
    if (mean, low, high) == (0, 0, 0):
        return "0 exactly"
    text = f"{mean:+.{digits}f}"
    if low is not None:
        text += f" [{low:+.{digits}f}, {high:+.{digits}f}]"
    return "*" * effect.seen + text + ("" if effect.paired else " unpaired")


def _rung(rung: Rung | None) -> str:
    if rung is None:
        return "-"
    if not rung.rung:
        return "nowhere"
    return f"{rung.rung} ({'not finite' if rung.error is None else f'{rung.error:.0e}'})"


def waterfall(explained: Explained) -> Chart:
    """A panel per walk: a bar per step from one mean to the next, and the step's 95 % interval."""
    walks = [list(_bars(explained, walk)) for walk in explained.walks]
    bars = [bar for panel in walks for bar in panel if bar["before"] is not None]
    means = [bar[key] for bar in bars for key in ("before", "after")] or [0.0]
    ends = [bar[key] for bar in bars for key in ("low", "high") if bar[key] is not None]
    # intervals of few seeds are so wide that no bar would be seen beside them
    far = 2 * (max(means) - min(means)) or 0.01
    least, most = max(min(ends + means), min(means) - far), min(max(ends + means), max(means) + far)
    measured = phrase("test {metric}", metric=phrase(_measured(explained.problem)))
    charts = [
        _panel(rows, [least, most], measured).properties(
            width=PANEL["width"],
            height=24 * len(rows),
            title=phrase(
                "from {start} to {goal}", start=label_of(walk.start), goal=label_of(walk.goal)
            ),
        )
        for rows, walk in zip(walks, explained.walks, strict=True)
    ]
    first = explained.walks[0].arms[0]
    title = f"{explained.problem.title}, {counted(len(explained.values(first)), 'seed')}"
    if not_real(_runs(explained)):
        title += f" - {str(_runs(explained)[0].data.source).upper()} DATA"
    caption = phrase("bar: the step's effect; line: its 95 % interval; diamond: by itself")
    return panels(charts, title, caption, phrase(COLOURED), share="")


def _alone(name: str) -> str:
    return phrase("{name} by itself", name=label_of(name))


def _bars(explained: Explained, walk: Walk) -> Iterator[dict[str, Any]]:
    """The rows of a panel: both ends and the steps between, None where an arm has no number."""
    empty = dict.fromkeys(("before", "after", "low", "high"))
    start, goal = (explained.mean(arm) for arm in (walk.arms[0], walk.arms[-1]))
    end = {**empty, "word": "end"}
    yield {
        **end,
        "name": _alone(walk.start),
        "before": start,
        "after": start,
    }
    for step in walk.steps:
        row = {**empty, "name": f"{step.switch}: {side(step.new)}", "word": "unclear"}
        before, effect = explained.mean(step.before), explained.step_effect(step)
        after = explained.mean(step.after)
        if before is not None and after is not None and effect is not None:
            word = effect.word(explained.problem.metric)
            row |= {"before": before, "after": after, "word": word}
            _, low, high = effect.interval
            if low is not None and high is not None:
                row |= {"low": before + low, "high": before + high}
        yield row
    yield {**end, "name": _alone(walk.goal), "before": goal, "after": goal}


def _panel(bars: list[dict[str, Any]], domain: list[float], title: str) -> Chart:
    import altair as alt

    names = alt.Scale(domain=[bar["name"] for bar in bars])
    scale = alt.Scale(domain=domain, nice=False)
    words = names_in(COLOURS, COLOURS.values())
    values = [alt.Tooltip(f"{key}:Q", format=".4~g") for key in ("before", "after", "low", "high")]
    base = alt.Chart(data(bar for bar in bars if bar["before"] is not None)).encode(
        y=alt.Y("name:N", title=None, scale=names, axis=alt.Axis(labelLimit=240)),
        tooltip=["name:N", *values],
    )
    coloured = base.encode(color=alt.Color("word:N", scale=words, legend=None))
    before, after, low = (alt.X(f"{k}:Q", title=title, scale=scale) for k in _PLACES)
    ends = coloured.mark_point(shape="diamond", size=90, opacity=1).encode(x=after)
    return (
        coloured.mark_bar(clip=True, height=15).encode(x=before, x2="after:Q")
        + base.mark_rule(clip=True).encode(x=low, x2="high:Q")
        + ends.properties(data=data(bar for bar in bars if bar["word"] == "end"))
    )


_PLACES = ("before", "after", "low")


READ = (
    "Green is better, purple worse, the line a step's 95 % interval, which may run out of the "
    "picture. The axis does not begin at zero."
)


def parts(kinds: Mapping[str, list[Record]]) -> Iterator[Part]:
    """What each difference does, between two frameworks and between two models of a user's."""
    runs = kinds.get("explain", [])
    if tables := _all(from_records(runs, kinds.get("explain_rung", []))):
        text = (
            f"A walk from one framework's defaults to the other's, a difference at a time. {READ}"
        )
        yield Part("explain", "What each difference does", text, tables)
    if tables := _all(of_twins(kinds.get("explain_walk", []), runs)):
        text = (
            "A walk from one model of a file, as it trains by itself, to the other, one difference "
            "at a time. What is the same on both sides, and what no one can set from outside, has "
            f"no step and is named below. {READ}"
        )
        yield Part("explain-twins", "Why the port trains otherwise", text, tables)


def _all(walks: Iterable[Explained]) -> list[Section]:
    return [section for explained in walks for section in sections(explained)]
