"""Tables in Markdown, and their place in a file."""

from __future__ import annotations

from collections.abc import Container, Iterable
from pathlib import Path

from common.atomic import replaced

BEGIN, END = "<!-- twinbench:table -->", "<!-- /twinbench:table -->"


def around_table(path: Path) -> tuple[str, str]:
    """What stands before and after the table in the file, its two marks included.

    Raises ValueError when the file is not in UTF-8 or has not each mark once, in this order.
    """
    if not path.is_file():
        raise ValueError(f"{path} is not there; make it, with a line {BEGIN} and one {END} below")
    text = _text(path)
    before, begin, rest = text.partition(BEGIN)
    old, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in old + after or END in before + after:
        raise ValueError(
            f"{path}: expected one line {BEGIN} and below it one line {END}, found "
            f"{text.count(BEGIN)} and {text.count(END)}; write them where the table belongs"
        )
    return before + begin, end + after


def replace_table(path: Path, table: str) -> bool:
    """Put the table between the two marks of the file; False when it stood there already.

    Its lines end as that of the first mark does. Errors as for `around_table`.
    """
    (before, after), old = around_table(path), _text(path)
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
    """Text that Markdown shows as it is: no pipe ends a cell, no angle bracket opens a tag."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
