"""Other pairings of layers that had a choice: a cause may show under one of them alone.

Query, key and value of one shape are told apart by what flows, unless nothing that flows agrees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, permutations

from benchmarks.twins.causes.scene import Scene
from benchmarks.twins.climb import Refused
from benchmarks.twins.flow import EQUAL, event_of, nearest
from benchmarks.twins.match import exchanged, interchangeable

GROUP = 3  # layers of one shape and one input whose every order is tried
TRIALS = 10  # pairings in all


def pairings(scene: Scene) -> Iterator[Scene]:
    """The same two models with other partners; what the second is given is taken back."""
    if not scene.outputs_part or scene.judgement.weights == "own":
        return
    try:
        for group in _groups(scene):
            for order in islice(permutations(group), 1, TRIALS):
                other = _paired(scene, group, order)
                if other:
                    yield other
    finally:
        scene.reset(1)


def _groups(scene: Scene) -> list[list[int]]:
    """Numbers of the pairs that nothing told apart."""
    pairs = scene.models.matching.pairs
    groups: list[list[int]] = []
    for i, pair in enumerate(pairs):
        event = event_of(scene.models.one, pair.one)
        for group in groups:
            first = pairs[group[0]]
            given = event_of(scene.models.one, first.one)
            if not event or not given or pair.forced or not interchangeable(first, pair):
                continue
            if nearest(event.inputs, given.inputs) == EQUAL:
                group.append(i)
                break
        else:
            groups.append([i])
    return [group for group in groups if 1 < len(group) <= GROUP]


def _paired(scene: Scene, group: list[int], order: tuple[int, ...]) -> Scene | None:
    """The scene with the partners of a group in another order; None where it cannot be run."""
    matching, values = scene.models.matching, dict(scene.values[1])
    partners = [matching.pairs[i].other for i in group]
    for place, source in zip(group, order, strict=True):
        before, after = matching.pairs[place].other, matching.pairs[source].other
        for role in before.weights:
            if f"{before.name}/{role}" in scene.values[1]:
                values[f"{after.name}/{role}"] = scene.values[1][f"{before.name}/{role}"]
    new = matching
    for place, source in zip(group, order, strict=True):
        wanted = partners[group.index(source)]
        at = next(i for i in group if new.pairs[i].other is wanted)
        new = exchanged(new, place, at) if at != place else new
    plain = scene.assignable(values)
    side = scene.sides[1]

    def reset(number: int) -> None:
        side.ask64("assign", plain) if number else scene.reset(0)

    try:
        reset(1)
        events = side.ask64("events", scene.parted_rows)
        outputs = side.ask64("outputs", scene.parted_rows)
    except (Refused, RuntimeError):
        return None
    traces = dict(scene.traces)
    shown = {f"{scene.parted}/{name}": value for name, value in outputs.items()}
    traces[1, "float64"] = {**traces[1, "float64"], **shown}
    models = scene.models._replace(matching=new, other=events)
    return replace(scene, models=models, traces=traces, reset=reset)
