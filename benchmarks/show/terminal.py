"""Tables on the terminal."""

from __future__ import annotations

from collections.abc import Container, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from common.visible import visible


def plain(text: object, style: str = "") -> Text:
    """Text as it is: rich looks for no markup, link or emoji in it, and nothing acts on a terminal.

    Whatever was not written here, such as text of records, of files and of errors, is printed so.
    """
    return Text(visible(text), style)


def print_table(
    title: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    left: Container[int],
    console: Console,
    *,
    spare: Sequence[str] = (),
) -> None:
    """Print a table of texts as they are; columns that are not `left` are flush right.

    Where the terminal is narrow headings and columns of text fold between words, then the columns
    of the headings in `spare` are left out one by one, which is said. Where that is not enough it
    is a line a cell, as in psql's expanded display: nothing is ever cut off.
    """
    cells = [[cell if isinstance(cell, Text) else plain(cell) for cell in row] for row in rows]
    kept = list(range(len(headings)))
    waiting = [heading for heading in spare if heading in headings]
    table = _table(title, headings, cells, left, kept)
    while console.is_terminal and _widths(table, console).minimum > console.width:
        if not waiting:
            _print_expanded(title, headings, cells, console)
            return
        kept.remove(headings.index(waiting.pop(0)))
        table = _table(title, headings, cells, left, kept)
    print_wide(table, console)
    if gone := [heading for i, heading in enumerate(headings) if i not in kept]:
        advice = "a wider terminal or a pipe has all"
        console.print(plain(f"(left out: {', '.join(gone)}; {advice})"), soft_wrap=True)


def _table(
    title: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[Text]],
    left: Container[int],
    kept: Sequence[int],
) -> Table:
    """The `kept` columns as a table, none of them narrower than its longest word."""
    table = Table(title=plain(title, "bold"), title_justify="left", box=SIMPLE_HEAD, padding=0)
    for i in kept:
        heading = "\n".join(_lines(headings[i]))
        texts = [heading, *(row[i].plain for row in rows)]
        if i in left:
            longest = max(len(word) for text in texts for word in text.split() or [""])
            table.add_column(plain(heading), min_width=longest)
        else:  # rich would take a cell of two words for one that may fold
            longest = max(len(line) for text in texts for line in text.split("\n"))
            table.add_column(plain(heading), justify="right", no_wrap=True, min_width=longest)
    for row in rows:
        table.add_row(*(row[i] for i in kept))
    return table


def _lines(heading: str) -> list[str]:
    """Its first word, the others, its unit; or the lines that it has."""
    if "\n" in heading:
        return heading.split("\n")
    words, _, unit = heading.partition(" (")
    return [*words.split(" ", 1), *([f"({unit}"] if unit else [])]


def _print_expanded(
    title: str, headings: Sequence[str], rows: Sequence[Sequence[Text]], console: Console
) -> None:
    console.print(plain(f"{title}\n", "bold"))
    for row in rows:
        grid = Table.grid(padding=(0, 2))
        for heading, text in zip(headings, row, strict=True):
            grid.add_row(plain(heading.replace("\n", " ")), text)
        console.print(grid, "")


def print_wide(table: Table, console: Console) -> None:
    """Print a table; into a pipe or a file unfolded, however wide: these have no width.

    On a terminal that is too narrow its cells fold.
    """
    if not console.is_terminal:
        console.width = max(console.width, _widths(table, console).maximum)
    elif _widths(table, console).minimum > console.width:
        for column in table.columns:
            column.no_wrap, column.overflow = False, "fold"
    console.print(table)


def _widths(table: Table, console: Console):
    return console.measure(table, options=console.options.update(width=1000))
