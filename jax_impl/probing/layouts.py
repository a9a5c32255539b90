"""Which kinds of layer Flax NNX has, and how each keeps what Keras keeps; Flax stays out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import Any

import numpy as np

from common.twins.units import View
from jax_impl.probing.places import Kept, kept, merged

Layout = tuple[str, dict[str, Kept]]
"""A kind of layer, and its weights by role, each at its place in the layer."""
Split = tuple[str, str, dict[str, Kept]]
"""What stands behind the layer's name, the kind, and the weights by role."""

TABLE: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "Linear": ("dense", {"kernel": "kernel", "bias": "bias"}),
    "Embed": ("embedding", {"embeddings": "embedding"}),
    "BatchNorm": (
        "batch_norm",
        {"gamma": "scale", "beta": "bias", "moving_mean": "mean", "moving_variance": "var"},
    ),
    "LayerNorm": ("layer_norm", {"gamma": "scale", "beta": "bias"}),
    "RMSNorm": ("rms_norm", {"gamma": "scale"}),
    "GroupNorm": ("group_norm", {"gamma": "scale", "beta": "bias"}),
    "InstanceNorm": ("group_norm", {"gamma": "scale", "beta": "bias"}),
    "PReLU": ("prelu", {"alpha": "negative_slope"}),
}
"""Layers that keep what Keras keeps, as it is: class -> kind, and role -> attribute."""

CELLS: Mapping[str, tuple[str, str]] = {
    "LSTMCell": ("lstm", "hidden"),
    "OptimizedLSTMCell": ("lstm", "hidden"),
    "GRUCell": ("gru", "inputs"),
    "SimpleCell": ("simple_rnn", "inputs"),
}
"""Class -> kind, and whether the bias stands beside the product of inputs or of the hidden state.

A GRU of Flax has no second bias, which in Keras and PyTorch stands inside the reset gate."""

LSTM_GATES = (
    ("ii", "if_", "ig", "io"),
    ("hi", "hf", "hg", "ho"),
)  # one matrix each, in Keras's order
GRU = (1, 0, 2)  # reset, update, candidate; Keras has the update first

KERAS_NAMES = {
    "epsilon": "epsilon",
    "momentum": "momentum",
    "strides": "strides",
    "padding": "padding",
    "dilation_rate": "kernel_dilation",
    "groups": "feature_group_count",
    "activation": "activation_fn",
    "recurrent_activation": "gate_fn",
}
"""The conventions of a layer, as Keras names them -> as Flax does."""

DIMENSIONS = {"dense": 2, "embedding": 2}  # of the kernel; one more where a layer is stacked
KERNEL, BIAS = ("kernel",), ("bias",)


def split(view: View) -> Iterator[Split]:
    """The units of a layer; a layer of one's own is one, its weights in the order of definition."""
    for known, layout in LAYOUTS.items():
        if known in view.kinds:
            kind, roles = layout(view)
            used = {path for one in roles.values() for path in one.paths}
            if kind != "other" and used == set(view.shapes):
                yield "", kind, roles
                return
    if view.shapes:
        yield "", "other", {f"weight{i}": kept([path]) for i, path in enumerate(view.shapes, 1)}


def settings(view: View) -> dict[str, Any]:
    """The conventions of a layer, named as Keras names them."""
    values = {name: view.settings.get(theirs) for name, theirs in KERAS_NAMES.items()}
    known = {n: getattr(v, "__name__", v) for n, v in values.items() if v is not None}
    for name in {"strides", "dilation_rate"} & known.keys():
        value, rank = known[name], len(_sizes(view, "kernel_size"))
        known[name] = (value,) * rank if isinstance(value, int) else tuple(value)
    if isinstance(known.get("padding"), str):
        known["padding"] = known["padding"].lower()
    if "InstanceNorm" in view.kinds:
        known["groups"] = view.settings.get("num_features")
    return known


def _sizes(view: View, name: str) -> tuple[int, ...]:
    value = view.settings.get(name, ())
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _from_table(view: View) -> Layout:
    kind, names = TABLE[view.first(TABLE)]
    how = _flat if kind == "prelu" else None
    roles = {role: kept([(n,)], how) for role, n in names.items() if (n,) in view.shapes}
    dimensions = len(next(iter(view.shapes.values()), ()))
    return kind if dimensions == DIMENSIONS.get(kind, dimensions) else "other", roles


def _convolution(view: View) -> Layout:
    rank, shape = _rank(view), view.shapes.get(KERNEL, ())
    groups, channels = view.settings.get("feature_group_count", 1), view.settings.get("in_features")
    if 1 < groups == channels and 0 < rank < 3:
        # the outputs of a channel stand side by side, as in Keras
        wanted = (*shape[:-2], groups, -1)
        return f"depthwise_conv{rank}d", _affine(view, lambda values: values[0].reshape(wanted))
    return f"conv{rank}d" if rank else "other", _affine(view)


def _transposed_convolution(view: View) -> Layout:
    rank = _rank(view)
    space = tuple(range(rank))

    def turned(values: list[np.ndarray]) -> np.ndarray:
        # without transpose_kernel it is a convolution of the stretched input: Keras's, turned round
        return np.flip(values[0], space).swapaxes(-1, -2)

    how = None if view.settings.get("transpose_kernel") else turned
    return f"conv{rank}d_transpose" if rank else "other", _affine(view, how)


def _rank(view: View) -> int:
    """The number of a convolution's axes; 0 of a kernel that has others, or too many."""
    rank = len(_sizes(view, "kernel_size"))
    return rank if rank < 4 and len(view.shapes.get(KERNEL, ())) == rank + 2 else 0


def _general(view: View) -> Layout:
    rows, columns = (prod(_sizes(view, name)) for name in ("in_features", "out_features"))
    fits = prod(view.shapes.get(KERNEL, ())) == rows * columns
    return "dense" if fits and not view.settings.get("batch_axis") else "other", _matrix(view, rows)


def _einsum(view: View) -> Layout:
    """A dense layer where inputs and outputs stand side by side in the kernel, and nothing else."""
    shape = view.shapes.get(KERNEL, ())
    left, _, out = str(view.settings.get("einsum_str", "")).replace(" ", "").partition("->")
    given, _, letters = left.partition(",")
    sides = "".join(("b" if a in out else "i") if a in given else "o" for a in letters)
    if not re.fullmatch("i+o+|o+i+", sides) or len(sides) != len(shape):
        return "other", {}
    first = prod(shape[: sides.rindex(sides[0]) + 1])
    return "dense", _matrix(view, first, turned=sides[0] == "o")


def _matrix(view: View, rows: int, *, turned: bool = False) -> dict[str, Kept]:
    def canonical(values: list[np.ndarray]) -> np.ndarray:
        matrix = values[0].reshape(rows, -1)
        return matrix.T if turned else matrix

    return _affine(view, canonical, _flat)


def _flat(values: list[np.ndarray]) -> np.ndarray:
    return values[0].reshape(-1)


def _affine(view: View, *how: Callable | None) -> dict[str, Kept]:
    """Kernel and bias, where there is one; `how` are what makes each canonical."""
    of_kernel, of_bias = (*how, None, None)[:2]
    bias = {"bias": kept([BIAS], of_bias)} if BIAS in view.shapes else {}
    return {"kernel": kept([KERNEL], of_kernel), **bias}


def _cell(view: View) -> Layout:
    name = view.first(CELLS)
    kind, biased = CELLS[name]
    inputs, hidden = LSTM_GATES if name == "LSTMCell" else (("dense_i",), ("dense_h",))

    def gates(values: list[np.ndarray]) -> np.ndarray:
        value = merged(values)
        split = np.split(value, 3, axis=-1) if kind == "gru" else []
        return merged([split[i] for i in GRU]) if split else value

    def role(parts: tuple[str, ...], name: str) -> Kept:
        return kept([(part, name) for part in parts], gates)

    return kind, {
        "kernel": role(inputs, "kernel"),
        "recurrent_kernel": role(hidden, "kernel"),
        "bias": role(hidden if biased == "hidden" else inputs, "bias"),
    }


LAYOUTS: Mapping[str, Callable[[View], Layout]] = {
    "Conv": _convolution,
    "ConvTranspose": _transposed_convolution,
    "LinearGeneral": _general,
    "Einsum": _einsum,
    **dict.fromkeys(TABLE, _from_table),
    **dict.fromkeys(CELLS, _cell),
}
"""The layout table: Flax's class -> what says its kind and how it keeps its weights."""
