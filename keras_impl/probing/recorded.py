"""The layers of a trace that was recorded in Keras, as units; no Keras is imported here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from common.twins.recorded import Layer, RecordedUnit, Source, recorded_unit
from common.twins.units import View
from keras_impl.probing.layouts import Kept, split

PACKAGES = ("keras", "tf_keras")


def units(layers: Mapping[str, Layer]) -> Iterator[RecordedUnit]:
    """All weights of a recorded model."""
    for layer in layers.values():
        for suffix, kind, weights in split(_view(layer)):
            sources = {role: _source(layer, kept) for role, kept in weights.items()}
            yield recorded_unit(layer, layers, suffix, kind, sources, _settings(layer))


def _view(layer: Layer) -> View:
    view, cell = layer.view(*PACKAGES), layer.settings.get("cell")
    if not isinstance(cell, dict):
        return view
    # of an RNN: the kind is its cell's
    kinds = [*view.kinds, str(cell.get("class_name"))]
    return view._replace(kinds=kinds, settings={**cell.get("config", {}), **view.settings})


def _settings(layer: Layer) -> dict[str, Any]:
    """The layer's configuration, which is Keras's own word on what its settings are."""
    dtype = layer.settings.get("dtype")
    policy = dtype.get("config", {}).get("name") if isinstance(dtype, dict) else dtype
    plain = {k: v for k, v in layer.settings.items() if not isinstance(v, dict)}
    return {
        **{k: tuple(v) if isinstance(v, list) else v for k, v in plain.items()},
        "dtype": policy,
    }


def _source(layer: Layer, kept: Kept) -> Source:
    def made(values: list[np.ndarray]) -> np.ndarray:
        return kept.turned(values[0])

    return Source((layer.place(kept.variable),), made)
