"""What an event shows of a call in Keras: arrays, settings, and the attributes swapped for that."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import layers, tree

from common.twins.probe import Values, numbered, plain_array
from keras_impl import backend
from keras_impl.probing.units import plain, settings_of


def as_array(tensor: Any) -> np.ndarray | None:
    """A copy, float64 or, of whole numbers, int64; None of a tensor that is only traced."""
    if not keras.ops.is_tensor(tensor) or not backend.concrete(tensor):
        return None
    return plain_array(keras.ops.convert_to_numpy(tensor))


def channels_first(layer: Any) -> bool:
    """Whether the layer says that channels are on axis 1."""
    if getattr(layer, "data_format", None) == "channels_first":
        return True
    normalises = isinstance(layer, layers.BatchNormalization | layers.GroupNormalization)
    return normalises and layer.axis == 1


def flowing(args: tuple, options: Mapping[str, Any]) -> bool:
    """Whether the arguments hold values, and are not those of a graph that is being made."""
    given = tree.flatten((args, options))
    return not any(isinstance(one, keras.KerasTensor) for one in given) and all(
        backend.concrete(one) for one in given if keras.ops.is_tensor(one)
    )


def event_settings(layer: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(layer, layers.Layer):
        settings = settings_of(layer)
    else:
        hidden = {name: value for name, value in vars(layer).items() if not name.startswith("_")}
        settings = _simple({name: value for name, value in hidden.items() if name != "name"})
    return {**settings, **_simple({k: v for k, v in options.items() if k != "training"})}


def arguments(function: Callable, args: tuple, options: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a function that are no tensors, with its defaults."""
    try:
        bound = inspect.signature(function).bind(*args, **options)
    except (TypeError, ValueError):
        return {}
    bound.apply_defaults()
    return _simple(bound.arguments)


def _simple(values: Mapping[str, Any]) -> dict[str, Any]:
    kinds = bool | int | float | str | tuple | list
    return {
        name: plain(value)
        for name, value in values.items()
        if isinstance(value, kinds) and not any(map(keras.ops.is_tensor, tree.flatten(value)))
    }


@contextmanager
def swapped(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Another attribute meanwhile, past Keras, which would track it as a part of the layer."""
    mine = vars(owner)
    missing = object()
    before = mine.get(name, missing)
    mine[name] = value
    try:
        yield
    finally:
        if before is missing:
            del mine[name]
        else:
            mine[name] = before


def empty(calls: dict[str, Any]) -> None:
    """Put an empty tensor of its dtype in place of each that flowed, the same for the same."""
    stand_ins: dict[int, Any] = {}
    for call in calls.values():
        for tensor in tensors_of(call.args, call.options):
            if id(tensor) not in stand_ins:
                dtype = keras.backend.standardize_dtype(tensor.dtype)
                stand_ins[id(tensor)] = tensor, keras.ops.zeros((0,), dtype)
    for name, call in calls.items():
        args, options = tree.map_structure(
            lambda one: stand_ins.get(id(one), (one, one))[1], (call.args, dict(call.options))
        )
        calls[name] = call._replace(args=args, options=options)


def named_outputs(outputs: Any) -> Values:
    if isinstance(outputs, dict):
        return {str(name): _output(value) for name, value in outputs.items()}
    return numbered([_output(value) for value in tree.flatten(outputs)])


def _output(tensor: Any) -> np.ndarray:
    array = as_array(tensor)
    if array is None:
        raise ValueError(f"the Keras model gives a {type(tensor).__name__}, which is no tensor")
    return array.astype(np.float64)


def tensors_of(args: tuple, options: Mapping[str, Any]) -> list[Any]:
    """The tensors among arguments, without masks, in their order."""
    given = [value for name, value in options.items() if "mask" not in name]
    return [
        one
        for one in tree.flatten((args, given))
        if keras.ops.is_tensor(one) and not isinstance(one, keras.Variable)
    ]
