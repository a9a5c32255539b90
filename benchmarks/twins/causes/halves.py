"""A layer with weights in both models, as each has it: what goes in, what comes out, settings."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np

from benchmarks.twins.cause import Cause, of_setting
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.scene import Scene
from benchmarks.twins.climb import distance
from benchmarks.twins.flow import CLOSE, DIFFER, EQUAL, MOVED
from benchmarks.twins.place import Seen
from common.twins.probe import Event, Unit, Values

Array = np.ndarray


class Half(NamedTuple):
    """A layer of one model: its weights by role, canonical, and its settings."""

    framework: str
    unit: Unit
    event: Event
    weights: Mapping[str, Array]
    settings: Mapping[str, Any]

    @property
    def x(self) -> Array:
        """The first input."""
        return self.event.inputs[0]

    @property
    def y(self) -> Array:
        """The first output."""
        return self.event.outputs[0]


class Layer(NamedTuple):
    """Both halves of a pair whose outputs differ; `agree`: what goes in agrees.

    `axes` is the order of the first's axes in which the second has its input.
    """

    name: str
    places: tuple[str, ...]
    one: Half
    other: Half
    agree: bool
    axes: tuple[int, ...]
    forced: bool = True  # no other layer was of this kind and shape


def layers(scene: Scene, kinds: Container[str]) -> list[Layer]:
    """The pairs of these kinds that give different outputs, in the order of the first model."""
    if not scene.layers_part:
        return []
    found = []
    for seen, before, after in scene.met:
        pair = seen.pair
        shown = all((e.inputs and e.outputs) for e in (seen.one, seen.other))
        if pair.one.kind not in kinds or not shown:
            continue
        if after in (EQUAL, MOVED):
            continue
        halves = halves_of(scene, seen)
        agree = before != DIFFER
        places = tuple(dict.fromkeys((pair.one.name, pair.other.name)))
        axes = _turned(halves[0].x, halves[1].x)
        found.append(Layer(pair.name, places, *halves, agree, axes, pair.forced))
    return found


class Difference(NamedTuple):
    """A setting of a layer that is not the same in both, and the gap before and after a trial.

    `keys` are all the settings of the layer that differ.
    """

    layer: Layer
    key: str
    mine: Any
    theirs: Any
    before: float
    after: float
    keys: Sequence[str] = ()


def cause_of(
    difference: Difference, entry: str, told: Sequence[str], filling: Mapping[str, Any]
) -> Cause:
    """The cause, with the setting in words of each model and what fills the entry's lines."""
    layer = difference.layer
    frameworks = layer.one.framework, layer.other.framework
    write = ENTRIES[entry].line(frameworks[1], filling)
    gap = difference.before, difference.after
    return of_setting(entry, layer.places, layer.name, told, frameworks, write, gap)


def unmirrored(differences: Iterable[Difference]) -> list[Difference]:
    """Without those of layers that had a choice and differ the other way round in another pair: it
    is the pairing that is crosswise, as of the two directions of a layer that reads both ways."""
    every = list(differences)
    mirrored = {
        id(d)
        for d in every
        for e in every
        if d.layer is not e.layer
        and not (d.layer.forced or e.layer.forced)
        and (d.key, str(d.mine), str(d.theirs)) == (e.key, str(e.theirs), str(e.mine))
    }
    return [d for d in every if id(d) not in mirrored]


def halves_of(scene: Scene, seen: Seen) -> tuple[Half, Half]:
    """Both sides of a pair, each with its own weights; of parts of a layer what goes into it."""
    one, other = (
        Half(name, unit, event, weights_of(unit, values), {**event.settings, **unit.settings})
        for name, unit, event, values in zip(
            scene.models.names,
            (seen.pair.one, seen.pair.other),
            (
                event._replace(inputs=given.inputs)
                for event, given in zip((seen.one, seen.other), seen.given, strict=True)
            ),
            scene.values,
            strict=True,
        )
    )
    return one, other


def weights_of(unit: Unit, values: Values) -> dict[str, Array]:
    """A unit's weights by role."""
    keys = {role: f"{unit.name}/{role}" for role in unit.weights}
    return {role: values[key] for role, key in keys.items() if key in values}


def _turned(one: Array, other: Array) -> tuple[int, ...]:
    """The order of one's axes in which the other has it; as it is where none fits."""
    plain = tuple(range(one.ndim))
    if one.ndim != other.ndim or one.ndim > 5:
        return plain
    orders = (o for o in permutations(plain) if one.transpose(o).shape == other.shape)
    return next((o for o in orders if distance(one.transpose(o), other) <= CLOSE), plain)


def code_of(half: Half) -> str:
    """The half's class as it is written in its framework."""
    prefix = {"torch": "nn", "keras": "layers", "jax": "nnx"}[half.framework.partition(":")[0]]
    return f"{prefix}.{half.event.kind}"
