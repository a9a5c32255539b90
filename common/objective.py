"""What a network's scores are held against: the shape of `objectives.py` in every framework."""

from __future__ import annotations

from dataclasses import dataclass

from common.problem import Problem


@dataclass(frozen=True)
class Objective:
    """Loss, metric and targets of one kind of problem, in the tensors of one framework.

    `loss(scores, y)` is the mean over rows of scores (n, outputs), `metric(scores, y)` the sum
    over rows, which is the number that are right or the absolute error; in Keras both are objects
    that its `compile` takes. `targets(y)` makes what both take of labels or values (n,).
    """

    problem: Problem
    loss_on: str  # "logits" or "probabilities", as the regime's switch

    @property
    def one_hot(self) -> bool:
        """Whether labels are rows (n, classes) and not integers (n,)."""
        return self.problem.labels == "one_hot"
