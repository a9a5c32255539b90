"""A tensor of the first model, carried on through the second model's calls one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.twins.causes.gaps import Gap
from benchmarks.twins.causes.scene import Scene
from benchmarks.twins.causes.trial import closes, fits
from benchmarks.twins.climb import distance

NEAR = 1e-8
CALLS = 12  # that a stretch is followed


def carried(scene: Scene, first: Gap, rest: Gap) -> bool:
    """Whether the second model, given the first's tensor at its first call that differs, comes to
    what the first model has at the end of the stretch.

    Every call is first made on the second model's own tensors: one that then gives others, since a
    layer is called twice, cannot be followed.
    """
    one, other = first.events
    if one is None or other is None or one.outputs[0].shape != other.outputs[0].shape:
        return False
    flow = scene.models.other
    start = next(i for i, event in enumerate(flow) if event is other) + 1
    now: dict[int, np.ndarray] = {id(other.outputs[0]): one.outputs[0]}
    rows = len(rest.one)

    def arrives(own: np.ndarray) -> bool:
        return fits(own[:rows], rest.other, NEAR)

    for event in flow[start : start + CALLS]:
        for own in event.inputs:
            if id(own) in now and arrives(own):
                return _closed(rest, now[id(own)][:rows])
        given = [now.get(id(own), own) for own in event.inputs]
        if not any(id(own) in now for own in event.inputs):
            continue
        try:
            same = scene.models.replay(event.layer, event.inputs)
            again = scene.models.replay(event.layer, given)
        except (ValueError, RuntimeError):
            return False
        pairs: Any = list(zip(event.outputs, same, strict=False))
        if not pairs or any(not fits(b, a, NEAR) for a, b in pairs):
            return False
        now |= {id(own): new for own, new in zip(event.outputs, again, strict=False)}
        if arrives(event.outputs[0]):
            return _closed(rest, now[id(event.outputs[0])][:rows])
    return False


def _closed(rest: Gap, tensor: np.ndarray) -> bool:
    if tensor.size != rest.one.size:
        return False
    before = min(distance(rest.other.reshape(rest.one.shape), rest.one), 1.0)
    return closes(before, distance(tensor.reshape(rest.one.shape), rest.one))
