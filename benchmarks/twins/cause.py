"""`Cause`: why two models differ, and whether that was proved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from benchmarks.twins.place import listed

HAS = " has "  # between the layer and its setting


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
    difference = f"{layer}{HAS}{values[0]} in {one} and {values[1]} in {other}"
    return Cause(entry, places, difference, write, True, f"with {values[0]} in {other}", *gap)


def each_once(causes: Iterable[Cause]) -> list[str]:
    """A sentence for each difference: the first layer's own, and which others have the same."""
    alike: dict[tuple, list[Cause]] = {}
    for cause in causes:
        what = cause.difference.partition(HAS)[2] or cause.difference
        alike.setdefault((cause.entry, cause.proved, what), []).append(cause)
    return [
        f"{first}" + (f". The same of {listed(map(_layer, rest))}" if rest else "")
        for first, *rest in alike.values()
    ]


def _layer(cause: Cause) -> str:
    return cause.difference.partition(HAS)[0]
