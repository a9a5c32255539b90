"""Layers with weights in more than one framework: the table of layouts, and the pairing of layers.

Every kind of layer has canonical axes (`AXES`), which are Keras's; each framework names the kind of
its layer classes and the order in which they keep the axes.
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
update, reset, candidate. A framework gives its own axes by the same letters in its `twins.py`."""


class Layer(NamedTuple):
    """A layer with weights in one framework; shapes are canonical, kinds those of `AXES`.

    `state` holds what no gradient changes, such as running means and frozen weights; `settings` are
    conventions such as epsilon, as Keras defines them.
    """

    name: str
    kind: str
    weights: Mapping[str, tuple[int, ...]]
    state: Mapping[str, tuple[int, ...]]
    settings: Mapping[str, Any]

    def fits(self, other: Layer) -> bool:
        """Whether the two may be the same layer of the network."""
        return (self.kind, self.weights, self.state) == (other.kind, other.weights, other.state)

    def __str__(self) -> str:
        shapes = [f"{role} {shape}" for role, shape in self.weights.items()]
        shapes += [f"{role} {shape} not trained" for role, shape in self.state.items()]
        return f"{self.name!r} ({self.kind}: {', '.join(shapes)})"


class Pair(NamedTuple):
    """One layer of the network: its canonical name, and (framework, position, name) in each model.

    A position counts the layers with weights; `flatten` is the shape that was flattened before it.
    """

    name: str
    kind: str
    weights: tuple[tuple[str, tuple[int, ...]], ...]
    state: tuple[tuple[str, tuple[int, ...]], ...]
    layers: tuple[tuple[str, int, str], ...]
    flatten: tuple[int, ...] = ()

    def position(self, framework: str) -> int:
        """The position of the layer among the framework's layers with weights."""
        return next(position for name, position, _ in self.layers if name == framework)

    def only(self, names: Sequence[str]) -> Pair:
        """The pair reduced to these frameworks."""
        return self._replace(layers=tuple(layer for layer in self.layers if layer[0] in names))


def pair(
    models: Mapping[str, Sequence[Layer]],
    chosen: Mapping[str, str],
    flatten: Mapping[str, tuple[int, ...]],
) -> tuple[Pair, ...]:
    """Pair the layers of all models (by framework), in the order of the first model.

    A layer of the first model takes the first remaining layer that fits it, unless `chosen` names
    its partner; `flatten` gives the shape that was flattened before a layer. Raises ValueError for
    an unknown name and for layers without a partner.
    """
    (first, leading), *others = models.items()
    names = [layer.name for layer in leading]
    _check_names("PAIRS", chosen, names)
    _check_names("FLATTEN", flatten, names)
    partners = {name: _partners(leading, layers, chosen) for name, layers in others}
    pairs: list[Pair] = []
    for i, layer in enumerate(leading):
        places = [(first, i, layer.name)]
        places += [(name, at[i], models[name][at[i]].name) for name, at in partners.items()]
        number = 1 + sum(p.kind == layer.kind for p in pairs)
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


def hints(pairs: Iterable[Pair], models: Mapping[str, Sequence[Layer]]) -> list[str]:
    """One sentence for each convention, such as epsilon, that paired layers do not share."""
    sentences = []
    for p in pairs:
        settings = {name: models[name][at].settings for name, at, _ in p.layers}
        for key in next(iter(settings.values())):
            values = {name: own.get(key) for name, own in settings.items()}
            if len(set(map(str, values.values()))) > 1:
                listed = ", ".join(f"{value} in {name}" for name, value in values.items())
                sentences.append(f"{p.name}: {key} is {listed}")
    return sentences


def initial_values(pairs: Iterable[Pair], seed: int) -> dict[str, np.ndarray]:
    """Weights and state in the canonical layout, see `random_tensor`."""
    return {
        f"{p.name}/{role}": random_tensor(f"{p.name}/{role}", shape, seed)
        for p in pairs
        for role, shape in p.weights + p.state
    }


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


def _partners(
    leading: Sequence[Layer], layers: Sequence[Layer], chosen: Mapping[str, str]
) -> list[int]:
    """The position in `layers` of the partner of each leading layer."""
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


def _check_names(table: str, names: Iterable[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{table} has {name!r}, expected one of {', '.join(known)}")
