"""Finder: what the models say of themselves: dropout, precision, what is frozen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.cause import Cause
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.match import STATE
from benchmarks.twins.place import listed
from common.twins.probe import Event


def find(scene: Scene) -> Iterator[Cause]:
    """A cause a setting; nothing can be tried where it shows in no number."""
    yield from _dropout(scene)
    yield from _precision(scene)
    yield from _frozen(scene)


def _dropout(scene: Scene) -> Iterator[Cause]:
    rates = [[rate for _, rate in side.dropout] for side in scene.sides]
    if sorted(rates[0]) == sorted(rates[1]):
        return
    listed_rates = [listed(f"{rate:g} in {name}" for name, rate in s.dropout) for s in scene.sides]
    told = [
        f"{name} has {rates or 'none'}"
        for name, rates in zip(scene.models.names, listed_rates, strict=True)
    ]
    missing = [rate for rate in rates[0] if rate not in rates[1]]
    line = ENTRIES["dropout_rate"].line(scene.models.names[1], {"rate": (missing or [0.0])[0]})
    places = [name for side in scene.sides for name, _ in side.dropout]
    yield Cause("dropout_rate", ("dropout", *places), f"dropout: {'; '.join(told)}", line)


def _precision(scene: Scene) -> Iterator[Cause]:
    for pair in scene.models.matching.pairs:
        one, other = (
            side.precision.get(unit.name, "float32")
            for side, unit in zip(scene.sides, (pair.one, pair.other), strict=True)
        )
        if one == other:
            continue
        names = scene.models.names
        filling = {"dtype": one, "name": f"self.{pair.other.name}", "layer": pair.one.kind}
        yield Cause(
            "half_precision",
            (pair.name,),
            f"{pair.name} computes in {one} in {names[0]} and in {other} in {names[1]}",
            ENTRIES["half_precision"].line(names[1], filling),
        )
        return


def _frozen(scene: Scene) -> Iterator[Cause]:
    for pair in scene.models.matching.pairs:
        for link in pair.links:
            frozen = link.one in pair.one.frozen, link.other in pair.other.frozen
            if frozen[0] == frozen[1] or link.one in STATE:
                continue
            held, trains = scene.models.names if frozen[0] else scene.models.names[::-1]
            filling = {"layer": f"self.{pair.other.layer}", "trained": not frozen[0]}
            yield Cause(
                "frozen",
                (pair.name,),
                f"{pair.name} is frozen in {held} and trained in {trains}",
                ENTRIES["frozen"].line(scene.models.names[1], filling),
            )
            break


def drawing(framework: str, events: Sequence[Event]) -> list[Cause]:
    """A dropout that draws where a model evaluates."""
    return [
        Cause(
            "dropout_in_evaluation",
            (event.layer,),
            f"{event.layer} draws in {framework} where it evaluates",
            ENTRIES["dropout_in_evaluation"].line(framework, event.settings),
        )
        for event in events
        if "dropout" in event.kind.lower() and event.inputs and event.outputs
        if not np.array_equal(event.inputs[0], event.outputs[0])
    ]


FINDER = Finder(("dropout_rate", "half_precision", "frozen"), find)
