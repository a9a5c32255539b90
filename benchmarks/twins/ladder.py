"""A user's own twins on the ladder: their layers are brought together, and their climbs compared.

No reference in NumPy has these layers, so each framework is compared with the other alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, ClassVar

import numpy as np

from benchmarks.harness.ladder import Ladder, OnRung
from benchmarks.harness.process import Child
from benchmarks.records.place import Place
from benchmarks.statistics.parity import Parity
from common import trace
from common.batches import batches
from common.framework import framework, label_of
from common.trace import SCORED_ROWS, Difference, Trace, first_rows
from common.twins.problem import Twins

STEPS = (1, 10)
BATCH = 8  # of the ladder: few rows leave few inputs near a relu's kink, where a gradient jumps
SHARE = 1e-2  # of the largest gradient: what is smaller is judged on this scale
MOST = 0.1  # no bound is raised over this
SMOOTH = ("scores", "loss")
"""Rungs without jumps: rounding, which may carry a gradient over a relu's kink, stays rounding."""
TURNED = "rows turned round"


def ladder_of(twins: Twins, **options: Any) -> Ladder:
    """The ladder of a user's twins: short, on small batches, without the whole training."""
    small = replace(twins, batch_size=min(twins.batch_size, BATCH))
    return Ladder(small, steps=STEPS, epochs=0, **options)


def climb_both_ways(ladder: Ladder, arm: Place, on_rung: OnRung) -> tuple[Trace, Trace]:
    """The trace of a framework in a fresh process, and what `climb_turned` gives there."""
    with Child.at(arm, ladder.regime) as child:
        place = (ladder, arm.framework, arm.device)
        trace, _ = child.call("benchmarks.harness.ladder:climb_here", *place, on_event=on_rung)
        return trace, child.call("benchmarks.twins.ladder:climb_turned", *place)


def climb_turned(ladder: Ladder, name: str, device: str) -> Trace:
    """In the framework's process: scores, then loss, gradients and a step of the first batch, with
    the rows turned round. Scores come back in the order of the rows.

    Neither the answer to a row nor a mean over rows depends on their order: what differs is
    rounding, unless the model is wrong.
    """
    options = {"regime": ladder.regime, "device": device, "seed": ladder.seed}
    task = framework(name).make_task(ladder.problem, **options)
    rows = ladder.rows()
    tested = rows.x_test[:SCORED_ROWS]
    scores = task.scores(tested[np.arange(len(tested))[::-1]])[::-1]
    order = first_rows(ladder.problem, len(rows.y), 1, ladder.seed)[::-1]
    ((x, y),) = batches(rows.x, rows.y, order, ladder.problem.batch_size)
    loss, gradients = task.loss_and_gradients(x, y)
    before = task.train_step(x, y)
    state = task.get_state()
    found = {"scores": {"scores": scores}, "loss": {"loss": loss}, "gradients": gradients}
    found |= {"step 1": {"loss": before, **state}, "fit 1": state}
    return {f"{rung}/{k}": np.asarray(v) for rung, held in found.items() for k, v in held.items()}


@dataclass
class TwinParity(Parity):
    """Climbs of a user's twins, compared with each other."""

    turned: Mapping[str, Trace]  # by arm, see `climb_turned`
    raised_because: ClassVar[str] = (
        "raised to ten times what a framework differs from itself when the rows of the batch are "
        "turned round: rounding, as of a batch's statistics or near the kink of a relu"
    )

    def __post_init__(self) -> None:
        """Compare every two frameworks; where one's own rounding breaks a bound, raise it.

        One whose scores or loss depend on the order of the rows is compared with itself too: that
        is no rounding, and raises nothing.
        """
        twins, self.raised, itself = self.ladder.problem, {}, {}
        for arm, turned in self.turned.items():
            upright = {key: self.traces[arm][key] for key in turned if key in self.traces[arm]}
            found = compare({key: turned[key] for key in upright}, upright, twins)
            smooth = [d for d in found if d.rung in SMOOTH]
            if any(d.broken for d in smooth):
                itself[arm, TURNED] = smooth
                continue
            for d in found:
                if d.bound and math.isfinite(d.error) and 10 * d.error > d.bound:
                    key = (d.rung, d.tensor)
                    self.raised[key] = max(self.raised.get(key, 0.0), min(10 * d.error, MOST))
        self.pairs = {
            (one, other): [
                d._replace(bound=self.raised.get((d.rung, d.tensor), d.bound))
                for d in compare(self.traces[one], self.traces[other], twins)
            ]
            for one, other in combinations(self.traces, 2)
        } | itself

    def verdict(self) -> str:
        """One sentence: all within bounds, or the first breach and what it points at."""
        breach = self.breach()
        if breach is None:
            return "every rung is within its bounds"
        (one, other), broken = breach
        said = [
            f"first breach at rung '{broken.rung}', tensor {broken.tensor}: {label_of(one)} "
            f"and {label_of(other)} differ by {broken.error:.1e}, bound {broken.bound:.1e}"
        ]
        if broken.rung == "activations":
            key = f"activations/{broken.tensor}"
            said.append(_where(broken.tensor, self.traces[one][key], self.traces[other][key]))
        for arm, turned in self.pairs:
            if turned == TURNED:
                said.append(
                    f"{label_of(arm)} depends on the order of rows: is the first axis the rows'?"
                )
        return "; ".join(said)

    def growth(self) -> Iterator[tuple[str, list[int], list[float]]]:
        """Nothing: there is no reference to grow away from."""
        return iter(())


def compare(found: Trace, expected: Trace, twins: Any) -> list[Difference]:
    """Every tensor of two climbs, as `common.trace.compare`, but for tensors that ought to vanish.

    A bias in front of a batch normalisation has no gradient but rounding: a gradient is judged on
    the scale of a hundredth of the largest, and a step on that of the learning rate.
    """
    gradients = [v for k, v in expected.items() if k.startswith("gradients/")]
    largest = max((float(np.max(np.abs(v), initial=0.0)) for v in gradients), default=0.0)

    def floor(rung: str, tensor: str) -> float:
        return _scale(rung, tensor, largest, twins.learning_rate)

    return [_eased(d, twins) for d in trace.compare(found, expected, twins, floor)]


def _eased(d: Difference, twins: Any) -> Difference:
    """PyTorch keeps the variance of a sample, n / (n - 1) of Keras's."""
    if d.bound and d.tensor.endswith("moving_variance"):
        return d._replace(bound=d.bound + 1 / (twins.batch_size - 1))
    return d


def _scale(rung: str, tensor: str, largest: float, rate: float) -> float:
    if rung == "gradients":
        return SHARE * largest
    if tensor.startswith("square/"):
        return 0.1 * (SHARE * largest) ** 2  # (1 - rho) g^2
    return rate if rung.startswith(("step", "fit")) else 0.0


def _where(tensor: str, found: np.ndarray, expected: np.ndarray) -> str:
    """What the first activation that differs says of the cause."""
    layer, _, side = tensor.rpartition(" ")
    if side == "out":
        return f"what goes into {layer} agrees, what comes out does not: look at {layer} itself"
    if found.shape == expected.shape and np.allclose(
        np.sort(found, axis=None), np.sort(expected, axis=None), rtol=1e-4, atol=1e-5
    ):
        return (
            f"{layer} is given the same values in another order: a flatten of channels first "
            "against channels last? Move the channels before it, or name its shape in FLATTEN"
        )
    return f"the layers before {layer} agree: look at what lies between them and it"
