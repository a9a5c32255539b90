"""A user's own twins on the ladder: two frameworks climb, and their traces are compared.

No reference in NumPy has these layers, so the frameworks are compared with each other only.
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
BATCH = 8  # rows: the fewer, the fewer inputs lie near a relu's kink, where a gradient jumps
SHARE = 1e-2  # of the largest gradient: the least scale that an error of a gradient is judged on
MOST = 0.1  # the largest bound that rounding may raise
SMOOTH = ("scores", "loss")
"""Rungs that a relu's kink leaves continuous: there rounding stays as small as rounding is."""
TURNED = "rows turned round"


def ladder_of(twins: Twins, **options: Any) -> Ladder:
    """The ladder of a user's twins: short, on small batches, without the whole training."""
    small = replace(twins, batch_size=min(twins.batch_size, BATCH))
    return Ladder(small, steps=STEPS, epochs=0, **options)


def climb_both_ways(ladder: Ladder, arm: Place, on_rung: OnRung) -> tuple[Trace, Trace]:
    """The trace of a framework, and its `climb_turned`, from one fresh process."""
    with Child.at(arm, ladder.regime) as child:
        place = (ladder, arm.framework, arm.device)
        trace, _ = child.call("benchmarks.harness.ladder:climb_here", *place, on_event=on_rung)
        return trace, child.call("benchmarks.twins.ladder:climb_turned", *place)


def climb_turned(ladder: Ladder, name: str, device: str) -> Trace:
    """In the framework's process: the trace of scores, and of loss, gradients and a step of the
    first batch, computed on rows in reverse order; the scores are put back into order.

    Neither the score of a row nor a mean over rows depends on the order of rows: unless the model
    is wrong, all that differs from the upright climb is rounding.
    """
    options = {"regime": ladder.regime, "device": device, "seed": ladder.seed}
    task = framework(name).make_task(ladder.problem, **options)
    rows = ladder.rows()
    x_test = rows.x_test[:SCORED_ROWS]
    scores = task.scores(x_test[np.arange(len(x_test))[::-1]])[::-1]
    order = first_rows(ladder.problem, len(rows.y), 1, ladder.seed)[::-1]
    ((x, y),) = batches(rows.x, rows.y, order, ladder.problem.batch_size)
    loss, gradients = task.loss_and_gradients(x, y)
    step = {"loss": task.train_step(x, y), **task.get_state()}
    turned = {"scores": {"scores": scores}, "loss": {"loss": loss}, "gradients": gradients}
    turned |= {"step 1": step, "fit 1": task.get_state()}
    return {f"{rung}/{k}": np.asarray(v) for rung, part in turned.items() for k, v in part.items()}


@dataclass
class TwinParity(Parity):
    """Climbs of a user's twins, compared with each other."""

    turned: Mapping[str, Trace]  # by arm, see `climb_turned`
    raised_because: ClassVar[str] = (
        "raised to ten times what a framework differs from itself when the rows of the batch are "
        "turned round: rounding, as of a batch's statistics or near the kink of a relu"
    )

    def __post_init__(self) -> None:
        """Compare every two frameworks; raise a bound that a framework's own rounding breaks.

        A framework whose scores or loss depend on the order of rows is shown against itself too:
        that is no rounding, and raises no bound.
        """
        twins, self.raised, dependent = self.ladder.problem, {}, {}
        for arm, turned in self.turned.items():
            upright = {key: self.traces[arm][key] for key in turned if key in self.traces[arm]}
            differences = compare({key: turned[key] for key in upright}, upright, twins)
            smooth = [d for d in differences if d.rung in SMOOTH]
            if any(d.broken for d in smooth):
                dependent[arm, TURNED] = smooth
                continue
            for d in differences:
                if d.bound and math.isfinite(d.error) and 10 * d.error > d.bound:
                    key = (d.rung, d.tensor)
                    self.raised[key] = max(self.raised.get(key, 0.0), min(10 * d.error, MOST))
        self.pairs = {
            (one, other): [
                d._replace(bound=self.raised.get((d.rung, d.tensor), d.bound))
                for d in compare(self.traces[one], self.traces[other], twins)
            ]
            for one, other in combinations(self.traces, 2)
        } | dependent

    def verdict(self) -> str:
        """One sentence: all within bounds, or the first breach and its likely cause."""
        breach = self.breach()
        if breach is None:
            return "every rung is within its bounds"
        (one, other), broken = breach
        clauses = [
            f"first breach at rung '{broken.rung}', tensor {broken.tensor}: {label_of(one)} "
            f"and {label_of(other)} differ by {broken.error:.1e}, bound {broken.bound:.1e}"
        ]
        if broken.rung == "activations":
            key = f"activations/{broken.tensor}"
            clauses.append(_cause(broken.tensor, self.traces[one][key], self.traces[other][key]))
        clauses += [
            f"{label_of(arm)} depends on the order of rows: is the first axis the rows'?"
            for arm, turned in self.pairs
            if turned == TURNED
        ]
        return "; ".join(clauses)

    def growth(self) -> Iterator[tuple[str, list[int], list[float]]]:
        """Nothing: there is no reference to grow away from."""
        return iter(())


def compare(actual: Trace, expected: Trace, twins: Any) -> list[Difference]:
    """Every tensor of two climbs, as `common.trace.compare`, with scales for tensors near zero.

    A bias in front of a batch normalisation has a gradient of rounding alone: an error of a
    gradient is relative to at least a hundredth of the largest gradient, one of a step to at least
    the learning rate. The bound of a moving variance allows for PyTorch's, n / (n - 1) of Keras's.
    """
    gradients = [v for k, v in expected.items() if k.startswith("gradients/")]
    scale = SHARE * max((float(np.max(np.abs(v), initial=0.0)) for v in gradients), default=0.0)

    def floor(rung: str, tensor: str) -> float:
        if rung == "gradients":
            return scale
        if tensor.startswith("square/"):
            return 0.1 * scale**2  # (1 - rho) g^2
        return twins.learning_rate if rung.startswith(("step", "fit")) else 0.0

    slack = 1 / (twins.batch_size - 1)
    return [
        d._replace(bound=d.bound + slack) if d.bound and d.tensor.endswith("moving_variance") else d
        for d in trace.compare(actual, expected, twins, floor)
    ]


def _cause(tensor: str, actual: np.ndarray, expected: np.ndarray) -> str:
    """The likely cause of the first activation that differs."""
    layer, _, side = tensor.rpartition(" ")
    if side == "out":
        return f"what goes into {layer} agrees, what comes out does not: look at {layer} itself"
    if actual.shape == expected.shape and np.allclose(
        np.sort(actual, axis=None), np.sort(expected, axis=None), rtol=1e-4, atol=1e-5
    ):
        return (
            f"{layer} is given the same values in another order: a flatten of channels first "
            "against channels last? Move the channels before it, or name its shape in FLATTEN"
        )
    return f"the layers before {layer} agree: look at what lies between them and it"
