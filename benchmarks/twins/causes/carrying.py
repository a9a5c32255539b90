"""A tensor of the first model, carried on through the second model's calls one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.twins.causes.gaps import Gap
from benchmarks.twins.causes.scene import Scene
from benchmarks.twins.causes.trial import closes, fits
from benchmarks.twins.climb import distance

NEAR = 1e-8
CALLS = 12  # that a stretch is followed

Swaps = Sequence[tuple[np.ndarray, np.ndarray]]
"""Tensors of the second model as they flow, each with what is to stand in its place."""


def carried(scene: Scene, swaps: Swaps, rest: Gap) -> float | None:
    """How far the second model, given other tensors in place of some of its own, then is from what
    the first model has at the end of the stretch; None where that is no rounding.

    Every call is first made on the second model's own tensors: one that then gives others, since a
    layer is called twice, cannot be followed.
    """
    if not swaps or any(own.shape != new.shape for own, new in swaps):
        return None
    flow = scene.models.other
    now: dict[int, np.ndarray] = {id(own): new for own, new in swaps}
    made = [i for i, event in enumerate(flow) if any(id(y) in now for y in event.outputs)]
    start = min(made, default=-1) + 1
    rows = len(rest.one)

    def arrives(own: np.ndarray) -> bool:
        return fits(own[:rows], rest.other, NEAR)

    for event in flow[start : start + CALLS]:
        if all(id(own) in now for own in event.outputs):
            continue
        for own in event.inputs:
            _turned(own, swaps, now)
            if id(own) in now and arrives(own):
                return _closed(rest, now[id(own)][:rows])
        given = [now.get(id(own), own) for own in event.inputs]
        if not any(id(own) in now for own in event.inputs):
            continue
        try:
            same = scene.models.replay(event.layer, event.inputs)
            again = scene.models.replay(event.layer, given)
        except (ValueError, RuntimeError):
            return None
        pairs: Any = list(zip(event.outputs, same, strict=False))
        if not pairs or any(not fits(b, a, NEAR) for a, b in pairs):
            return None
        now |= {id(own): new for own, new in zip(event.outputs, again, strict=False)}
        if arrives(event.outputs[0]):
            return _closed(rest, now[id(event.outputs[0])][:rows])
    return None


def _turned(own: np.ndarray, swaps: Swaps, now: dict[int, np.ndarray]) -> None:
    """Stand in for a transposed tensor too: `x.mT` is an attribute, and no call that is seen."""
    for before, new in swaps if id(own) not in now and own.ndim > 1 else ():
        if own.size == before.size and np.array_equal(own, before.swapaxes(-1, -2)):
            now[id(own)] = new.swapaxes(-1, -2)


def _closed(rest: Gap, tensor: np.ndarray) -> float | None:
    if tensor.size != rest.one.size:
        return None
    before = min(distance(rest.other.reshape(rest.one.shape), rest.one), 1.0)
    after = distance(tensor.reshape(rest.one.shape), rest.one)
    return after if closes(before, after) else None
