"""Which kinds of layer Keras has, and how each keeps its weights; Keras stays out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, NamedTuple

import numpy as np

from common.twins.layers import AXES
from common.twins.units import View


class Kept(NamedTuple):
    """A weight as Keras keeps it: canonical is its array with `axes` in this order, in `shape`.

    `variable` is its name in its layer, and of a live layer the variable itself.
    """

    variable: Any
    axes: tuple[int, ...]
    shape: tuple[int, ...]

    def turned(self, value: np.ndarray) -> np.ndarray:
        """An array in Keras's layout in the canonical one."""
        return value.transpose(self.axes).reshape(self.shape)

    def canonical(self, value: Any) -> np.ndarray:
        """A copy, float64, of an array in Keras's layout."""
        return np.array(self.turned(np.asarray(value)), np.float64, order="C")

    def own(self, value: np.ndarray) -> np.ndarray:
        """The array in Keras's layout; raises ValueError for another shape."""
        turned = [self.variable.shape[axis] for axis in self.axes]
        if tuple(np.shape(value)) != self.shape:
            raise ValueError(f"has the shape {self.shape}, and not {np.shape(value)}")
        return np.reshape(value, turned).transpose(np.argsort(self.axes))


Layout = tuple[str, dict[str, Kept]]
"""A kind of layer, and its weights by role."""
Split = tuple[str, str, dict[str, Kept]]
"""What stands behind the layer's name, the kind, and the weights by role."""

KINDS: Mapping[str, str] = {
    "Dense": "dense",
    "Conv1D": "conv1d",
    "Conv2D": "conv2d",
    "Conv3D": "conv3d",
    "Conv1DTranspose": "conv1d_transpose",
    "Conv2DTranspose": "conv2d_transpose",
    "Conv3DTranspose": "conv3d_transpose",
    "DepthwiseConv1D": "depthwise_conv1d",
    "DepthwiseConv2D": "depthwise_conv2d",
    "Embedding": "embedding",
    "BatchNormalization": "batch_norm",
    "LayerNormalization": "layer_norm",
    "GroupNormalization": "group_norm",
    "RMSNormalization": "rms_norm",
    "PReLU": "prelu",
    "LSTM": "lstm",
    "GRU": "gru",
    "SimpleRNN": "simple_rnn",
    "LSTMCell": "lstm",
    "GRUCell": "gru",
    "SimpleRNNCell": "simple_rnn",
}
"""Its weights have the names and axes of `common.twins.layers.AXES`."""

SEPARABLE = {"SeparableConv1D": "1d", "SeparableConv2D": "2d"}
ROLES = {"scale": "gamma", "depthwise_kernel": "kernel"}
"""Keras's name of a weight -> its role, where that is another."""


def split(view: View) -> Iterator[Split]:
    """The units of a layer; a layer of one's own is one, its weights in the order of definition."""
    weights = {name: _as_is(name, shape) for name, shape in view.shapes.items()}
    rank, names = SEPARABLE.get(view.first(SEPARABLE)), set(weights)
    bias = {"bias": weights["bias"]} if "bias" in weights else {}
    if rank and names - {"bias"} == {"depthwise_kernel", "pointwise_kernel"}:
        yield ".depthwise", f"depthwise_conv{rank}", {"kernel": weights["depthwise_kernel"]}
        yield ".pointwise", f"conv{rank}", {"kernel": weights["pointwise_kernel"], **bias}
        return
    reverse = weights.get("reverse_embeddings")
    if "Embedding" in view.kinds and reverse and len(weights) == 2:
        del weights["reverse_embeddings"]
        yield "", *_layout(view, weights)
        yield ".reverse", "dense", {"kernel": reverse}
    elif weights:
        yield "", *_layout(view, weights)


def _layout(view: View, weights: Mapping[str, Kept]) -> Layout:
    """The kind and roles of a layer of one unit; "other" for what is in no table."""
    other = "other", {f"weight{i}": kept for i, kept in enumerate(weights.values(), 1)}
    if "EinsumDense" in view.kinds:
        roles = _einsum(view, weights)
        return ("dense", roles) if roles else other
    kind = _kind(view)
    roles = {ROLES.get(name, name): kept for name, kept in weights.items()}
    if kind == "prelu":
        roles = {role: _one_axis(kept) for role, kept in roles.items()}
        if any(len(kept.shape) > 1 for kept in roles.values()):  # a slope for each place
            return other
    groups = view.settings.get("groups", 1)
    if groups > 1 and f"depthwise_{kind}" in AXES:
        *window, per_group, filters = view.shapes["kernel"]
        if per_group == 1:  # a group for each channel: a depthwise convolution by another name
            kind, shape = f"depthwise_{kind}", (*window, groups, filters // groups)
            roles["kernel"] = roles["kernel"]._replace(shape=shape)
    if len(roles) < len(weights) or not roles.keys() <= AXES.get(kind, {}).keys():
        return other
    return kind, roles


def _kind(view: View) -> str:
    kind = KINDS.get(view.first(KINDS), "other")
    if kind == "gru" and not view.settings.get("reset_after", True):
        return "gru_v1"
    return "rms_norm" if kind == "layer_norm" and view.settings.get("rms_scaling") else kind


def _as_is(name: str, shape: tuple[int, ...]) -> Kept:
    return Kept(name, tuple(range(len(shape))), shape)


def _one_axis(kept: Kept) -> Kept:
    """Without axes of one, where one axis is left."""
    sizes = [size for size in kept.shape if size > 1]
    return kept._replace(shape=tuple(sizes or [1])) if len(sizes) < 2 else kept


def _einsum(view: View, weights: Mapping[str, Kept]) -> dict[str, Kept]:
    """Kernel (in, out) and bias (out) of an einsum that is a dense layer; empty if it is none."""
    given, _, out = str(view.settings.get("equation", "")).replace(" ", "").partition("->")
    given, _, kernel = given.partition(",")
    inner = [axis for axis in given if axis in kernel and axis not in out]
    outer = [axis for axis in out if axis in kernel]
    shape = view.shapes.get("kernel", ())
    if sorted(inner + outer) != sorted(kernel) or set(outer) & set(given):
        return {}  # an axis that both have and the output keeps: a kernel for each place
    if len(kernel) != len(shape) or not {"kernel"} <= set(weights) <= {"kernel", "bias"}:
        return {}
    axes = tuple(kernel.index(axis) for axis in inner + outer)
    sizes = [shape[axis] for axis in axes]
    rows, width = prod(sizes[: len(inner)]), prod(sizes[len(inner) :])
    roles = {"kernel": Kept("kernel", axes, (rows, width))}
    if bias := weights.get("bias"):
        roles["bias"] = bias._replace(shape=(width,))
    return roles if not bias or prod(bias.shape) == width else {}
