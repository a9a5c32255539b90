"""Finder: a normalisation before or behind an activation, or before or behind other layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.twins.cause import Cause
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.halves import code_of, halves_of
from benchmarks.twins.causes.normalisations import KINDS
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.causes.trial import closes, fits
from benchmarks.twins.causes.witness.elementwise import PLAIN, Program, named
from benchmarks.twins.climb import distance
from benchmarks.twins.flow import DIFFER, PART
from benchmarks.twins.place import Seen
from common.language import phrase
from common.twins.probe import Event

NEAR = 1e-8


def find(scene: Scene) -> Iterator[Cause]:
    """Of each normalisation that is given other numbers in each model."""
    if not scene.layers_part:
        return
    seen = [met.seen for met in scene.met]
    for pair, before, _ in scene.met:
        if pair.pair.one.kind not in KINDS or before not in (DIFFER, PART):
            continue
        cause = _behind_activation(scene, pair) or _behind_layers(scene, seen, pair)
        if cause:
            yield cause
            return


def _behind_activation(scene: Scene, pair: Seen) -> Cause | None:
    """One model normalises what the other activates, and the other way round: tried by calling the
    second model's layer on the first's input."""
    sides = ((pair.one, pair.other, scene.models.one), (pair.other, pair.one, scene.models.other))
    for number, (behind, before, flow) in enumerate(sides):
        function = named(behind.inputs[0], before.inputs[0], NEAR)  # it stands before in the other
        if function is None or function.name == "linear" or function.name not in PLAIN:
            continue
        activated = _activated(flow, behind, function)
        try:
            again = scene.models.replay(pair.pair.other.layer, pair.one.inputs[:1])[0]
        except (ValueError, RuntimeError):
            continue
        wanted: np.ndarray | None = activated if number == 0 else pair.one.outputs[0]
        given = pair.other.outputs[0] if number == 0 else activated
        tried = function.apply(again) if number == 0 else again
        if wanted is None or tried is None or given is None:
            continue
        gaps = min(distance(given, wanted), 1.0), distance(tried, wanted)
        if not closes(*gaps):
            continue
        names = scene.models.names
        told = {
            "layer": pair.pair.name,
            "function": function,
            "one": names[0],
            "other": names[1],
        }
        if number == 0:
            words = phrase(
                "{layer} stands before {function} in {one} and behind it in {other}", **told
            )
            trial = phrase("with it before {function} in {other}", **told)
        else:
            words = phrase(
                "{layer} stands behind {function} in {one} and before it in {other}", **told
            )
            trial = phrase("with it behind {function} in {other}", **told)
        return Cause(
            "normalisation_place",
            (pair.pair.name,),
            words,
            _line(scene, pair),
            True,
            trial,
            *gaps,
        )
    return None


def _activated(flow: Sequence[Event], behind: Event, function: Program) -> np.ndarray | None:
    """What an activation of a layer's output gives in a model; None if there is none."""
    y = behind.outputs[0]
    for event in flow:
        given = [x for x in event.inputs if x.shape == y.shape]
        if given and event is not behind and fits(given[0], y, NEAR):
            expected = function.apply(given[0])
            if event.outputs and fits(expected, event.outputs[0], NEAR):
                return event.outputs[0]
    return None


def _behind_layers(scene: Scene, seen: Sequence[Seen], pair: Seen) -> Cause | None:
    """It runs before another layer in one model and behind it in the other: only suspected."""
    places = [
        {id(event): number for number, event in enumerate(events)}
        for events in (scene.models.one, scene.models.other)
    ]

    def at(item: Seen) -> tuple[int, int]:
        return places[0][id(item.one)], places[1][id(item.other)]

    mine = at(pair)
    for item in seen:
        theirs = at(item)
        if item is not pair and (mine[0] < theirs[0]) != (mine[1] < theirs[1]):
            one, other = scene.models.names
            told = {"layer": pair.pair.name, "than": item.pair.name, "one": one, "other": other}
            if mine[0] < theirs[0]:
                words = phrase(
                    "{layer} runs before {than} in {one} and behind {than} in {other}", **told
                )
            else:
                words = phrase(
                    "{layer} runs behind {than} in {one} and before {than} in {other}", **told
                )
            return Cause(
                "normalisation_place",
                (pair.pair.name, item.pair.name),
                words,
                _line(scene, pair),
            )
    return None


def _line(scene: Scene, pair: Seen) -> str:
    other = halves_of(scene, pair)[1]
    return ENTRIES["normalisation_place"].line(scene.models.names[1], {"layer": code_of(other)})


FINDER = Finder(("normalisation_place",), find)
