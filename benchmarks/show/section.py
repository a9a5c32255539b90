"""A page of tables, each with what must be said of it: on the terminal, as Markdown or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.console import Console
from rich.text import Text

from benchmarks.show.figures import Chart, save
from benchmarks.show.markdown import escaped, line, pipe_table, replace_table
from benchmarks.show.terminal import plain, print_table
from benchmarks.show.trees import Trees
from common.install import install_extra
from common.say import inform, say


@dataclass(frozen=True)
class Section:
    """A table, its notes and what draws its figure; a cell that begins with * is to be read first.

    A `long` table is of use behind its figure alone: Markdown and terminal of a report leave it
    out. The page shows a `folded` one when it is asked for, and `trees` in place of a table; a
    cell that begins with one of `colours` has that class. The page's filters ask `arms`, by the
    name or row of a mark of the figure, "" for all marks: `problem`, `framework`, `regime`,
    `device`; an arm whose curves can stand over time has the `seconds` of each epoch's end.
    """

    title: str
    headings: tuple[str, ...]
    rows: list[list[str]]
    left: tuple[int, ...] = (0,)  # columns of text, flush left
    notes: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)  # said loudly, before the table
    draw: Callable[[], Chart] | None = None
    file: str = ""  # what the figure's file has in its name, behind that of the page
    figures: list[Path] = field(default_factory=list)  # files of the figure, the first for Markdown
    long: bool = False
    folded: bool = False
    trees: Trees | None = None
    spare: tuple[str, ...] = ()  # headings that a narrow terminal does without, the first first
    colours: Mapping[str, str] = field(default_factory=dict)
    arms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    runs: list[list[list[str]]] = field(default_factory=list)  # the table behind each row

    def colour(self, cell: str) -> str:
        """The class of a cell on the page; empty for most."""
        words = [word for word in self.colours if cell.removeprefix("*").startswith(word)]
        return self.colours[words[0]] if words else ""


def show(
    sections: Iterable[Section],
    *,
    into: Path | None = None,
    mark: str = "",
) -> None:
    """The sections between the marks of a file, or on standard output."""
    if into:
        written = replace_table(into, markdown(sections), mark)
        inform(f"{into}: {'written' if written else 'up to date'}")
    else:
        print_sections(sections)


def with_figures(sections: Iterable[Section], stem: Path) -> Iterator[Section]:
    """The sections with their figures written to `<stem>.png` and `.svg`, or `<stem>-<file>...`.

    Beside a page they are English as its tables are.
    """
    aloud = not stem.with_suffix(".md").is_file()
    for section in sections:
        if draw := section.draw:
            path = stem.with_name("-".join(filter(None, (stem.name, section.file))))
            section = replace(section, figures=drawn(partial(_save, draw, path, aloud=aloud)))
        yield section


def _save(draw: Callable[[], Chart], stem: Path, *, aloud: bool) -> list[Path]:
    return save(draw(), stem, aloud=aloud)


def drawn(write: Callable[[], list[Path]], what: str = "figures") -> list[Path]:
    """The files that `write` makes, named on standard error; none where a library is missing."""
    try:
        paths = write()
    except ImportError as error:
        say(f"no {what}: {error}; {install_extra('plot')}")
        return []
    inform(f"{what}: " + ", ".join(map(str, paths)) if paths else f"no {what}: nothing is complete")
    return paths


def print_sections(sections: Iterable[Section], console: Console | None = None) -> None:
    """Print each table, and below it its notes."""
    console = console or Console()
    for section in sections:
        for notice in section.notices:
            console.print(plain(notice, "bold red"), soft_wrap=True)
        rows = [[_loud(cell) for cell in row] for row in section.rows]
        left, spare = section.left, section.spare
        print_table(section.title, section.headings, rows, left, console, spare=spare)
        for note in section.notes:
            console.print(plain(f"- {note}"), soft_wrap=True)


def markdown(sections: Iterable[Section]) -> str:
    """The same as Markdown; a figure is shown from beside the page."""
    parts = []
    for section in sections:
        parts += [f"**{escaped(notice)}**" for notice in section.notices]
        files = [quote(path.name) for path in section.figures[:1]]
        parts += [f"![{escaped(section.title)}]({name})" for name in files]
        shown = [[_bold(escaped(cell)) for cell in row] for row in section.rows]
        parts += [
            f"**{escaped(section.title)}**",
            pipe_table(map(escaped, section.headings), shown, section.left),
        ]
        if section.notes:
            parts.append("\n".join(f"- {line(note)}" for note in section.notes))
    return "\n\n".join(parts) + "\n"


def _loud(cell: str) -> Text:
    return plain(cell[1:], "bold") if cell.startswith("*") else plain(cell)


def _bold(cell: str) -> str:
    return f"**{cell[1:]}**" if cell.startswith("*") else cell
