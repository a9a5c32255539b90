"""Gradients that differ on an equal loss: differences of the loss itself say which is right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from benchmarks.twins.cause import Cause
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.climb import Refused, distance
from benchmarks.twins.compare import BOUND, renamed
from benchmarks.twins.phrases import listed
from common.language import phrase
from common.twins.probe import Values

STRIDE = 1e-6  # of the largest weight: how far a weight is moved to either side
CLOSE = 1e-4  # of what two gradients differ by: a difference quotient's own error
ROWS_AT_MOST = 2  # of a table that may be left out of training


class Parted(NamedTuple):
    """The weights whose gradients differ, by the first model's names, in its layout."""

    ones: Values
    others: Values


def _find(scene: Scene) -> Iterator[Cause]:
    broken = [r for r in scene.judgement.rungs if r.broken]
    if any(r.rung.startswith(("outputs", "loss")) for r in broken):
        return
    names = [r.tensor for r in broken if r.rung == "gradients" and "input/" not in r.tensor]
    if not names:  # the tensors of a rung that agrees are forgotten
        return
    traces = (
        scene.traces[0, "float64"],
        renamed(scene.traces[1, "float64"], scene.models.matching),
    )
    parted = Parted(*({n: trace[f"gradients/{n}"] for n in names} for trace in traces))
    tables = {name: cause for name in names if (cause := _padding(scene, parted, name))}
    yield from tables.values()
    rest = [name for name in names if name not in tables]
    if rest:
        left = Parted(*({n: values[n] for n in rest} for values in parted))
        yield from _wrong_way_back(scene, left)


def _padding(scene: Scene, parted: Parted, name: str) -> Cause | None:
    """A few rows of a table that one model alone does not train."""
    kinds = {pair.one.name: pair.one.kind for pair in scene.models.matching.pairs}
    if kinds.get(name.rpartition("/")[0]) != "embedding":
        return None
    gradients = parted.ones[name], parted.others[name]
    for n in (0, 1):
        held, trained = gradients[n], gradients[1 - n]
        rows = np.flatnonzero(~np.any(held, axis=1) & np.any(trained, axis=1))
        if not 1 <= len(rows) <= ROWS_AT_MOST or not np.any(held):
            continue
        trial = trained.copy()
        trial[rows] = 0
        after = distance(trial, held)
        frameworks = scene.judgement.frameworks
        words = ", ".join(map(str, rows))
        layer = name.rpartition("/")[0]
        undo = phrase(
            "{layer} without padding_idx, or without the mask of its gradient", layer=layer
        )
        line = ENTRIES["padding_idx"].line(frameworks[1], {"padding_idx": words})
        return Cause(
            "padding_idx",
            (layer,),
            phrase(
                "row {row} of {name} has no gradient in {one}, and one in {other}",
                row=words,
                name=name,
                one=frameworks[n],
                other=frameworks[1 - n],
            ),
            undo if n else line,
            after <= BOUND,
            phrase(
                "with the gradient of row {row} at zero in {framework}",
                row=words,
                framework=frameworks[1 - n],
            ),
            distance(trained, held),
            after,
        )
    return None


def _wrong_way_back(scene: Scene, parted: Parted) -> Iterator[Cause]:
    """The side whose gradient is not the slope of its own loss, where the other's is."""
    direction = {name: parted.ones[name] - parted.others[name] for name in parted.ones}
    apart = _inner(direction, direction)
    slopes = [_slope(scene, n, direction) for n in (0, 1)]
    analytic = [_inner(values, direction) for values in parted]
    wrong = [abs(slope - one) > CLOSE * apart for slope, one in zip(slopes, analytic, strict=True)]
    right = [abs(slope - one) <= CLOSE * apart for slope, one in zip(slopes, analytic, strict=True)]
    if sum(wrong) != 1 or sum(right) != 1 or abs(slopes[0] - slopes[1]) > CLOSE * apart:
        return
    n = wrong.index(True)
    names = scene.judgement.frameworks
    cut, whole = parted[n], parted[1 - n]
    layers = list(dict.fromkeys(name.rpartition("/")[0] for name in cut))
    flat = not any(np.any(value) for value in whole.values())
    factor = 0.0 if flat else _inner(cut, whole) / _inner(whole, whole)
    scaled = all(distance(factor * whole[name], cut[name], BOUND) <= BOUND for name in cut)
    told = {"layers": listed(layers), "name": names[n]}
    if flat:
        entry = "own_gradient"
        words = phrase("{layers} has a gradient in {name}, though the loss is flat", **told)
    elif not any(np.any(value) for value in cut.values()):
        entry, words = "detached", phrase("no gradient reaches {layers} in {name}", **told)
    elif scaled:
        entry = "own_gradient"
        words = phrase(
            "the gradient of {layers} is {factor:.4g} times its own in {name}",
            factor=factor,
            **told,
        )
    else:
        entry = "detached"
        words = phrase("the gradient of {layers} is not whole in {name}", **told)
    lacks = abs(analytic[n] - slopes[n]) / apart
    yield Cause(
        entry,
        tuple(layers[::-1]),
        phrase(
            "{what}: it is not the slope of the loss there, which is what {name} has",
            what=words,
            name=names[1 - n],
        ),
        ENTRIES[entry].line(names[1]),
        entry == "own_gradient" or not any(np.any(value) for value in cut.values()),
        phrase("with the slope of {name}'s own loss, by differences,", name=names[n]),
        lacks,
        abs(slopes[n] - analytic[1 - n]) / apart,
    )


def _inner(one: Values, other: Values) -> float:
    return float(sum(np.sum(one[name] * other[name]) for name in one))


def _slope(scene: Scene, number: int, direction: Values) -> float:
    """How the loss of a model changes along a direction of weights, by central differences."""
    side, matching = scene.sides[number], scene.models.matching
    scene.reset(number)
    along = matching.to_other(direction) if number else direction
    try:
        values = side.ask64("values")
        moved = {name: value for name, value in along.items() if name in values}
        largest = max(float(np.max(np.abs(values[name]))) for name in moved)
        stride = STRIDE * largest / max(float(np.max(np.abs(v))) for v in moved.values())
        losses = []
        for sign in (1, -1):
            shifted = {name: values[name] + sign * stride * moved[name] for name in moved}
            side.ask64("assign", shifted)
            losses.append(float(side.ask64("gradients", scene.rows, scene.given[number])["loss"]))
    except Refused:
        return np.nan
    finally:
        scene.reset(number)
    return (losses[0] - losses[1]) / (2 * stride)


FINDER = Finder(("padding_idx", "detached", "own_gradient"), _find)
