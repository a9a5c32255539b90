"""Where the time of a step goes: one table a problem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.markup import escape

from benchmarks.ablation import PARTS, Split, splits
from benchmarks.report.markdown import escaped, pipe_table
from benchmarks.report.summary import Record, data_of, group_by, provenance
from benchmarks.report.terminal import plain_table, print_wide
from common.problem import PROBLEMS

HEADINGS = ("framework", "regime", *PARTS, "a step", "products alone", "in products", "in others")
LEFT = (0, 1)  # of the columns


def print_splits(records: Iterable[Record], console: Console | None = None) -> None:
    """Print a table a problem, and below it what its numbers are."""
    console = console or Console()
    for title, rows, notes in _sections(records):
        shown = [[escape(cell) for cell in row] for row in rows]
        print_wide(plain_table(title, HEADINGS, shown, LEFT), console)
        for note in notes:
            console.print(f"- {escape(note)}", highlight=False, soft_wrap=True)


def markdown(records: Iterable[Record]) -> str:
    """The same as Markdown."""
    parts = []
    for title, rows, notes in _sections(records):
        shown = [[escaped(cell) for cell in row] for row in rows]
        parts += [f"**{escaped(title)}**", pipe_table(HEADINGS, shown, LEFT)]
        parts.append("\n".join(f"- {escaped(note)}" for note in notes))
    return "\n\n".join(parts) + "\n"


def _sections(records: Iterable[Record]) -> Iterator[tuple[str, list[list[str]], list[str]]]:
    finished = [record for record in records if record["error"] is None]
    for problem, runs in group_by(finished, lambda record: record["problem"]).items():
        found = splits(runs)
        title = f"{PROBLEMS[problem].title}: milliseconds a step"
        yield title, [_row(split) for split in found], list(_notes(runs, found))


def _row(split: Split) -> list[str]:
    seconds = [*(split.parts[part] for part in PARTS), split.step, split.products_alone]
    shares = (split.profile[kind] for kind in ("products", "other_kernels"))
    return [
        split.framework,
        split.regime,
        *(f"{1e3 * value:.3f}" for value in seconds),
        *(f"{share:.0%}" for share in shares),
    ]


def _notes(runs: list[Record], found: list[Split]) -> Iterator[str]:
    steps = sorted({run["steps"] for run in runs})
    yield (
        f"medians over {min(split.rounds for split in found)} rounds, all arms in turn, of epochs "
        f"of {', '.join(map(str, steps))} steps that end with a part: a part costs what the epoch "
        "takes with it less what it takes without; a negative one is noise"
    )
    yield (
        "input: to order, batch, convert and hand over the rows, with the loop around; "
        "bookkeeping: the running loss and metric; products alone: the matrix products of one "
        "step, by the framework, on dense rows"
    )
    yield (
        "in products, in others: share of a profiled epoch that the framework's own profiler saw "
        "in matrix products and in other kernels; what is missing from 100 % is Python, the "
        "framework and waiting, and kernels side by side can sum to more"
    )
    for notice in dict.fromkeys(data_of(run).get("notice") for run in runs):
        if notice:
            yield f"NOT THE REAL DATA FILES: {notice}"
    yield from provenance(runs)
