"""`Cause`: why two models differ, and whether that was proved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol


class Cause(NamedTuple):
    """A known difference in these two models.

    `entry` is its name in the catalogue, `places` are the users' names. `difference` says what
    differs ("norm has epsilon 0.001 in keras and 1e-05 in torch"), `trial` what was tried ("with
    0.001 in torch"); the gap, max|a - b| / max|b|, was `before` and is `after` the trial, NaN where
    nothing was tried. `write` is the line to write, in the framework of the second model, with all
    settings of the layer that are to change.
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

    @property
    def reason(self) -> str:
        """The sentence on it, without the line to write."""
        words = "cause, proved" if self.proved else "cause, suspected"
        clauses = [f"{words}: {self.difference}"]
        if self.trial:
            falls = f"the difference falls from {self.before:.0e} to {self.after:.0e}"
            clauses.append(f"{self.trial} {falls}")
        return "; ".join(clauses)

    def __str__(self) -> str:
        return with_line(self.reason, self.write)


class Written(Protocol):
    """A cause, or the record of one."""

    @property
    def places(self) -> Sequence[str]: ...
    @property
    def write(self) -> str: ...


def with_line(reason: str, line: str) -> str:
    """The sentence on a cause, and behind it the line to write, if any."""
    return f"{reason}. Write {line}" if line else reason


def lines_to_write(causes: Iterable[Written]) -> list[str]:
    """What to write for each cause; "" where a later one has the same line for the same places."""
    written = [(frozenset(cause.places), cause.write) for cause in causes]
    return ["" if line in written[number:] else line[1] for number, line in enumerate(written, 1)]


def sentences(causes: Sequence[Cause]) -> list[str]:
    """A sentence for each cause; a line that several share stands behind the last of them."""
    shown = zip(causes, lines_to_write(causes), strict=True)
    return [str(cause._replace(write=line)) for cause, line in shown]


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
