"""`Flow`: every layer and function that rows flow through, and how to call one of them again."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor, nn

from common.twins.probe import Event
from torch_impl.probing import composite
from torch_impl.probing.arrays import array_of
from torch_impl.probing.composite import Place
from torch_impl.probing.functions import ARGUMENTS, arguments_of, plain_name, settings_in
from torch_impl.probing.spelling import spelt
from torch_impl.probing.units import settings_of
from torch_impl.probing.watch import (
    COMPOSITES,
    Function,
    Watch,
    has_channels_at_1,
    is_whole,
    mapped,
    tensors_in,
)


class Call(NamedTuple):
    """A layer's first call, its tensors left out."""

    run: Callable[..., Any]
    module: nn.Module | None
    args: Any
    keywords: Any
    inputs: int
    at_1: bool  # whether its outputs have channels at axis 1


class Flow(Watch):
    """Keeps an `Event` of each layer that is shown as one thing, of each layer of a user's own that
    holds weights or nothing else, and of each function that is called outside of PyTorch's."""

    def __init__(self, model: nn.Module, **options: Any) -> None:
        super().__init__(model, **options)
        self.events: list[Event] = []
        self.first_calls: dict[str, Call] = {}
        self._open: list[tuple[tuple[np.ndarray, ...], Any, Any]] = []
        self._arrays: dict[int, tuple[Any, int, bool, np.ndarray]] = {}
        self._numbers: dict[str, int] = {}

    def enters(self, module: nn.Module, args: Any, keywords: Any) -> None:
        if shows(module, self.model):
            at_1 = has_channels_at_1(module)
            call = self._call(module.__call__, module, args, keywords, at_1)
            self._open.append(
                (self._shown(module, (args, keywords), at_1), call, settings_of(module))
            )

    def leaves(self, module: nn.Module, output: Any) -> None:
        if shows(module, self.model):
            name, at_1 = self.names[module], has_channels_at_1(module)
            inputs, call, settings = self._open.pop()
            outputs = self._shown(module, output, at_1)
            self.events.append(Event(name, _kind(module), inputs, outputs, settings))
            self.first_calls.setdefault(name, call._replace(at_1=at_1 or self._any_at_1(output)))

    def calls(self, name: str, function: Function, args: tuple, keywords: dict) -> Any:
        name = plain_name(name)
        flows = any(not isinstance(t, nn.Parameter) for t in tensors_in((args, keywords)))
        if self.whole or name not in ARGUMENTS or not flows:
            return function(*args, **keywords)
        inputs = self._shown(None, (args, keywords), False)
        call = self._call(function, None, args, keywords, False)
        arguments = arguments_of(name, function, args, keywords)
        output = function(*args, **keywords)
        at_1 = bool(self.kept_at_1(name, tensors_in((args, keywords)), output))
        layer = f"{self.place}: {name}"
        self._numbers[layer] = number = self._numbers.get(layer, 0) + 1
        layer += f" {number}" if number > 1 else ""
        outputs = self._shown(None, output, at_1)
        settings = spelt(name, settings_in(arguments))
        self.events.append(Event(layer, name, inputs, outputs, settings))
        self.first_calls[layer] = call._replace(at_1=at_1)
        return output

    def _any_at_1(self, value: Any) -> bool:
        return any(map(self.at_1, tensors_in(value)))

    def _call(
        self, run: Callable, module: nn.Module | None, args: Any, keywords: Any, at_1: bool
    ) -> Call:
        places: list[Place] = []

        def emptied(value: Any) -> Any:
            if not isinstance(value, Tensor) or isinstance(value, nn.Parameter):
                return value
            first = value.ndim > 2 and (at_1 or self.at_1(value))
            places.append(Place(len(places), value.dtype, value.device, first, value.ndim))
            return places[-1]

        args, keywords = mapped(args, emptied), mapped(keywords, emptied)
        return Call(run, module, args, keywords, len(places), at_1)

    def _shown(self, module: nn.Module | None, value: Any, at_1: bool) -> tuple[np.ndarray, ...]:
        if isinstance(module, COMPOSITES):
            return tuple(map(array_of, composite.parts(module, value)))
        tensors = [t for t in tensors_in(value) if not isinstance(t, nn.Parameter)]
        return tuple(self._array(t, at_1 or self.at_1(t)) for t in tensors)

    def _array(self, tensor: Tensor, at_1: bool) -> np.ndarray:
        """One array for each state of a tensor: an output is the next layer's input."""
        at_1 = at_1 and tensor.ndim > 2
        if tensor.is_inference():
            return array_of(tensor.movedim(1, -1) if at_1 else tensor)
        seen = self._arrays.get(id(tensor))
        if seen and seen[0]() is tensor and seen[1:3] == (tensor._version, at_1):
            return seen[3]
        array = array_of(tensor.movedim(1, -1) if at_1 else tensor)
        self._arrays[id(tensor)] = (weakref.ref(tensor), tensor._version, at_1, array)
        return array


def shows(module: nn.Module, model: nn.Module) -> bool:
    """Whether a module has an event of its own."""
    if is_whole(module) or not any(module.children()):
        return True
    return module is not model and any(True for _ in module.parameters(recurse=False))


def replay(call: Call, inputs: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
    """What the layer gives for these inputs, called as it was; float64, channels last.

    Raises ValueError for another number of inputs, and what the layer raises.
    """
    if isinstance(call.module, COMPOSITES):
        args, keywords = composite.filled(call.module, (call.args, call.keywords), inputs)
        return tuple(map(array_of, composite.parts(call.module, call.run(*args, **keywords))))
    if len(inputs) < call.inputs:
        raise ValueError(
            f"{len(inputs)} inputs were given, the layer was called with {call.inputs}"
        )

    def fill(value: Any) -> Any:
        return value.filled(inputs[value.number]) if isinstance(value, Place) else value

    output = call.run(*mapped(call.args, fill), **mapped(call.keywords, fill))
    tensors = [t for t in tensors_in(output) if not isinstance(t, nn.Parameter)]
    return tuple(array_of(t.movedim(1, -1) if call.at_1 and t.ndim > 2 else t) for t in tensors)


def _kind(module: nn.Module) -> str:
    return type(module).__name__.removeprefix("Parametrized")
