"""Two sets of records side by side: what differs around them, the verdicts, the conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.records.arm import group_by
from benchmarks.records.notices import not_real
from benchmarks.show.section import Section
from benchmarks.show.wording import span
from benchmarks.statistics.intervals import NOT_ENOUGH
from benchmarks.study.compare import Judged, Pair, differences
from benchmarks.study.verdict_table import comparison_sections

HOW = (
    "the change from the first to the second with its 95 % interval; fails: all of the interval "
    "lies beyond the condition; not shown: a part of it"
)


def sections(
    common: Sequence[Pair],
    alone: Mapping[str, Sequence[str]],
    results: Sequence[Judged],
    names: tuple[str, str],
) -> Iterator[Section]:
    """What differs between the two, three tables a regime, and the conditions."""
    before = [run for pair in common for run in pair.before]
    after = [run for pair in common for run in pair.after]
    rows = [list(row) for row in differences(before, after)]
    notes = [f"only in {name}: {arm}" for name, arms in alone.items() for arm in arms]
    yield Section("What differs around the runs", ("", *names), rows, (0, 1, 2), notes)
    for regime, pairs in group_by(common, lambda pair: pair.comparison.regime).items():
        notices = not_real(run for pair in pairs for run in (*pair.before, *pair.after))
        compared = [pair.comparison for pair in pairs]
        yield from comparison_sections(f"regime {regime}", compared, notices)
    if results:
        headings = ("condition", "arm", "change", "95 % interval", "")
        yield Section(
            "Conditions", headings, [_row(result) for result in results], (0, 1, 4), [HOW]
        )


def _row(result: Judged) -> list[str]:
    def text(value: float) -> str:
        return f"{value:+.1%}" if result.condition.relative else f"{value:+.4g}"

    change = result.change
    shown = ["-", "-"] if change is None else [text(change.mean), span(change, text)]
    loud = "*" if result.word in ("fails", NOT_ENOUGH) else ""
    return [result.condition.text, result.arm, *shown, f"{loud}{result.word}"]
