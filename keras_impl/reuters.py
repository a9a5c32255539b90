"""Reuters topics in Keras: 10,000 words -> 64 relu -> 64 relu -> 46 softmax."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, losses

from common.problem import Problem


def network(problem: Problem, loss_on: str) -> keras.Sequential:
    """The network, with its last activation unless the loss is to take logits."""
    softmax = "softmax" if loss_on == "probabilities" else None
    *hidden, output = problem.layers
    return keras.Sequential(
        [keras.Input(shape=(problem.features,))]
        + [layers.Dense(layer.fan_out, activation="relu", name=layer.name) for layer in hidden]
        + [layers.Dense(output.fan_out, activation=softmax, name=output.name)]
    )


def loss(problem: Problem, loss_on: str) -> losses.Loss:
    """Cross-entropy: categorical for one-hot labels, sparse categorical for integers."""
    one_hot = problem.labels == "one_hot"
    kind = losses.CategoricalCrossentropy if one_hot else losses.SparseCategoricalCrossentropy
    return kind(from_logits=loss_on == "logits")


def metric(problem: Problem, loss_on: str) -> str:
    """Share of rows whose highest probability is at the label."""
    return "accuracy"


def targets(problem: Problem, y: np.ndarray) -> np.ndarray:
    """Labels as the loss takes them: float32 (n, classes), or int64 (n,)."""
    return keras.utils.to_categorical(y, problem.outputs) if problem.labels == "one_hot" else y


def dataset(problem: Problem, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What `fit` shuffles and batches by itself: the arrays."""
    return x, targets(problem, y)
