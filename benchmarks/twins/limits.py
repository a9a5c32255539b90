"""Limits and masks that events show, and on which sides of them there were values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from common.twins.probe import Event

BENDS: Mapping[str, tuple[float, ...]] = {
    **dict.fromkeys(("relu", "leakyrelu", "prelu", "elu", "selu", "celu"), (0.0,)),
    **dict.fromkeys(("hardsigmoid", "hardswish", "hardsilu"), (-3.0, 3.0)),
    "relu6": (0.0, 6.0),
    "hardtanh": (-1.0, 1.0),
    **dict.fromkeys(("clip", "clamp", "threshold"), ()),
}
"""Functions that change their form at a value -> where, if their settings do not say it."""

LIMITS = (
    *("min", "max", "min_val", "max_val", "x_min", "x_max", "a_min", "a_max"),
    *("max_value", "threshold"),
)
"""What the frameworks call such a value."""

MASKED = ("where", "select", "maskedfill", "scaleddotproductattention", "dotproductattention")
MASK, PADDING, CHOICE = "mask", "padding word", "choice"

Reached = dict[tuple[str, float | str], frozenset[bool]]
"""(layer, limit, or what else it has) -> whether values were below (False) and above (True) it; of
a mask or a padding word whether it was ever false and true; of a "choice" between two tensors
whether the second and the first were ever taken."""


def reached(events: Iterable[Event]) -> Reached:
    """What the calls of each layer chose by the values that came, all calls together."""
    result: Reached = {}
    for event in events:
        for what, sides in _choices(event) if event.inputs and event.outputs else ():
            result[event.layer, what] = result.get((event.layer, what), frozenset()) | sides
    return result


def merged(one: Reached, other: Reached) -> Reached:
    """What was reached in either of two runs."""
    return {
        key: one.get(key, frozenset()) | other.get(key, frozenset()) for key in {**one, **other}
    }


def _choices(event: Event) -> Iterator[tuple[float | str, frozenset[bool]]]:
    kind, x = _function(event), event.inputs[0]
    if kind in BENDS:
        own = [event.settings.get(name) for name in LIMITS]
        limits = [float(v) for v in own if isinstance(v, int | float) and np.isfinite(v)]
        for limit in dict.fromkeys(limits or BENDS[kind]):  # a value on it is on both sides
            yield limit, _sides(np.any(x <= limit), np.any(x >= limit))
    elif kind in ("maximum", "minimum"):
        out, other = event.outputs[0], event.inputs[1] if len(event.inputs) > 1 else np.nan
        yield CHOICE, _sides(np.any((out != x) | (out == other)), np.any(out == x))
    elif kind in MASKED:
        masks = [t for t in event.inputs if t.dtype.kind == "i" and not np.any((t != 0) & (t != 1))]
        if masks:
            yield MASK, _sides(np.any(masks[0] == 0), np.any(masks[0]))
    elif kind == "masking":
        hidden = np.all(x == event.settings.get("mask_value", 0), axis=-1)
        yield MASK, _sides(np.any(~hidden), np.any(hidden))
    elif kind == "embedding":
        word = 0 if event.settings.get("mask_zero") else event.settings.get("padding_idx")
        if word is not None:
            yield PADDING, _sides(np.any(x != word), np.any(x == word))


def _function(event: Event) -> str:
    """The name of what is computed, spelt as no framework does: "relu6", "hardtanh"."""
    name = event.kind
    if name.lower() == "activation":  # of Keras: a layer of it, or the end of another layer
        name = str(event.settings.get("activation", event.layer.rpartition(": ")[2]))
    return name.lower().replace("_", "")


def _sides(below: object, above: object) -> frozenset[bool]:
    return frozenset([False] * bool(below) + [True] * bool(above))
