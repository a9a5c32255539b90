"""`Cause`: why two models differ, and whether that was proved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Cause(NamedTuple):
    """A known difference in these two models.

    `entry` is its name in the catalogue, `places` are the users' names. `difference` says what
    differs ("norm has epsilon 0.001 in keras and 1e-05 in torch"), `trial` what was tried ("with
    0.001 in torch"); the gap, max|a - b| / max|b|, was `before` and is `after` the trial, NaN where
    nothing was tried. `write` is the line to write, in the framework of the second model.
    """

    entry: str
    places: tuple[str, ...]
    difference: str
    write: str
    proved: bool = False
    trial: str = ""
    before: float = float("nan")
    after: float = float("nan")

    @property
    def page(self) -> str:
        """The page that tells of it, in the repository."""
        return f"docs/causes/{self.entry}.md"

    def __str__(self) -> str:
        words = "cause, proved" if self.proved else "cause, suspected"
        clauses = [f"{words}: {self.difference}"]
        if self.trial:
            falls = f"the difference falls from {self.before:.0e} to {self.after:.0e}"
            clauses.append(f"{self.trial} {falls}")
        return "; ".join(clauses) + (f". Write {self.write}" if self.write else "")


def of_setting(
    entry: str,
    places: tuple[str, ...],
    layer: str,
    values: Sequence[str],
    frameworks: Sequence[str],
    write: str,
    gap: tuple[float, float],
) -> Cause:
    """A proved cause: a layer's setting, in words of each model, and the gap before and after."""
    one, other = frameworks
    difference = f"{layer} has {values[0]} in {one} and {values[1]} in {other}"
    return Cause(entry, places, difference, write, True, f"with {values[0]} in {other}", *gap)
