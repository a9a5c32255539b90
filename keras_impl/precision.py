"""A user's Keras model in float64, whatever dtype it was made or saved with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras import ops

NARROW = ("float16", "bfloat16", "float32")


@contextmanager
def computing_in(dtype: str) -> Iterator[None]:
    """Make it the dtype of all that is made without one: layers, losses, optimisers, constants."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])


def widen(model: keras.layers.Layer) -> None:
    """Turn all that still computes in fewer bits into float64, the values as they are.

    A loaded model keeps the dtype of its layers, and its inputs theirs. In place: a copy by way of
    `get_config` needs one of every layer of the user's own.
    """
    for layer in model._flatten_layers():
        if layer.compute_dtype in NARROW or layer.variable_dtype in NARROW:
            layer.dtype_policy = "float64"
        if isinstance(layer, keras.layers.InputLayer) and layer.dtype in NARROW:
            layer._dtype = "float64"
        for tensor in _symbolic_inputs(layer):
            if tensor.dtype in NARROW:
                tensor._dtype = "float64"
        for operation in getattr(layer, "operations", ()):
            cast_to = vars(operation).get("dtype")  # of a cast in the graph
            if isinstance(cast_to, str) and cast_to in NARROW:
                operation.dtype = "float64"
    for variable in model.variables:
        if variable._dtype in NARROW:
            value = ops.cast(variable.value, "float64")
            variable._dtype = "float64"
            variable._initialize(value)


def _symbolic_inputs(layer: Any) -> list[Any]:
    try:
        return list(layer.inputs)
    except AttributeError:  # no functional model
        return []
