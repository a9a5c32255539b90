"""Optimisers' rules in NumPy: what steps does a rule make of the gradients that were seen?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from common.twins.rule import Rule, Slots, stepped

SMALL = 1e-9  # of the largest gradient: a tensor whose gradients are smaller has none but rounding
FLOOR = 1e-4  # of the largest step: the least scale that an error of a step is judged on


class Walk(NamedTuple):
    """Steps of one model's optimiser, and the gradients that it was given, in float64.

    All tensors lie behind one another: tensor i, of `shapes[i]`, from `starts[i]` on. A tensor that
    is not `whole[i]` has only some of its entries there. `weights` is (steps + 1, entries),
    `gradients` (steps, entries), `norms` (steps, tensors), of whole tensors, and `total` (steps),
    of all gradients of the model.
    """

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    starts: np.ndarray
    whole: tuple[bool, ...]
    weights: np.ndarray
    gradients: np.ndarray
    norms: np.ndarray
    total: np.ndarray

    @property
    def moves(self) -> np.ndarray:
        """What each step added, (steps, entries)."""
        return np.diff(self.weights, axis=0)

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Values (..., tensors) as (..., entries)."""
        counts = np.diff([*self.starts, self.weights.shape[1]])
        return np.repeat(values, counts, axis=-1)

    def part(self, tensor: int) -> slice:
        """The entries of a tensor."""
        ends = [*self.starts[1:], self.weights.shape[1]]
        return slice(int(self.starts[tensor]), int(ends[tensor]))

    def thinned(self, entries: int) -> Walk:
        """The same with about that many entries, some of each tensor."""
        most = max(8, entries // len(self.names))
        slices = [self.part(i) for i in range(len(self.names))]
        kept = [np.arange(s.start, s.stop, -(-(s.stop - s.start) // most)) for s in slices]
        return self._replace(
            starts=np.cumsum([0, *map(len, kept[:-1])]),
            whole=tuple(len(k) == s.stop - s.start for k, s in zip(kept, slices, strict=True)),
            weights=self.weights[:, np.concatenate(kept)],
            gradients=self.gradients[:, np.concatenate(kept)],
        )


def walk_of(
    weights: Sequence[dict[str, np.ndarray]], gradients: Sequence[dict[str, np.ndarray]], most: int
) -> Walk:
    """Weights before the first step and after each, and the gradients of each, by names.

    Tensors whose gradients are rounding are left out, and of large ones only some entries are
    there, about `most` in all.
    """
    peaks = {name: max(float(np.max(np.abs(g[name]))) for g in gradients) for name in gradients[0]}
    names = [name for name, peak in peaks.items() if peak > SMALL * max(peaks.values())]
    share = max(64, most // max(1, len(names)))
    steps = {name: -(-gradients[0][name].size // share) for name in names}

    def flat(values: dict[str, np.ndarray]) -> np.ndarray:
        return np.concatenate([values[name].ravel()[:: steps[name]] for name in names])

    sizes = [len(range(0, gradients[0][name].size, steps[name])) for name in names]
    every = [[float(np.linalg.norm(g[name])) for name in g] for g in gradients]
    return Walk(
        tuple(names),
        tuple(gradients[0][name].shape for name in names),
        np.cumsum([0, *sizes[:-1]]),
        tuple(steps[name] == 1 for name in names),
        np.stack([flat(values) for values in weights]),
        np.stack([flat(values) for values in gradients]),
        np.array([[float(np.linalg.norm(g[name])) for name in names] for g in gradients]),
        np.linalg.norm(np.array(every), axis=1),
    )


def moves(rule: Rule, walk: Walk, rates: Sequence[float]) -> np.ndarray:
    """What the rule would have added at each step, (steps, entries), at these learning rates.

    Each step starts from the weights that were seen. It is linear in all rates together.
    """
    zeros = np.zeros(walk.weights.shape[1])
    slots = Slots(*(zeros + value for value in rule.start))
    decayed = walk.spread(np.array([len(s) > 1 or not rule.kernels_only for s in walk.shapes]))
    result = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for number, rate in enumerate(rates):
            pull = rule.decay * decayed * walk.weights[number]
            gradient = _clipped(rule, walk, number)
            change, slots = stepped(rule, rate, pull, gradient, slots, number + 1, np)
            result.append(change)
    return np.stack(result)


def _clipped(rule: Rule, walk: Walk, number: int) -> np.ndarray:
    gradient = walk.gradients[number]
    if rule.clip == "value":
        return np.clip(gradient, -rule.limit, rule.limit)
    if rule.clip == "norm":
        norms = walk.norms[number]
        return gradient * walk.spread(rule.limit / np.maximum(norms, rule.limit))
    if rule.clip == "global norm":
        return gradient * (rule.limit / max(float(walk.total[number]), rule.limit))
    return gradient


def errors(walk: Walk, predicted: np.ndarray) -> np.ndarray:
    """max|predicted - seen| / max|seen| of each step and tensor, (steps, tensors)."""
    actual = walk.moves
    gap = np.maximum.reduceat(np.abs(predicted - actual), walk.starts, axis=1)
    size = np.maximum.reduceat(np.abs(actual), walk.starts, axis=1)
    floor = np.maximum(FLOOR * size.max(axis=1, keepdims=True), 1e-13)
    return np.nan_to_num(gap / np.maximum(size, floor), nan=np.inf)
