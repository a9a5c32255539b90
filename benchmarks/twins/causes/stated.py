"""Finder: what the models say of themselves: dropout, precision, what is frozen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.twins.cause import Cause
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.phrases import computes
from benchmarks.twins.settings import coarser_in_one, frozen_in_one, rates_that_differ
from common.language import phrase
from common.twins.probe import Event


def find(scene: Scene) -> Iterator[Cause]:
    """A cause a setting; nothing can be tried where it shows in no number."""
    yield from _dropout(scene)
    yield from _precision(scene)
    yield from _frozen(scene)


def _dropout(scene: Scene) -> Iterator[Cause]:
    if words := rates_that_differ(scene.sides):
        ones, others = ([rate for _, rate in side.dropout] for side in scene.sides)
        missing = [rate for rate in ones if rate not in others]
        line = ENTRIES["dropout_rate"].line(scene.models.names[1], {"rate": (missing or [0.0])[0]})
        places = [name for side in scene.sides for name, _ in side.dropout]
        difference = phrase("dropout: {rates}", rates=words)
        yield Cause("dropout_rate", ("dropout", *places), difference, line)


def _precision(scene: Scene) -> Iterator[Cause]:
    for pair, (one, other) in coarser_in_one(scene.models, scene.sides):
        names = scene.models.names
        kinds = [event.kind for event in scene.models.other if event.layer == pair.other.layer]
        filling = {"dtype": one, "name": f"self.{pair.other.name}", "layer": (kinds or ["..."])[0]}
        yield Cause(
            "half_precision",
            (pair.name,),
            computes(pair.name, (one, other), names),
            ENTRIES["half_precision"].line(names[1], filling),
        )


def _frozen(scene: Scene) -> Iterator[Cause]:
    second = scene.models.names[1]
    for pair, _, (held, trains) in frozen_in_one(scene.models):
        filling = {"layer": f"self.{pair.other.layer}", "trained": held == second}
        yield Cause(
            "frozen",
            (pair.name,),
            phrase(
                "{pair} is frozen in {held} and trained in {trains}",
                pair=pair.name,
                held=held,
                trains=trains,
            ),
            ENTRIES["frozen"].line(second, filling),
        )


def drawing(framework: str, events: Sequence[Event]) -> list[Cause]:
    """A dropout that draws where a model evaluates."""
    return [
        Cause(
            "dropout_in_evaluation",
            (event.layer,),
            phrase(
                "{layer} draws in {framework} where it evaluates",
                layer=event.layer,
                framework=framework,
            ),
            ENTRIES["dropout_in_evaluation"].line(framework, event.settings),
        )
        for event in events
        if "dropout" in event.kind.lower() and event.inputs and event.outputs
        if not np.array_equal(event.inputs[0], event.outputs[0])
    ]


FINDER = Finder(("dropout_rate", "half_precision", "frozen"), find)
