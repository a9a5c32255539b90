"""Docstrings as the code has them: plain text, `code` in single backticks, indented blocks.

Sphinx would read them as reStructuredText, where max|a - b| is a substitution and a*b* emphasis.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

TITLE = r"(?<![\w*])\*(?=\w)[^*]+(?<=\w)\*(?!\w)"  # *Deep Learning with Python*
MARKUP = re.compile(rf"({TITLE})|([\\*|]|_(?=\W|$))")
OF_A_TUPLE = re.compile(r"Alias for field number \d+")


def literal(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Escape what is no markup here, and show indented blocks as they stand."""
    if OF_A_TUPLE.fullmatch("".join(lines)):
        lines.clear()
    found: list[str] = []
    block = False
    for line in lines:
        indented = line.startswith("    ")
        if indented and not block and (not found or not found[-1]):
            found += ["::", ""]
            block = True
        elif line and not indented:
            block = False
        found.append(line if block else _escaped(line))
    lines[:] = found


def _escaped(line: str) -> str:
    parts = line.split("`")
    if len(parts) % 2 == 0:  # code that goes on in the next line
        return line
    return "`".join(
        part if number % 2 else MARKUP.sub(_as_text, part) for number, part in enumerate(parts)
    )


def _as_text(found: re.Match[str]) -> str:
    return found[1] or f"\\{found[2]}"


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("autodoc-process-docstring", literal)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
