"""Loss, metric and targets of each kind of problem in JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from common.objective import Objective
from common.problem import Loss


class Categorical(Objective):
    """Cross-entropy of one class of several, and the number of rows that are right."""

    def loss(self, scores: Array, y: Array) -> Array:
        if self.loss_on == "probabilities":
            # clipped as Keras clips them; the entropy normalises them again, as Keras does
            scores = jnp.log(jax.nn.softmax(scores).clip(1e-7, 1 - 1e-7))
        if self.one_hot:
            return optax.softmax_cross_entropy(scores, y).mean()
        return optax.softmax_cross_entropy_with_integer_labels(scores, y).mean()

    def metric(self, scores: Array, y: Array) -> Array:
        return (scores.argmax(1) == (y.argmax(1) if y.ndim == 2 else y)).sum()

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Float32 (n, classes) if labels are one-hot, else int32 (n,), JAX's own integers."""
        if self.one_hot:
            return np.eye(self.problem.outputs, dtype=np.float32)[y]
        return y.astype(np.int32)


class Squared(Objective):
    """Squared error of a value, whose scores are the values, and its absolute error."""

    def loss(self, scores: Array, y: Array) -> Array:
        return optax.squared_error(scores, y).mean()

    def metric(self, scores: Array, y: Array) -> Array:
        return jnp.abs(scores - y).sum()

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Float32 (n, 1); (n,) would broadcast against scores (n, 1) to (n, n)."""
        return y.astype(np.float32)[:, None]


class Binary(Objective):
    """Cross-entropy of two classes, and the number of rows that are right."""

    def loss(self, scores: Array, y: Array) -> Array:
        if self.loss_on == "probabilities":
            p = jax.nn.sigmoid(scores).clip(1e-7, 1 - 1e-7)  # as Keras clips them
            return -(y * jnp.log(p) + (1 - y) * jnp.log1p(-p)).mean()
        return optax.sigmoid_binary_cross_entropy(scores, y).mean()

    def metric(self, scores: Array, y: Array) -> Array:
        return ((scores > 0) == (y > 0.5)).sum()

    targets = Squared.targets


OBJECTIVES: dict[Loss, Any] = {
    "categorical_crossentropy": Categorical,
    "binary_crossentropy": Binary,
    "mean_squared_error": Squared,
}
