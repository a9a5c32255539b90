"""`Scene`: what a finder of causes may look at and try.

A finder recognises a known difference, tries the counterfactual, and gives a `Cause`: *proved* when
the counterfactual closes the gap to rounding, else *suspected*. What it tries changes nothing that
lasts: values that it assigns it takes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from benchmarks.twins.cause import Cause
from benchmarks.twins.climb import Side, Trace, scaled
from benchmarks.twins.flow import nearest
from benchmarks.twins.fused import joined, parted, whole
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.place import Models, Seen, seen_pairs
from common.twins.file import TwinsFile
from common.twins.probe import Rows, Values

MANY = 1_000_000  # numbers of a tensor of which the first rows are compared alone


class Met(NamedTuple):
    """A pair that both models show; `before` and `after` are how what goes in and what comes out
    compare, as `flow.relation` has it."""

    seen: Seen
    before: str
    after: str


def _few(tensors: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [t[:2] if t.size > MANY else t for t in tensors]


@dataclass(frozen=True)
class Scene:
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
    faded: bool = False  # layers differ, and the outputs in evaluation do not show it

    @cached_property
    def parted(self) -> str:
        """The lowest rung of outputs that breaks, such as "outputs x30"; "outputs" if none does."""
        rungs = [rung.rung for rung in self.judgement.rungs if rung.broken]
        return next((rung for rung in rungs if rung.startswith("outputs")), "outputs")

    @cached_property
    def outputs_part(self) -> bool:
        """Whether the two differ where they evaluate, and not in training alone."""
        broken = any(r.broken and r.rung.startswith("outputs") for r in self.judgement.rungs)
        shapes = [place for fault in self.judgement.faults for place in fault.places]
        return broken or ("outputs" in shapes and not self.given)

    @property
    def layers_part(self) -> bool:
        """Whether layers differ where the two evaluate, and pass it on."""
        return self.outputs_part or self.faded

    @cached_property
    def parted_rows(self) -> Rows:
        """The rows that the events were made of."""
        return scaled(self.rows, float(self.parted.partition(" x")[2] or 1))

    @cached_property
    def met(self) -> list[Met]:
        """The pairs that both models show, and how their inputs and outputs compare."""
        return [
            Met(
                seen,
                nearest(_few(seen.given[0].inputs), _few(seen.given[1].inputs)),
                nearest(_few(seen.one.outputs), _few(seen.other.outputs)),
            )
            for seen in seen_pairs(self.models)
        ]

    @cached_property
    def values(self) -> tuple[Values, Values]:
        """The weights of both before any step, float64, layers in one as their parts too."""
        taken = []
        for number, side in enumerate(self.sides):
            self.reset(number)
            taken.append(parted(side.ask64("values"), self.models.matching.splits[number]))
        return taken[0], taken[1]

    def assignable(self, values: Values, number: int = 1) -> Values:
        """Values of a model's layers, and of parts of them, under its own names alone."""
        named = joined(values, self.models.matching.splits[number])
        return {k: v for k, v in named.items() if whole(k.partition("/")[0]) == k.partition("/")[0]}


class Finder(NamedTuple):
    """`find` gives the causes that explain where two models part, each of one of the `entries`."""

    entries: tuple[str, ...]
    find: Callable[[Scene], Iterable[Cause]]
