"""How Keras's layers split into units: names, kinds, and canonical layouts of their weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers

from common.twins.layers import AXES
from common.twins.probe import Unit

KINDS: dict[type[layers.Layer], str] = {
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
    layers.Conv1DTranspose: "conv1d_transpose",
    layers.Conv3DTranspose: "conv3d_transpose",
    layers.DepthwiseConv1D: "depthwise_conv1d",
    layers.RMSNormalization: "rms_norm",
    layers.PReLU: "prelu",
    layers.LSTMCell: "lstm",
    layers.GRUCell: "gru",
    layers.SimpleRNNCell: "simple_rnn",
}
SEPARABLE = {layers.SeparableConv1D: "1d", layers.SeparableConv2D: "2d"}
ROLES = {"scale": "gamma"}
"""Keras's name of a weight -> its role, where that is another."""

SETTINGS = (
    *("strides", "padding", "dilation_rate", "groups", "depth_multiplier", "data_format"),
    *("output_padding", "use_bias", "pool_size", "size", "interpolation", "cropping", "keepdims"),
    *("dims", "target_shape", "n", "epsilon", "momentum", "axis", "center", "scale"),
    *("rms_scaling", "shared_axes", "synchronized", "negative_slope", "alpha", "max_value"),
    *("threshold", "approximate", "rate", "stddev", "dropout", "recurrent_dropout", "mask_zero"),
    *("mask_value", "merge_mode", "return_sequences", "return_state", "go_backwards", "stateful"),
    *("unroll", "reset_after", "recurrent_activation", "value_dim", "use_scale", "score_mode"),
    *("normalize", "offset"),
)
"""Attributes of a layer that are its conventions, as Keras spells them."""


class Kept(NamedTuple):
    """A weight as Keras keeps it: canonical is its array with `axes` in this order, in `shape`."""

    variable: keras.Variable
    axes: tuple[int, ...]
    shape: tuple[int, ...]

    def canonical(self, value: Any) -> np.ndarray:
        """A copy, float64, of an array in Keras's layout."""
        value = np.array(value, np.float64).transpose(self.axes)
        return np.ascontiguousarray(value).reshape(self.shape)

    def own(self, value: np.ndarray) -> np.ndarray:
        """The array in Keras's layout; raises ValueError for another shape."""
        turned = [self.variable.shape[axis] for axis in self.axes]
        if tuple(np.shape(value)) != self.shape:
            raise ValueError(f"has the shape {self.shape}, and not {np.shape(value)}")
        return np.reshape(value, turned).transpose(np.argsort(self.axes))


class Part(NamedTuple):
    """A unit and what Keras keeps of it by role."""

    unit: Unit
    kept: Mapping[str, Kept]
    owner: layers.Layer


def named_layers(model: layers.Layer) -> list[tuple[str, layers.Layer]]:
    """Every layer once, by its name, in the order of registration, the model itself first.

    Inside of a model or of a layer of the user's own it is "block/conv1", of what one of Keras's
    layers is made "mha.query".
    """
    known = {id(model)}
    taken: dict[str, int] = {}

    def walk(layer: layers.Layer, name: str) -> Iterator[tuple[str, layers.Layer]]:
        number = taken[name] = taken.get(name, 0) + 1
        name = name if number == 1 else f"{name} ({number})"
        yield name, layer
        yield from inside(layer, name)

    def inside(layer: layers.Layer, name: str) -> Iterator[tuple[str, layers.Layer]]:
        if isinstance(layer, layers.RNN):  # its cells are parts of it
            return
        for child in layer._flatten_layers(include_self=False, recursive=False):
            if id(child) not in known and not isinstance(child, layers.InputLayer):
                known.add(id(child))
                yield from walk(child, _name_of(child, layer, name))

    return [(model.name, model), *inside(model, "")]


def _name_of(child: layers.Layer, parent: layers.Layer, name: str) -> str:
    if isinstance(parent, layers.Bidirectional):
        return f"{name}.{'forward' if child is parent.forward_layer else 'backward'}"
    if not name:
        return child.name
    theirs = isinstance(parent, keras.Model) or not is_keras_own(parent)
    return f"{name}{'/' if theirs else '.'}{child.name}"


def is_keras_own(layer: layers.Layer) -> bool:
    """Whether the class is Keras's, and not the user's."""
    return type(layer).__module__.partition(".")[0] == "keras"


def parts_of(model: layers.Layer) -> list[Part]:
    """All units of a built model in the order of registration; every weight is in one of them."""
    trained = {id(variable) for variable in model.trainable_variables}
    first: dict[int, str] = {}  # where each variable came up first
    parts = []
    for name, layer in named_layers(model):
        for suffix, kind, kept in _split(layer):
            unit = f"{name}.{suffix}" if suffix else name
            tied = {
                role: first[id(one.variable)]
                for role, one in kept.items()
                if id(one.variable) in first
            }
            for role, one in kept.items():
                first.setdefault(id(one.variable), f"{unit}/{role}")
            parts.append(
                Part(
                    Unit(
                        name=unit,
                        kind=kind,
                        weights={role: one.shape for role, one in kept.items()},
                        frozen=frozenset(
                            role for role, one in kept.items() if id(one.variable) not in trained
                        ),
                        layer=name,
                        settings=settings_of(layer),
                        tied=tied,
                    ),
                    kept,
                    layer,
                )
            )
    return parts


Split = tuple[str, str, dict[str, Kept]]
"""What stands behind the layer's name, the kind, and the weights by role."""


def _split(layer: layers.Layer) -> list[Split]:
    """What a layer's own weights are, without those of the layers in it."""
    if isinstance(layer, layers.RNN):
        cells = getattr(layer.cell, "cells", None)
        if cells is None:
            return [("", *_of_kind(layer.cell, list(layer.weights)))] if layer.weights else []
        return [(cell.name, *_of_kind(cell, list(cell.weights))) for cell in cells if cell.weights]
    children = layer._flatten_layers(include_self=False, recursive=False)
    theirs = {id(variable) for child in children for variable in child.weights}
    own = [variable for variable in layer.weights if id(variable) not in theirs]
    if not own:
        return []
    for separable, rank in SEPARABLE.items():
        if isinstance(layer, separable) and len(own) == 2 + layer.use_bias:
            depthwise, pointwise, *bias = own
            roles = {"kernel": _as_is(pointwise)} | {v.name: _as_is(v) for v in bias}
            return [
                ("depthwise", f"depthwise_conv{rank}", {"kernel": _as_is(depthwise)}),
                ("pointwise", f"conv{rank}", roles),
            ]
    reverse = [v for v in own if v.name == "reverse_embeddings" and len(own) == 2]
    if isinstance(layer, layers.Embedding) and reverse:
        own.remove(reverse[0])
        return [
            ("", *_of_kind(layer, own)),
            ("reverse", "dense", {"kernel": _as_is(reverse[0])}),
        ]
    return [("", *_of_kind(layer, own))]


def _of_kind(layer: Any, own: list[keras.Variable]) -> tuple[str, dict[str, Kept]]:
    """The kind and roles of a layer of one unit; "other" for what is in no table."""
    other = {f"weight{i}": _as_is(variable) for i, variable in enumerate(own, 1)}
    if isinstance(layer, layers.EinsumDense):
        kept = _einsum(layer, own)
        return ("dense", kept) if kept else ("other", other)
    kind = next((kind for known, kind in KINDS.items() if isinstance(layer, known)), "other")
    if kind == "gru" and not getattr(layer, "reset_after", True):
        kind = "gru_v1"
    if kind == "layer_norm" and getattr(layer, "rms_scaling", False):
        kind = "rms_norm"
    kept = {ROLES.get(variable.name, variable.name): _as_is(variable) for variable in own}
    if kind == "prelu":
        kept = {role: _one_axis(one) for role, one in kept.items()}
        if any(len(one.shape) > 1 for one in kept.values()):  # a slope for each place
            return "other", other
    if getattr(layer, "groups", 1) > 1 and f"depthwise_{kind}" in AXES:
        kernel = kept["kernel"].variable
        *window, per_group, filters = kernel.shape
        if per_group == 1:  # a group for each channel: a depthwise convolution by another name
            kind, groups = f"depthwise_{kind}", layer.groups
            shape = (*window, groups, filters // groups)
            kept["kernel"] = kept["kernel"]._replace(shape=shape)
    if len(kept) < len(own) or not kept.keys() <= AXES.get(kind, {}).keys():
        return "other", other
    return kind, kept


def _as_is(variable: keras.Variable) -> Kept:
    shape = tuple(int(size) for size in variable.shape)
    return Kept(variable, tuple(range(len(shape))), shape)


def _one_axis(kept: Kept) -> Kept:
    """Without axes of one, where one axis is left."""
    sizes = [size for size in kept.shape if size > 1]
    return kept._replace(shape=tuple(sizes or [1])) if len(sizes) < 2 else kept


def _einsum(layer: layers.EinsumDense, own: list[keras.Variable]) -> dict[str, Kept]:
    """Kernel (in, out) and bias (out) of an einsum that is a dense layer; empty if it is none."""
    given, _, out = layer.equation.replace(" ", "").partition("->")
    given, _, kernel = given.partition(",")
    inner = [axis for axis in given if axis in kernel and axis not in out]
    outer = [axis for axis in out if axis in kernel]
    if sorted(inner + outer) != sorted(kernel) or set(outer) & set(given):
        return {}  # an axis that both have and the output keeps: a kernel for each place
    one, *rest = own
    axes = tuple(kernel.index(axis) for axis in inner + outer)
    sizes = [int(one.shape[axis]) for axis in axes]
    width = int(np.prod(sizes[len(inner) :]))
    kept = {"kernel": Kept(one, axes, (int(np.prod(sizes[: len(inner)])), width))}
    for bias in rest:
        if bias.name != "bias" or int(np.prod(bias.shape)) != width:
            return {}
        kept["bias"] = _as_is(bias)._replace(shape=(width,))
    return kept


def settings_of(layer: Any) -> dict[str, Any]:
    """Conventions of a layer, of a recurrent one its cell's too, as Keras spells them."""
    cell = getattr(layer, "cell", None)
    names = [*SETTINGS]
    if cell is not None or isinstance(layer, layers.Activation):
        names += ["activation"]
    values = {
        name: getattr(layer, name) if hasattr(layer, name) else getattr(cell, name, None)
        for name in names
    }
    if isinstance(layer, layers.MultiHeadAttention):
        values["num_heads"], values["key_dim"] = layer.num_heads, layer.key_dim
    settings = {name: plain(value) for name, value in values.items() if value is not None}
    return {**settings, "dtype": layer.dtype_policy.name}


def plain(value: Any) -> Any:
    """A value that travels: numbers, text and tuples of them; of a function its name."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, np.generic):
        return value.item()
    if hasattr(value, "shape"):  # a weight, such as a normalisation's scale
        return True
    return getattr(value, "__name__", None) or type(value).__name__
