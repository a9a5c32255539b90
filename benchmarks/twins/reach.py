"""What a check did not reach, and where float64 is asked for and not given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from benchmarks.twins.climb import Side, scaled, scales_of
from benchmarks.twins.flow import event_of
from benchmarks.twins.fused import whole
from benchmarks.twins.limits import CHOICE, MASK, PADDING, Reached, merged, reached
from benchmarks.twins.phrases import listed
from benchmarks.twins.place import Models
from common.language import Phrase, chained, phrase
from common.twins.probe import Event, Rows, Unit

MISSED = {
    (MASK, True): "the mask is never true in {layers}",
    (MASK, False): "the mask is always true in {layers}",
    (PADDING, True): "no word is the padding of {layers}",
    (PADDING, False): "every word is the padding of {layers}",
    (CHOICE, True): "the first tensor is never the one taken in {layers}",
    (CHOICE, False): "the first tensor is always the one taken in {layers}",
}
BEYOND = {
    True: "no value is above the limit {limit:g} of {layers}",
    False: "no value is below the limit {limit:g} of {layers}",
}
"""What is said of a mask and the like, or of a limit, and the side of it that no value was on."""


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


def limits_not_reached(models: Models, sides: Sequence[Side], rows: Rows) -> list[str]:
    """Sentences on limits and masks that have values on one side alone, at every scale of the rows.

    A fault on the other side is one that no rung can show.
    """
    sentences = []
    for side, events in zip(sides, (models.one, models.other), strict=True):
        seen = reached(events)
        for scale in scales_of(rows)[1:]:
            if any(len(on) < 2 for on in seen.values()):
                seen = merged(seen, side.reached(scaled(rows, scale)))
        sentences += missed(side.framework, seen)
    return sentences


def missed(framework: str, seen: Reached) -> list[str]:
    """A sentence for each limit, and side of it, that no value was on."""
    layers: dict[tuple[str, str | float], list[str]] = {}
    for (layer, what), on in seen.items():
        for side in {False, True} - on:
            words = MISSED[what, side] if isinstance(what, str) else BEYOND[side]
            layers.setdefault((words, what), []).append(layer)
    return [
        phrase(
            "not reached: {what} ({framework})",
            what=phrase(words, limit=limit, layers=listed(names)),
            framework=framework,
        )
        for (words, limit), names in layers.items()
    ]


def not_reached(models: Models, traces: Sequence[Mapping[str, np.ndarray]]) -> list[str]:
    """Sentences on weights without a gradient on either side, and layers that are never called."""
    silent: list[str] = []
    idle: list[str] = []
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
            never = _never_called(models.one, pair.one) and _never_called(models.other, pair.other)
            (idle if never else silent).append(pair.name)
    sentences: list[str] = []
    if idle:
        words = phrase("not reached: {names} is never called in either model", names=listed(idle))
        sentences.append(words)
    if silent:
        words = phrase("not reached: {names} got no gradient in either model", names=listed(silent))
        sentences.append(words)
    alone = (models.matching.alone_one, models.matching.alone_other)
    for name, units, events in zip(models.names, alone, (models.one, models.other), strict=True):
        if units:
            sentence = alone_in(name, units)
            if uncalled := [unit.name for unit in units if _never_called(events, unit)]:
                calls = phrase("and never calls {names}", names=listed(uncalled))
                sentence = chained(", ", [sentence, calls])
            sentences.append(sentence)
    return sentences


def alone_in(name: str, units: Iterable[Unit]) -> Phrase:
    """That layers of a model have no partner."""
    layers = listed(unit.name for unit in units)
    return phrase("{name} alone has {layers}, without a partner", name=name, layers=layers)


def _never_called(events: Sequence[Event], unit: Unit) -> bool:
    """Whether a layer that can be seen was not; a function's arrays have none."""
    return bool(unit.layer) and event_of(events, unit) is None
