"""What surrounds a convolution: its border by any name, beside the layer too, and candidates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

from benchmarks.twins.causes.halves import Half
from benchmarks.twins.causes.witness.windows import Pads, extent, same_pads
from benchmarks.twins.conventions import canonical
from common.twins.probe import Event

Array = np.ndarray
MODES = {
    "zeros": "constant",
    "circular": "wrap",
    "replicate": "edge",
    "reflect": "reflect",
    "symmetric": "symmetric",
}
"""A border's name in PyTorch -> in NumPy, Keras and JAX."""
BEFORE, BEHIND = "before", "behind"
"""What is among the settings of a half whose border a call beside it makes, or a part of it."""
EVERY = 16  # borders that are tried where each axis has its own


def resolved(
    padding: Any, x: Array, size: Sequence[int], strides: Sequence[int], dilation: Sequence[int]
) -> Pads:
    """The numbers of a border by its name."""
    span = extent(size, dilation)
    if padding == "same":
        return same_pads(x.shape[1:-1], span, strides)
    if padding == "causal":
        return tuple((k - 1, 0) for k in span)
    return tuple((0, 0) for _ in span) if padding == "valid" else padding


def borders(half: Half, x: Array, strides: Sequence[int], dilation: Sequence[int]) -> Iterator[Any]:
    """Borders by name, then what the layer states, of which a stride may leave an end out, then by
    how much of what is needed stands before."""
    yield from ("same", "valid", "causal")
    if isinstance(stated := canonical(half.unit).get("padding"), tuple):
        yield stated
    span = extent(half.weights["kernel"].shape[:-2], dilation)
    needed = [
        (t - 1) * s + k - n
        for n, t, s, k in zip(x.shape[1:-1], half.y.shape[1:-1], strides, span, strict=True)
    ]
    for before in (tuple(n // 2 for n in needed), *starts(span)):
        yield tuple((b, n - b) for b, n in zip(before, needed, strict=True))


def starts(span: Sequence[int]) -> list[tuple[int, ...]]:
    """Where a window may begin on each axis: as far before on all as it reaches, then by axis."""
    alike = [tuple(min(n, k - 1) for k in span) for n in range(max(span))]
    each = product(*map(range, span)) if prod(span) <= EVERY else ()
    return list(dict.fromkeys((*alike, *each)))


def beside(half: Half, events: Sequence[Event]) -> Half:
    """A layer with the border that a pad before it makes, and with what a crop behind it leaves."""
    return _uncropped(_unpadded(half, events), events)


def _unpadded(half: Half, events: Sequence[Event]) -> Half:
    x = half.x
    for event in reversed(events):
        if "pad" in event.kind.lower() and event.outputs and np.array_equal(event.outputs[0], x):
            source = event.inputs[0]
            if source.ndim == x.ndim and source.shape[-1] == x.shape[-1]:
                words = f"{event.kind} {event.settings.get('mode', '')}".lower()
                mode = next((m for m, n in MODES.items() if m[:7] in words or n in words), "")
                stated = {BEFORE: True, **({"padding_mode": mode} if mode else {})}
                given = half.event._replace(inputs=(source, *half.event.inputs[1:]))
                return half._replace(event=given, settings={**half.settings, **stated})
    return half


def _uncropped(half: Half, events: Sequence[Event]) -> Half:
    """Fewer windows than the kernel is wide that the next call drops were there by the border."""
    y = half.y
    span = extent(half.weights["kernel"].shape[:-2], canonical(half.unit)["dilation_rate"])
    for event in events:
        if not event.outputs or not any(x is y or np.array_equal(x, y) for x in event.inputs):
            continue
        z = event.outputs[0]
        if z.ndim != y.ndim or (len(z), z.shape[-1]) != (len(y), y.shape[-1]):
            continue
        lost = [a - b for a, b in zip(y.shape[1:-1], z.shape[1:-1], strict=True)]
        if not any(lost) or not all(0 <= n < k for n, k in zip(lost, span, strict=True)):
            continue
        for first in product(*(range(n + 1) for n in lost)):
            cuts = (slice(n, n + k) for n, k in zip(first, z.shape[1:-1], strict=True))
            if np.array_equal(y[(slice(None), *cuts)], z):
                kept = half.event._replace(outputs=(z,))
                return half._replace(event=kept, settings={**half.settings, BEHIND: True})
    return half
