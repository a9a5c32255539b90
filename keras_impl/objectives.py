"""Loss, metric and targets of each kind of problem in Keras."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import losses, metrics

from common.objective import Objective
from common.problem import Loss


class Categorical(Objective):
    """Cross-entropy of one class of several, and the share of rows that are right."""

    def loss(self) -> losses.Loss:
        logits = self.loss_on == "logits"
        if self.one_hot:
            return losses.CategoricalCrossentropy(from_logits=logits)
        return losses.SparseCategoricalCrossentropy(from_logits=logits)

    def metric(self) -> str:
        return "accuracy"

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Float32 (n, classes) if labels are one-hot, else int64 (n,)."""
        return keras.utils.to_categorical(y, self.problem.outputs) if self.one_hot else y


class Squared(Objective):
    """Squared error of a value, and its absolute error."""

    def loss(self) -> losses.Loss:
        return losses.MeanSquaredError()

    def metric(self) -> str:
        return "mae"

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Float32 (n,); Keras itself aligns them with outputs (n, 1)."""
        return y.astype(np.float32)


class Binary(Objective):
    """Cross-entropy of two classes, and the share of rows that are right."""

    def loss(self) -> losses.Loss:
        return losses.BinaryCrossentropy(from_logits=self.loss_on == "logits")

    def metric(self) -> metrics.Metric:
        line = 0.5 if self.loss_on == "probabilities" else 0.0
        return metrics.BinaryAccuracy(name="accuracy", threshold=line)

    targets = Squared.targets


OBJECTIVES: dict[Loss, Any] = {
    "categorical_crossentropy": Categorical,
    "binary_crossentropy": Binary,
    "mean_squared_error": Squared,
}
