"""Docstrings as the code has them: plain text, `code` in single backticks, indented blocks.

Sphinx would read them as reStructuredText, where max|a - b| is a substitution and a*b* emphasis.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

MARKUP = re.compile(r"([\\*|]|_(?=\W|$))")


def literal(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Escape what is no markup here, and show indented blocks as they stand."""
    found, block = [], False
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
        part if number % 2 else MARKUP.sub(r"\\\1", part) for number, part in enumerate(parts)
    )


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("autodoc-process-docstring", literal)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
