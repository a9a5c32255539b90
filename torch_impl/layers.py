"""PyTorch's layers with weights: which kind each is, and how it keeps what Keras keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from torch import nn

from common.twins.layers import AXES, Layer


class Kept(NamedTuple):
    """How PyTorch keeps one canonical tensor: under which names, and in which order of its axes.

    Two names are Keras's one bias: their sum, or one above the other where `axes` say so ("b").
    """

    names: tuple[str, ...]
    axes: str


RECURRENT = {
    "kernel": Kept(("weight_ih_l0",), "gi"),
    "recurrent_kernel": Kept(("weight_hh_l0",), "go"),
}
BIASES = ("bias_ih_l0", "bias_hh_l0")
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
    nn.LSTM: ("lstm", {**RECURRENT, "bias": Kept(BIASES, "g")}),
    nn.GRU: ("gru", {**RECURRENT, "bias": Kept(BIASES, "bg")}),
}
"""The layout table: PyTorch's class -> kind of layer, and its side of `layers.AXES`."""

DEPTHWISE = ("depthwise_conv2d", _affine("cmhw"))  # a Conv2d with a group for each channel
GATES = {"gru": (1, 0, 2)}  # reset, update, candidate; the LSTM's gates stand as in Keras
CHANNELS_FIRST = (nn.modules.conv._ConvNd, nn.modules.batchnorm._BatchNorm, nn.GroupNorm)


def layout(module: nn.Module) -> tuple[str, dict[str, Kept]]:
    """The kind of a layer and how its weights are kept; a class not in the table is 'other'."""
    if isinstance(module, nn.Conv2d) and 1 < module.groups == module.in_channels:
        return DEPTHWISE
    own = dict(module.named_parameters(recurse=False))
    for known, (kind, roles) in LAYOUTS.items():
        if isinstance(module, known):
            extra = set(own) - {name for kept in roles.values() for name in kept.names}
            if extra:
                raise ValueError(
                    f"{type(module).__name__} has {', '.join(sorted(extra))}, for which Keras has "
                    "no place: write one layer for each direction and depth"
                )
            return kind, roles
    # in the order of their definition, each as it is
    return "other", {f"weight{i}": Kept((name,), "") for i, name in enumerate(own, 1)}


def with_weights(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The layers with weights of their own, by name, in the order of their registration."""
    for name, module in model.named_modules():
        if list(module.parameters(recurse=False)) or list(module.buffers(recurse=False)):
            yield name or type(module).__name__, module


def described(name: str, module: nn.Module) -> Layer:
    kind, roles = layout(module)
    weights: dict[str, tuple[int, ...]] = {}
    state: dict[str, tuple[int, ...]] = {}
    for role, kept in roles.items():
        tensors = [t for name in kept.names if (t := getattr(module, name, None)) is not None]
        if tensors:  # else a layer without a bias
            values = [t.detach().cpu().numpy() for t in tensors]
            shape = canonical(values, kind, role, kept, ()).shape
            (weights if tensors[0].requires_grad else state)[role] = shape
    return Layer(name, kind, weights, state, _settings(module))


def _settings(module: Any) -> dict[str, Any]:
    """Conventions in Keras's units: its momentum is what is kept, PyTorch's what is taken in."""
    settings: dict[str, Any] = {}
    if hasattr(module, "eps"):
        settings["epsilon"] = module.eps
    if hasattr(module, "momentum"):
        settings["momentum"] = None if module.momentum is None else round(1 - module.momentum, 9)
    if hasattr(module, "stride"):
        settings["strides"] = tuple(module.stride)
    return settings


def canonical(
    values: list[np.ndarray], kind: str, role: str, kept: Kept, flatten: tuple[int, ...]
) -> np.ndarray:
    """The canonical array, of the same dtype, of what PyTorch keeps."""
    value = np.stack(values) if "b" in kept.axes else sum(values)
    axes = AXES.get(kind, {}).get(role, kept.axes)
    value = _transposed(np.asarray(value), kept.axes, axes)
    value = value[..., _gates(kind, value.shape[-1])] if kind in GATES else value
    if flatten and axes == "io":  # rows of the kernel, from channels first to channels last
        *space, channels = flatten
        by_channel = value.reshape(channels, *space, -1)
        value = np.moveaxis(by_channel, 0, -2).reshape(value.shape)
    return np.ascontiguousarray(value)


def own(
    value: np.ndarray, kind: str, role: str, kept: Kept, flatten: tuple[int, ...]
) -> list[np.ndarray]:
    """What PyTorch keeps for a canonical array, of its dtype; a second bias is 0."""
    axes = AXES.get(kind, {}).get(role, kept.axes)
    if flatten and axes == "io":
        value = np.moveaxis(value.reshape(*flatten, -1), -2, 0).reshape(value.shape)
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
