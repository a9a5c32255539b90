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
) -> None:
    """Print a table of texts as they are; columns that are not `left` are flush right.

    Where the terminal is narrow headings and columns of text fold between words. Where that is not
    enough it is a line a cell, as in psql's expanded display: nothing is ever cut off.
    """
    cells = [[cell if isinstance(cell, Text) else plain(cell) for cell in row] for row in rows]
    table = Table(title=plain(title, "bold"), title_justify="left", box=SIMPLE_HEAD, padding=0)
    for i, heading in enumerate(headings):
        words, _, unit = heading.partition(" (")
        lines = [*words.split(" ", 1), *([f"({unit}"] if unit else [])]
        texts = [*lines, *(row[i].plain for row in cells)]
        longest = max(len(word) for text in texts for word in text.split() or [""])
        if i in left:
            table.add_column(plain("\n".join(lines)), min_width=longest)
        else:
            table.add_column(plain("\n".join(lines)), justify="right", no_wrap=True)
    for row in cells:
        table.add_row(*row)
    if not console.is_terminal or _widths(table, console).minimum <= console.width:
        print_wide(table, console)
        return
    console.print(plain(f"{title}\n", "bold"))
    for row in cells:
        grid = Table.grid(padding=(0, 2))
        for heading, text in zip(headings, row, strict=True):
            grid.add_row(plain(heading), text)
        console.print(grid, "")


def print_wide(table: Table, console: Console) -> None:
    """Print a table; into a pipe or a file unfolded, however wide: these have no width."""
    if not console.is_terminal:
        console.width = max(console.width, _widths(table, console).maximum)
    console.print(table)


def _widths(table: Table, console: Console):
    return console.measure(table, options=console.options.update(width=1000))
