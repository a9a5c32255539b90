"""Weights in more than one framework: their layouts, how one model keeps another's, random ones.

Every kind of layer has canonical axes (`AXES`), which are Keras's; each framework names the kind of
its layer classes and the order in which they keep the axes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

AXES: Mapping[str, Mapping[str, str]] = {
    "dense": {"kernel": "io", "bias": "o"},
    "conv1d": {"kernel": "wio", "bias": "o"},
    "conv2d": {"kernel": "hwio", "bias": "o"},
    "conv3d": {"kernel": "dhwio", "bias": "o"},
    "conv2d_transpose": {"kernel": "hwoi", "bias": "o"},
    "depthwise_conv2d": {"kernel": "hwcm", "bias": "o"},
    "embedding": {"embeddings": "vo"},
    "batch_norm": {"gamma": "c", "beta": "c", "moving_mean": "c", "moving_variance": "c"},
    "layer_norm": {"gamma": "c", "beta": "c"},
    "group_norm": {"gamma": "c", "beta": "c"},
    "lstm": {"kernel": "ig", "recurrent_kernel": "og", "bias": "g"},
    "gru": {"kernel": "ig", "recurrent_kernel": "og", "bias": "bg"},
    "conv1d_transpose": {"kernel": "woi", "bias": "o"},
    "conv3d_transpose": {"kernel": "dhwoi", "bias": "o"},
    "depthwise_conv1d": {"kernel": "wcm", "bias": "o"},
    "rms_norm": {"gamma": "c"},
    "prelu": {"alpha": "c"},
    "simple_rnn": {"kernel": "ig", "recurrent_kernel": "og", "bias": "g"},
    "gru_v1": {"kernel": "ig", "recurrent_kernel": "og", "bias": "g"},
}
"""Kind of layer -> weight -> its axes in the canonical layout, which is Keras's. i, o: inputs and
outputs; d, h, w: depth, height, width; c: channels; m: outputs per channel; v: vocabulary; b: input
and recurrent bias; g: the gates side by side, LSTM's input, forget, cell, output, and GRU's
update, reset, candidate. A framework gives its own axes by the same letters, in its `probing`."""


class Link(NamedTuple):
    """One weight of both models: its roles, and how the other keeps it.

    The other's array is the first's with `axes` in this order, in `shape`; of a kernel behind a
    flatten `flattened` is the shape that was flattened, channels last.
    """

    one: str
    other: str
    axes: tuple[int, ...]
    shape: tuple[int, ...]
    flattened: tuple[int, ...] = ()

    def to_other(self, value: np.ndarray) -> np.ndarray:
        """The first model's array in the other's layout."""
        if self.flattened:  # rows of the kernel from channels last to channels first
            value = np.moveaxis(value.reshape(*self.flattened, -1), -2, 0).reshape(value.shape)
        return np.array(value.transpose(self.axes).reshape(self.shape))

    def to_one(self, value: np.ndarray, shape: Sequence[int]) -> np.ndarray:
        """The other model's array in the first's layout, whose shape this is."""
        turned = [shape[axis] for axis in self.axes]
        value = value.reshape(turned).transpose(np.argsort(self.axes))
        if self.flattened:
            *space, channels = self.flattened
            value = np.moveaxis(value.reshape(channels, *space, -1), 0, -2).reshape(value.shape)
        return value


class Start(NamedTuple):
    """What a weight starts from: what is drawn by a name is the same in every model.

    `link.one` is that name and `link.other` the model's "<unit>/<role>", `shape` that of what is
    drawn. Of several for one weight each is a part of its last axis, in their order.
    """

    link: Link
    shape: tuple[int, ...]


def started(starts: Iterable[Start], seed: int) -> dict[str, np.ndarray]:
    """A model's weights by its own names, float32, see `random_tensor`."""
    parts: dict[str, list[np.ndarray]] = {}
    for link, shape in starts:
        value = link.to_other(random_tensor(link.one, shape, seed))
        parts.setdefault(link.other, []).append(value)
    return {name: np.concatenate(p, axis=-1) if p[1:] else p[0] for name, p in parts.items()}


def random_tensor(
    name: str, shape: Sequence[int], seed: int, *, spread: float = 0.05
) -> np.ndarray:
    """Values for the weight "layer/role", float32, by a generator of its own.

    Tables and matrices are U(-l, l) with l = sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010),
    where a kernel's window counts for both. Scales and variances lie within `spread` of 1, the rest
    within it of 0: exact ones and zeros, as frameworks start from, would hide an exchange of two.
    """
    role = name.rpartition("/")[2]
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    middle = 1.0 if role in ("gamma", "moving_variance") else 0.0
    limit = spread
    if len(shape) > 1 and role != "bias":
        limit = np.sqrt(6 / (np.prod(shape[:-2]) * (shape[-2] + shape[-1])))
    return (middle + limit * rng.uniform(-1, 1, shape)).astype(np.float32)
