"""`Recording`: a trace as the judge of two sees it, and what rounding may make of two."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import sqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.twins.climb import distance
from benchmarks.twins.compare import BOUND
from benchmarks.twins.reach import computes_in_float32
from common.twins.probe import Event, Unit, Values
from common.twins.recorded import RecordedUnit, Tensor, Trace, Weights

EPSILONS = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
ROUNDINGS = 4  # times the root of the depth: MobileNetV2 is as far from itself in float64
APART = 100  # times as far as that is no rounding
STATISTICS = " (statistics)"


class Weighed(NamedTuple):
    """Weights by "unit/role": their numbers, and the statistics of those that have some."""

    arrays: Values
    moments: Values


class Recording:
    """A trace, with its weights in the canonical layout; `name` stands for it in sentences."""

    def __init__(self, path: Path) -> None:
        """Raises ValueError as `Trace` does."""
        self.trace = Trace(path)
        self.index = self.trace.index
        self.recorded: list[RecordedUnit] = self.trace.units()
        self.name = self.index.framework

    @property
    def units(self) -> list[Unit]:
        """All weights, in the order in which their layers ran."""
        return [each.unit for each in self.recorded]

    @cached_property
    def weights(self) -> Weighed:
        """All weights before anything ran."""
        return self.weighed(self.trace.weights)

    def weighed(self, weights: Weights, use: str = "") -> Weighed:
        """Weights, or their "gradients", or what a "step" leaves, in the canonical layout."""
        arrays = self.trace.values(self.recorded, weights, use)
        return Weighed(arrays, self.trace.moments(self.recorded, weights))

    @property
    def dtype(self) -> str:
        """The coarsest numbers that flow."""
        calls = [*self.index.calls, *self.index.events]
        dtypes = {t.dtype for call in calls for t in call.outputs if t.dtype in EPSILONS}
        return max(dtypes, key=EPSILONS.__getitem__, default="float32")

    def narrow(self, events: Sequence[Event]) -> list[str]:
        """Layers of a recording in float64 that round to float32; `events` are its own.

        They are given float32 that the model was not, as inputs of Keras make of float64, or they
        give such numbers of others, as some layers do whatever is asked of them.
        """
        if self.dtype != "float64":
            return []
        given = {tensor.statistics for call in self.index.calls for tensor in call.inputs}
        rounded = [
            call.layer
            for call in self.index.events
            for tensor in call.inputs
            if EPSILONS.get(tensor.dtype, 0) > EPSILONS["float64"]
            and tensor.statistics not in given
        ]
        return [*rounded, *computes_in_float32(events)]

    @property
    def drew(self) -> str:
        """The layers that drew random numbers while this was recorded, or the model; else ""."""
        layers = [
            layer.name
            for layer in self.index.layers
            if self.index.training
            and any("dropout" in kind.lower() for kind in layer.classes)
            and any(layer.settings.get(name) for name in ("p", "rate"))
        ]
        return ", ".join(layers[:3]) or ("the model" if self.index.draws else "")


class Rounding(NamedTuple):
    """What the coarsest numbers of two recordings may make of as many layers.

    Errors up to `bound` are rounding, those above `apart` are not; float64 leaves nothing between.
    """

    dtype: str
    depth: int
    bound: float
    apart: float

    @classmethod
    def of(cls, sides: Sequence[Recording], *, narrow: bool) -> Rounding:
        """That of these recordings; a layer is passed twice, forwards and backwards.

        `narrow` says that some layer of theirs rounds float64 to float32.
        """
        dtypes = [side.dtype for side in sides] + ["float32"] * narrow
        dtype = max(dtypes, key=EPSILONS.__getitem__)
        depth = 1 + max(sum(call.call == 1 for call in side.index.events) for side in sides)
        if dtype == "float64":
            return cls(dtype, depth, BOUND, BOUND)
        bound = ROUNDINGS * EPSILONS[dtype] * sqrt(2 * depth)
        return cls(dtype, depth, bound, APART * bound)

    @property
    def exact(self) -> bool:
        """Whether what is rounding vanishes."""
        return self.bound == self.apart


def named(tensors: Sequence[Tensor], what: str) -> dict[str, Tensor]:
    """A model's inputs or outputs by name: the keys of a dict, else "output", or "output 1", ..."""
    labels = [tensor.label for tensor in tensors]
    if all(labels) and len(set(labels)) == len(labels):
        return dict(zip(labels, tensors, strict=True))
    if len(tensors) == 1:
        return {what: tensors[0]}
    return {f"{what} {number}": tensor for number, tensor in enumerate(tensors, 1)}


class Two(NamedTuple):
    """One tensor of both recordings, the second in the layout of the first.

    `known` is "" of its numbers, and says so where it is its statistics.
    """

    one: np.ndarray
    other: np.ndarray
    known: str = ""


def both(sides: Sequence[Recording], one: Tensor, other: Tensor) -> Two:
    """The numbers of two tensors, or the statistics of both where one has no numbers."""
    mine, theirs = sides[0].trace.array(one), sides[1].trace.array(other)
    if mine is None or theirs is None:
        return Two(np.array(one.statistics), np.array(other.statistics), STATISTICS)
    return Two(mine, theirs)


def like(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The second tensor with its channels where the first has them, first or last."""
    if one.ndim != other.ndim or one.ndim < 3:
        return other
    ways = (other, np.moveaxis(other, 1, -1), np.moveaxis(other, -1, 1))
    fitting = [way for way in ways if way.shape == one.shape]
    return min(fitting, key=lambda way: distance(way, one), default=other)
