"""Two trees of names side by side, each pair of leaves with its errors: for a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

DEEPEST = 6  # parts of a name that are branches; what follows stays one word
LEVELS = {
    "e0": "as float64 rounds, 1e-12 at most",
    "e1": "within its bound",
    "e2": "over it, 1e-4 at most",
    "e3": "1e-2 at most",
    "e4": "more, or no number",
}
"""Classes of an error, from blue to orange, and what a legend says of them."""
WITHIN = ("e0", "e1")


class Error(NamedTuple):
    """An error as it is shown; `level` is one of LEVELS, or empty where nothing was measured."""

    text: str = "-"
    level: str = ""

    @classmethod
    def of(cls, error: float | None, bound: float) -> Error:
        """The error against its bound; None is no finite number."""
        if error is None or error > bound:
            level = "e4" if error is None or error > 1e-2 else "e3" if error > 1e-4 else "e2"
        else:
            level = "e0" if error <= 1e-12 else "e1"
        return cls("inf" if error is None else f"{error:.0e}" if error else "0", level)


class Leaf(NamedTuple):
    """A pair of names split at their dots, one of them empty where the other has no partner.

    `level` colours the names, `marked` says that this is where the two part; `notes` stand below.
    """

    left: str
    right: str
    level: str
    errors: tuple[Error, ...]
    marked: bool = False
    notes: Sequence[str] = ()


class Name(NamedTuple):
    """The last part of a name, behind so many branches."""

    text: str
    depth: int


class Row(NamedTuple):
    """What stands in a row of both trees: a leaf, or branches that begin here."""

    left: Name | None
    right: Name | None
    leaf: Leaf | None = None


@dataclass(frozen=True)
class Trees:
    """A verdict on two models and both as trees: `causes` each have the line to write, if any."""

    notices: Sequence[str]  # said loudly
    verdict: str
    good: bool
    faults: Sequence[str]
    causes: Sequence[tuple[str, str]]
    notes: Sequence[str]
    sides: tuple[str, str]
    errors: tuple[str, ...]  # what each error of a leaf is called
    leaves: Sequence[Leaf]

    @property
    def rows(self) -> Iterator[Row]:
        """The leaves in their order, and before them the branches that they are the first of."""
        return grown(self.leaves)

    levels = LEVELS


def grown(leaves: Iterable[Leaf]) -> Iterator[Row]:
    """A row a leaf, and before it one for each branch that begins in either tree."""
    before: list[Sequence[str]] = [(), ()]
    for leaf in leaves:
        begun: list[list[Name]] = [[], []]
        names: list[Name | None] = [None, None]
        for side, name in enumerate((leaf.left, leaf.right)):
            if name:
                *branches, last = name.split(".", DEEPEST)
                same = _shared(before[side], branches)
                begun[side] = [Name(branches[i], i) for i in range(same, len(branches))]
                names[side] = Name(last, len(branches))
                before[side] = branches
        for i in range(max(map(len, begun))):
            left, right = (of[i] if i < len(of) else None for of in begun)
            yield Row(left, right)
        yield Row(names[0], names[1], leaf)


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many parts both begin with."""
    unequal = (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(unequal, min(len(one), len(other)))
