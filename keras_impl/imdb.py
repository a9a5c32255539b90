"""IMDB sentiment in Keras: 10,000 words -> 16 relu -> 16 relu -> 1 sigmoid."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, losses

from common.problem import Problem


def network(problem: Problem, loss_on: str) -> keras.Sequential:
    """The network, with its last activation unless the loss is to take logits."""
    sigmoid = "sigmoid" if loss_on == "probabilities" else None
    *hidden, output = problem.layers
    return keras.Sequential(
        [keras.Input(shape=(problem.features,))]
        + [layers.Dense(layer.fan_out, activation="relu", name=layer.name) for layer in hidden]
        + [layers.Dense(output.fan_out, activation=sigmoid, name=output.name)]
    )


def loss(problem: Problem, loss_on: str) -> losses.Loss:
    """Binary cross-entropy."""
    return losses.BinaryCrossentropy(from_logits=loss_on == "logits")


def metric(problem: Problem, loss_on: str) -> keras.metrics.Metric:
    """Share of rows on the label's side of 0.5, or of 0 for logits."""
    line = 0.5 if loss_on == "probabilities" else 0.0
    return keras.metrics.BinaryAccuracy(name="accuracy", threshold=line)


def targets(problem: Problem, y: np.ndarray) -> np.ndarray:
    """Labels as the loss takes them: float32 (n,); Keras itself aligns them with its (n, 1)."""
    return y.astype(np.float32)


def dataset(problem: Problem, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What `fit` shuffles and batches by itself: the arrays."""
    return x, targets(problem, y)
