"""Faults put into a framework's Task on purpose, each as a class that goes before the Task's own.

They run in the framework's process. `rows` alters what the ladder is climbed on, the other methods
how the Task works; a mutation knows no framework where the Task's methods are enough.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

import numpy as np

from benchmarks.harness.ladder import Ladder
from common.batches import batches
from common.framework import framework
from common.metrics import metric_value
from common.trace import Rows, Trace, climb


class Sound:
    """No fault: what the others are compared with must be green."""

    switches: ClassVar[dict[str, Any]] = {}

    def __init__(self, problem, *, regime, seed):
        super().__init__(problem, regime=replace(regime, **self.switches), seed=seed)

    @staticmethod
    def rows(rows: Rows) -> Rows:
        return rows


class AlteredData(Sound):
    """One value of one training row is off by a thousandth."""

    @staticmethod
    def rows(rows):
        x = rows.x.copy()
        x[7, np.argmax(np.abs(x[7]))] *= 1.001
        return replace(rows, x=x)


class HalfWeights(Sound):
    """Weights kept in float16."""

    def set_state(self, state):
        super().set_state({k: v.astype(np.float16).astype(v.dtype) for k, v in state.items()})


class TransposedKernel(Sound):
    """A square kernel in the other layout, on the way in and on the way out."""

    def get_state(self):
        return self._turned(super().get_state())

    def set_state(self, state):
        super().set_state(self._turned(state))

    def _turned(self, state):
        return {k: v.T if k.endswith("hidden2/kernel") else v for k, v in state.items()}


class CutInputs(Sound):
    """Inputs with 10 bits of mantissa, as TF32 takes them."""

    def forward(self, x):
        return super().forward(_cut(x))

    def loss_and_gradients(self, x, y):
        return super().loss_and_gradients(_cut(x), y)

    def train_step(self, x, y):
        return super().train_step(_cut(x), y)

    def fit(self, x, y, **options):
        return super().fit(_cut(x), y, **options)


def _cut(x: np.ndarray) -> np.ndarray:
    return (x.view(np.int32) & ~0x1FFF).view(np.float32)  # 13 of 23 bits off


class FlatTargets(Sound):
    """Targets (N,) against scores (N, 1), which may broadcast to (N, N)."""

    def targets(self, y):
        return super().targets(y).reshape(-1)


class LogitsAsProbabilities(Sound):
    """The loss on probabilities is given logits, and the loss on logits probabilities."""

    def make_network(self):
        rules = self.rules
        self.rules = replace(rules, loss_on="logits")
        net = super().make_network()
        self.rules = rules
        return net

    def make_objective(self):
        objective = super().make_objective()
        return objective if self.rules.loss_on == "probabilities" else OnProbabilities(objective)


class OnProbabilities:
    """An objective whose loss is given probabilities in place of logits."""

    def __init__(self, objective):
        self.metric, self.targets = objective.metric, objective.targets
        self.loss = lambda scores, y: objective.loss(_softmax(scores), y)


def _softmax(scores: Any) -> Any:
    """In what the tensors of every framework can do."""
    powers = math.e**scores
    return powers / powers.sum(1, keepdims=True)


class EpsilonOutside(Sound):
    """lr g / (sqrt(v) + epsilon): PyTorch's own rule."""

    switches: ClassVar = {"epsilon_inside_root": False}


class SlowDecay(Sound):
    """A rho of .99: PyTorch's own."""

    switches: ClassVar = {"rho": 0.99}


class FileOrder(Sound):
    """As many rows as were asked for, in the order of the file."""

    def fit(self, x, y, *, order, **options):
        def sizes(epoch):
            return len(order(epoch) if callable(order) else order[epoch])

        return super().fit(x, y, order=lambda epoch: np.arange(sizes(epoch)), **options)


class MeanOfMeans(Sound):
    """An epoch's loss as the mean over its batches, the smaller last one counting as much."""

    def train_epochs(self, x, y, epochs, order, log):
        for rows in self.rows_of_epochs(order, epochs, log):
            losses, metrics = [], []
            for xb, yb in batches(x, y, rows, self.problem.batch_size):
                metrics.append(metric_value(self.problem.loss, self.scores(xb), yb))
                losses.append(self.train_step(xb, yb))
            means = {"loss": np.mean(losses), self.problem.metric: np.mean(metrics)}
            log.stop(lambda means=means: means)


class DroppedBatch(Sound):
    """The last batch of an epoch is left out when it is smaller."""

    switches: ClassVar = {"last_batch": "dropped"}


class RepeatedOrder(Sound):
    """Every epoch in the order of the first, as Keras's own shuffle does with a seed."""

    def fit(self, x, y, *, order, **options):
        repeated = (lambda epoch: order(0)) if callable(order) else order
        return super().fit(x, y, order=repeated, **options)


@cache
def _rows(ladder: Ladder) -> Rows:
    return ladder.rows()


def climb_mutated(name: str, mutation: str, ladder: Ladder) -> Trace:
    """The trace of a framework's Task with the fault of that name."""
    fault = globals()[mutation]
    mutated = type(mutation, (fault, framework(name).task_class()), {})
    return climb(
        lambda: mutated(ladder.problem, regime=ladder.regime, seed=ladder.seed),
        fault.rows(_rows(ladder)),
        steps=ladder.steps,
        epochs=ladder.epochs,
    )
