"""How PyTorch's layers keep what Keras keeps, by the names of their classes; PyTorch stays out.

A trace that was recorded elsewhere is read by the same table as a model that is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from common.twins.layers import AXES


class Kept(NamedTuple):
    """How PyTorch keeps one canonical tensor: under which names, and in which order of its axes.

    Two names are Keras's one bias: their sum, or one above the other where `axes` say so ("b").
    """

    names: tuple[str, ...]
    axes: str


Layout = tuple[str, dict[str, Kept]]
"""A kind of layer, and its weights by role."""

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

CELLS = {"LSTMCell": "lstm", "GRUCell": "gru", "RNNCell": "simple_rnn"}
DEPTHWISE = ("depthwise_conv2d", _affine("cmhw"))  # a Conv2d with a group for each channel
DEPTHWISE_1D = ("depthwise_conv1d", _affine("cmw"))
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
