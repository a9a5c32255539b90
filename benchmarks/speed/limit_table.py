"""How near the limit: one table, and the roofline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.records.arm import group_by, succeeded
from benchmarks.records.keys import Record
from benchmarks.records.notices import not_real, provenance
from benchmarks.show.colours import colour_of
from benchmarks.show.figures import new_figure, save_figure
from benchmarks.show.section import Section, drawn
from benchmarks.speed.limit import Reached, reached
from common.framework import label_of
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
    runs = succeeded(records)
    return [section(runs, drawn(lambda: save_roofline(runs, stem)) if runs else [])]


def section(runs: list[Record], figures: Sequence[Path] = ()) -> Section:
    """The table of finished records."""
    found = reached(runs)
    few = min((arm.processes for arm in found), default=0)
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
    rows = [_row(arm) for arm in found]
    return Section(title, HEADINGS, rows, (0, 1, 2), notes, not_real(runs), list(figures))


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


def save_roofline(records: Iterable[Record], stem: Path) -> list[Path]:
    """Write `<stem>.png` and `.svg`: each arm below the roofs. Raises ImportError without
    matplotlib."""
    found = reached(records)
    figure, axes = new_figure(1, 1, sharey=False)
    figure.set_size_inches(7.5, 4.5)
    panel = axes[0][0]
    ends = [min(arm.intensity for arm in found) / 2, max(arm.intensity for arm in found) * 4]
    for name, arms in group_by(found, lambda arm: arm.framework).items():
        colour = colour_of(name)
        top, feed = arms[0].flops, arms[0].bandwidth
        knee = top / feed
        xs = sorted({*ends, *([knee] if ends[0] < knee < ends[1] else [])})
        roof = [min(top, x * feed) / 1e9 for x in xs]
        panel.plot(xs, roof, color=colour, linewidth=1, label=f"roof by {label_of(name)}")
        for arm in arms:
            marker = "o" if arm.regime == "tuned" else "x"
            panel.plot(arm.intensity, arm.achieved / 1e9, marker, color=colour)
    for problem in dict.fromkeys(arm.problem for arm in found):
        arms = [arm for arm in found if arm.problem == problem]
        best = max(arms, key=lambda arm: arm.achieved)
        place = (best.intensity, best.achieved / 1e9)
        panel.annotate(problem, place, textcoords="offset points", xytext=(7, 3), fontsize=8)
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xlabel("flop a byte")
    panel.set_ylabel("GFLOP/s")
    panel.legend(fontsize=8)
    title = "Roofline: a dot is tuned, a cross another regime"
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    return save_figure(figure, stem)
