"""The climbs of two models in training: compared rung by rung, and forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.twins.climb import RANDOM, Climbs, Side, distance, trained
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

        Of the climbs `traces` takes the losses, and the gradients in float64.
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
                for (number, dtype), trace in climbs.items():
                    kept = trace if dtype == "float64" else {"loss/loss": trace["loss/loss"]}
                    traces[number, dtype] |= kept
            self.compare(climbs)
            climbs.clear()
        return []
