"""What one ladder gave, compared."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from benchmarks.harness.ladder import REFERENCE, Ladder
from common.framework import label_of
from common.language import said
from common.trace import Difference, Trace, compare, first_broken

RAISED_BECAUSE = (
    "raised to ten times the error of the reference in float32: an ill-conditioned seed"
)


@dataclass
class Parity:
    """What one ladder gave: a trace of each arm and two of the reference, compared."""

    ladder: Ladder
    notice: str  # to be said loudly, of data that are not the real ones
    reference: Trace  # in float64
    rounded: Trace  # the reference in float32: what rounding alone does
    traces: Mapping[str, Trace]  # by arm
    raised: dict[tuple[str, str], float] = field(init=False)
    pairs: dict[tuple[str, str], list[Difference]] = field(init=False)

    def __post_init__(self) -> None:
        """Compare; where the reference in float32 breaks a bound itself, raise the bound.

        There the seed is ill-conditioned, and no framework is to blame: RMSprop divides a gradient
        by the root of its own square, so the rounding of one that nearly vanishes becomes a part
        of a whole step. Ten times the reference's own error is allowed.
        """
        self.raised = {
            (d.rung, d.tensor): 10 * d.error
            for d in self._differences(self.rounded, self.reference)
            if d.broken and d.bound and math.isfinite(d.error)
        }
        named = {**self.traces, REFERENCE: self.reference}
        pairs = [*((name, REFERENCE) for name in self.traces), *combinations(self.traces, 2)]
        self.pairs = {(one, other): self._judged(named[one], named[other]) for one, other in pairs}

    def _judged(self, trace: Trace, expected: Trace) -> list[Difference]:
        raised = self.raised
        return [
            d._replace(bound=raised.get((d.rung, d.tensor), d.bound))
            for d in self._differences(trace, expected)
        ]

    def _differences(self, trace: Trace, expected: Trace) -> list[Difference]:
        return compare(trace, expected, self.ladder.problem, self.ladder.regime.precision)

    def breach(self) -> tuple[tuple[str, str], Difference] | None:
        """The breach at the lowest rung of all pairs, those with the reference first; or None."""
        height = {rung: i for i, rung in enumerate(rungs_of(self.reference))}
        breaches = [
            (pair, broken)
            for pair, differences in self.pairs.items()
            if (broken := first_broken(differences))
        ]
        return min(breaches, key=lambda item: height.get(item[1].rung, len(height)), default=None)

    def verdict(self) -> str:
        """One sentence: all within bounds, or where it breaks first and who is wrong."""
        breach = self.breach()
        if breach is None:
            whole = said("every rung is within its bounds")
            if not self.ladder.regime.bfloat16:
                return whole
            early = said(
                "bfloat16 leaves none after the first step to judge: matched has the same code in "
                "float32"
            )
            return f"{whole}; {early}"
        pair, broken = breach
        wrong = [
            label_of(name)
            for (name, other), differences in self.pairs.items()
            if other == REFERENCE and any(d.broken and d.rung == broken.rung for d in differences)
        ]
        right = [label for label in map(label_of, self.traces) if label not in wrong]
        text = said(
            "first breach at rung '{rung}', tensor {tensor}: {pair} differ by {error:.1e}, bound "
            "{bound:.1e}"
        )
        where = text.format(**broken._asdict() | {"pair": said(" and ").join(map(label_of, pair))})
        if not wrong:
            return where + said("; each alone is within its bound of the reference")
        differ, agree = said("; {names} differ from the reference"), said("; {names} agree with it")
        if len(wrong) == 1:
            differ = said("; {names} differs from the reference")
        if len(right) == 1:
            agree = said("; {names} agrees with it")
        told = ((differ, wrong), (agree, right))
        return where + "".join(
            words.format(names=said(" and ").join(names)) for words, names in told if names
        )

    def growth(self) -> Iterator[tuple[str, list[int], list[float]]]:
        """Of each arm and the rounded reference: steps, and the largest error of any weight."""
        batch = self.ladder.problem.batch_size
        steps_an_epoch = -(-int(self.reference["data/rows"]) // batch)
        rungs = {f"step {k}": k for k in self.ladder.steps}
        rungs |= {f"epoch {n + 1}": (n + 1) * steps_an_epoch for n in range(self.ladder.epochs)}
        every = {**self.traces, f"{REFERENCE} in float32": self.rounded}
        for name, trace in every.items():
            worst: dict[str, float] = {}
            for d in self._differences(trace, self.reference):
                if d.rung in rungs and d.tensor.endswith(("/kernel", "/bias")):
                    worst[d.rung] = max(worst.get(d.rung, 0.0), d.error)
            points = sorted((rungs[rung], error) for rung, error in worst.items())
            yield name, [step for step, _ in points], [error for _, error in points]


def rungs_of(trace: Trace) -> list[str]:
    """The rungs of a trace, from the lowest up."""
    return list(dict.fromkeys(key.partition("/")[0] for key in trace))
