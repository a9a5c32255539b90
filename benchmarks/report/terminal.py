"""The table of a set of records on the terminal."""

from __future__ import annotations

from collections.abc import Container, Iterable
from itertools import pairwise

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.report.summary import CAPTION, HEADINGS, Record, Row, Summary, cells, summarise

TEXT_COLUMNS = 4  # the first ones; numbers follow, set flush right


def print_table(records: Iterable[Record], console: Console | None = None) -> None:
    """Print one table a regime, then the notes and the warnings of the records.

    Raises ValueError when the records were measured under different protocols.
    """
    console = console or Console()
    summary = summarise(records)
    if not summary.sections:
        console.print("No records of training runs.")
        return
    for regime, rows in summary.sections.items():
        print_wide(_table(regime, rows, summary), console)
    console.print(CAPTION, style="dim")
    for i, note in enumerate(summary.notes, 1):
        loud = any(row.notice and row.notes[0] == note for row in _rows(summary))
        console.print(f"{i}  {escape(note)}", style="bold red" if loud else "", highlight=False)
    for warning in summary.warnings:
        console.print(f"warning: {escape(warning)}", style="yellow", highlight=False)


def plain_table(
    title: str, headings: Iterable[str], rows: Iterable[Iterable[str]], left: Container[int]
) -> Table:
    """A table of cells that are escaped; columns that are not `left` are flush right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    table.pad_edge, table.padding = False, (0, 1, 0, 0)
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="left" if i in left else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def print_wide(table: Table, console: Console) -> None:
    """Print a table; into a pipe or a file unfolded, however wide: these have no width."""
    if not console.is_terminal:
        unfolded = console.options.update(width=1000)
        console.width = max(console.width, console.measure(table, options=unfolded).maximum)
    console.print(table)


def _table(regime: str, rows: list[Row], summary: Summary) -> Table:
    table = Table(
        title=f"regime: {regime}",
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=0,
        pad_edge=False,
    )
    for i, heading in enumerate(HEADINGS):
        words, _, unit = heading.partition(" (")
        table.add_column(
            words.replace(" ", "\n", 1) + (f"\n({unit}" if unit else ""),
            justify="left" if i < TEXT_COLUMNS or heading == "notes" else "right",
            # in a narrow terminal these fold and the others stay whole
            no_wrap=not heading.startswith(("test", "runs")),
            min_width=9 if heading.startswith("test") else None,
        )
    for row, following in pairwise([*rows, None]):
        assert row is not None
        table.add_row(
            *(escape(cell) for cell in _loud(row, cells(row, summary))),
            style="red" if row.notice or not row.runs else "",
            end_section=following is None or following.problem != row.problem,
        )
    return table


def _loud(row: Row, texts: list[str]) -> list[str]:
    return [f"{texts[0]} !", *texts[1:]] if row.notice else texts


def _rows(summary: Summary) -> list[Row]:
    return [row for rows in summary.sections.values() for row in rows]
