"""Loss, metric and targets of each kind of problem in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from common.objective import Objective
from common.problem import Loss


class Categorical(Objective):
    """Cross-entropy of one class of several, and the number of rows that are right."""

    def loss(self, scores: Tensor, y: Tensor) -> Tensor:
        if self.loss_on == "probabilities":
            # clipped as Keras clips them; cross_entropy normalises them again, as Keras does
            scores = scores.softmax(dim=1).clamp(1e-7, 1 - 1e-7).log()
        return functional.cross_entropy(scores, y)

    def metric(self, scores: Tensor, y: Tensor) -> Tensor:
        return (scores.argmax(dim=1) == (y.argmax(dim=1) if y.ndim == 2 else y)).sum()

    def targets(self, y: np.ndarray) -> Tensor:
        """Float32 (n, classes) if labels are one-hot, else int64 (n,)."""
        labels = torch.from_numpy(y)
        return functional.one_hot(labels, self.problem.outputs).float() if self.one_hot else labels


class Squared(Objective):
    """Squared error of a value, whose scores are the values, and its absolute error."""

    def loss(self, scores: Tensor, y: Tensor) -> Tensor:
        return functional.mse_loss(scores, y)

    def metric(self, scores: Tensor, y: Tensor) -> Tensor:
        return (scores - y).abs().sum()

    def targets(self, y: np.ndarray) -> Tensor:
        """Float32 (n, 1); (n,) would broadcast against scores (n, 1) to (n, n)."""
        return torch.from_numpy(y.astype(np.float32)).unsqueeze(1)


class Binary(Objective):
    """Cross-entropy of two classes, and the number of rows that are right."""

    def loss(self, scores: Tensor, y: Tensor) -> Tensor:
        if self.loss_on == "probabilities":  # its logarithms are clamped at -100
            return functional.binary_cross_entropy(scores.sigmoid(), y)
        return functional.binary_cross_entropy_with_logits(scores, y)

    def metric(self, scores: Tensor, y: Tensor) -> Tensor:
        return ((scores > 0) == (y > 0.5)).sum()

    targets = Squared.targets


OBJECTIVES: dict[Loss, Any] = {
    "categorical_crossentropy": Categorical,
    "binary_crossentropy": Binary,
    "mean_squared_error": Squared,
}
