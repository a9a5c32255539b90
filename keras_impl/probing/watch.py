"""`Watch`: what flows through a user's Keras model, layer by layer, on any backend."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, NamedTuple
from unittest.mock import patch

import keras
import numpy as np
from keras import layers, tree
from keras.src.backend import get_keras_mask, set_keras_mask

from common.twins.probe import Event
from keras_impl.probing.shown import (
    arguments,
    as_array,
    channels_first,
    empty,
    event_settings,
    flowing,
    swapped,
    tensors_of,
)
from keras_impl.probing.units import plain

REPEAT = {"cond", "switch", "scan", "while_loop", "fori_loop", "map", "vectorized_map"}
REPEAT |= {"associative_scan"}
NOT_SHOWN = {"convert_to_tensor", "convert_to_numpy", "is_tensor", "shape", "dtype", "cast"}
FUNCTIONS = {
    (module, name): function
    for module in (keras.ops, keras.activations)
    for name, function in vars(module).items()
    if inspect.isfunction(function) and name not in NOT_SHOWN
}
"""What a user's own layer calls; Keras's layers call the same by other names."""


class Call(NamedTuple):
    """How a layer or function was called; each of its tensors may have a mask."""

    function: Callable
    args: tuple
    options: Mapping[str, Any]
    masks: list[Any]
    channels_first: bool
    inside: str  # the layer that called it
    shows: str  # the event that it gives


class Watch:
    """While entered, every call of a layer, of an operation and of a function is an event.

    `names` are those of the layers by id, `model` is not shown itself. `called` has the ids of all
    layers in the order of their first call, `dtypes` the dtype that each gave, by name.
    """

    def __init__(self, model: layers.Layer, names: Mapping[int, str]) -> None:
        self.model, self.names = model, names
        self.events: list[Event] = []
        self.calls: dict[str, Call] = {}
        self.called: dict[int, layers.Layer] = {}
        self.dtypes: dict[str, str] = {}
        self.stack: list[str] = []  # names of the layers that are being called
        self.check: Callable[[Any, Sequence[Any]], None] = lambda layer, tensors: None
        self._quiet = 0
        self._arrays: dict[int, tuple[Any, np.ndarray | None]] = {}
        self._patches = ExitStack()

    def __enter__(self) -> Watch:
        original = keras.Operation.__call__

        def observed(operation: Any, *args: Any, **options: Any) -> Any:
            run = partial(original, operation)
            if self._quiet or not flowing(args, options):
                return run(*args, **options)
            return self._observe(operation, run, args, options)

        self._patches.enter_context(patch.object(keras.Operation, "__call__", observed))
        for (module, name), function in FUNCTIONS.items():
            watched = partial(self._function, name, function)
            self._patches.enter_context(patch.object(module, name, watched))
        return self

    def __exit__(self, *_: object) -> None:
        self._patches.close()
        self._arrays.clear()
        empty(self.calls)  # what flowed is not kept for a replay

    def _observe(self, layer: Any, run: Callable, args: tuple, options: dict[str, Any]) -> Any:
        """Call a layer or an operation of the graph, and keep what went in and out."""
        if layer is self.model:
            self.called.setdefault(id(layer), layer)
            self.stack.append(layer.name)
            try:
                return run(*args, **options)
            finally:
                self.stack.pop()
        inside = "" if self.top in ("", self.model.name) else f"{self.top}/"
        name = self.names.get(id(layer), f"{inside}{layer.name}")
        self.called.setdefault(id(layer), layer)
        tensors = tensors_of(args, options)
        self.check(layer, tensors)
        moved = channels_first(layer)
        inputs = self._shown(tensors, moved)  # before anything runs in place
        masks = [get_keras_mask(tensor) for tensor in tensors]
        self.calls[name] = Call(layer, args, dict(options), masks, moved, self.top, name)
        before = len(self.events)
        with ExitStack() as inner:
            activated = inner.enter_context(self._activation(layer, name, moved))
            states = inner.enter_context(self._recurrent(layer))
            inner.enter_context(self._steps(layer, name))
            self.stack.append(name)
            try:
                out = run(*args, **options)
            finally:
                self.stack.pop()
        given = tree.flatten(out)
        ends = bool(activated) and out is activated[-1][1]
        results = [activated[-1][0]] if ends else [*given, *states]
        outputs = self._shown(results, moved)
        if given and hasattr(given[0], "dtype"):
            self.dtypes[name] = keras.backend.standardize_dtype(given[0].dtype)
        if isinstance(layer, layers.TimeDistributed):
            self._merge(before, layer, name)
        kind = type(layer).__name__
        event = Event(name, kind, inputs, outputs, event_settings(layer, options))
        shown = self.events.pop() if ends else None
        self.events.append(event)
        if shown:
            self.events.append(shown)
        return out

    def _function(self, name: str, function: Callable, *args: Any, **options: Any) -> Any:
        """Call one of `keras.ops` or `keras.activations`, as a user's own layer does."""
        tensors = tensors_of(args, options)
        if self._quiet or not tensors or not flowing(args, options):
            return function(*args, **options)
        self._quiet += 1  # what it calls in turn is no event
        try:
            out = function(*args, **options)
        finally:
            self._quiet -= 1
        results = [one for one in tree.flatten(out) if keras.ops.is_tensor(one)]
        if results and name not in REPEAT and self.stack:
            shown = f"{self.top}: {name}"
            masks: list[Any] = [None] * len(tensors)
            self.calls[shown] = Call(function, args, options, masks, False, self.top, shown)
            self.events.append(
                Event(
                    shown,
                    name,
                    self._shown(tensors, False),
                    self._shown(results, False),
                    arguments(function, args, options),
                )
            )
        return out

    @contextmanager
    def _activation(self, layer: Any, name: str, moved: bool) -> Iterator[list[tuple]]:
        """Show the activation inside a layer; gives pairs of its input and its output."""
        activation = vars(layer).get("activation")
        pairs: list[tuple] = []
        known = isinstance(layer, layers.Activation | layers.RNN) or self._quiet
        if not callable(activation) or getattr(activation, "__name__", "") == "linear" or known:
            yield pairs
            return

        def watched(x: Any, *args: Any, **options: Any) -> Any:
            out = activation(x, *args, **options)
            pairs.append((x, out))
            shown = f"{name}: {plain(activation)}"
            if isinstance(activation, layers.Layer):  # an event of its own
                shown = self.names.get(id(activation), activation.name)
            else:
                settings = arguments(activation, (x, *args), options)
                tensors = self._shown([x], moved), self._shown([out], moved)
                given = (x, *args)
                self.calls[shown] = Call(activation, given, options, [None], moved, name, shown)
                self.events.append(Event(shown, "activation", *tensors, settings))
            return out

        with swapped(layer, "activation", watched):
            yield pairs

    @contextmanager
    def _recurrent(self, layer: Any) -> Iterator[list[Any]]:
        """Keep a recurrent layer's last states where it does not give them, and its steps quiet."""
        states: list[Any] = []
        if isinstance(layer, layers.Bidirectional):
            with ExitStack() as stack:  # both directions at once would show neither
                for fused in ("_can_attempt_fused_lstm", "_can_attempt_fused_gru"):
                    if hasattr(layer, fused):
                        stack.enter_context(swapped(layer, fused, lambda *_, **__: False))
                yield states
            return
        if not isinstance(layer, layers.RNN):
            yield states
            return
        loop = layer.inner_loop

        def inner_loop(*args: Any, **options: Any) -> Any:
            self._quiet += 1
            try:
                out = loop(*args, **options)
            finally:
                self._quiet -= 1
            if not layer.return_state:
                states[:] = tree.flatten(out[2])
            return out

        with swapped(layer, "inner_loop", inner_loop):
            yield states

    @contextmanager
    def _steps(self, layer: Any, name: str) -> Iterator[None]:
        """Show the layer in TimeDistributed, which calls its `call` once a step."""
        if not isinstance(layer, layers.TimeDistributed):
            yield
            return
        run = layer.layer.call

        def call(*args: Any, **options: Any) -> Any:
            return self._observe(layer.layer, run, args, options)

        with swapped(layer.layer, "call", call):
            yield

    def _merge(self, before: int, layer: Any, name: str) -> None:
        """One event for all the steps of each layer inside, time on axis 1."""
        steps: dict[tuple[str, str], list[Event]] = {}
        for event in self.events[before:]:
            steps.setdefault((event.layer, event.kind), []).append(event)
        inner = self.names.get(id(layer.layer), layer.layer.name)
        del self.events[before:]
        for (shown, _), events in steps.items():
            inputs = zip(*(event.inputs for event in events), strict=False)
            outputs = zip(*(event.outputs for event in events), strict=False)
            self.events.append(
                events[0]._replace(
                    inputs=tuple(np.stack(x, 1) for x in inputs),
                    outputs=tuple(np.stack(x, 1) for x in outputs),
                )
            )
            if shown == inner:
                self.calls[shown] = self.calls[name]._replace(shows=shown)
            else:
                self.calls.pop(shown, None)

    def replay(self, name: str, inputs: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """Call a layer or function again, on these inputs.

        Raises ValueError for one that was not called, or that cannot be called alone.
        """
        if name not in self.calls:
            raise ValueError(f"{name!r} cannot be called alone")
        call = self.calls[name]
        tensors = tensors_of(call.args, call.options)
        if len(tensors) != len(inputs):
            raise ValueError(f"{name!r} takes {len(tensors)} inputs, and not {len(inputs)}")
        new = {}
        for old, mask, value in zip(tensors, call.masks, inputs, strict=True):
            value = np.moveaxis(value, -1, 1) if call.channels_first and value.ndim > 2 else value
            dtype = keras.backend.standardize_dtype(old.dtype)
            new[id(old)] = keras.ops.convert_to_tensor(value, dtype=dtype)
            if mask is not None:
                set_keras_mask(new[id(old)], mask)
        args, options = tree.map_structure(
            lambda one: new.get(id(one), one), (call.args, dict(call.options))
        )
        fresh = Watch(self.model, self.names)
        with fresh:
            fresh.stack.append(call.inside)
            try:
                out = call.function(*args, **options)
            except Exception as error:
                raise ValueError(f"{name!r} cannot be called alone: {error}") from error
            event = next((e for e in fresh.events if e.layer == call.shows), None)
            return event.outputs if event else fresh._shown(tree.flatten(out), call.channels_first)

    @property
    def top(self) -> str:
        """The layer that is being called."""
        return self.stack[-1] if self.stack else ""

    def _shown(self, tensors: Sequence[Any], moved: bool) -> tuple[np.ndarray, ...]:
        """Copies, float64 or int64, channels last; one array for a tensor that is shown twice."""
        shown = []
        for tensor in tensors:
            if id(tensor) not in self._arrays:
                self._arrays[id(tensor)] = tensor, as_array(tensor)
            array = self._arrays[id(tensor)][1]
            if array is not None:
                shown.append(np.moveaxis(array, 1, -1) if moved and array.ndim > 2 else array)
        return tuple(shown)
