"""Tables in Markdown, and their place in a file."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from pathlib import Path

from common.atomic import replaced
from common.visible import visible

LIVE = re.compile(r"[|<~]|\\(?=[!-/:-@\[-`{-~]|$)|\](?=[(\[:])|&(?=#?\w+;)|(?<=www)\.|:(?=//)")
LEADING = re.compile(r"^(?:>|[#+*-](?=[\s#*-]|$)|`(?=``)|\d{1,9}[.)](?=\s))")
"""What Markdown acts on: anywhere in a text, and where a line begins with it."""
BEGIN, END = "<!-- twinbench:table -->", "<!-- /twinbench:table -->"


def marks(name: str = "") -> tuple[str, str]:
    """The two lines around a table; a file with several tables tells them apart by a name."""
    return tuple(mark.replace(" -->", f" {name} -->" if name else " -->") for mark in (BEGIN, END))  # type: ignore[return-value]


def around_table(path: Path, name: str = "") -> tuple[str, str]:
    """What stands before and after the table in the file, its two marks included.

    Raises ValueError when the file is not in UTF-8 or has not each mark once, in this order.
    """
    first, last = marks(name)
    if not path.is_file():
        raise ValueError(f"{path} is not there; make it, with a line {first} and one {last} below")
    text = _text(path)
    before, begin, rest = text.partition(first)
    old, end, after = rest.partition(last)
    if not (begin and end) or first in old + after or last in before + after:
        raise ValueError(
            f"{path}: expected one line {first} and below it one line {last}, found "
            f"{text.count(first)} and {text.count(last)}; write them where the table belongs"
        )
    return before + begin, end + after


def replace_table(path: Path, table: str, name: str = "") -> bool:
    """Put the table between the two marks of the file; False when it stood there already.

    Its lines end as that of the first mark does. Errors as for `around_table`.
    """
    (before, after), old = around_table(path, name), _text(path)
    new = f"\n{table.strip()}\n"
    if old.startswith(f"{before}\r\n"):
        new = new.replace("\n", "\r\n")
    new = f"{before}{new}{after}"
    if new == old:
        return False
    with replaced(path) as file:
        file.write(new.encode())
    return True


def _text(path: Path) -> str:
    """The file's text with its own ends of lines, and with the mark that it may begin with."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8 ({error}); save it as such") from error


def pipe_table(headings: Iterable[str], rows: Iterable[Iterable[str]], left: Container[int]) -> str:
    """A Markdown table of cells that are escaped; columns that are not `left` are flush right."""
    headings = list(headings)
    rule = ["---" if i in left else "---:" for i in range(len(headings))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [headings, rule, *rows])


def escaped(text: str) -> str:
    """Text that Markdown shows as it is: no pipe ends a cell, no angle bracket opens a tag.

    Nor is it a link, an image, an address, struck out or an escape. A code span stays one, and so
    does a word in stars.
    """
    return LIVE.sub(_inert, visible(text).replace("\n", " "))


def line(text: str) -> str:
    """The same where a line begins with it: no heading, quote, list or fence."""
    return LEADING.sub(_inert, escaped(text))


def _inert(match: re.Match[str]) -> str:
    return {"<": "&lt;", "&": "&amp;"}.get(match[0], f"{match[0][:-1]}\\{match[0][-1]}")
