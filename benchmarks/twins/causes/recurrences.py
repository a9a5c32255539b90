"""Finder: recurrent layers with another function, direction, order of axes, or first state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from benchmarks.twins.cause import Cause
from benchmarks.twins.causes.halves import Difference, Half, Layer, cause_of, layers, unmirrored
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.causes.trial import Settings, closes, necessary, tolerance
from benchmarks.twins.causes.witness.elementwise import PLAIN
from benchmarks.twins.causes.witness.recurrent import states
from benchmarks.twins.causes.words import said
from benchmarks.twins.climb import distance

Array = np.ndarray
KINDS = ("lstm", "gru", "gru_v1", "simple_rnn")
HIDDEN = "hidden"  # of an LSTM's first state and cell the state alone
GATES = ("sigmoid", "hard_sigmoid", "hard_sigmoid_of_0.2")
ENTRY = {
    "activation": "cell_activation",
    "recurrent_activation": "recurrent_activation",
    "backwards": "go_backwards",
    "rows_first": "batch_first",
    "begins": "input_unused",
    "kind": "reset_after",
    "masked": "recurrence_mask",
}


def find(scene: Scene) -> Iterator[Cause]:
    """A cause for each setting whose exchange the gap needs to close."""
    words = [x for x in scene.rows if x.dtype.kind == "i" and x.ndim == 2 and np.any(x == 0)]
    every = [d for layer in layers(scene, KINDS) for d in _differences(layer, words)]
    return map(_cause, unmirrored(every))


def _differences(layer: Layer, words: Sequence[Array]) -> Iterator[Difference]:
    one, other = layer.one, layer.other
    if layer.axes not in ((0, 1, 2), (1, 0, 2)):
        return
    swapped = layer.axes == (1, 0, 2)
    start = max((_initial(half) for half in (one, other)), key=len)
    mask = next((w != 0 for w in words if w.shape == one.x.shape[:2]), None)

    def run(half: Half, x: Array, settings: Settings) -> Array | None:
        left = ("kind", "begins", "masked")
        options = {k: v for k, v in settings.items() if k not in left}
        options["mask"] = mask if settings["masked"] else None
        kind, begins = settings["kind"], settings["begins"]
        initial = start[: 1 if begins == HIDDEN else len(start)] if begins else ()
        with np.errstate(all="ignore"):
            return states(x, kind, half.weights, **options, initial=initial)

    limit = 1e-7 if layer.agree else 1e-9
    forms = (False,) if mask is None or swapped else (False, True)
    mine = _named(one, one.x, run, False, forms, limit)
    given = one.x if layer.agree else other.x
    theirs = _named(other, given, run, swapped and layer.agree, forms, limit)
    if not mine or not theirs:
        return

    def trial(settings: Settings) -> Array | None:
        result = run(one, one.x, settings)
        return None if result is None else _last(result, settings)

    right, wrong = trial(mine), trial(theirs)
    if right is None:
        return
    before = min(distance(wrong, right), 1.0) if wrong is not None else 1.0
    after = _off(one, run(one, one.x, mine), False)
    if not closes(before, after):
        return
    for key in necessary(trial, mine, theirs, right, tolerance(before)):
        yield Difference(layer, key, mine[key], theirs[key], before, after)


def _initial(half: Half) -> Sequence[Array]:
    """The first state that is given, and of an LSTM the first cell."""
    units = len(half.weights["recurrent_kernel"])
    return [x for x in half.event.inputs[1:] if x.shape[1:] == (units,) and np.any(x)]


def _last(result: Array, settings: Settings) -> Array:
    return result[:, -1] if settings["rows_first"] else result[-1]


def _named(
    half: Half, x: Array, run: Any, swapped: bool, masked: Sequence[bool], limit: float
) -> Settings | None:
    """The settings under which the formula gives the layer's own states, those stated first."""
    stated = half.settings
    acts = dict.fromkeys([str(stated.get("activation", "tanh")), "tanh", "relu", "linear"])
    gates = dict.fromkeys([str(stated.get("recurrent_activation", "sigmoid")), *GATES])
    kinds = {"gru": ("gru", "gru_v1"), "gru_v1": ("gru_v1", "gru")}
    begins = (False, HIDDEN, True) if half.unit.kind == "lstm" else (False, True)
    for leaves_out, kind, first, backwards, act, gate in product(
        masked,
        kinds.get(half.unit.kind, (half.unit.kind,)),
        begins[: 1 + len(_initial(half))],
        (bool(stated.get("go_backwards")), not stated.get("go_backwards")),
        [a for a in acts if a in PLAIN],
        [g for g in gates if g in PLAIN] if half.unit.kind != "simple_rnn" else ("sigmoid",),
    ):
        settings = {
            "kind": kind,
            "begins": first,
            "backwards": backwards,
            "activation": act,
            "recurrent_activation": gate,
            "rows_first": not swapped,
            "masked": leaves_out,
        }
        result = run(half, x, settings)
        if result is not None and _off(half, result, swapped) <= limit:
            return settings
    return None


def _off(half: Half, result: Array | None, swapped: bool) -> float:
    """How far the states are from any output of the layer: the sequence either way, or the last."""
    if result is None:
        return np.inf
    result = result.swapaxes(0, 1) if swapped else result
    forms = (result[:, -1], result, result[:, ::-1])
    return (
        min(
            distance(form, y) for form in forms for y in half.event.outputs if y.shape == form.shape
        )
        if any(y.shape == form.shape for form in forms for y in half.event.outputs)
        else np.inf
    )


def _cause(difference: Difference) -> Cause:
    layer, key, mine, theirs, *_ = difference
    one, other = layer.one, layer.other
    told = [said(key, value) for value in (mine, theirs)]
    kind = {"lstm": "LSTM", "simple_rnn": "SimpleRNN"}.get(one.unit.kind, "GRU")
    filling = {
        "layer": kind,
        "torch_layer": {"SimpleRNN": "RNN"}.get(kind, kind),
        "jax_layer": {"SimpleRNN": "SimpleCell"}.get(kind, f"{kind}Cell"),
        "module": f"self.{other.unit.layer}",
        "units": len(one.weights["recurrent_kernel"]),
        "activation": mine,
        "recurrent_activation": mine,
        "go_backwards": mine,
        "reset_after": mine == "gru",
        "states": "state" if mine else "None",
    }
    entry = ENTRY[key]
    return cause_of(difference, entry, told, filling)


FINDER = Finder(tuple(ENTRY.values()), find)
