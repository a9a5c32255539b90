"""The network of a problem: the literal one, or dense layers where widths were changed."""

from __future__ import annotations

import keras
from keras import layers

from common.problem import Problem
from keras_impl import boston, imdb, mnist, reuters
from keras_impl.saved import LAST

LITERAL = {"mnist": mnist, "imdb": imdb, "reuters": reuters, "boston": boston}


def network(problem: Problem, loss_on: str | None) -> keras.Sequential:
    """Predictions (n, outputs) of rows (n, features), with fresh weights.

    Scores where the loss takes logits: the last activation is then part of the loss.
    """
    if problem.name in LITERAL and not problem.resized:
        net = LITERAL[problem.name].network()
    else:
        *hidden, output = problem.layers
        net = keras.Sequential(
            [keras.Input(shape=(problem.features,))]
            + [layers.Dense(layer.fan_out, activation="relu", name=layer.name) for layer in hidden]
            + [layers.Dense(output.fan_out, activation=LAST[problem.loss], name=output.name)]
        )
    if loss_on == "logits":
        net.layers[-1].activation = keras.activations.linear
    return net
