"""A model walks: steps of its optimiser on rows that change, with the gradient of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.twins.causes.rules import Walk, walk_of
from benchmarks.twins.causes.scene import Scene
from benchmarks.twins.climb import Refused
from common.twins.probe import Rows

ENTRIES = 100_000  # of all weights that are kept
FEWEST = 4  # rows of which parts are taken


def walk(scene: Scene, number: int) -> Walk | None:
    """Steps of model 0 or 1 from its first weights; None where its optimiser moves nothing.

    Each step takes other rows: a constant of a running mean shows where gradients change.
    """
    size = len(scene.rows[0])
    every, half = slice(None), size // 2
    parts = [every, slice(half), slice(half, None), slice(None, None, 2), every]
    uneven = any(len(target) != size for target in scene.given[number])
    if size < FEWEST or uneven:
        return _walk(scene, number, [every] * len(parts))
    try:
        return _walk(scene, number, parts)
    except Refused:  # a model for one number of rows alone
        return _walk(scene, number, [every] * len(parts))


def _walk(scene: Scene, number: int, parts: Sequence[slice]) -> Walk | None:
    side = scene.sides[number]
    scene.reset(number)
    try:
        weights, gradients = [side.ask64("values")], []
        for part in parts:
            rows, targets = _of(scene.rows, part), _of(scene.given[number], part)
            slopes = side.ask64("gradients", rows, targets)
            gradients.append(
                {k.partition("/")[2]: v for k, v in slopes.items() if k.startswith("weight/")}
            )
            weights.append(side.ask64("step", rows, targets))
    finally:
        scene.reset(number)
    if not any(np.any(value) for values in gradients for value in values.values()):
        return None
    return walk_of(weights, gradients, ENTRIES)


def _of(arrays: Rows, part: slice) -> list[np.ndarray]:
    return [array[part] for array in arrays]
