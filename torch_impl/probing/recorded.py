"""The layers of a trace that was recorded in PyTorch, as units; no PyTorch is imported here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from common.twins.recorded import Layer, RecordedUnit, Source, recorded_unit
from torch_impl.probing.layouts import (
    CELLS,
    DEPTHWISE,
    DEPTHWISE_1D,
    LAYOUTS,
    RUNNING,
    SCALE,
    Kept,
    Layout,
    canonical,
)
from torch_impl.probing.spelling import GATES, KERAS, PLAIN, spelt

RECURRENT = {"LSTM": "lstm", "GRU": "gru", "RNN": "simple_rnn"}
FROZEN_NORM = {"weight", "bias", "running_mean", "running_var"}

Split = tuple[str, str, dict[str, Source]]
"""What stands behind the layer's name, the kind, and the weights by role."""


def units(layers: Mapping[str, Layer]) -> Iterator[RecordedUnit]:
    """All weights of a recorded model."""
    for layer in layers.values():
        if layer.name.rpartition(".")[2] == "out_proj" and _is_attention(
            layers.get(layer.name.rpartition(".")[0])
        ):
            continue  # a part of the attention
        for suffix, kind, sources in _split(layer):
            yield recorded_unit(layer, layers, suffix, kind, sources, settings_of(layer))


def settings_of(layer: Layer) -> dict[str, Any]:
    """The conventions of a recorded layer, as Keras spells them."""
    kinds = layer.kinds("torch")
    kind = kinds[0] if kinds else ""
    names = [name for name in (*PLAIN, *KERAS) if name != "mode" or kind not in RECURRENT]
    settings = spelt(kind, {name: layer.settings[name] for name in names if name in layer.settings})
    return settings | GATES.get(kind.removesuffix("Cell"), {})


def _is_attention(layer: Layer | None) -> bool:
    return layer is not None and "MultiheadAttention" in layer.kinds("torch")


def _split(layer: Layer) -> Iterator[Split]:
    kinds = layer.kinds("torch")
    recurrent = next((kind for kind in kinds if kind in RECURRENT), None)
    cell = next((kind for kind in kinds if kind in CELLS), None)
    if recurrent and not layer.settings.get("proj_size"):
        yield from _recurrent(layer, RECURRENT[recurrent])
    elif cell:
        yield "", CELLS[cell], _gates(layer, CELLS[cell], "")
    elif _is_attention(layer):
        yield from _attention(layer)
    elif layer.weights:
        kind, roles = _layout(layer, kinds)
        sources = {
            role: _source(layer, kind, role, kept)
            for role, kept in roles.items()
            if kept.names[0] in layer.weights
        }
        used = {name for source in sources.values() for _, name in source.names}
        if kind == "other" or used != set(layer.weights):
            kind, sources = "other", _as_they_are(layer)
        yield "", kind, sources


def _layout(layer: Layer, kinds: list[str]) -> Layout:
    groups, channels = layer.settings.get("groups", 1), layer.settings.get("in_channels")
    if {"Conv1d", "Conv2d"} & set(kinds) and groups == channels and groups > 1:
        return DEPTHWISE if "Conv2d" in kinds else DEPTHWISE_1D
    known = next((kind for kind in kinds if kind in LAYOUTS), None)
    if known:
        return LAYOUTS[known]
    if set(layer.weights) == FROZEN_NORM:
        return "batch_norm", SCALE | RUNNING
    return "other", {}


def _as_they_are(layer: Layer) -> dict[str, Source]:
    names = enumerate(layer.weights, 1)
    return {f"weight{i}": Source(((layer.name, name),), lambda v: v[0]) for i, name in names}


def _source(layer: Layer, kind: str, role: str, kept: Kept) -> Source:
    def made(values: list[np.ndarray]) -> np.ndarray:
        if kind.startswith("depthwise") and role == "kernel":
            groups = layer.settings["groups"]
            values = [v.reshape(groups, -1, *v.shape[2:]) for v in values]
        return canonical(values, kind, role, kept)

    summed = len(kept.names) > 1 and "b" not in kept.axes
    return Source(tuple((layer.name, name) for name in kept.names), made, summed)


def _recurrent(layer: Layer, kind: str) -> Iterator[Split]:
    depth, both = layer.settings.get("num_layers", 1), layer.settings.get("bidirectional")
    directions = (("", ".forward"), ("_reverse", ".backward")) if both else (("", ""),)
    for number in range(depth):
        for end, direction in directions:
            suffix = f".layer{number + 1}{direction}" if depth > 1 else direction
            yield suffix, kind, _gates(layer, kind, f"_l{number}{end}")


def _gates(layer: Layer, kind: str, end: str) -> dict[str, Source]:
    kept = {
        "kernel": Kept((f"weight_ih{end}",), "gi"),
        "recurrent_kernel": Kept((f"weight_hh{end}",), "go"),
    }
    if f"bias_ih{end}" in layer.weights:
        axes = "bg" if kind == "gru" else "g"
        kept["bias"] = Kept((f"bias_ih{end}", f"bias_hh{end}"), axes)
    return {role: _source(layer, kind, role, one) for role, one in kept.items()}


def _attention(layer: Layer) -> Iterator[Split]:
    width, packed = layer.settings["embed_dim"], "in_proj_weight" in layer.weights

    def rows(number: int, values: list[np.ndarray]) -> np.ndarray:
        return values[0][number * width : (number + 1) * width].T

    for i, (name, letter) in enumerate((("query", "q"), ("key", "k"), ("value", "v"))):
        own = "in_proj_weight" if packed else f"{letter}_proj_weight"
        cut = partial(rows, i) if packed else lambda values: values[0].T
        sources = {"kernel": Source(((layer.name, own),), cut)}
        if "in_proj_bias" in layer.weights:
            sources["bias"] = Source(((layer.name, "in_proj_bias"),), partial(rows, i))
        yield f".{name}", "dense", sources
    out = f"{layer.name}.out_proj"
    sources = {"kernel": Source(((out, "weight"),), lambda values: values[0].T)}
    if "in_proj_bias" in layer.weights:
        sources["bias"] = Source(((out, "bias"),), lambda values: values[0])
    yield ".output", "dense", sources
