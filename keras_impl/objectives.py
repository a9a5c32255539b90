"""Loss, metric and targets of each kind of problem in Keras."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import keras
import numpy as np
from keras import losses, metrics

from common.problem import Loss, Problem


@dataclass(frozen=True)
class Objective(ABC):
    """What a network's outputs (n, outputs) are held against; `loss_on` says what they are."""

    problem: Problem
    loss_on: str

    @abstractmethod
    def loss(self) -> losses.Loss:
        """The mean loss over rows."""

    @abstractmethod
    def metric(self) -> metrics.Metric | str:
        """The mean over rows of the metric."""

    @abstractmethod
    def targets(self, y: np.ndarray) -> np.ndarray:
        """Labels or values (n,) as loss and metric take them."""


class Categorical(Objective):
    """Cross-entropy of one class of several, and the share of rows that are right."""

    def loss(self) -> losses.Loss:
        one_hot = self.problem.labels == "one_hot"
        kind = losses.CategoricalCrossentropy if one_hot else losses.SparseCategoricalCrossentropy
        return kind(from_logits=self.loss_on == "logits")

    def metric(self) -> str:
        return "accuracy"

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Float32 (n, classes) if labels are one-hot, else int64 (n,)."""
        one_hot = self.problem.labels == "one_hot"
        return keras.utils.to_categorical(y, self.problem.outputs) if one_hot else y


class Column(Objective):
    """One output per row."""

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Float32 (n,); Keras itself aligns them with outputs (n, 1)."""
        return y.astype(np.float32)


class Binary(Column):
    """Cross-entropy of two classes, and the share of rows that are right."""

    def loss(self) -> losses.Loss:
        return losses.BinaryCrossentropy(from_logits=self.loss_on == "logits")

    def metric(self) -> metrics.Metric:
        line = 0.5 if self.loss_on == "probabilities" else 0.0
        return metrics.BinaryAccuracy(name="accuracy", threshold=line)


class Squared(Column):
    """Squared error of a value, and its absolute error."""

    def loss(self) -> losses.Loss:
        return losses.MeanSquaredError()

    def metric(self) -> str:
        return "mae"


OBJECTIVES: dict[Loss, type[Objective]] = {
    "categorical_crossentropy": Categorical,
    "binary_crossentropy": Binary,
    "mean_squared_error": Squared,
}
