"""What a port does that takes over some defaults: a table of all subsets, one of the switches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.explain.explained import Effect
from benchmarks.explain.factorial import Design, Subset, designs
from benchmarks.explain.walk_table import COLOURED, COLOURS, effect_text
from benchmarks.records.keys import Record
from benchmarks.records.notices import not_real, provenance
from benchmarks.show.answer import Verdict
from benchmarks.show.figures import (
    PANEL,
    Chart,
    as_name,
    colour,
    data,
    names_in,
    quantity_title,
    title_of,
)
from benchmarks.show.part import Part
from benchmarks.show.section import Section, with_figures
from benchmarks.show.wording import signed
from benchmarks.statistics.intervals import ERROR
from common.framework import framework, label_of
from common.language import chained, phrase
from common.regime import NATIVE
from common.say import counted

NOTHING, ALL = "nothing", "all of them"


def page(records: Iterable[Record], stem: Path) -> Iterator[Section]:
    """The sections, with the figures of each problem beside the page."""
    for design in designs(records):
        yield from with_figures(sections(design), stem)


def sections(design: Design) -> Iterator[Section]:
    """Every subset with its figure, then every switch and every two."""
    names = [f"{label_of(name)}, {counted(_seeds(design, name), 'seed')}" for name in design.runs]
    metric, start, goal = design.problem.metric, label_of(design.start), label_of(design.goal)
    yield Section(
        f"{design.problem.title}, {metric}: {start}'s defaults, and some of {goal}'s",
        ("taken over", *names),
        [_row(design, subset) for subset in design.subsets],
        draw=partial(figure, design),
        notices=not_real(design.records),
        file=as_name(design.problem.name),
        arms={"": {"problem": design.problem.name}},
    )
    yield Section(
        f"{design.problem.title}: what each switch does, and what two do together",
        ("switch", *names),
        [
            [" and ".join(term), *(_text(design, design.contrast(n, term)) for n in design.runs)]
            for term in design.terms
        ],
        notes=list(_notes(design)),
    )


def _row(design: Design, subset: Subset) -> list[str]:
    digits = design.problem.metric.digits
    if not subset:
        means = (design.mean(name, subset) for name in design.runs)
        return [NOTHING, *("-" if mean is None else f"{mean:.{digits}f}" for mean in means)]
    return [
        _words(design, subset),
        *(_text(design, design.effect(name, subset)) for name in design.runs),
    ]


def _words(design: Design, subset: Subset) -> str:
    return ALL if subset == design.switches else ", ".join(subset) or NOTHING


def _text(design: Design, effect: Effect | None) -> str:
    return effect_text(effect, design.problem.metric.digits)


def _notes(design: Design) -> Iterator[str]:
    start, goal = (NATIVE.resolve(framework(n).native) for n in (design.start, design.goal))
    values = (f"{s} {getattr(start, s)} to {getattr(goal, s)}" for s in design.switches)
    seeds = sorted({run.seed for run in design.records})
    yield f"taken over: {'; '.join(values)}"
    yield (
        f"{counted(len(seeds), 'seed')} ({seeds[0]} to {seeds[-1]}); all runs of a seed share the "
        "random numbers of initial weights and the order of samples; against nothing taken over, "
        "with the 95 % interval of pairs (Student's t); bold: it excludes zero, and with all "
        f"effects of these two tables (Holm) p is below {ERROR}"
    )
    yield (
        "a switch: the mean of what it does, over all ways that the others stand; two: by how much "
        "more one does where the other is turned too"
    )
    yield from provenance(design.records)


def verdicts(records: Iterable[Record]) -> tuple[str, list[Verdict]]:
    """Of the worst and of the whole subset in a sentence, and one by one."""
    entries, told = [], []
    for design in designs(records):
        for name in design.runs:
            effects = {s: e for s in design.subsets[1:] if (e := design.effect(name, s))}
            entries += [_verdict(design, name, *item) for item in effects.items()]
            if effects:
                told.append(_in_short(design, name, effects))
    return " ".join(told), entries


def _verdict(design: Design, name: str, subset: Subset, effect: Effect) -> Verdict:
    words = _words(design, subset)
    return {
        "about": f"{design.problem.name}, {label_of(name)}: {words}",
        "verdict": effect.verdict,
        "sentence": f"{words}: {_text(design, effect).lstrip('*')}",
    }


def _in_short(design: Design, name: str, effects: Mapping[Subset, Effect]) -> str:
    metric = design.problem.metric
    sign = 1 if metric.larger_is_better else -1
    worst = min(effects, key=lambda subset: sign * effects[subset].interval.mean)
    loss, whole = (effects[subset].interval.mean for subset in (worst, design.switches))
    taken = _words(design, worst)
    return (
        f"{design.problem.title} in {label_of(name)}: {taken} of {label_of(design.goal)}'s taken "
        f"over changes {metric} by {signed(loss, metric)}, {ALL} by {signed(whole, metric)}."
    )


def figure(design: Design) -> Chart:
    """A bar a subset and framework, from no change, with its 95 % interval.

    Several frameworks have their colours; the bars of one say whether it is better.
    """
    import altair as alt

    rows = list(_bars(design))
    metric, names = design.problem.metric, {label_of(name): name for name in design.runs}
    title = phrase(
        "change of the test {metric} against {name}'s defaults",
        metric=quantity_title(metric),
        name=label_of(design.start),
    )
    several = len(names) > 1
    words = alt.Color("word:N", scale=names_in(COLOURS, COLOURS.values()), legend=None)
    base = alt.Chart(data(rows)).encode(
        y=alt.Y("row:N", title=None, sort=None, axis=alt.Axis(labelLimit=300)),
        yOffset=alt.YOffset("name:N", sort=list(names)),
        tooltip=["row:N", "name:N", "mean:Q", "low:Q", "high:Q"],
    )
    mean = alt.X("mean:Q", title=title, axis=alt.Axis(format="+~g"))
    bars = base.mark_bar().encode(x=mean, x2="zero:Q", color=colour(names) if several else words)
    lines = base.mark_rule().encode(x=alt.X("low:Q", title=title), x2="high:Q")
    counts = sorted({_seeds(design, name) for name in design.runs})
    line = phrase("line: 95 % interval")
    caption = line if several else chained("; ", [line, phrase(COLOURED)])
    title = phrase(
        "{problem}: some of {name}'s defaults taken over, {counts} seeds",
        problem=title_of(design.problem.name, design.records),
        name=label_of(design.goal),
        counts=" or ".join(map(str, counts)),
    )
    heading = alt.TitleParams(title, subtitle=caption)
    step = alt.Step(18 if len(names) == 1 else 9 * len(names))
    return (bars + lines).properties(width=1.5 * PANEL["width"], height=step, title=heading)


def _bars(design: Design) -> Iterator[dict[str, Any]]:
    for subset in design.subsets[1:]:
        for name in design.runs:
            if effect := design.effect(name, subset):
                yield {
                    "row": _words(design, subset),
                    "name": label_of(name),
                    "word": effect.word(design.problem.metric),
                    "zero": 0.0,
                    **effect.interval._asdict(),
                }


def _seeds(design: Design, name: str) -> int:
    return len({run.seed for runs in design.runs[name].values() for run in runs})


def parts(kinds: Mapping[str, list[Record]]) -> Iterator[Part]:
    """Which defaults belong together."""
    if tables := [s for design in designs(kinds.get("factorial", [])) for s in sections(design)]:
        text = (
            "Every subset of a few defaults of one framework, taken over by a port that keeps the "
            "other's for the rest."
        )
        yield Part("factorial", "Which defaults belong together", text, tables)
