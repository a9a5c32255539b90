"""A trace that `twinbench_record` has written, read without a framework; nothing in it is run.

The file's form is that of safetensors: its reader checks every size against the bytes that there
are. What is in the index has the types below, or the file is refused.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
from safetensors import SafetensorError, safe_open

from common.framework import framework
from common.twins.probe import Event, Unit, Values, plain_array
from common.twins.twinbench_record import FORMAT, VERSION, digest_of
from common.twins.units import View, in_order

HEADER = 64 << 20  # bytes of names, shapes and index
NUMBERS = 1 << 30  # of one tensor, also of one that is kept by its statistics alone

Size = Annotated[int, msgspec.Meta(ge=0, le=NUMBERS)]


class Tensor(msgspec.Struct, frozen=True):
    """A tensor as its framework has it.

    `statistics` are mean, deviation, least and largest of the finite values, and the number of
    those that are not. `label` is the key of a dict that it came in, or the name of the argument.
    """

    digest: str
    dtype: str
    shape: tuple[Size, ...]
    statistics: tuple[float, float, float, float, float]
    label: str = ""


Weights = dict[str, dict[str, Tensor | None]]
"""Layer -> the framework's name of a weight -> tensor."""


class Weight(msgspec.Struct, frozen=True):
    """A weight before anything ran."""

    tensor: Tensor
    trained: bool


class Layer(msgspec.Struct, frozen=True):
    """A layer by the user's name of it; `classes` are those of its type, in Python's order."""

    name: str
    classes: tuple[str, ...]
    settings: dict[str, Any]
    weights: dict[str, Weight]

    def kinds(self, *packages: str) -> list[str]:
        """Names of the classes out of these packages."""
        return [c.rpartition(".")[2] for c in self.classes if c.partition(".")[0] in packages]

    def view(self, *packages: str) -> View:
        """What its kind is told by, to those who know the classes out of these packages."""
        shapes = {name: weight.tensor.shape for name, weight in self.weights.items()}
        return View(self.kinds(*packages), self.settings, shapes)

    def place(self, *path: str) -> tuple[str, str]:
        """Layer and name of a weight of its own, or of one that stands further down in it."""
        return ".".join((self.name, *path[:-1])), path[-1]


class Call(msgspec.Struct, frozen=True):
    """A call of a layer: the first is number 1."""

    layer: str
    call: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


class Gradients(msgspec.Struct, frozen=True):
    """The loss and the gradients of weights."""

    loss: Tensor | None
    weights: Weights


class Step(msgspec.Struct, frozen=True):
    """All weights after a step."""

    weights: Weights


class Index(msgspec.Struct, frozen=True):
    """All that a trace says.

    `unchanged`: whether the model gives the same bits without the recorder, None where that was not
    tried; `draws`: whether two runs of it differ.
    """

    framework: str
    versions: dict[str, str]
    model: str
    training: bool
    unchanged: bool | None
    draws: bool
    notes: list[str]
    layers: list[Layer]
    events: list[Call]
    calls: list[Call]  # of the model itself
    gradients: list[Gradients]
    steps: list[Step]


class Source(NamedTuple):
    """How a trace keeps one canonical weight: under which (layer, weight), and what makes it.

    `summed` says that several add up to it.
    """

    names: tuple[tuple[str, str], ...]
    canonical: Callable[[list[np.ndarray]], np.ndarray]
    summed: bool = False


class RecordedUnit(NamedTuple):
    """A unit, and where its roles are."""

    unit: Unit
    sources: Mapping[str, Source]


def recorded_unit(
    layer: Layer,
    layers: Mapping[str, Layer],
    suffix: str,
    kind: str,
    sources: Mapping[str, Source],
    settings: Mapping[str, Any],
) -> RecordedUnit:
    """A unit of these sources, its shapes and what is frozen as they follow from them.

    Raises ValueError for weights whose shapes are not those of the kind.
    """
    shapes, frozen = {}, set()
    for role, source in sources.items():
        weights = [layers[name].weights[weight] for name, weight in source.names]
        # a number in place of all: no memory for shapes of somebody's making
        empty = [np.broadcast_to(np.int8(0), weight.tensor.shape) for weight in weights]
        shapes[role] = source.canonical(empty).shape
        if not all(weight.trained for weight in weights):
            frozen.add(role)
    unit = Unit(layer.name + suffix, kind, shapes, frozenset(frozen), layer.name, settings)
    return RecordedUnit(unit, sources)


class Trace:
    """A trace, read; its arrays are taken from the file when they are asked for."""

    def __init__(self, path: str | Path) -> None:
        """Raises ValueError for what is no trace, is damaged, or has another version."""
        self.path = Path(path)
        try:
            self._check_size()
            self._file = safe_open(str(path), "numpy")
            texts = self._file.metadata() or {}
            if texts.get("format") != FORMAT:
                raise ValueError("it is no trace of twinbench.record")
            if texts.get("version") != VERSION:
                raise ValueError(f"it has version {texts.get('version')!r}, expected {VERSION!r}")
            self.index = msgspec.json.decode(texts.get("index", ""), type=Index)
            self.names = set(self._file.keys())
            self._check()
        except (SafetensorError, msgspec.MsgspecError, RecursionError, ValueError) as error:
            raise ValueError(f"{path} cannot be read as a trace: {f'{error}'[:300]}") from error

    def _check_size(self) -> None:
        with open(self.path, "rb") as file:
            size = int.from_bytes(file.read(8), "little")
        if size > HEADER:
            raise ValueError(f"its index has {size:,} bytes, expected at most {HEADER:,}")

    def _check(self) -> None:
        """Raise ValueError for an index that does not fit itself."""
        if not self.index.calls:
            raise ValueError("it has no call of the model")
        if len({layer.name for layer in self.index.layers}) < len(self.index.layers):
            raise ValueError("two of its layers have one name")
        self._shapes = {
            (layer.name, name): weight.tensor.shape
            for layer in self.index.layers
            for name, weight in layer.weights.items()
        }
        for (layer, name), shape in self._shapes.items():
            if math.prod(shape) > NUMBERS:
                raise ValueError(f"{layer}/{name} has the shape {shape}")

    def array(self, tensor: Tensor) -> np.ndarray | None:
        """The numbers, float64 or int64; None where only the statistics are kept.

        Raises ValueError for numbers that are not those that were recorded.
        """
        if tensor.digest not in self.names:
            return None
        array = self._file.get_tensor(tensor.digest)
        if array.shape != tensor.shape or digest_of(array) != tensor.digest:
            raise ValueError(f"{self.path} is damaged: a tensor is not what was recorded")
        return plain_array(array)

    def units(self) -> list[RecordedUnit]:
        """All weights as units, in the order in which their layers ran.

        Raises ValueError for weights whose shapes are not those of their layer's kind.
        """
        reader = importlib.import_module(framework(self.index.framework).recorded)
        order = {call.layer: place for place, call in reversed(list(enumerate(self.index.events)))}
        try:
            found = list(reader.units({layer.name: layer for layer in self.index.layers}))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise ValueError(f"{self.path}: a layer is not what it says: {error}") from error
        return in_order(found, [order.get(each.unit.layer) for each in found])

    def events(self, *, moments: bool = False) -> list[Event]:
        """The calls of layers, the second of one as "relu#2", by their statistics if `moments`.

        A call of which a tensor is kept by its statistics alone is else left out.
        """
        layers = {layer.name: layer for layer in self.index.layers}
        events = []
        for call in self.index.events:
            shown = [
                [np.array(t.statistics) if moments else self.array(t) for t in tensors]
                for tensors in (call.inputs, call.outputs)
            ]
            inputs, outputs = ([a for a in arrays if a is not None] for arrays in shown)
            if len(inputs) + len(outputs) == len(call.inputs) + len(call.outputs):
                name = f"{call.layer}#{call.call}" if call.call > 1 else call.layer
                layer = layers.get(call.layer)
                kind = layer.classes[0].rpartition(".")[2] if layer and layer.classes else ""
                settings = layer.settings if layer else {}
                events.append(Event(name, kind, tuple(inputs), tuple(outputs), settings))
        return events

    def is_whole(self) -> bool:
        """Whether all tensors that flow between layers are there."""
        flowing = [t for call in self.index.events for t in (*call.inputs, *call.outputs)]
        return all(tensor.digest in self.names for tensor in flowing)

    def values(self, units: Sequence[RecordedUnit], weights: Weights, use: str = "") -> Values:
        """Canonical arrays "unit/role" of these weights; those that are not whole are left out.

        Of two that add up `use` "gradients" takes the first, as both have the same, and "step"
        none, as both have taken a step. Raises ValueError for one of another shape.
        """
        values: Values = {}
        for unit, role, source in _sources(units):
            names = source.names[:1] if source.summed and use == "gradients" else source.names
            arrays = [self._weight(weights, *name) for name in names]
            present = [array for array in arrays if array is not None]
            if len(present) == len(names) and not (source.summed and use == "step"):
                values[f"{unit.name}/{role}"] = source.canonical(present)
        return values

    def _weight(self, weights: Weights, layer: str, name: str) -> np.ndarray | None:
        tensor = weights.get(layer, {}).get(name)
        if tensor is None:
            return None
        if tensor.shape != self._shapes[layer, name]:
            raise ValueError(f"{self.path}: {layer}/{name} has another shape at first")
        return self.array(tensor)

    def moments(self, units: Sequence[RecordedUnit], weights: Weights) -> Values:
        """The statistics of weights that are canonical but for the order of their values."""
        values: Values = {}
        for unit, role, source in _sources(units):
            layer, weight = source.names[0]
            tensor = weights.get(layer, {}).get(weight)
            whole = tensor and math.prod(tensor.shape) == math.prod(unit.weights[role])
            if tensor and whole and len(source.names) == 1:
                values[f"{unit.name}/{role}"] = np.array(tensor.statistics)
        return values

    @property
    def weights(self) -> Weights:
        """All weights before anything ran."""
        return {
            layer.name: {name: weight.tensor for name, weight in layer.weights.items()}
            for layer in self.index.layers
        }


def _sources(units: Sequence[RecordedUnit]) -> Iterator[tuple[Unit, str, Source]]:
    for unit, sources in units:
        for role, source in sources.items():
            yield unit, role, source
