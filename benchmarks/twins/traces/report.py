"""What is printed of two traces that were judged, and what JSON has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.show.terminal import plain, print_wide
from benchmarks.twins import report
from benchmarks.twins.judgement import Judgement
from common.framework import label_of

STATUS = {**report.STATUS, "undecided": 1}
"""Exit status by verdict: what is undecided has not passed."""
STYLES = {**report.STYLES, "undecided": "yellow"}


def print_traces(judgement: Judgement, *, every: bool = False) -> None:
    """The verdict, what a reader should know, the pairs, and the tensors that are not equal.

    `every` shows those that agree to the last bit too.
    """
    console = Console()
    words = f"{judgement.verdict}: {judgement.sentence}"
    console.print(plain(words, STYLES[judgement.verdict]), soft_wrap=True)
    for fault in judgement.faults[1:]:
        console.print(plain(f"  also: {fault.sentence}", "red"), soft_wrap=True)
    for note in judgement.notes:
        console.print(plain(f"NOTE: {note}", "yellow"), soft_wrap=True)
    names = [label_of(name) for name in judgement.frameworks]
    if judgement.pairs:
        pairs = _table("pairs, each with its own weights", *names)
        for one, other in dict.fromkeys(judgement.pairs):
            pairs.add_row(plain(one), plain(other))
        print_wide(pairs, console)
    if judgement.rungs:
        print_wide(_errors(judgement, names, every), console)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=plain(title, "bold"), title_justify="left", box=SIMPLE_HEAD, padding=0)
    for number, column in enumerate(columns):
        table.add_column(plain(column), no_wrap=True, justify="left" if number < 2 else "right")
    return table


def _errors(judgement: Judgement, names: list[str], every: bool) -> Table:
    table = _table(f"errors: {' and '.join(names)}", "rung", "tensor", "error", "rounding")
    last = ""
    shown = [rung for rung in judgement.rungs if every or rung.error != 0]
    for rung in shown:
        error = "0" if rung.error == 0 else f"{rung.error:.0e}"
        cell = plain(f"{error} !", "bold red") if rung.broken else plain(error)
        first = "" if rung.rung == last else rung.rung
        table.add_row(plain(first), plain(rung.tensor), cell, f"{rung.bound:.0e}")
        last = rung.rung
    if len(shown) < len(judgement.rungs):
        rest = len(judgement.rungs) - len(shown)
        table.add_row("", f"{rest} more are equal bit for bit: --all", "", "")
    return table


def numbers(judgement: Judgement, traces: Sequence[Path]) -> dict[str, Any]:
    """All that was seen, for JSON; an error that is not finite is None."""
    return {
        "traces": [str(path) for path in traces],
        "frameworks": list(judgement.frameworks),
        "verdict": f"{judgement.verdict}: {judgement.sentence}",
        "judged": judgement.verdict,
        "places": judgement.places,
        "faults": [
            {"places": list(fault.places), "sentence": fault.sentence} for fault in judgement.faults
        ],
        "notes": judgement.notes,
        "pairs": [list(names) for names in judgement.pairs],
        "differences": [
            {
                "rung": rung.rung,
                "tensor": rung.tensor,
                "error": rung.error if math.isfinite(rung.error) else None,
                "bound": rung.bound,
                "broken": rung.broken,
            }
            for rung in judgement.rungs
        ],
    }
