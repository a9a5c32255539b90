"""What a report is made of: parts, each with its sentences and its sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.show.section import Section


@dataclass(frozen=True)
class Said:
    """A sentence in words that the protocol allows, and what must be known with it."""

    sentence: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One heading of a report; `name` is the anchor of its place in the page."""

    name: str
    title: str
    text: str  # how to read it
    sections: Sequence[Section]
    said: list[Said] = field(default_factory=list)
    filtered: bool = False  # its tables can be sorted and filtered
