"""The layers of a trace that was recorded in Keras, as units; no Keras is imported here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

import numpy as np

from common.twins.layers import AXES
from common.twins.recorded import Layer, RecordedUnit, Source, recorded_unit
from keras_impl.probing.tables import KINDS

ROLES = {"scale": "gamma", "depthwise_kernel": "kernel"}
SEPARABLE = {"SeparableConv1D": "1d", "SeparableConv2D": "2d"}
PACKAGES = ("keras", "tf_keras")

Split = tuple[str, str, dict[str, Source]]
"""What stands behind the layer's name, the kind, and the weights by role."""


def units(layers: Mapping[str, Layer]) -> Iterator[RecordedUnit]:
    """All weights of a recorded model."""
    for layer in layers.values():
        for suffix, kind, sources in _split(layer) if layer.weights else ():
            yield recorded_unit(layer, layers, suffix, kind, sources, _settings(layer))


def _settings(layer: Layer) -> dict[str, Any]:
    dtype = layer.settings.get("dtype")
    policy = dtype.get("config", {}).get("name") if isinstance(dtype, dict) else dtype
    plain = {k: v for k, v in layer.settings.items() if not isinstance(v, dict)}
    return {
        **{k: tuple(v) if isinstance(v, list) else v for k, v in plain.items()},
        "dtype": policy,
    }


def _split(layer: Layer) -> Iterator[Split]:
    kinds, names = layer.kinds(*PACKAGES), set(layer.weights)
    rank = next((SEPARABLE[kind] for kind in kinds if kind in SEPARABLE), None)
    if rank and names <= {"depthwise_kernel", "pointwise_kernel", "bias"}:
        yield ".depthwise", f"depthwise_conv{rank}", {"kernel": _as_is(layer, "depthwise_kernel")}
        point = {"kernel": _as_is(layer, "pointwise_kernel")}
        bias = {"bias": _as_is(layer, "bias")} if "bias" in names else {}
        yield ".pointwise", f"conv{rank}", {**point, **bias}
        return
    if "EinsumDense" in kinds and names <= {"kernel", "bias"}:
        sources = _einsum(layer)
        if sources:
            yield "", "dense", sources
            return
    kind = _kind(layer, kinds)
    sources = {ROLES.get(name, name): _as_is(layer, name) for name in layer.weights}
    if kind == "prelu":
        sources = {role: _one_axis(source) for role, source in sources.items()}
    groups = layer.settings.get("groups", 1)
    if groups > 1 and f"depthwise_{kind}" in AXES:
        *window, per_group, filters = layer.weights["kernel"].tensor.shape
        if per_group == 1:  # a group for each channel: a depthwise convolution by another name
            kind, shape = f"depthwise_{kind}", (*window, groups, filters // groups)
            kernel = sources["kernel"]
            sources["kernel"] = kernel._replace(canonical=lambda values: values[0].reshape(shape))
    if not sources.keys() <= AXES.get(kind, {}).keys():
        kind = "other"
        sources = {f"weight{i}": _as_is(layer, name) for i, name in enumerate(layer.weights, 1)}
    yield "", kind, sources


def _kind(layer: Layer, kinds: list[str]) -> str:
    cell = layer.settings.get("cell")  # of an RNN
    names = [*kinds, str(cell.get("class_name")) if isinstance(cell, dict) else ""]
    kind = next((KINDS[name] for name in names if name in KINDS), "other")
    if kind == "gru" and not layer.settings.get("reset_after", True):
        return "gru_v1"
    if kind == "layer_norm" and layer.settings.get("rms_scaling"):
        return "rms_norm"
    slopes = [n for w in layer.weights.values() for n in w.tensor.shape if n > 1]
    return "other" if kind == "prelu" and len(slopes) > 1 else kind  # a slope for each place


def _as_is(layer: Layer, name: str) -> Source:
    return Source(((layer.name, name),), lambda values: values[0])


def _one_axis(source: Source) -> Source:
    return source._replace(canonical=lambda values: values[0].reshape(-1))


def _einsum(layer: Layer) -> dict[str, Source]:
    """Kernel (in, out) and bias (out) of an einsum that is a dense layer; empty if it is none."""
    given, _, out = str(layer.settings.get("equation", "")).replace(" ", "").partition("->")
    given, _, kernel = given.partition(",")
    inner = [axis for axis in given if axis in kernel and axis not in out]
    outer = [axis for axis in out if axis in kernel]
    shape = layer.weights["kernel"].tensor.shape
    if sorted(inner + outer) != sorted(kernel) or set(outer) & set(given):
        return {}
    if len(kernel) != len(shape):
        return {}
    axes = [kernel.index(axis) for axis in inner + outer]
    rows = prod(shape[axis] for axis in axes[: len(inner)])

    def canonical(values: list[np.ndarray]) -> np.ndarray:
        return values[0].transpose(axes).reshape(rows, -1)

    sources = {"kernel": Source(((layer.name, "kernel"),), canonical)}
    if "bias" in layer.weights:
        sources["bias"] = _one_axis(_as_is(layer, "bias"))
    return sources
