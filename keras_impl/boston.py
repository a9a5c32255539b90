"""Boston housing prices in Keras: 13 features -> 64 relu -> 64 relu -> 1."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, losses

from common.problem import Problem


def network(problem: Problem, loss_on: str) -> keras.Sequential:
    """The network; a value has no last activation, so `loss_on` changes nothing."""
    *hidden, output = problem.layers
    return keras.Sequential(
        [keras.Input(shape=(problem.features,))]
        + [layers.Dense(layer.fan_out, activation="relu", name=layer.name) for layer in hidden]
        + [layers.Dense(output.fan_out, name=output.name)]
    )


def loss(problem: Problem, loss_on: str) -> losses.Loss:
    """Mean squared error."""
    return losses.MeanSquaredError()


def metric(problem: Problem, loss_on: str) -> str:
    """Mean absolute error, in thousands of dollars."""
    return "mae"


def targets(problem: Problem, y: np.ndarray) -> np.ndarray:
    """Prices as the loss takes them: float32 (n,); Keras itself aligns them with its (n, 1)."""
    return y.astype(np.float32)


def dataset(problem: Problem, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What `fit` shuffles and batches by itself: the arrays."""
    return x, targets(problem, y)
