"""Every tensor of two recordings that is judged: outputs, loss, gradients, weights after steps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import expit, softmax

from benchmarks.twins.climb import distance
from benchmarks.twins.compare import NOTHING, SHARE, STEP, Rung, same_outputs
from benchmarks.twins.match import STATE, Matching
from benchmarks.twins.phrases import other_outputs, other_shapes
from benchmarks.twins.place import Fault
from benchmarks.twins.traces.pairing import Sides, weights_of
from benchmarks.twins.traces.recording import Rounding, Two, both, like, named
from common.language import phrase
from common.twins.probe import Values

SILENT = 1e-4  # of the largest gradient: what Adam makes of less is made of rounding


class Rungs:
    """What is compared, and what was seen on the way: `faults` are certain."""

    def __init__(self, sides: Sides, matching: Matching, rounding: Rounding) -> None:
        self.sides, self.matching, self.rounding = sides, matching, rounding
        self.faults: list[Fault] = []
        self.notes: list[str] = []
        for what in ("gradients", "steps"):
            ones, others = (len(getattr(side.index, what)) for side in sides)
            if ones != others:
                words = phrase(
                    "{what} were recorded {ones} and {others} times",
                    what=phrase(what),
                    ones=ones,
                    others=others,
                )
                self.notes.append(words)
        self.rungs = [*self._outputs(), *self._losses(), *self._gradients(), *self._steps()]

    def _rung(self, rung: str, tensor: str, two: Two, floor: float = 0.0) -> Rung:
        error = distance(two.other, two.one, floor)
        bound = self.rounding.bound
        return Rung(rung, tensor + two.known, error, bound, error, (np.nan, np.nan))

    def _outputs(self) -> Iterator[Rung]:
        """The calls that both have; of another number of them the first alone."""
        ones, others = (side.index.calls for side in self.sides)
        if len(ones) != len(others):
            counts = {"ones": len(ones), "others": len(others)}
            self.notes.append(phrase("the models were called {ones} and {others} times", **counts))
            ones, others = ones[:1], others[:1]
        for number, calls in enumerate(zip(ones, others, strict=True), 1):
            mine, theirs = (named(call.outputs, "output") for call in calls)
            if len(mine) != len(theirs):
                sentence = other_outputs(len(mine), len(theirs))
                self.faults.append(Fault(("outputs",), sentence))
            for name, partner in same_outputs(list(mine), list(theirs)).items():
                two = both(self.sides, mine[name], theirs[partner])
                two = two._replace(other=like(two.one, two.other))
                if two.one.shape != two.other.shape:
                    sentence = other_shapes(two.one.shape, two.other.shape)
                    self.faults.append(Fault(("outputs", name), sentence))
                yield self._rung(_numbered("outputs", number), name, self._of_one_form(two))

    def _of_one_form(self, two: Two) -> Two:
        """Both as probabilities, where one model gives those of the other's logits."""
        if two.one.shape != two.other.shape or not two.one.ndim:
            return two
        if distance(two.other, two.one) <= self.rounding.apart:
            return two
        for link in (lambda x: softmax(x, axis=-1), expit):
            for side, linked in (
                (self.sides[1], two._replace(one=link(two.one))),
                (self.sides[0], two._replace(other=link(two.other))),
            ):
                if distance(linked.other, linked.one) <= self.rounding.apart:
                    self.notes.append(
                        phrase("{name} gives probabilities, the other their logits", name=side.name)
                    )
                    return linked
        return two

    def _losses(self) -> Iterator[Rung]:
        pairs = zip(*(side.index.gradients for side in self.sides), strict=False)
        for number, (mine, theirs) in enumerate(pairs, 1):
            if mine.loss and theirs.loss:
                two = both(self.sides, mine.loss, theirs.loss)
                flat = two._replace(one=two.one.ravel(), other=two.other.ravel())
                yield self._rung(_numbered("loss", number), "loss", flat)

    def _gradients(self) -> Iterator[Rung]:
        """Those of all weights; what is compared later must have had some."""
        self._loud: Values = {}  # where a gradient was no rounding
        pairs = zip(*(side.index.gradients for side in self.sides), strict=False)
        for number, pair in enumerate(pairs, 1):
            twos = self._weighed([one.weights for one in pair], "gradients")
            largest = max(
                (float(np.max(np.abs(t.one), initial=0)) for t in twos.values()), default=0
            )
            for key, two in twos.items():
                loud = np.abs(two.one) > SILENT * largest
                self._loud[key] = loud & self._loud.get(key, loud) if not two.known else loud
                floor = max(SHARE * largest, NOTHING)
                yield self._rung(_numbered("gradients", number), key, two, floor)

    def _steps(self) -> Iterator[Rung]:
        before = self.sides[0].weights.arrays
        pairs = list(zip(*(side.index.steps for side in self.sides), strict=False))
        if pairs and not (self.rounding.exact or self._loud):
            self.notes.append(
                phrase(
                    "steps are not compared: in {dtype} an optimiser makes steps of a gradient "
                    "that is rounding; record the gradients too",
                    dtype=self.rounding.dtype,
                )
            )
            return
        for number, pair in enumerate(pairs, 1):
            for key, two in self._weighed([one.weights for one in pair], "step").items():
                if self._differs_by_rule(key):
                    continue
                if not self.rounding.exact and key.rpartition("/")[2] not in STATE:
                    loud = self._loud.get(key)
                    if loud is None or two.known:
                        continue
                    two = two._replace(other=np.where(loud, two.other, two.one))
                rung = self._rung(f"step {number}", key, two, NOTHING)
                if self.rounding.exact and key in before and not two.known:
                    moved = STEP * distance(before[key], two.one, NOTHING)
                    rung = rung._replace(bound=max(rung.bound, moved))
                yield rung

    def _differs_by_rule(self, key: str) -> bool:
        """A running variance takes in the variance of n - 1 values in PyTorch, of n elsewhere."""
        if key.rpartition("/")[2] != STATE[1] or not self.sides[0].index.training:
            return False
        if len({side.index.framework for side in self.sides}) == 1:
            return False
        note = phrase(
            "running variances are not compared: of n - 1 values in one framework, of n in another"
        )
        self.notes += [] if note in self.notes else [note]
        return True

    def _weighed(self, weights: list, use: str) -> dict[str, Two]:
        ones, others = (
            side.weighed(own, use) for side, own in zip(self.sides, weights, strict=True)
        )
        return {
            key: two
            for pair in self.matching.pairs
            for key, two in weights_of(pair, self.matching, ones, others)
        }


def _numbered(rung: str, number: int) -> str:
    return f"{rung}#{number}" if number > 1 else rung
