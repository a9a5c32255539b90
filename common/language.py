"""The language that a command speaks: English, or that of a catalogue below `common/locale`.

By gettext, which argparse asks for its own words too: the domain is that of the whole process.
People edit `twinbench.po`, and `make messages` compiles it into the `twinbench.mo` that gettext
reads. Both are committed: a checkout speaks without a step before it.
"""

from __future__ import annotations

import gettext
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

DOMAIN = "twinbench"
LOCALE = Path(__file__).with_name("locale")
LANGUAGES = ("en", "zh")
WIDE = "，。；：（）"  # noqa: RUF001
SPARE = re.compile(f"(?<=[{WIDE}]) | (?=[{WIDE}])|(?<=[一-鿿]) (?=[一-鿿])")
_aloud = ContextVar("aloud", default=False)


def speak(language: str | None = None) -> None:
    """Speak one of LANGUAGES; None: as LANGUAGE, LC_ALL, LC_MESSAGES or LANG says.

    The processes that this one starts inherit the choice.
    """
    if language:
        os.environ["LANGUAGE"] = language
    gettext.bindtextdomain(DOMAIN, str(LOCALE))
    gettext.textdomain(DOMAIN)


def speaks_chinese() -> bool:
    """Whether what is printed is not the English of records."""
    return translated("loss") != "loss"


def translated(text: str) -> str:
    """The text in the language that is spoken; as it is where the catalogue lacks it."""
    return gettext.gettext(text) if text else text  # "" is the catalogue's own header


def paragraphs(text: str) -> str:
    """The same of each paragraph: what changes in one leaves the others translated."""
    return "\n\n".join(map(translated, text.split("\n\n")))


@contextmanager
def aloud() -> Iterator[None]:
    """While it is open `said` translates: a sentence for a person at a terminal."""
    token = _aloud.set(True)
    try:
        yield
    finally:
        _aloud.reset(token)


class Phrase(str):
    """English, as records keep it, that knows what to print in the language that is spoken."""

    spoken: str

    def __new__(cls, english: str, spoken: str = "") -> Phrase:
        """Without `spoken` English is printed too."""
        text = super().__new__(cls, english)
        text.spoken = spoken or english
        return text


def phrase(template: str, **values: Any) -> Phrase:
    """A sentence or a part of one; English as a whole where the catalogue lacks its template."""
    words, english = translated(template), template.format(**values)
    if words == template:
        return Phrase(english)
    return Phrase(english, words.format(**{name: spoken(v) for name, v in values.items()}))


def chained(separator: str, parts: Iterable[str]) -> Phrase:
    """Parts in a row, as `separator.join` in each language."""
    parts = list(parts)
    return Phrase(separator.join(parts), translated(separator).join(map(spoken, parts)))


def spoken(value: Any) -> Any:
    """What to print of a phrase; anything else as it is."""
    return value.spoken if isinstance(value, Phrase) else value


def tight(text: str) -> str:
    """Text without spaces beside Chinese punctuation, which has its own, and inside of Chinese."""
    return SPARE.sub("", text)


def said(text: str) -> str:
    """The text as it is for records, JSON and Markdown, which stay English; aloud, translated."""
    return translated(text) if _aloud.get() else text
