"""What a check did not reach, and where float64 is asked for and not given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.twins.fused import whole
from benchmarks.twins.place import Models, listed
from common.twins.probe import Event


def computes_in_float32(events: Sequence[Event]) -> list[str]:
    """Layers whose outputs are float32 numbers though their inputs are not.

    A whole number is one in any precision, so a layer that counts or rounds is none of them.
    """
    return [
        event.layer
        for event in events
        if _real(event.inputs)
        and _real(event.outputs)
        and not all(map(_coarse, _real(event.inputs)))
        and all(map(_coarse, _real(event.outputs)))
    ]


def _real(tensors: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Tensors with numbers that are no whole ones."""
    return [t for t in tensors if t.dtype.kind == "f" and np.any(t != np.round(t))]


def _coarse(tensor: np.ndarray) -> bool:
    with np.errstate(over="ignore"):
        return bool(np.all((tensor == tensor.astype(np.float32)) | ~np.isfinite(tensor)))


def not_reached(models: Models, traces: Sequence[Mapping[str, np.ndarray]]) -> list[str]:
    """Sentences on weights without a gradient on either side, and layers that are never called."""
    sentences = []
    silent = []
    for pair in models.matching.pairs:
        keys = [
            (
                f"gradients/{whole(pair.one.name)}/{link.one}",
                f"gradients/{whole(pair.other.name)}/{link.other}",
            )
            for link in pair.links
        ]
        known = [(a, b) for a, b in keys if a in traces[0] and b in traces[1]]
        if known and not any(np.any(traces[0][a]) or np.any(traces[1][b]) for a, b in known):
            silent.append(pair.name)
    if silent:
        sentences.append(f"not reached: {listed(silent)} got no gradient in either model")
    alone = (models.matching.alone_one, models.matching.alone_other)
    for name, units in zip(models.names, alone, strict=True):
        if units:
            sentences.append(
                f"{name} alone has {listed(unit.name for unit in units)}, without a partner"
            )
    return sentences
