"""Single tensors that a rule does not move as it moves the others: a constraint, or left out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np

from benchmarks.twins.causes.fitting import TOLERANCE, Fit
from benchmarks.twins.causes.rules import Walk, moves

CUT = 1e-6  # of a norm: Keras divides by the norm plus 1e-7


class Apart(NamedTuple):
    """A tensor that other than the rule moves: `what` is "max_norm" at `value` over `axes`, "still"
    or "rate", `value` times the others'; the gap is
    `before` by the rule alone."""

    tensor: str
    what: str
    value: float
    axes: tuple[int, ...]
    before: float
    after: float


def common(walk: Walk, fit: Fit) -> list[int]:
    """The tensors that the rule moves as it should."""
    return [i for i in range(len(walk.names)) if fit.errors[:, i].max() <= TOLERANCE]


def apart(walk: Walk, fit: Fit) -> Iterator[Apart]:
    """What is done to each tensor that the rule does not move; nothing for most of them, none."""
    as_others = common(walk, fit)
    if 2 * len(as_others) < len(walk.names):
        return
    predicted = moves(fit.rule, walk, fit.rates)
    for i in set(range(len(walk.names))) - set(as_others):
        part = walk.part(i)
        steps, actual = predicted[:, part], walk.moves[:, part]
        treatment = _moved(steps, actual) or (
            _cut(walk.weights[:, part], steps, walk.shapes[i]) if walk.whole[i] else None
        )
        if treatment:
            what, value, axes, after = treatment
            largest = max(float(np.max(np.abs(steps))), float(np.max(np.abs(actual))))
            before = float(np.max(np.abs(steps - actual))) / largest
            yield Apart(walk.names[i], what, value, axes, before, after)


def _moved(
    steps: np.ndarray, actual: np.ndarray
) -> tuple[str, float, tuple[int, ...], float] | None:
    """Not at all, or by a multiple of what the rule makes."""
    if not np.any(actual):
        return "still", 0.0, (), 0.0
    value = float((steps * actual).sum() / (steps**2).sum()) if np.any(steps) else 0.0
    gap = float(np.max(np.abs(value * steps - actual)) / np.max(np.abs(actual)))
    return ("rate", value, (), gap) if gap <= TOLERANCE else None


def _cut(
    weights: np.ndarray, steps: np.ndarray, shape: tuple[int, ...]
) -> tuple[str, float, tuple[int, ...], float] | None:
    """Norms over some axes that are cut at a limit behind each step."""
    after = weights[1:].reshape(-1, *shape)
    free = (weights[:-1] + steps).reshape(-1, *shape)
    axes = range(len(shape))
    # of the last axis at last: a constraint is on what goes into a unit
    for chosen in [c for size in range(len(shape), 0, -1) for c in combinations(axes, size)]:
        over = tuple(axis + 1 for axis in chosen)
        norms = np.sqrt((free**2).sum(axis=over, keepdims=True))
        limit = float(np.sqrt((after**2).sum(axis=over)).max())
        if limit <= 0:
            continue
        cut = free * np.minimum(1, limit / np.maximum(norms, 1e-30))
        gap = float(np.max(np.abs(cut - after)) / np.max(np.abs(after)))
        if gap <= CUT and np.any(norms > (1 + CUT) * limit):
            return "max_norm", float(f"{limit:.6g}"), chosen, gap
    return None
