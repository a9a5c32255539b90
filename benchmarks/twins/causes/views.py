"""Finder: tensors that one model reshapes where the other moves axes, before both are joined.

What has several inputs, such as attention, cannot be named from one of them. But what each of them
is a view of is known to both models: where the views differ, the second model is given the first's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.twins.cause import Cause, exchanged
from benchmarks.twins.causes.carrying import carried
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.gaps import gaps, known_tensors
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.causes.trial import fits
from benchmarks.twins.climb import distance
from benchmarks.twins.phrases import listed
from common.language import phrase
from common.twins.probe import Event

Array = np.ndarray
LARGEST = 200_000  # numbers of a tensor whose views are looked for


def find(scene: Scene) -> Iterator[Cause]:
    """The views that differ in the first stretch that parts, if they are all that differs there."""
    stretches = gaps(scene)
    if not stretches or stretches[0][-1][0].inherited:
        return
    gap = stretches[0][-1][0]
    one, other = scene.models.one, scene.models.other
    swaps: list[tuple[Array, Array]] = []
    places: list[str] = []
    for known in known_tensors(one, other, scene.parted_rows):
        if known.one.size > LARGEST or known.one.ndim < 3:
            continue
        mine = [view for _, view in _views(one, known.one)]
        for layer, view in _views(other, known.other):
            alike = [v for v in mine if v.shape == view.shape]
            if alike and not any(np.allclose(v, view) for v in alike):
                swaps.append((view, alike[-1]))
                places += [known.name, layer]
                break
    if any(fits(view[: len(gap.other)], gap.other, 0.0) for view, _ in swaps):
        return  # it is named by what stands between
    after = carried(scene, swaps, gap)
    if after is not None:
        names = scene.models.names
        before = min(distance(gap.other, gap.one), 1.0) if gap.one.size == gap.other.size else 1.0
        yield Cause(
            "reshape_for_transpose",
            tuple(dict.fromkeys(places)),
            phrase(
                "{where}: {layers} is given its shape {shape} by a reshape alone in one model, and "
                "by moving axes in the other",
                where=gap.where,
                layers=listed(places[::2]),
                shape=swaps[0][0].shape[1:],
            ),
            ENTRIES["reshape_for_transpose"].line(names[1]),
            proved=True,
            trial=exchanged(phrase("{name}'s order", name=names[0]), names[1]),
            before=before,
            after=after,
        )


def _views(events: Sequence[Event], tensor: Array) -> Iterator[tuple[str, Array]]:
    """What calls make of a tensor without another number in it, one after the other."""
    inside, numbers = {id(tensor)}, np.sort(tensor, axis=None)
    for event in events:
        if len(event.inputs) != 1 or not event.outputs or id(event.inputs[0]) not in inside:
            continue
        view = event.outputs[0]
        if view.size == tensor.size and np.array_equal(np.sort(view, axis=None), numbers):
            inside.add(id(view))
            if view is not tensor:
                yield event.layer, view


FINDER = Finder(("reshape_for_transpose",), find)
