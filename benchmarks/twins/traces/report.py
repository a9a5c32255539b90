"""What is printed of two traces that were judged, and what JSON has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.show.terminal import print_wide
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.report import errors, fault_numbers, finite, print_verdict
from common.framework import label_of


def print_traces(judgement: Judgement, *, every: bool = False) -> None:
    """The verdict, what a reader should know, the pairs, and the tensors that are not equal.

    `every` shows those that agree to the last bit too.
    """
    console = print_verdict(judgement)
    if judgement.rungs:
        title = f"errors: {' and '.join(map(label_of, judgement.frameworks))}"
        columns = ("error", "rounding")
        table = errors(
            title, columns, judgement.rungs, lambda r: every or r.error != 0, lambda r: ()
        )
        print_wide(table, console)


def numbers(judgement: Judgement, traces: Sequence[Path]) -> dict[str, Any]:
    """All that was seen, for JSON; an error that is not finite is None."""
    return {
        "traces": [str(path) for path in traces],
        "frameworks": list(judgement.frameworks),
        "verdict": f"{judgement.verdict}: {judgement.sentence}",
        "judged": judgement.verdict,
        "places": judgement.places,
        "faults": [fault_numbers(fault) for fault in judgement.faults],
        "notes": judgement.notes,
        "pairs": [list(names) for names in judgement.pairs],
        "differences": [
            {
                "rung": rung.rung,
                "tensor": rung.tensor,
                "error": finite(rung.error),
                "bound": rung.bound,
                "broken": rung.broken,
            }
            for rung in judgement.rungs
        ],
    }
