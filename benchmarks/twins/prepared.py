"""What stands before both models: the same raw rows, preprocessed by either, are compared first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks.twins.climb import Side, aligned, distance
from benchmarks.twins.compare import BOUND32, Rung
from benchmarks.twins.phrases import unshaped
from benchmarks.twins.place import Fault
from common.language import chained, phrase
from common.twins.raw import raw_rows


class Prepared(NamedTuple):
    """Raw rows, and what each side makes of them; of images with the axes of the first side."""

    raw: Sequence[Any]
    ones: Sequence[np.ndarray]
    others: Sequence[np.ndarray]


def prepared(path: str, sides: Sequence[Side], seed: int) -> Prepared | None:
    """Raw rows preprocessed by both sides; None where the file has no such pair of functions.

    Raises Refused with the words of a function that fails.
    """
    raw = raw_rows(path, [side.framework for side in sides], seed)
    if not raw:
        return None
    ones, others = (side.prepare(path, raw) for side in sides)
    pairs = [_alike(one, other) for one, other in zip(ones, others, strict=True)]
    return Prepared(raw, [one for one, _ in pairs], [other for _, other in pairs])


def _alike(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two rows without an axis of one that is a batch's, and with the first's order of axes."""
    while one.ndim != other.ndim and max(one, other, key=np.ndim).shape[:1] == (1,):
        one, other = (x[0] if x.ndim == max(one.ndim, other.ndim) else x for x in (one, other))
    return one, aligned(one[None], other[None])[0]


def judged(path: str, sides: Sequence[Side], seed: int) -> tuple[list[Rung], list[Fault]]:
    """The rung of preprocessing, and a fault where it breaks."""
    both = prepared(path, sides, seed)
    if both is None:
        return [], []
    error = max(map(distance, both.others, both.ones))
    rung = Rung("preprocess", "raw rows", error, BOUND32, error, (0.0, 0.0))
    if not rung.broken:
        return [rung], []
    names = chained(" and ", [f"{side.framework}_preprocess" for side in sides])
    shapes = both.ones[0].shape, both.others[0].shape
    sentence = phrase(
        "{names} make other rows of the same raw ones, before any model sees them", names=names
    )
    if shapes[0] != shapes[1]:
        sentence = unshaped(sentence, *shapes)
    return [rung], [Fault(("preprocess",), sentence)]
