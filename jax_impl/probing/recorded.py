"""The layers of a trace that was recorded in Flax NNX, as units; no JAX is imported here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import Any

import numpy as np

from common.twins.recorded import Layer, RecordedUnit, Source, recorded_unit
from jax_impl.probing.places import merged
from jax_impl.probing.tables import CELLS, GRU, KERAS_NAMES, LSTM_GATES, TABLE

Split = tuple[str, dict[str, Source]]
"""The kind, and the weights by role."""


def units(layers: Mapping[str, Layer]) -> Iterator[RecordedUnit]:
    """All weights of a recorded model; those inside of a cell are the cell's."""
    cells = [name for name, layer in layers.items() if _cell(layer)]
    for name, layer in layers.items():
        if name in cells:
            yield _recurrent(layer, layers)
        elif layer.weights and not any(name.startswith(f"{cell}.") for cell in cells):
            kind, sources = _split(layer)
            yield recorded_unit(layer, layers, "", kind, sources, _settings(layer))


def _settings(layer: Layer) -> dict[str, Any]:
    known = {
        name: layer.settings[theirs]
        for name, theirs in KERAS_NAMES.items()
        if theirs in layer.settings
    }
    rank = len(_sizes(layer, "kernel_size"))
    for name in {"strides", "dilation_rate"} & known.keys():
        value = known[name]
        known[name] = (value,) * rank if isinstance(value, int) else tuple(value)
    if isinstance(known.get("padding"), str):
        known["padding"] = known["padding"].lower()
    return known


def _sizes(layer: Layer, name: str) -> list[int]:
    value = layer.settings.get(name, [])
    return list(value) if isinstance(value, list) else [value]


def _source(
    layer: Layer, name: str, how: Callable[[np.ndarray], np.ndarray] = lambda v: v
) -> Source:
    return Source(((layer.name, name),), lambda values: how(values[0]))


def _split(layer: Layer) -> Split:
    kinds = layer.kinds("flax")
    shapes = {name: weight.tensor.shape for name, weight in layer.weights.items()}
    found: Split = ("other", {})
    if kinds and "kernel" in shapes:
        found = _with_kernel(layer, kinds, shapes["kernel"])
    known = next((kind for kind in kinds if kind in TABLE), None)
    if known:
        kind, names = TABLE[known]
        how = (lambda v: v.reshape(-1)) if kind == "prelu" else (lambda v: v)
        sources = {
            role: _source(layer, name, how) for role, name in names.items() if name in shapes
        }
        found = kind, sources
    kind, sources = found
    if {name for source in sources.values() for _, name in source.names} != set(shapes):
        return "other", {f"weight{i}": _source(layer, name) for i, name in enumerate(shapes, 1)}
    return kind, sources


def _with_kernel(layer: Layer, kinds: list[str], shape: tuple[int, ...]) -> Split:
    rank, flat = len(shape) - 2, False
    kind, how = "other", lambda v: v
    if "Conv" in kinds and len(_sizes(layer, "kernel_size")) == rank < 4:
        kind = f"conv{rank}d"
        groups = layer.settings.get("feature_group_count", 1)
        if 1 < groups == layer.settings.get("in_features") and rank < 3:
            # the outputs of a channel stand side by side, as in Keras
            kind, wanted = f"depthwise_conv{rank}d", (*shape[:-2], groups, -1)
            how = lambda v: v.reshape(wanted)  # noqa: E731
    elif "ConvTranspose" in kinds and len(_sizes(layer, "kernel_size")) == rank < 4:
        kind, space = f"conv{rank}d_transpose", tuple(range(rank))
        if not layer.settings.get("transpose_kernel"):
            # a convolution of the stretched input: Keras's, turned round
            how = lambda v: np.flip(v, space).swapaxes(-1, -2)  # noqa: E731
    elif "LinearGeneral" in kinds:
        rows, flat = prod(_sizes(layer, "in_features")), True
        columns = prod(_sizes(layer, "out_features"))
        kind = "dense" if prod(shape) == rows * columns else "other"
        how = lambda v: v.reshape(rows, columns)  # noqa: E731
    elif "Einsum" in kinds:
        kind, flat = "dense", True
        left, _, out = str(layer.settings.get("einsum_str", "")).replace(" ", "").partition("->")
        given, _, letters = left.partition(",")
        sides = "".join(("b" if a in out else "i") if a in given else "o" for a in letters)
        if not re.fullmatch("i+o+|o+i+", sides) or len(sides) != len(shape):
            return "other", {}
        first = prod(shape[: sides.rindex(sides[0]) + 1])
        turned = sides[0] == "o"
        how = lambda v: v.reshape(first, -1).T if turned else v.reshape(first, -1)  # noqa: E731
    sources = {"kernel": _source(layer, "kernel", how)}
    if "bias" in layer.weights:
        sources["bias"] = _source(layer, "bias", (lambda v: v.reshape(-1)) if flat else lambda v: v)
    return kind, sources


def _cell(layer: Layer) -> str:
    return next((kind for kind in layer.kinds("flax") if kind in CELLS), "")


def _recurrent(cell: Layer, layers: Mapping[str, Layer]) -> RecordedUnit:
    """The unit of a cell: of what calls it, where that is an RNN."""
    above, _, last = cell.name.rpartition(".")
    parent = layers.get(above)
    owner = parent if parent and last == "cell" and "RNN" in parent.kinds("flax") else cell
    kind, biased = CELLS[_cell(cell)]

    def gates(values: list[np.ndarray]) -> np.ndarray:
        split = np.split(merged(values), 3, axis=-1) if kind == "gru" else []
        return merged([split[i] for i in GRU]) if split else merged(values)

    def source(parts: tuple[str, ...], name: str) -> Source:
        return Source(tuple((f"{cell.name}.{part}", name) for part in parts), gates)

    inputs, hidden = LSTM_GATES if _cell(cell) == "LSTMCell" else (("dense_i",), ("dense_h",))
    sources = {
        "kernel": source(inputs, "kernel"),
        "recurrent_kernel": source(hidden, "kernel"),
        "bias": source(hidden if biased == "hidden" else inputs, "bias"),
    }
    settings = _settings(cell) | {"go_backwards": owner.settings.get("reverse", False)}
    return recorded_unit(owner, layers, "", kind, sources, settings)
