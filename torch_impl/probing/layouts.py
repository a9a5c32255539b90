"""Which kinds of layer PyTorch has, and how each keeps what Keras keeps; PyTorch stays out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from common.twins.layers import AXES
from common.twins.units import View
from torch_impl.probing.spelling import GATES, KERAS, PLAIN, spelt


class Kept(NamedTuple):
    """How PyTorch keeps one canonical tensor: under which names, and in which order of its axes.

    Two names are Keras's one bias: their sum, or one above the other where `axes` say so ("b").
    A name with a dot is that of a layer inside. Of a packed tensor `rows` are the part; of a
    depthwise kernel the first axis is channel and multiplier in one, of so many `groups`.
    """

    names: tuple[str, ...]
    axes: str  # by the letters of `AXES`; empty: as PyTorch keeps it
    rows: slice = slice(None)
    groups: int = 0


Layout = tuple[str, dict[str, Kept]]
"""A kind of layer, and its weights by role."""
Split = tuple[str, str, dict[str, Kept]]
"""What stands behind the layer's name, the kind, and the weights by role."""

SCALE = {"gamma": Kept(("weight",), "c"), "beta": Kept(("bias",), "c")}
RUNNING = {
    "moving_mean": Kept(("running_mean",), "c"),
    "moving_variance": Kept(("running_var",), "c"),
}


def _affine(axes: str) -> dict[str, Kept]:
    return {"kernel": Kept(("weight",), axes), "bias": Kept(("bias",), "o")}


LAYOUTS: Mapping[str, Layout] = {
    "Linear": ("dense", _affine("oi")),
    "Conv1d": ("conv1d", _affine("oiw")),
    "Conv2d": ("conv2d", _affine("oihw")),
    "Conv3d": ("conv3d", _affine("oidhw")),
    "ConvTranspose2d": ("conv2d_transpose", _affine("iohw")),
    "Embedding": ("embedding", {"embeddings": Kept(("weight",), "vo")}),
    "BatchNorm1d": ("batch_norm", SCALE | RUNNING),
    "BatchNorm2d": ("batch_norm", SCALE | RUNNING),
    "BatchNorm3d": ("batch_norm", SCALE | RUNNING),
    "LayerNorm": ("layer_norm", SCALE),
    "GroupNorm": ("group_norm", SCALE),
    "ConvTranspose1d": ("conv1d_transpose", _affine("iow")),
    "ConvTranspose3d": ("conv3d_transpose", _affine("iodhw")),
    "EmbeddingBag": ("embedding", {"embeddings": Kept(("weight",), "vo")}),
    "SyncBatchNorm": ("batch_norm", SCALE | RUNNING),
    "RMSNorm": ("rms_norm", {"gamma": Kept(("weight",), "c")}),
    **{f"InstanceNorm{n}d": ("instance_norm", SCALE | RUNNING) for n in (1, 2, 3)},
    "PReLU": ("prelu", {"alpha": Kept(("weight",), "c")}),
}
"""The layout table: PyTorch's class -> kind of layer, and its side of `layers.AXES`."""

RECURRENT = {"LSTM": "lstm", "GRU": "gru", "RNN": "simple_rnn"}
CELLS = {"LSTMCell": "lstm", "GRUCell": "gru", "RNNCell": "simple_rnn"}
ATTENTION = "MultiheadAttention"
DEPTHWISE = ("depthwise_conv2d", _affine("cmhw"))  # a Conv2d with a group for each channel
DEPTHWISE_1D = ("depthwise_conv1d", _affine("cmw"))
ORDERS = {"gru": (1, 0, 2)}  # reset, update, candidate; the LSTM's gates stand as in Keras
FROZEN_NORM = {"weight", "bias", "running_mean", "running_var"}  # of torchvision: all of it buffers
BIASED = {"Linear", "_ConvNd", "Bilinear"}


def split(view: View) -> Iterator[Split]:
    """The units of a layer; a layer of one's own is one, its weights in the order of definition."""
    recurrent, cell = view.first(RECURRENT), view.first(CELLS)
    if recurrent and not view.settings.get("proj_size"):
        yield from _recurrent(view, RECURRENT[recurrent])
    elif cell:
        yield "", CELLS[cell], _gates(view, CELLS[cell], "")
    elif ATTENTION in view.kinds:
        yield from _attention(view)
    elif view.shapes:
        kind, roles = _layout(view)
        roles = {role: kept for role, kept in roles.items() if kept.names[0] in view.shapes}
        used = {name for kept in roles.values() for name in kept.names}
        if kind == "other" or used != set(view.shapes):
            kind, roles = "other", _as_they_are(view.shapes)
        yield "", kind, roles


def settings(view: View, name: str) -> dict[str, Any]:
    """The conventions of a layer of the class `name`, spelt as Keras does where it has a word.

    Those of a user's own class are its plain attributes of known names.
    """
    recurrent, cell = view.first(RECURRENT), view.first(CELLS)
    keys = [key for key in (*PLAIN, *KERAS) if key != "mode" or not recurrent]
    known = spelt(name, {key: view.settings[key] for key in keys if key in view.settings})
    if BIASED & set(view.kinds):
        known["use_bias"] = "bias" in view.shapes
    if gated := recurrent or cell:
        known["use_bias"] = bool(view.settings.get("bias"))
        plain = {"activation": view.settings.get("nonlinearity", "tanh")}
        known |= GATES.get(gated.removesuffix("Cell"), plain)
    if ATTENTION in view.kinds:
        known["use_bias"] = "in_proj_bias" in view.shapes
    return known


def _layout(view: View) -> Layout:
    groups, channels = view.settings.get("groups", 1), view.settings.get("in_channels")
    if {"Conv1d", "Conv2d"} & set(view.kinds) and 1 < groups == channels:
        kind, roles = DEPTHWISE if "Conv2d" in view.kinds else DEPTHWISE_1D
        return kind, roles | {"kernel": roles["kernel"]._replace(groups=groups)}
    if known := view.first(LAYOUTS):
        return LAYOUTS[known]
    if set(view.shapes) == FROZEN_NORM:
        return "batch_norm", SCALE | RUNNING
    return "other", {}


def _as_they_are(names: Iterable[str]) -> dict[str, Kept]:
    return {f"weight{i}": Kept((name,), "") for i, name in enumerate(names, 1)}


def _recurrent(view: View, kind: str) -> Iterator[Split]:
    depth, both = view.settings.get("num_layers", 1), view.settings.get("bidirectional")
    directions = (("", ".forward"), ("_reverse", ".backward")) if both else (("", ""),)
    for number in range(depth):
        for end, direction in directions:
            suffix = f".layer{number + 1}{direction}" if depth > 1 else direction
            yield suffix, kind, _gates(view, kind, f"_l{number}{end}")


def _gates(view: View, kind: str, end: str) -> dict[str, Kept]:
    roles = {
        "kernel": Kept((f"weight_ih{end}",), "gi"),
        "recurrent_kernel": Kept((f"weight_hh{end}",), "go"),
    }
    if f"bias_ih{end}" in view.shapes:
        axes = "bg" if kind == "gru" else "g"
        roles["bias"] = Kept((f"bias_ih{end}", f"bias_hh{end}"), axes)
    return roles


def _attention(view: View) -> Iterator[Split]:
    width, biased = view.settings["embed_dim"], "in_proj_bias" in view.shapes
    for i, (name, letter) in enumerate(zip(("query", "key", "value"), "qkv", strict=True)):
        rows = slice(i * width, (i + 1) * width)
        kernel = Kept((f"{letter}_proj_weight",), "oi")
        if "in_proj_weight" in view.shapes:
            kernel = Kept(("in_proj_weight",), "oi", rows)
        bias = {"bias": Kept(("in_proj_bias",), "o", rows)} if biased else {}
        yield f".{name}", "dense", {"kernel": kernel, **bias}
    bias = {"bias": Kept(("out_proj.bias",), "o")} if biased else {}
    yield ".output", "dense", {"kernel": Kept(("out_proj.weight",), "oi"), **bias}
    if "bias_k" in view.shapes:
        yield ".bias", "other", _as_they_are(("bias_k", "bias_v"))


def canonical(values: list[np.ndarray], kind: str, role: str, kept: Kept) -> np.ndarray:
    """The canonical array, of its dtype, of what PyTorch keeps, of a packed tensor of the rows."""
    if not kept.axes:
        return values[0]
    if kept.groups:
        values = [v.reshape(kept.groups, -1, *v.shape[2:]) for v in values]
    value = np.stack(values) if "b" in kept.axes else sum(values)
    axes = AXES.get(kind, {}).get(role, kept.axes)
    value = _transposed(np.asarray(value), kept.axes, axes)
    value = value[..., _columns(kind, value.shape[-1])] if kind in ORDERS else value
    return np.ascontiguousarray(value)


def own(value: np.ndarray, kind: str, role: str, kept: Kept) -> list[np.ndarray]:
    """What PyTorch keeps for a canonical array, of its dtype; a second bias is 0."""
    axes = AXES.get(kind, {}).get(role, kept.axes)
    if kind in ORDERS:
        value = value[..., np.argsort(_columns(kind, value.shape[-1]))]
    value = _transposed(value, axes, kept.axes)
    rest = [np.zeros_like(value)] * (len(kept.names) - 1)
    return [np.array(v) for v in (value if "b" in kept.axes else [value, *rest])]


def _transposed(value: np.ndarray, axes: str, wanted: str) -> np.ndarray:
    """`value` with its axes, named by letters, in the order that is wanted."""
    return value if axes == wanted else value.transpose([axes.index(a) for a in wanted])


def _columns(kind: str, width: int) -> np.ndarray:
    """Where each column of Keras's gates, side by side on the last axis, is in PyTorch."""
    return np.arange(width).reshape(3, -1)[list(ORDERS[kind])].ravel()
