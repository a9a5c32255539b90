"""The climbs of two models in training: compared rung by rung, and forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.twins.climb import RANDOM, Climbs, Side, Trace, distance, trained
from benchmarks.twins.compare import Bounds, Rung, compare, largest_gradient
from benchmarks.twins.match import Matching
from common.twins.file import TwinsFile
from common.twins.probe import Rows, Values


@dataclass
class Ladder:
    """Two models that are compared; the fields are those of `compare`."""

    file: TwinsFile
    sides: Sequence[Side]
    matching: Matching
    before: Values
    forms: Sequence[str]
    coarse: bool
    bounds: Bounds = ()
    largest: float = 0.0
    rungs: list[Rung] = field(default_factory=list)

    def compare(self, climbs: Climbs) -> None:
        """Add the rungs of these parts of the four climbs."""
        mine, theirs = ({d: climbs[n, d] for d in ("float32", "float64")} for n in (0, 1))
        self.rungs += compare(
            self.file,
            mine,
            theirs,
            self.matching,
            self.before,
            self.forms,
            coarse=self.coarse,
            largest=self.largest,
            bounds=self.bounds,
        )

    def train(self, rows: Rows, targets: Sequence[Rows], traces: Climbs) -> list[Side]:
        """Compare loss, gradients and steps; gives models that draw, after which nothing is.

        Of the climbs `traces` takes the losses, and where anything differs by then the gradients in
        float64; else of each gradient whether it has any number but zero.
        """
        for climbs in trained(self.sides, rows, targets):
            if "loss/loss" in climbs[0, "float64"]:
                drawing = [
                    side
                    for n, side in enumerate(self.sides)
                    if distance(side.loss(rows, targets[n]), climbs[n, "float32"]["loss/loss"])
                    > RANDOM
                ]
                if drawing:
                    return drawing
                self.largest = largest_gradient(climbs[0, "float64"])
                self.before = {**self.before, "loss": climbs[0, "float64"]["loss/loss"]}
            self.compare(climbs)
            if "loss/loss" in climbs[0, "float64"]:
                whole = any(rung.broken for rung in self.rungs)
                for (number, dtype), trace in climbs.items():
                    traces[number, dtype] |= _kept(trace, whole and dtype == "float64")
            climbs.clear()
        return []


def _kept(trace: Trace, whole: bool) -> Trace:
    """What is asked for again: a large model's gradients fill the memory while it steps."""
    return {
        key: value if whole or key == "loss/loss" else np.asarray(np.any(value))
        for key, value in trace.items()
    }
