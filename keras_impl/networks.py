"""The network of a problem: the literal one, or dense layers where widths were changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
from keras import layers, ops

from common.problem import Problem
from keras_impl import boston, imdb, mnist, reuters
from keras_impl.saved import LAST

LITERAL = {"mnist": mnist, "imdb": imdb, "reuters": reuters, "boston": boston}


def network(problem: Problem, loss_on: str | None, precision: str = "float32") -> keras.Sequential:
    """Predictions (n, outputs) of rows (n, features), with fresh weights.

    Scores where the loss takes logits: the last activation is then part of the loss.
    """
    if precision == "bfloat16":
        return _in_bfloat16(partial(network, problem, loss_on))
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


def _in_bfloat16(make: Callable[[], keras.Sequential]) -> keras.Sequential:
    """The network that `make` makes, in Keras's own mixed precision; its predictions are float32.

    By the global policy while the layers are made (keras/src/dtype_policies/dtype_policy.py): a
    layer casts what it is given and its weights, whose gradients so are computed in bfloat16 and
    kept in float32. Losses and metrics follow floatx, not the policy (keras/src/losses/loss.py,
    keras/src/metrics/metric.py), and an optimiser follows its weights. The last activation would
    follow the policy, and a softmax of 8 bits is 1 where it should be 0.999: its scores are cast
    back first, as Keras's guide to mixed precision asks for.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        net = make()
    finally:
        keras.config.set_dtype_policy(before)
    net.layers[-1].activation = partial(_of_float32, net.layers[-1].activation)
    return net


def _of_float32(activation: Callable[[Any], Any], scores: Any) -> Any:
    return activation(ops.cast(scores, "float32"))
