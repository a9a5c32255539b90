"""The layers of a trace that was recorded in Flax NNX, as units; no JAX is imported here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from common.twins.recorded import Layer, RecordedUnit, Source, recorded_unit
from jax_impl.probing.layouts import CELLS, settings, split
from jax_impl.probing.places import Kept


def units(layers: Mapping[str, Layer]) -> Iterator[RecordedUnit]:
    """All weights of a recorded model; those inside of a cell are the cell's."""
    cells = [name for name, layer in layers.items() if layer.view("flax").first(CELLS)]
    for name, layer in layers.items():
        owner, view, more = layer, layer.view("flax"), {}
        if name in cells:
            owner = _owner(layer, layers)
            view = view._replace(shapes=_inside(layer, layers))
            more = {"go_backwards": owner.settings.get("reverse", False)}
        elif any(name.startswith(f"{cell}.") for cell in cells):
            continue
        else:
            view = view._replace(shapes={(weight,): view.shapes[weight] for weight in view.shapes})
        for suffix, kind, weights in split(view):
            sources = {role: _source(layer, kept) for role, kept in weights.items()}
            yield recorded_unit(owner, layers, suffix, kind, sources, settings(view) | more)


def _owner(cell: Layer, layers: Mapping[str, Layer]) -> Layer:
    """What calls a cell, where that is an RNN."""
    above, _, last = cell.name.rpartition(".")
    parent = layers.get(above)
    return parent if parent and last == "cell" and "RNN" in parent.kinds("flax") else cell


def _inside(cell: Layer, layers: Mapping[str, Layer]) -> dict[tuple[str, ...], tuple[int, ...]]:
    """The shapes of a cell's weights, and of those of the layers in it, by their paths."""
    return {
        (*layer.name.removeprefix(cell.name).split(".")[1:], weight): kept.tensor.shape
        for layer in layers.values()
        if layer is cell or layer.name.startswith(f"{cell.name}.")
        for weight, kept in layer.weights.items()
    }


def _source(layer: Layer, kept: Kept) -> Source:
    return Source(tuple(layer.place(*path) for path in kept.paths), kept.canonical)
