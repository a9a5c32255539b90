"""Text of others' making for a terminal, a table or a page: what would act on it is shown."""

from __future__ import annotations

import re

ACTING = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f"  # control characters, but for the tab and the end of a line
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # what turns the order of letters, ends a line
    "\ud800-\udfff]"  # halves of characters, which no file can hold
)


def visible(text: object) -> str:
    """The text with control characters as escapes: `\\x1b` is read, and moves no cursor."""
    return ACTING.sub(lambda match: ascii(match[0])[1:-1], str(text))
