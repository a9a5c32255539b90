"""Finder: attention, as a layer or as functions: its scale, mask, inputs, axes and softmax."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from benchmarks.twins.cause import Cause, of_setting
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.gaps import gaps
from benchmarks.twins.causes.halves import weights_of
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.causes.trial import Settings, closes, fits, necessary, tolerance
from benchmarks.twins.causes.witness.attention import attention, of_heads
from benchmarks.twins.causes.words import said
from benchmarks.twins.climb import distance
from benchmarks.twins.flow import CLOSE
from common.twins.probe import Event, Unit, Values

Array = np.ndarray
ROLES = {"query": "query", "key": "key", "value": "value"}
ROLES |= {"attention_output": "output", "output": "output", "out": "output"}
ENTRY = {
    "scaled": "attention_scale",
    "causal": "attention_mask",
    "rows_first": "batch_first",
    "roles": "inputs_exchanged",
    "axis": "softmax_axis",
}
Run = Callable[[Settings], Array | None]


class Side(NamedTuple):
    """Attention as one model has it: the call, and the formula for any settings."""

    event: Event
    run: Run
    candidates: Sequence[Settings]


def find(scene: Scene) -> Iterator[Cause]:
    """Causes in multi-head layers, then in attention that is made of functions."""
    if not scene.layers_part:
        return
    for name, sides in _layers(scene):
        yield from _causes(scene, name, sides)
    for gap in (gap for ways in gaps(scene) for way in ways[:1] for gap in way[:1]):
        one, other = gap.events
        if not one or not other or gap.inherited:
            continue
        given = [x for x in one.inputs if x.ndim > 2]
        mine, theirs = _functional(one, given), _functional(other, given)
        if mine and theirs:
            yield from _causes(scene, gap.name, (mine, theirs))


def _causes(scene: Scene, name: str, sides: tuple[Side, Side]) -> Iterator[Cause]:
    one = sides[0]
    mine, theirs = (_named(side) for side in sides)
    right = one.run(mine) if mine else None
    if mine is None or theirs is None or right is None:
        return
    wrong, y = one.run(theirs), one.event.outputs[0]
    before = min(distance(wrong, right), 1.0) if wrong is not None else 1.0
    after = distance(right.reshape(y.shape), y)
    if not closes(before, after):
        return
    keys = necessary(one.run, mine, theirs, right, tolerance(before))
    if len(keys) > 1:  # query, key and value of one shape may be paired crosswise where all differ
        keys = [key for key in keys if key != "roles"]
    for key in keys:
        yield _cause(scene, name, one, key, (mine[key], theirs[key]), before, after)


def _named(side: Side) -> Settings | None:
    """The first settings under which the formula gives the call's output."""
    wanted = side.event.outputs[0]
    return next((s for s in side.candidates if _fits(side.run(s), wanted)), None)


def _fits(value: Array | None, wanted: Array) -> bool:
    if value is None:
        return False
    turned = value.swapaxes(0, 1) if value.ndim == 3 else value
    return fits(value, wanted, 1e-7) or fits(turned, wanted, 1e-7)


def _layers(scene: Scene) -> Iterator[tuple[str, tuple[Side, Side]]]:
    """Multi-head attention that both models have, on the first model's inputs."""
    seen = set()
    for pair in scene.models.matching.pairs:
        names = pair.one.layer, pair.other.layer
        parents = tuple(_parent(unit) for unit in (pair.one, pair.other))
        if parents in seen or not all(parents) or not names[0]:
            continue
        seen.add(parents)
        events = [
            next((e for e in flow if e.layer == parent), None)
            for flow, parent in zip((scene.models.one, scene.models.other), parents, strict=True)
        ]
        if not events[0] or not events[1]:
            continue
        given = _distinct(events[0].inputs)
        sides = []
        for number, event in enumerate(events):
            weights = _weights(scene.sides[number].units, parents[number], scene.values[number])
            places = [_place(x, given) for x in event.inputs] if number else []  # type: ignore
            if weights is None or (number and None in places):
                break
            swapped = any(turned for _, turned in places) if number else False  # type: ignore
            sides.append(_side(event, given, weights, swapped))  # type: ignore[arg-type]
        if len(sides) == 2:
            yield parents[0], (sides[0], sides[1])  # type: ignore[misc]


def _parent(unit: Unit) -> str:
    """The layer that a query, key, value or output belongs to; "" for any other unit."""
    name, _, role = unit.name.rpartition(".")
    return name if role in ROLES else ""


def _distinct(tensors: Sequence[Array]) -> list[Array]:
    result: list[Array] = []
    for tensor in tensors:
        if tensor.ndim == 3 and not any(fits(tensor, known, CLOSE) for known in result):
            result.append(tensor)
    return result


def _place(x: Array, given: Sequence[Array]) -> tuple[int, bool] | None:
    """Which of the first model's inputs this is, and whether rows and steps change places."""
    for number, known in enumerate(given):
        if fits(x, known, CLOSE):
            return number, False
        if x.ndim == 3 and fits(x.swapaxes(0, 1), known, CLOSE):
            return number, True
    return None


def _weights(units: Sequence[Unit], parent: str | None, values: Values) -> dict[str, Array] | None:
    result: dict[str, Array] = {}
    for unit in units:
        name, _, role = unit.name.rpartition(".")
        if name == parent and role in ROLES:
            kept = weights_of(unit, values)
            result |= {f"{ROLES[role]}/{key}": value for key, value in kept.items()}
    needed = {f"{role}/kernel" for role in ROLES.values()}
    return result if needed <= result.keys() else None


def _side(event: Event, given: list[Array], weights: dict[str, Array], swapped: bool) -> Side:
    heads = int(event.settings.get("num_heads", 1))

    def run(settings: Settings) -> Array | None:
        options = {k: v for k, v in settings.items() if k != "roles"}
        query, key, value = (given[role] for role in settings["roles"])
        return of_heads(query, key, value, weights, heads=heads, **options)

    count = len(given)
    plain = (0, 1 % count, 2 % count if count > 2 else 1 % count)
    roles = dict.fromkeys([plain, *product(range(count), repeat=3)])
    candidates = [
        {"roles": r, "causal": causal, "scaled": scaled, "rows_first": not swapped}
        for scaled in (True, False)
        for causal in (False, True)
        for r in roles
    ]
    return Side(event, run, candidates)


def _functional(event: Event, given: list[Array]) -> Side | None:
    """Attention as one call on query, key and value, which are the first model's tensors."""
    places = [_place(x, given) for x in event.inputs if x.ndim > 2]
    if "attention" not in event.kind.lower() or len(places) < 2 or None in places:
        return None

    def run(settings: Settings) -> Array | None:
        query, key, value = (given[role] for role in settings["roles"])
        if query.shape[-1] != key.shape[-1] or key.shape[-2] != value.shape[-2]:
            return None
        scale = query.shape[-1] ** -0.5 if settings["scaled"] else 1.0
        return attention(query, key, value, scale=scale, causal=settings["causal"])

    roles = [number for number, _ in places]  # type: ignore[misc]
    orders = {(roles[0], roles[1], roles[-1]), (roles[0], roles[-1], roles[1])}  # Keras: q, v, k
    candidates: list[dict[str, Any]] = [
        {"roles": r, "causal": causal, "scaled": scaled}
        for scaled in (True, False)
        for causal in (False, True)
        for r in sorted(orders)
    ]
    return Side(event, run, candidates)


def _cause(
    scene: Scene,
    name: str,
    one: Side,
    key: str,
    values: tuple[Any, Any],
    before: float,
    after: float,
) -> Cause:
    frameworks = scene.models.names
    told = [said(key, value) for value in values]
    width = one.event.inputs[0].shape[-1]
    filling = {
        "root": f"math.sqrt({width // int(one.event.settings.get('num_heads', 1))})",
        "layer": name,
        "torch_layer": "MultiheadAttention",
        "inputs": ", ".join(f"inputs[{i}]" for i in values[0]) if key == "roles" else "",
        "axis": values[0],
    }
    write = ENTRIES[ENTRY[key]].line(frameworks[1], filling)
    return of_setting(ENTRY[key], (name,), name, told, frameworks, write, (before, after))


FINDER = Finder(("attention_scale", "attention_mask", "batch_first", "inputs_exchanged"), find)
