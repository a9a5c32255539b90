"""PyTorch's layers with weights: which kind each is, and how it keeps what Keras keeps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from torch import nn

from common.twins.layers import AXES


class Kept(NamedTuple):
    """How PyTorch keeps one canonical tensor: under which names, and in which order of its axes.

    Two names are Keras's one bias: their sum, or one above the other where `axes` say so ("b").
    """

    names: tuple[str, ...]
    axes: str


SCALE = {"gamma": Kept(("weight",), "c"), "beta": Kept(("bias",), "c")}
RUNNING = {
    "moving_mean": Kept(("running_mean",), "c"),
    "moving_variance": Kept(("running_var",), "c"),
}


def _affine(axes: str) -> dict[str, Kept]:
    return {"kernel": Kept(("weight",), axes), "bias": Kept(("bias",), "o")}


LAYOUTS: dict[type[nn.Module], tuple[str, dict[str, Kept]]] = {
    nn.Linear: ("dense", _affine("oi")),
    nn.Conv1d: ("conv1d", _affine("oiw")),
    nn.Conv2d: ("conv2d", _affine("oihw")),
    nn.Conv3d: ("conv3d", _affine("oidhw")),
    nn.ConvTranspose2d: ("conv2d_transpose", _affine("iohw")),
    nn.Embedding: ("embedding", {"embeddings": Kept(("weight",), "vo")}),
    nn.BatchNorm1d: ("batch_norm", SCALE | RUNNING),
    nn.BatchNorm2d: ("batch_norm", SCALE | RUNNING),
    nn.BatchNorm3d: ("batch_norm", SCALE | RUNNING),
    nn.LayerNorm: ("layer_norm", SCALE),
    nn.GroupNorm: ("group_norm", SCALE),
}
"""The layout table: PyTorch's class -> kind of layer, and its side of `layers.AXES`."""

DEPTHWISE = ("depthwise_conv2d", _affine("cmhw"))  # a Conv2d with a group for each channel
GATES = {"gru": (1, 0, 2)}  # reset, update, candidate; the LSTM's gates stand as in Keras


def canonical(values: list[np.ndarray], kind: str, role: str, kept: Kept) -> np.ndarray:
    """The canonical array, of the same dtype, of what PyTorch keeps."""
    value = np.stack(values) if "b" in kept.axes else sum(values)
    axes = AXES.get(kind, {}).get(role, kept.axes)
    value = _transposed(np.asarray(value), kept.axes, axes)
    value = value[..., _gates(kind, value.shape[-1])] if kind in GATES else value
    return np.ascontiguousarray(value)


def own(value: np.ndarray, kind: str, role: str, kept: Kept) -> list[np.ndarray]:
    """What PyTorch keeps for a canonical array, of its dtype; a second bias is 0."""
    axes = AXES.get(kind, {}).get(role, kept.axes)
    if kind in GATES:
        value = value[..., np.argsort(_gates(kind, value.shape[-1]))]
    value = _transposed(value, axes, kept.axes)
    rest = [np.zeros_like(value)] * (len(kept.names) - 1)
    return [np.array(v) for v in (value if "b" in kept.axes else [value, *rest])]


def _transposed(value: np.ndarray, axes: str, wanted: str) -> np.ndarray:
    """`value` with its axes, named by letters, in the order that is wanted."""
    return value if axes == wanted else value.transpose([axes.index(a) for a in wanted])


def _gates(kind: str, width: int) -> np.ndarray:
    """Where each column of Keras's gates, side by side on the last axis, is in PyTorch."""
    return np.arange(width).reshape(3, -1)[list(GATES[kind])].ravel()
