"""The layers of a trace that was recorded in PyTorch, as units; no PyTorch is imported here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from common.twins.recorded import Layer, RecordedUnit, Source, recorded_unit
from torch_impl.probing.layouts import ATTENTION, Kept, canonical, settings, split


def units(layers: Mapping[str, Layer]) -> Iterator[RecordedUnit]:
    """All weights of a recorded model."""
    for layer in layers.values():
        above, _, last = layer.name.rpartition(".")
        if last == "out_proj" and above in layers and ATTENTION in layers[above].kinds("torch"):
            continue  # a part of the attention
        view = layer.view("torch")
        name = next(iter(view.kinds), "")
        for suffix, kind, weights in split(view):
            sources = {role: _source(layer, kind, role, kept) for role, kept in weights.items()}
            yield recorded_unit(layer, layers, suffix, kind, sources, settings(view, name))


def _source(layer: Layer, kind: str, role: str, kept: Kept) -> Source:
    def made(values: list[np.ndarray]) -> np.ndarray:
        return canonical([value[kept.rows] for value in values], kind, role, kept)

    places = tuple(layer.place(*name.split(".")) for name in kept.names)
    return Source(places, made, summed=len(places) > 1 and "b" not in kept.axes)
