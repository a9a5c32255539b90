"""Keras's layers with weights: which kind each is. Its layouts are the canonical ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
from keras import layers

from common.twins.layers import Layer

LAYOUTS: dict[type[keras.layers.Layer], str] = {
    layers.Dense: "dense",
    layers.Conv1D: "conv1d",
    layers.Conv2D: "conv2d",
    layers.Conv3D: "conv3d",
    layers.Conv2DTranspose: "conv2d_transpose",
    layers.DepthwiseConv2D: "depthwise_conv2d",
    layers.Embedding: "embedding",
    layers.BatchNormalization: "batch_norm",
    layers.LayerNormalization: "layer_norm",
    layers.GroupNormalization: "group_norm",
    layers.LSTM: "lstm",
    layers.GRU: "gru",
}
"""Keras's class -> kind of layer; its weights have the names and axes of `layers.AXES`."""

RECURRENT = (layers.LSTM, layers.GRU)


def layout(layer: keras.layers.Layer) -> tuple[str, dict[str, keras.Variable]]:
    """The kind of a layer and its weights by role; a class not in the table is 'other'."""
    kind = next((kind for known, kind in LAYOUTS.items() if isinstance(layer, known)), "other")
    if kind == "other":  # in the order of their definition, each as it is
        return kind, {f"weight{i}": v for i, v in enumerate(layer.weights, 1)}
    if isinstance(layer, layers.GRU) and layer.use_bias and not layer.reset_after:
        raise ValueError(f"GRU {layer.name!r} has reset_after=False, which PyTorch's GRU has not")
    return kind, {v.name: v for v in layer.weights}


def with_weights(layer: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
    """The layers that hold weights themselves, in the order of the model."""
    inner = getattr(layer, "layers", None) or []
    if not inner and not isinstance(layer, RECURRENT):  # whose cell holds their weights
        inner = list(layer._flatten_layers(include_self=False, recursive=False))
    if not any(each.weights for each in inner):
        if layer.weights:
            yield layer
        return
    for each in inner:
        yield from with_weights(each)


def described(layer: keras.layers.Layer) -> Layer:
    """The layer as it is compared with other frameworks' layers."""
    kind, roles = layout(layer)
    weights = {role: tuple(v.shape) for role, v in roles.items() if v.trainable}
    state = {role: tuple(v.shape) for role, v in roles.items() if not v.trainable}
    return Layer(layer.name, kind, weights, state, _settings(layer))


def _settings(layer: keras.layers.Layer) -> dict[str, Any]:
    names = ("epsilon", "momentum", "strides")
    return {name: getattr(layer, name) for name in names if hasattr(layer, name)}
