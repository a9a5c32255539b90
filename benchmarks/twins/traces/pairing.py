"""Which layers of two recorded models are one and the same: by kind and shapes, values, flow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from benchmarks.twins.climb import distance
from benchmarks.twins.flow import DIFFER, input_relation
from benchmarks.twins.fused import parted
from benchmarks.twins.match import Matching, Pair, exchanged, interchangeable, match
from benchmarks.twins.traces.recording import STATISTICS, Recording, Two, Weighed
from benchmarks.twins.weights import ALIKE
from common.twins.probe import Event

Sides = tuple[Recording, Recording]


def paired(sides: Sides, events: Sequence[Sequence[Event]]) -> Matching:
    """The units of both: partners are exchanged where their own values, or what flows, say so."""
    matching = _behind_flatten(match(sides[0].units, sides[1].units, {}, {}), sides)
    for i in range(len(matching.pairs)):
        for j in range(i + 1, len(matching.pairs)):
            if interchangeable(matching.pairs[i], matching.pairs[j]):
                trial = _behind_flatten(exchanged(matching, i, j), sides)
                if _fits_better(trial, matching, (i, j), sides, events):
                    matching = trial
    return matching


def weights_of(
    pair: Pair, matching: Matching, ones: Weighed, others: Weighed
) -> Iterator[tuple[str, Two]]:
    """What both have of a pair's weights, by the first's "unit/role"."""
    mine, theirs = (
        parted(weighed.arrays, splits)
        for weighed, splits in zip((ones, others), matching.splits, strict=True)
    )
    for link in pair.links:
        key, other = f"{pair.one.name}/{link.one}", f"{pair.other.name}/{link.other}"
        if key in mine and other in theirs:
            yield key, Two(mine[key], link.to_one(theirs[other], mine[key].shape))
        elif key in ones.moments and other in others.moments:
            yield key, Two(ones.moments[key], others.moments[other], STATISTICS)


def unlike(matching: Matching, sides: Sides, bound: float) -> tuple[dict[str, Pair], float, int]:
    """Weights that are not the same in both, by name; the worst error; how many were compared."""
    wrong, worst, compared = {}, 0.0, 0
    for pair in matching.pairs:
        for key, two in weights_of(pair, matching, sides[0].weights, sides[1].weights):
            compared += 1
            error = distance(two.other, two.one)
            if not error <= bound:
                wrong[f"{pair.name} {key.rpartition('/')[2]}"] = pair
                worst = max(worst, error)
    return wrong, worst, compared


def _are_alike(pair: Pair, matching: Matching, sides: Sides) -> bool:
    weights = weights_of(pair, matching, sides[0].weights, sides[1].weights)
    return all(distance(two.other, two.one) < ALIKE for _, two in weights)


def _fits_better(
    trial: Matching,
    matching: Matching,
    numbers: tuple[int, int],
    sides: Sides,
    events: Sequence[Sequence[Event]],
) -> bool:
    """Whether two pairs whose partners were exchanged fit better than before."""
    counts = []
    for candidate in (matching, trial):
        pairs = [candidate.pairs[i] for i in numbers]
        alike = sum(_are_alike(pair, candidate, sides) for pair in pairs)
        counts.append((alike, pairs))
    (before, old), (after, new) = counts
    if after != before or after < len(numbers):
        return after > before
    differ = [
        sum(input_relation(events[0], events[1], pair.one, pair.other) == DIFFER for pair in pairs)
        for pairs in (old, new)
    ]
    return differ[1] < differ[0]


def _behind_flatten(matching: Matching, sides: Sides) -> Matching:
    """The same, kernels turned whose rows stand in the order of channels first in one model."""
    pairs = list(matching.pairs)
    for number, pair in enumerate(pairs):
        kernel = next((link for link in pair.links if link.one == "kernel"), None)
        if pair.one.kind != "dense" or kernel is None or _are_alike(pair, matching, sides):
            continue
        for shape in _flattened(pair.one.weights["kernel"][0], sides):
            turned = kernel._replace(flattened=shape)
            links = tuple(turned if link is kernel else link for link in pair.links)
            if _are_alike(pair._replace(links=links), matching, sides):
                pairs[number] = pair._replace(links=links)
                break
    return matching._replace(pairs=tuple(pairs))


def _flattened(rows: int, sides: Sides) -> Iterator[tuple[int, int]]:
    """Space and channels of what may have been flattened before a kernel of so many rows; the
    other way round the first model has channels first."""
    shapes = {
        tensor.shape[1:]
        for side in sides
        for call in side.index.events
        for tensor in (*call.inputs, *call.outputs)
        if len(tensor.shape) > 2 and prod(tensor.shape[1:]) == rows
    }
    sizes = {shape[end] for shape in shapes for end in (0, -1)} - {1, rows}
    for size in sorted(sizes):
        yield rows // size, size
        yield size, rows // size
