"""`Scene`: what a finder of causes may look at and try.

A finder recognises a known difference, tries the counterfactual, and gives a `Cause`: *proved* when
the counterfactual closes the gap to rounding, else *suspected*. What it tries changes nothing that
lasts: values that it assigns it takes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from benchmarks.twins.causes.cause import Cause
from benchmarks.twins.climb import Side, Trace
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.place import Models
from common.twins.file import TwinsFile
from common.twins.probe import Rows


class Scene(NamedTuple):
    """Two models that differ, as the judge saw them.

    `models` has the events of both in float64, at the scale of the rows where the outputs part;
    `traces` the four climbs by (0 or 1, dtype); `given` are each model's targets, empty where
    training was not reached; `reset` gives model 0 or 1 its first weights again.
    """

    judgement: Judgement
    file: TwinsFile
    sides: tuple[Side, Side]
    models: Models
    traces: Mapping[tuple[int, str], Trace]
    rows: Rows
    given: Sequence[Rows]
    reset: Callable[[int], None]


class Finder(NamedTuple):
    """`find` gives the causes that explain where two models part, each of one of the `entries`."""

    entries: tuple[str, ...]
    find: Callable[[Scene], Iterable[Cause]]
