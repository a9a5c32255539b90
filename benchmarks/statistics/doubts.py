"""What makes the numbers of two arms less than they look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.records.arm import ended_without, result_of, succeeded
from benchmarks.records.keys import Record
from benchmarks.records.notices import not_real, warnings_of
from common.framework import label_of
from common.say import counted

FEW, LOOKED, LOST = "fewer seeds than {}", "planned after a look at {} runs", "seeds were lost"
REASONS = (FEW, LOOKED, LOST)
"""Why a verdict is exploratory, in words with at most one number."""


def notes(
    first: str, second: str, one: Sequence[Record], other: Sequence[Record], same_machine: bool
) -> Iterator[str]:
    """What makes these numbers less than they look; the records' own warnings come last."""
    first, second = label_of(first), label_of(second)
    for name, runs in ((first, one), (second, other)):
        finished = succeeded(runs)
        lost = sum(result_of(run) is None for run in finished)
        if failed := len(runs) - len(finished):
            yield f"{failed} of {counted(len(runs), 'run')} of {name} failed and are left out"
        if lost:
            yield f"{lost} of {counted(len(finished), 'run')} of {name} {ended_without(finished)}"
        if len({str(run.versions) for run in finished}) > 1:
            yield f"the runs of {name} mix versions of libraries"
    if not same_machine:
        yield "the timed runs come from more than one machine: their times are not compared"
    for what, value in (
        ("threads in use", lambda run: run.threads),
        ("compile modes", lambda run: run.settings.compiled),
    ):
        sides = [
            sorted({str(value(run)) for run in runs if not run.error}) for runs in (one, other)
        ]
        if all(sides) and sides[0] != sides[1]:
            yield (f"{what} differ: {first} {', '.join(sides[0])}; {second} {', '.join(sides[1])}")
    yield from not_real((*one, *other))
    yield from warnings_of([*one, *other])
