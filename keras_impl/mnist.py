"""MNIST digits in Keras: 784 -> 512 relu -> 10 softmax.

Loss, metric and labels are those of Reuters: both choose one class of several.
"""

from __future__ import annotations

import keras
from keras import layers

from common.problem import Problem
from keras_impl.reuters import dataset, loss, metric, targets

__all__ = ["dataset", "loss", "metric", "network", "targets"]


def network(problem: Problem, loss_on: str) -> keras.Sequential:
    """The network, with its last activation unless the loss is to take logits."""
    softmax = "softmax" if loss_on == "probabilities" else None
    *hidden, output = problem.layers
    return keras.Sequential(
        [keras.Input(shape=(problem.features,))]
        + [layers.Dense(layer.fan_out, activation="relu", name=layer.name) for layer in hidden]
        + [layers.Dense(output.fan_out, activation=softmax, name=output.name)]
    )
