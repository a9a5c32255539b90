"""When is a cause proved? What is tried must close the gap to rounding, and leave nothing out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from benchmarks.twins.climb import distance

CLOSED = 1e-6  # of the scale: a gap below it is rounding, of a layer that computes in float32 too
LEAST = 1e-7  # what differs by less does so by a constant that one model keeps in float32
SHARE = 1e-3  # of the gap before: what is left of it is less

Settings = Mapping[str, Any]


def closes(before: float, after: float) -> bool:
    """Whether there is a gap, and what is tried closes it to rounding."""
    return before > LEAST and after <= CLOSED and after <= SHARE * before


def tolerance(gap: float) -> float:
    """How near a formula must come to a model's own numbers to be what it computes."""
    return min(CLOSED, SHARE * gap)


def fits(value: np.ndarray | None, wanted: np.ndarray, limit: float) -> bool:
    """Whether two tensors are the same, axes of one aside, to within a limit of the scale."""
    if value is None or value.size != wanted.size:
        return False
    if value.shape != wanted.shape and value.squeeze().shape != wanted.squeeze().shape:
        return False
    return distance(value.reshape(wanted.shape), wanted) <= limit


def named_by(
    run: Callable[[Settings], np.ndarray | None],
    candidates: Iterable[Settings],
    wanted: np.ndarray,
    limit: float,
) -> Settings | None:
    """The first settings under which a formula gives a model's own numbers; None if none do."""
    return next((s for s in candidates if fits(run(s), wanted, limit)), None)


def necessary(
    run: Callable[[Settings], np.ndarray | None],
    mine: Settings,
    theirs: Settings,
    wanted: np.ndarray,
    limit: float,
) -> list[str]:
    """The settings that differ and without whose exchange the gap does not close."""
    differing = [key for key in mine if mine[key] != theirs[key]]
    return [key for key in differing if not fits(run({**mine, key: theirs[key]}), wanted, limit)]
