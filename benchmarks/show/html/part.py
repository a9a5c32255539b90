"""What a report is made of: parts of tables, each with the chart that it stands behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.show.section import Section

Figure = dict[str, Any]
"""A Plotly figure as plain values: `data` and `layout`."""
Draw = Callable[[], Figure]


@dataclass(frozen=True)
class Block:
    """A table, and what draws it: the figure, the notes on how to read it.

    A `long` table is of use behind its chart alone: Markdown and terminal leave it out. The page
    shows a `folded` one when it is asked for.
    """

    table: Section
    draw: Draw | None = None
    long: bool = False
    folded: bool = False


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
    blocks: list[Block] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    filtered: bool = False  # its tables can be sorted and filtered
