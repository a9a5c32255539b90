"""Layers with weights in more than one framework: the layout table, and which is whose partner.

Every layer here has canonical axes (`AXES`), which are Keras's; a framework says for each of its
layer classes which kind it is and in which order it keeps the axes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

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
}
"""Kind of layer -> weight -> its axes in the canonical layout, which is Keras's. i, o: inputs and
outputs; d, h, w: depth, height, width; c: channels; m: outputs a channel; v: vocabulary; b: input
and recurrent bias; g: the gates side by side, LSTM's input, forget, cell, output, and GRU's
update, reset, candidate. A framework says its own axes by the same letters in its `twins.py`."""


class Layer(NamedTuple):
    """A layer with weights as one framework has it; shapes are canonical, kinds those of `AXES`.

    `state` is what training changes and no gradient does, and weights that are frozen; `settings`
    are conventions such as epsilon, in the units of Keras.
    """

    name: str
    kind: str
    weights: Mapping[str, tuple[int, ...]]
    state: Mapping[str, tuple[int, ...]]
    settings: Mapping[str, Any]

    def fits(self, other: Layer) -> bool:
        """Whether the two may be one layer."""
        return (self.kind, self.weights, self.state) == (other.kind, other.weights, other.state)

    def __str__(self) -> str:
        shapes = [f"{role} {shape}" for role, shape in self.weights.items()]
        shapes += [f"{role} {shape} not trained" for role, shape in self.state.items()]
        return f"{self.name!r} ({self.kind}: {', '.join(shapes)})"


class Pair(NamedTuple):
    """One layer of the network: its canonical name, and (framework, position, own name) of each.

    A position counts the layers with weights; `flatten` is the shape that was flattened before it.
    """

    name: str
    kind: str
    weights: tuple[tuple[str, tuple[int, ...]], ...]
    state: tuple[tuple[str, tuple[int, ...]], ...]
    layers: tuple[tuple[str, int, str], ...]
    flatten: tuple[int, ...] = ()

    def position(self, framework: str) -> int:
        """Where the framework has it among its layers with weights."""
        return next(position for name, position, _ in self.layers if name == framework)

    def only(self, names: Sequence[str]) -> Pair:
        """The same in these frameworks alone."""
        return self._replace(layers=tuple(place for place in self.layers if place[0] in names))


def pair(
    found: Mapping[str, Sequence[Layer]],
    chosen: Mapping[str, str],
    flatten: Mapping[str, tuple[int, ...]],
) -> tuple[Pair, ...]:
    """The layers of all models (by framework) brought together.

    Each of the first model's takes the first left that fits it, unless `chosen` names its partner;
    `flatten` says which of them were preceded by a flatten of which shape. Raises ValueError for a
    name that is not there and for layers without a partner.
    """
    (first, leading), *others = found.items()
    names = [layer.name for layer in leading]
    _check_names("PAIRS", chosen, names)
    _check_names("FLATTEN", flatten, names)
    partners = {name: _partners(leading, layers, chosen) for name, layers in others}
    pairs: list[Pair] = []
    for i, layer in enumerate(leading):
        places = [(first, i, layer.name)]
        places += [(name, at[i], found[name][at[i]].name) for name, at in partners.items()]
        number = 1 + sum(one.kind == layer.kind for one in pairs)
        pairs.append(
            Pair(
                name=f"{layer.kind}_{number}",
                kind=layer.kind,
                weights=tuple(layer.weights.items()),
                state=tuple(layer.state.items()),
                layers=tuple(places),
                flatten=tuple(flatten.get(layer.name, ())),
            )
        )
    return tuple(pairs)


def hints(pairs: Iterable[Pair], found: Mapping[str, Sequence[Layer]]) -> list[str]:
    """A sentence for each convention, such as epsilon, that paired layers do not share."""
    told = []
    for one in pairs:
        settings = {name: found[name][at].settings for name, at, _ in one.layers}
        first = next(iter(settings.values()))
        for key in first:
            values = {name: each.get(key) for name, each in settings.items()}
            if len({str(value) for value in values.values()}) > 1:
                each = ", ".join(f"{value} in {name}" for name, value in values.items())
                told.append(f"{one.name}: {key} is {each}")
    return told


def initial_values(pairs: Iterable[Pair], seed: int) -> dict[str, np.ndarray]:
    """Weights and state in the canonical layout, float32, one generator a tensor.

    Tables and matrices are U(-l, l) with l = sqrt(6 / (fan_in + fan_out)), a kernel's window
    counting for both. The rest lies within .05 of 1 for scales and variances and of 0 for others:
    were it exact, as frameworks have it, no one could see two of them exchanged.
    """
    values = {}
    for one in pairs:
        for role, shape in one.weights + one.state:
            name = f"{one.name}/{role}"
            rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
            middle = 1.0 if role in ("gamma", "moving_variance") else 0.0
            limit = 0.05
            if len(shape) > 1 and role != "bias":
                limit = np.sqrt(6 / (np.prod(shape[:-2]) * (shape[-2] + shape[-1])))
            values[name] = (middle + limit * rng.uniform(-1, 1, shape)).astype(np.float32)
    return values


def _partners(
    leading: Sequence[Layer], layers: Sequence[Layer], chosen: Mapping[str, str]
) -> list[int]:
    """For each leading layer the position of its partner among `layers`."""
    names = [layer.name for layer in layers]
    _check_names("PAIRS", chosen.values(), names)
    at = {name: names.index(other) for name, other in chosen.items()}
    left = [i for i in range(len(layers)) if i not in at.values()]
    for layer in leading:
        fit = next((i for i in left if layer.fits(layers[i])), None)
        if layer.name not in at and fit is not None:
            at[layer.name] = fit
            left.remove(fit)
    alone = [
        layer for layer in leading if layer.name not in at or not layer.fits(layers[at[layer.name]])
    ]
    if alone or left:
        raise ValueError(
            "without a partner of the same kind and shapes: "
            f"{'; '.join(map(str, alone)) or 'none'}; left in the other model: "
            f"{'; '.join(str(layers[i]) for i in left) or 'none'}; mend a model, or name partners "
            "in PAIRS"
        )
    return [at[layer.name] for layer in leading]


def _check_names(table: str, named: Iterable[str], names: Sequence[str]) -> None:
    for name in named:
        if name not in names:
            raise ValueError(f"{table} has {name!r}, expected one of {', '.join(names)}")
