"""How the help is printed: in the language that is spoken, Chinese broken into lines too."""

from __future__ import annotations

import argparse
import re
import unicodedata

from common.language import paragraphs, translated

OPENING, CLOSING = "（“", "，。、；：？！）”"  # noqa: RUF001
PIECE = re.compile(
    rf"[{OPENING}]*(?:[^\s{OPENING}{CLOSING}\u2e80-\uffef]+|[\u2e80-\uffef])[{CLOSING}]*|\s|."
)
"""What a line keeps together: a word or a wide character, with the punctuation around it."""


class Formatter(argparse.HelpFormatter):
    """argparse's own, and it translates what it is given."""

    def start_section(self, heading):
        super().start_section(heading and translated(heading))

    def add_text(self, text):
        super().add_text(text and paragraphs(text))

    def _get_help_string(self, action):
        """Without a full stop: the listing of commands has the first sentence of each."""
        words = translated(action.help).rstrip(".。")
        return words.format(**_names()) if "{" in words else words

    def _split_lines(self, text, width):
        return super()._split_lines(text, width) if text.isascii() else wrapped(text, width)

    def _fill_text(self, text, width, indent):
        return "\n".join(indent + line for line in self._split_lines(text, width - len(indent)))


class AsWritten(argparse.RawDescriptionHelpFormatter, Formatter):
    """The same for a text whose lines are broken already."""


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns, broken between wide characters too.

    textwrap breaks at spaces, of which Chinese has none, and counts a wide character as one column.
    """
    lines = [""]
    for piece in PIECE.findall(" ".join(text.split())):
        if columns(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        if lines[-1] or piece != " ":
            lines[-1] += piece
    return [line.rstrip() for line in lines]


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _names() -> dict[str, str]:
    """What a help may name: `{problems}`, and `{but}` what is left out where none is named."""
    from common.framework import frameworks
    from common.problem import PROBLEMS

    unasked = (name for name, framework in frameworks().items() if framework.on_request)
    but = "".join(map(translated(", but {}").format, unasked))
    return {"problems": ", ".join(PROBLEMS), "but": but}
