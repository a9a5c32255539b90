"""How near the limit: one table, and the roofline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.records.arm import group_by, of_kind
from benchmarks.records.keys import Record
from benchmarks.records.kinds import Limit
from benchmarks.records.notices import not_real, provenance
from benchmarks.show.colours import GREY
from benchmarks.show.figures import Chart, colour, data, logarithmic, names_in, panels
from benchmarks.show.part import Part
from benchmarks.show.section import Section, with_figures
from benchmarks.speed.limit import Reached, reached
from common.framework import label_of
from common.language import phrase
from common.say import counted

NO_LIMIT = " (no limit)"
HEADINGS = (
    "problem",
    "framework",
    "regime",
    "epoch (ms)",
    "harness (ms)",
    "dense products (ms)",
    "sparse products (ms)",
    "share of the limit",
    "GFLOP/s",
    "flop a byte",
    "roof (GFLOP/s)",
    "of the roof",
)


def page(records: Iterable[Record], stem: Path) -> list[Section]:
    """One table of all arms, and the roofline, which is written to `<stem>.png` and `.svg`."""
    return list(with_figures([section(of_kind(records, Limit))], stem))


def section(runs: list[Limit]) -> Section:
    """The table of finished records."""
    arms = reached(runs)
    few = min((arm.processes for arm in arms), default=0)
    notes = [
        f"{counted(few, 'process')} an arm, all arms in turn; medians; epoch: training alone",
        "harness: an epoch of a Task that does nothing, which is part of every epoch",
        "products alone: the matrix products of an epoch by the framework itself, in the same "
        "process, on dense rows and (text) on sparse ones; share of the limit: the least of these "
        "that any framework needed for the problem, over the epoch; "
        f"{NO_LIMIT.strip()}: took longer alone than the epoch that contains them, by other "
        "kernels than the training's, and is left out",
        "flop and bytes: those of the products, of the sparse rows for text, and the least that "
        "must be moved; roof: the lower of a large product's rate and what memory can feed",
        *provenance(runs),
    ]
    title = "How near an epoch comes to the machine's limit"
    rows = [_row(arm) for arm in arms]
    draw = partial(roofline, arms) if arms else None
    names = {label_of(arm.framework): {"framework": label_of(arm.framework)} for arm in arms}
    return Section(title, HEADINGS, rows, (0, 1, 2), notes, not_real(runs), draw, arms=names)


def _row(arm: Reached) -> list[str]:
    return [
        arm.problem,
        label_of(arm.framework),
        arm.regime,
        f"{1e3 * arm.epoch:.1f}",
        f"{1e3 * arm.harness:.3f}",
        _products(arm, arm.dense),
        _products(arm, arm.sparse),
        "-" if arm.share is None else f"{arm.share:.0%}",
        f"{arm.achieved / 1e9:.2f}",
        f"{arm.intensity:.2f}",
        f"{arm.roof / 1e9:.1f}",
        f"{arm.achieved / arm.roof:.0%}",
    ]


def _products(arm: Reached, seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{1e3 * seconds:.1f}" + NO_LIMIT * (seconds >= arm.epoch)


def roofline(arms: Sequence[Reached]) -> Chart:
    """Each arm below the roofs of its framework, on two logarithmic scales."""
    import altair as alt

    ends = [min(arm.intensity for arm in arms) / 2, max(arm.intensity for arm in arms) * 4]
    roofs = []
    for name, own in group_by(arms, lambda arm: arm.framework).items():
        top, feed = own[0].flops, own[0].bandwidth
        knee = [top / feed] if ends[0] < top / feed < ends[1] else []
        for x in (ends[0], *knee, ends[1]):
            roofs.append({"name": label_of(name), "x": x, "y": min(top, x * feed) / 1e9})
    rows: list[dict[str, Any]] = [
        {
            "name": label_of(arm.framework),
            "problem": arm.problem,
            "regime": arm.regime,
            "x": arm.intensity,
            "y": arm.achieved / 1e9,
        }
        for arm in arms
    ]
    best = {row["problem"]: row for row in sorted(rows, key=lambda row: row["y"])}
    base = alt.Chart(data(rows)).encode(
        x=alt.X("x:Q", title=phrase("flop a byte"), scale=logarithmic(ends)),
        y=alt.Y("y:Q", title="GFLOP/s", scale=logarithmic(row["y"] for row in rows + roofs)),
        color=colour({label_of(arm.framework): arm.framework for arm in arms}),
        tooltip=["name:N", "regime:N", "problem:N", alt.Tooltip("y:Q", format=".3~g")],
    )
    regimes = list(dict.fromkeys(arm.regime for arm in arms))
    shapes = names_in(regimes, ("circle" if name == "tuned" else "cross" for name in regimes))
    points = base.mark_point(size=60).encode(shape=alt.Shape("regime:N", scale=shapes, legend=None))
    roof = base.mark_line(strokeWidth=1.2).encode(tooltip="name:N").properties(data=data(roofs))
    word = base.mark_text(align="left", dx=7, dy=-5).encode(text="problem:N", color=alt.value(GREY))
    chart = roof + points + word.properties(data=data(best.values()))
    below = phrase("line: the roof by a framework; dot: tuned; cross: another regime")
    return panels([chart.properties(width=460, height=280)], phrase("Roofline"), below)


def parts(kinds: Mapping[str, list[Record]]) -> Iterator[Part]:
    """How near the machine's limit: the roofline."""
    if runs := of_kind(kinds.get("limit", []), Limit):
        text = "A roof is the most that the machine can do: operations, or what memory can feed."
        yield Part("limit", "How near the machine's limit", text, [section(runs)])
