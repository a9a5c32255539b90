"""Which layers of two models may be one and the same: by kind and shapes, ever more loosely."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

import numpy as np

from common.twins.probe import Unit

FAMILIES = (
    {"dense", "conv1d", "conv2d", "conv3d"},  # a window of one is a dense layer
    {"depthwise_conv1d", "depthwise_conv2d"},
    {"conv1d_transpose", "conv2d_transpose", "conv3d_transpose"},
    {"layer_norm", "group_norm", "rms_norm", "batch_norm", "instance_norm"},
)


def single(units: Sequence[Unit]) -> list[Unit]:
    """Layers of one's own weight by weight: two models seldom gather them in the same way.

    Weights that are an earlier unit's memory are left out: they follow it.
    """
    result = []
    for unit in units:
        free = {role: shape for role, shape in unit.weights.items() if role not in unit.tied}
        if unit.tied and not free:
            continue
        unit = unit._replace(weights=free)
        result += _by_weight(unit) if unit.kind == "other" else [unit]
    return result


def loosened(
    units: list[Unit], left: list[int], others: Sequence[Unit]
) -> tuple[list[Unit], list[int]]:
    """Layers that are left weight by weight, where the other model keeps such by itself.

    The new units stand at the end; the numbers are those of all that are left.
    """
    if not any(unit.kind == "other" for unit in others):
        return units, left
    new = [part for i in left for part in _by_weight(units[i])]
    return [*units, *new], list(range(len(units), len(units) + len(new)))


def _by_weight(unit: Unit) -> list[Unit]:
    return [
        unit._replace(weights={role: shape}, frozen=unit.frozen & {role})
        for role, shape in unit.weights.items()
    ]


def _family(kind: str) -> str:
    return next((min(family) for family in FAMILIES if kind in family), kind)


def _squeezed(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1) or (1,)


def exact(unit: Unit) -> Any:
    """Kind of layer and shapes of all weights; of a layer of one's own what is trained too."""
    frozen = unit.frozen if unit.kind == "other" else None
    return unit.kind, tuple(unit.weights.items()), frozen


def shapes(unit: Unit) -> Any:
    """Kind of layer and shapes of all weights, windows of one and missing roles aside."""
    if unit.kind == "other":
        return "other", tuple(sorted(map(_squeezed, unit.weights.values())))
    return _family(unit.kind), tuple(sorted((r, _squeezed(s)) for r, s in unit.weights.items()))


def weights(unit: Unit) -> Any:
    """Of a layer with a part that the other lacks, such as a bias: its largest weight alone."""
    shape = max(unit.weights.values(), key=np.prod, default=())
    return _family(unit.kind), _squeezed(shape)


def sizes(unit: Unit) -> Any:
    """Of a layer of one's own against a framework's: the shape in any order of axes."""
    return tuple(sorted(_squeezed(max(unit.weights.values(), key=np.prod, default=()))))


def aligned(ones: Sequence[Any], others: Sequence[Any]) -> Iterator[tuple[int, int]]:
    """Pairs of equal elements: by order if all have a partner, else by the longest common runs."""
    numbers: dict[Any, tuple[list[int], list[int]]] = {}
    for side, elements in enumerate((ones, others)):
        for i, element in enumerate(elements):
            numbers.setdefault(element, ([], []))[side].append(i)
    uneven = {element for element, (mine, theirs) in numbers.items() if len(mine) != len(theirs)}
    taken: dict[int, int] = {}
    if uneven:
        for run in SequenceMatcher(None, ones, others, autojunk=False).get_matching_blocks():
            for k in range(run.size):
                if ones[run.a + k] in uneven:
                    taken[run.a + k] = run.b + k
    yield from taken.items()
    for mine, theirs in numbers.values():
        yield from zip(
            [i for i in mine if i not in taken],
            [j for j in theirs if j not in taken.values()],
            strict=False,
        )
