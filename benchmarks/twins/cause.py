"""`Cause`: why two models differ, and whether that was proved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from common.language import Phrase, chained, phrase


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
    def reason(self) -> Phrase:
        """The sentence on it, without the line to write."""
        proved = phrase("cause, proved: {difference}", difference=self.difference)
        suspected = phrase("cause, suspected: {difference}", difference=self.difference)
        reason = proved if self.proved else suspected
        if not self.trial:
            return reason
        falls = phrase(
            "{trial} the difference falls from {before:.0e} to {after:.0e}", **self._asdict()
        )
        return chained("; ", [reason, falls])

    @property
    def sentence(self) -> Phrase:
        """All of it in words."""
        return with_line(self.reason, self.write)

    def __str__(self) -> str:
        return self.sentence


class Written(Protocol):
    """A cause, or the record of one."""

    @property
    def places(self) -> Sequence[str]: ...
    @property
    def write(self) -> str: ...


def with_line(reason: str, line: str) -> Phrase:
    """The sentence on a cause, and behind it the line to write, if any."""
    if not line:
        return reason if isinstance(reason, Phrase) else Phrase(reason)
    return phrase("{reason}. Write {line}", reason=reason, line=line)


def lines_to_write(causes: Iterable[Written]) -> list[str]:
    """What to write for each cause; "" where a later one has the same line for the same places."""
    written = [(frozenset(cause.places), cause.write) for cause in causes]
    return ["" if line in written[number:] else line[1] for number, line in enumerate(written, 1)]


def sentences(causes: Sequence[Cause]) -> list[Phrase]:
    """A sentence for each cause; a line that several share stands behind the last of them."""
    shown = zip(causes, lines_to_write(causes), strict=True)
    return [cause._replace(write=line).sentence for cause, line in shown]


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
    difference = has_in_each(layer, values, frameworks)
    trial = exchanged(values[0], frameworks[1])
    return Cause(entry, places, difference, write, True, trial, *gap)


def has_in_each(layer: str, values: Sequence[str], frameworks: Sequence[str]) -> Phrase:
    """That a layer or a rule has something else in each model."""
    return phrase(
        "{layer} has {value} in {one} and {another} in {other}",
        layer=layer,
        value=values[0],
        one=frameworks[0],
        another=values[1],
        other=frameworks[1],
    )


def exchanged(value: str, framework: str) -> Phrase:
    """What was tried: something of the first model in the second."""
    return phrase("with {value} in {framework}", value=value, framework=framework)
