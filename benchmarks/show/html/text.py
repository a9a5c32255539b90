"""A report as Markdown or as terminal tables: the sentences and tables of the page."""

from __future__ import annotations

import io

from rich.console import Console

from benchmarks.show import section
from benchmarks.show.markdown import escaped, line
from benchmarks.show.part import Part
from benchmarks.show.terminal import plain as shown


def markdown(parts: list[Part]) -> str:
    """Headings, sentences and tables, without the long ones behind charts.

    What must be known with a sentence stands below its tables.
    """
    blocks = []
    for part in parts:
        blocks += [f"## {escaped(part.title)}", escaped(part.text)]
        if part.said:
            blocks.append("\n".join(f"- {line(verdict.sentence)}" for verdict in part.said))
        if tables := _tables(part):
            blocks.append(section.markdown(tables).strip())
    return "\n\n".join(blocks) + "\n"


def show(parts: list[Part], console: Console | None = None) -> None:
    """The same on the terminal."""
    console = console or Console()
    for part in parts:
        console.print("", shown(part.title, "bold underline"), shown(f"{part.text}\n"), sep="\n")
        for verdict in part.said:
            console.print(shown(f"- {verdict.sentence}"), soft_wrap=True)
        section.print_sections(_tables(part), console)


def plain(parts: list[Part]) -> str:
    """What `show` prints, for a file."""
    out = io.StringIO()
    show(parts, Console(file=out, width=100))
    return out.getvalue()


def _tables(part: Part) -> list[section.Section]:
    return [section for section in part.sections if not section.long]
