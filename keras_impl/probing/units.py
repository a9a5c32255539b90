"""How Keras's layers split into units: names, kinds, and canonical layouts of their weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers

from common.twins.probe import Unit
from common.twins.units import View, kinds_of
from keras_impl.probing.layouts import Kept, Split, split

SETTINGS = (
    *("strides", "padding", "dilation_rate", "groups", "depth_multiplier", "data_format"),
    *("output_padding", "use_bias", "pool_size", "size", "interpolation", "cropping", "keepdims"),
    *("dims", "target_shape", "n", "epsilon", "momentum", "axis", "center", "scale"),
    *("rms_scaling", "shared_axes", "synchronized", "negative_slope", "alpha", "max_value"),
    *("threshold", "approximate", "rate", "stddev", "dropout", "recurrent_dropout", "mask_zero"),
    *("mask_value", "merge_mode", "return_sequences", "return_state", "go_backwards", "stateful"),
    *("unroll", "reset_after", "recurrent_activation", "value_dim", "use_scale", "score_mode"),
    *("normalize", "offset"),
)
"""Attributes of a layer that are its conventions, as Keras spells them."""


class Part(NamedTuple):
    """A unit and what Keras keeps of it by role."""

    unit: Unit
    kept: Mapping[str, Kept]
    owner: layers.Layer


def named_layers(model: layers.Layer) -> list[tuple[str, layers.Layer]]:
    """Every layer once, by its name, in the order of registration, the model itself first.

    Inside of a model or of a layer of the user's own it is "block/conv1", of what one of Keras's
    layers is made "mha.query".
    """
    known = {id(model)}
    taken: dict[str, int] = {}

    def walk(layer: layers.Layer, name: str) -> Iterator[tuple[str, layers.Layer]]:
        number = taken[name] = taken.get(name, 0) + 1
        name = name if number == 1 else f"{name} ({number})"
        yield name, layer
        yield from inside(layer, name)

    def inside(layer: layers.Layer, name: str) -> Iterator[tuple[str, layers.Layer]]:
        if isinstance(layer, layers.RNN):  # its cells are parts of it
            return
        for child in layer._flatten_layers(include_self=False, recursive=False):
            if id(child) not in known and not isinstance(child, layers.InputLayer):
                known.add(id(child))
                yield from walk(child, _name_of(child, layer, name))

    return [(model.name, model), *inside(model, "")]


def _name_of(child: layers.Layer, parent: layers.Layer, name: str) -> str:
    if isinstance(parent, layers.Bidirectional):
        return f"{name}.{'forward' if child is parent.forward_layer else 'backward'}"
    if not name:
        return child.name
    theirs = isinstance(parent, keras.Model) or not is_keras_own(parent)
    return f"{name}{'/' if theirs else '.'}{child.name}"


def is_keras_own(layer: layers.Layer) -> bool:
    """Whether the class is Keras's, and not the user's."""
    return type(layer).__module__.partition(".")[0] == "keras"


def parts_of(model: layers.Layer) -> list[Part]:
    """All units of a built model in the order of registration; every weight is in one of them."""
    trained = {id(variable) for variable in model.trainable_variables}
    first: dict[int, str] = {}  # where each variable came up first
    parts = []
    for name, layer in named_layers(model):
        for suffix, kind, kept in _split(layer):
            unit = name + suffix
            tied = {
                role: first[id(one.variable)]
                for role, one in kept.items()
                if id(one.variable) in first
            }
            for role, one in kept.items():
                first.setdefault(id(one.variable), f"{unit}/{role}")
            parts.append(
                Part(
                    Unit(
                        name=unit,
                        kind=kind,
                        weights={role: one.shape for role, one in kept.items()},
                        frozen=frozenset(
                            role for role, one in kept.items() if id(one.variable) not in trained
                        ),
                        layer=name,
                        settings=settings_of(layer),
                        tied=tied,
                    ),
                    kept,
                    layer,
                )
            )
    return parts


def _split(layer: layers.Layer) -> Iterator[Split]:
    """What a layer's own weights are, without those of the layers in it."""
    if isinstance(layer, layers.RNN):
        cells = getattr(layer.cell, "cells", None)
        if cells is None:
            yield from _described(layer.cell, layer.weights)
        for cell in cells or ():
            for suffix, kind, kept in _described(cell, cell.weights):
                yield f".{cell.name}{suffix}", kind, kept
        return
    children = layer._flatten_layers(include_self=False, recursive=False)
    theirs = {id(variable) for child in children for variable in child.weights}
    yield from _described(layer, [v for v in layer.weights if id(v) not in theirs])


def _described(layer: Any, own: Sequence[keras.Variable]) -> Iterator[Split]:
    """The units of the layer's own variables, of which two may have one name."""
    if not own:
        return
    variables: dict[str, keras.Variable] = {}
    for variable in own:
        again = f"{variable.name} ({len(variables)})"
        variables[again if variable.name in variables else variable.name] = variable
    settings = {**settings_of(layer), "equation": getattr(layer, "equation", "")}
    shapes = {name: tuple(map(int, one.shape)) for name, one in variables.items()}
    for suffix, kind, roles in split(View(kinds_of(layer, "keras"), settings, shapes)):
        kept = {role: one._replace(variable=variables[one.variable]) for role, one in roles.items()}
        yield suffix, kind, kept


def settings_of(layer: Any) -> dict[str, Any]:
    """Conventions of a layer, of a recurrent one its cell's too, as Keras spells them."""
    cell = getattr(layer, "cell", None)
    names = [*SETTINGS]
    if cell is not None or isinstance(layer, layers.Activation):
        names += ["activation"]
    values = {
        name: getattr(layer, name) if hasattr(layer, name) else getattr(cell, name, None)
        for name in names
    }
    if isinstance(layer, layers.MultiHeadAttention):
        values["num_heads"], values["key_dim"] = layer.num_heads, layer.key_dim
    settings = {name: plain(value) for name, value in values.items() if value is not None}
    return {**settings, "dtype": layer.dtype_policy.name}


def plain(value: Any) -> Any:
    """A value that travels: numbers, text and tuples of them; of a function its name."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, np.generic):
        return value.item()
    if hasattr(value, "shape"):  # a weight, such as a normalisation's scale
        return True
    return getattr(value, "__name__", None) or type(value).__name__
