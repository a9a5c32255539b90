"""The medians of pytest-benchmark side by side, and beside those of the last time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.report.sections import Section
from common.framework import label_of

Measured = Mapping[str, Mapping[str, Any]]
"""By title of an arm, what pytest-benchmark wrote."""


def sections(found: Measured, before: Measured) -> Iterator[Section]:
    """A table a problem: a row a benchmark, a column an arm; in brackets the time of before over
    that of now."""
    now, then = medians(found), medians(before)
    arms = list(found)
    for problem in dict.fromkeys(problem for problem, _, _ in now):
        rows = [
            [
                name,
                *(
                    _cell(now.get((problem, name, arm)), then.get((problem, name, arm)))
                    for arm in arms
                ),
            ]
            for name in dict.fromkeys(name for group, name, _ in now if group == problem)
        ]
        note = "medians; in brackets: times faster than what was saved before, where it was"
        yield Section(f"{problem}: ms", ("benchmark", *map(label_of, arms)), rows, notes=[note])


def medians(measured: Measured) -> dict[tuple[str, str, str], float]:
    """Seconds by problem, benchmark and arm."""
    return {
        (each["group"], each["name"].partition("[")[0].removeprefix("test_"), arm): float(
            each["stats"]["median"]
        )
        for arm, run in measured.items()
        for each in run["benchmarks"]
    }


def _cell(now: float | None, then: float | None) -> str:
    if now is None:
        return "-"
    return f"{1e3 * now:.3f}" + (f" ({then / now:.2f})" if then else "")
