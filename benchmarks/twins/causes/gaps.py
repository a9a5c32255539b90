"""Where two models part, as tensors: what both have before, and what each makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from benchmarks.twins.causes.scene import Scene
from benchmarks.twins.causes.trial import fits
from benchmarks.twins.climb import aligned
from benchmarks.twins.compare import same_outputs
from benchmarks.twins.flow import CLOSE, DIFFER, EQUAL, MOVED, PART, nearest, relation
from benchmarks.twins.phrases import stretch
from benchmarks.twins.place import Seen
from common.language import phrase
from common.twins.probe import Event, Rows

Array = np.ndarray
KNOWN = 24  # tensors before a gap that are tried, the nearest first
ROWS = 8  # of two inputs that are compared
ENOUGH = 200_000  # numbers that tell functions apart
LARGE = 4_000_000  # numbers in a tensor that is not recomputed


@dataclass(frozen=True, eq=False)
class Known:
    """A tensor that both models have, as each keeps it, and what gave it; `rows`: an input."""

    one: Array
    other: Array
    name: str
    rows: bool = False


class Gap(NamedTuple):
    """Two tensors that should be one and are not, by the names of what gave them.

    `events` are the call on each side that gave it, where one call did; `known` is what both models
    have before, the nearest first; `last`: they are outputs of the models.
    """

    where: str
    one: Array
    other: Array
    known: Sequence[Known]
    events: tuple[Event | None, Event | None] = (None, None)
    last: bool = False
    calls: Sequence[Event] = ()  # all of both sides there
    inherited: bool = False  # what is before it differs already
    moved: bool = False  # and may lie in another order
    swaps: Sequence[tuple[Array, Array]] = ()  # what the second model gives, and should give
    alone: bool = False  # one model alone makes a call there

    @property
    def places(self) -> tuple[str, ...]:
        """Names of both sides."""
        return tuple(dict.fromkeys(event.layer for event in self.events if event)) or (self.where,)

    @property
    def name(self) -> str:
        """The layer that both have there, or where it is."""
        return self.places[0] if len(self.places) == 1 else self.where


def gaps(scene: Scene) -> list[list[list[Gap]]]:
    """Of each stretch between layers with weights the ways to see its gaps, the finest first.

    Stretches before which all agrees have what both models share; later ones the output of the
    layer before, as each model has it.
    """
    if not scene.layers_part:
        return []
    stretches: list[list[list[Gap]]] = []
    before: Seen | None = None
    agree = True  # whether all layers so far give the same
    for pair, given, _ in scene.met:
        apart = not _agrees(scene, pair)
        for mine, theirs in zip(pair.one.inputs, pair.other.inputs, strict=False):
            if not apart or given in (EQUAL, MOVED):
                continue
            if relation(mine[:ROWS], theirs[:ROWS]) not in (DIFFER, PART):
                continue
            where = stretch(before and before.pair.name, pair.pair.name)
            if agree:
                stretches.append(_first(scene, Gap(where, mine, theirs, ()), pair))
            elif before:
                stretches.append([[_behind(before, Gap(where, mine, theirs, ()))]])
            agree = False
        agree &= not apart
        before = pair
    last = _at_the_end(scene, before)
    if last and agree:
        stretches.append(_first(scene, last, None))
    elif last and before:
        stretches.append([[_behind(before, last)]])
    return [[[_few(gap) for gap in way] for way in ways] for ways in stretches]


def _few(gap: Gap) -> Gap:
    """The gap on its first rows where there are many numbers."""
    sizes = [t[:1].size for k in gap.known for t in (k.one, k.other)] + [gap.one[:1].size]
    rows = max(3, ENOUGH // max(sizes))
    known = [replace(k, one=k.one[:rows], other=k.other[:rows]) for k in gap.known]
    return gap._replace(one=gap.one[:rows], other=gap.other[:rows], known=known)


def _agrees(scene: Scene, pair: Seen) -> bool:
    """Whether any call of the second model's layer gives what the first's first call does."""
    first = next(met for met in scene.met if met.seen is pair)
    if first.after in (EQUAL, MOVED):
        return True
    calls = [event for event in scene.models.other if event.layer == pair.other.layer]
    return any(nearest(pair.one.outputs, call.outputs) in (EQUAL, MOVED) for call in calls[1:])


def _behind(before: Seen, gap: Gap) -> Gap:
    """A gap behind a layer that gives something else in each model."""
    one, other = before.one.outputs[:1], before.other.outputs[:1]
    known = [Known(a, b, before.pair.name) for a, b in zip(one, other, strict=False)]
    return gap._replace(known=known, inherited=True, moved=True)


def _at_the_end(scene: Scene, before: Seen | None) -> Gap | None:
    """The first output that differs, behind the last layer."""
    for mine, theirs in outputs(scene):
        if mine.shape != theirs.shape or relation(mine, theirs) in (DIFFER, PART):
            where = stretch(before and before.pair.name)
            return Gap(where, mine, theirs, (), last=True)
    return None


def outputs(scene: Scene) -> list[tuple[Array, Array]]:
    """The outputs of both models at the scale of the events, where they fit in number."""
    prefix = f"{scene.parted}/"
    traces = [
        {key: value for key, value in scene.traces[n, "float64"].items() if key.startswith(prefix)}
        for n in (0, 1)
    ]
    names = same_outputs(list(traces[0]), list(traces[1]))
    pairs = [(traces[0][a], traces[1][b]) for a, b in names.items()]
    return [(one, aligned(one, other)) for one, other in pairs]


def _first(scene: Scene, target: Gap, until: Seen | None) -> list[list[Gap]]:
    """The first call on each side that gives what the other lacks, and what is behind the two; or
    all of the stretch at once."""
    one, other = scene.models.one, scene.models.other
    ends = [
        _position(events, event)
        for events, event in ((one, until and until.one), (other, until and until.other))
    ]
    known = known_tensors(one[: ends[0] + 1], other[: ends[1] + 1], scene.parted_rows)
    units = {unit.layer for side in scene.sides for unit in side.units}
    known_ids = {id(t) for k in known for t in (k.one, k.other)}
    lost = [
        _lost(events[:end], known_ids, units) for events, end in ((one, ends[0]), (other, ends[1]))
    ]
    calls = [
        event
        for events, end in ((one, ends[0]), (other, ends[1]))
        for event in events[:end]
        if not all(id(t) in known_ids for t in event.outputs)
    ]
    whole = target._replace(known=_nearest(known, target.one, target.other), calls=calls)
    if not (lost[0] and lost[1]):
        return [[whole._replace(events=(lost[0], lost[1]))]]
    mine, theirs = lost[0].outputs[0], lost[1].outputs[0]
    near = _nearest(known, *lost[0].inputs, *lost[1].inputs)
    first = target._replace(
        one=mine,
        other=theirs,
        known=near,
        events=(lost[0], lost[1]),
        calls=calls,
        swaps=[(theirs, mine)],
    )
    behind = target._replace(known=[Known(mine, theirs, lost[0].layer)], inherited=True)
    ways = [[first, behind]]
    for number, event in enumerate((lost[0], lost[1])):
        given = [k for k in known if id(event.inputs[0]) in (id(k.one), id(k.other))]
        if given and len(event.inputs) == 1:
            ways.append([_alone(first, number, event, given[0]), target])
    return [*ways, [whole]]


def _alone(gap: Gap, number: int, event: Event, given: Known) -> Gap:
    """A call that one model, 0 or 1, makes of a tensor of both, and the other does not make."""
    y = event.outputs[0]
    one, other = (given.one, y) if number else (y, given.other)
    events = (None, event) if number else (event, None)
    return gap._replace(
        one=one, other=other, known=[given], events=events, swaps=[(other, one)], alone=True
    )


def _position(events: Sequence[Event], event: Event | None) -> int:
    return next((i for i, candidate in enumerate(events) if candidate is event), len(events))


def _lost(events: Sequence[Event], known: set[int], units: set[str]) -> Event | None:
    """The first call that is given what both have and gives what only one has."""
    for event in events:
        given = [t for t in event.inputs if t.dtype.kind == "f"]
        if event.layer in units or not given or not event.outputs:
            continue
        if all(id(t) in known for t in given) and id(event.outputs[0]) not in known:
            return event
    return None


def _nearest(known: Sequence[Known], *tensors: Array) -> list[Known]:
    """Those that are these tensors themselves, then the last ones."""
    ids = {id(tensor) for tensor in tensors}
    latest = known[::-1]
    return sorted(latest, key=lambda k: not {id(k.one), id(k.other)} & ids)[:KNOWN]


def known_tensors(one: Sequence[Event], other: Sequence[Event], rows: Rows) -> list[Known]:
    """Every tensor that flows in both models, in the order of the first; each is there once."""
    theirs: dict[tuple, list[Array]] = {}
    for _, tensor in _tensors(other):
        theirs.setdefault(_print(tensor), []).append(tensor)
    given = {_print(x) for x in rows}
    result = [Known(x, x, phrase("the rows"), True) for x in rows]
    for name, tensor in _tensors(one):
        for partner in theirs.get(_print(tensor), []):
            if fits(partner, tensor, CLOSE):
                result.append(Known(tensor, partner, name, _print(tensor) in given))
    return result


def _tensors(events: Sequence[Event]) -> Iterator[tuple[str, Array]]:
    names: set[int] = set()
    for event in events:
        for tensor in (*event.inputs, *event.outputs):
            if id(tensor) not in names and 1 < tensor.size <= LARGE and np.ptp(tensor) > 0:
                names.add(id(tensor))
                yield event.layer, tensor


def _print(tensor: Array) -> tuple:
    """Equal for tensors that are equal: size, and roughly their sum of squares."""
    square = float(np.sum(np.square(tensor, dtype=np.float64)))
    return tensor.size, f"{square:.3e}"
