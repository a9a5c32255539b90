"""What two models say of themselves before anything is climbed: settings that differ, counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from benchmarks.twins.climb import Side
from benchmarks.twins.conventions import differing
from benchmarks.twins.match import STATE, Pair
from benchmarks.twins.phrases import listed
from common.language import chained, phrase
from common.twins.probe import Unit


def preflight(pairs: Iterable[Pair], sides: Sequence[Side]) -> list[str]:
    """All sentences, of one setting of many layers one."""
    names = sides[0].framework, sides[1].framework
    layers: dict[str, list[str]] = {}
    for pair in pairs:
        for clause in differing(pair, names):
            layers.setdefault(clause, []).append(pair.name)
    lines = [
        phrase("{layers}: {clause}", layers=listed(of_clause), clause=clause)
        for clause, of_clause in layers.items()
    ]
    return [*lines, *counts_that_differ([side.units for side in sides], names)]


def counts_that_differ(units: Sequence[Sequence[Unit]], names: tuple[str, str]) -> Iterator[str]:
    """A sentence where the models have another number of weights, or of those that are trained."""
    for trained in (False, True):
        counts = [sum(_size(unit, trained) for unit in of_model) for of_model in units]
        if counts[0] != counts[1]:
            yield chained(
                " and ",
                [
                    phrase("{count:,} trained weights in {name}", count=count, name=name)
                    if trained
                    else phrase("{count:,} weights in {name}", count=count, name=name)
                    for count, name in zip(counts, names, strict=True)
                ],
            )
            return


def _size(unit: Unit, trained: bool) -> int:
    return sum(
        int(np.prod(shape))
        for role, shape in unit.weights.items()
        if role not in unit.tied and role not in STATE and not (trained and role in unit.frozen)
    )
