"""Penalties in one loss alone: on weights, told by the gradients' difference, or on a layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from benchmarks.twins.cause import Cause
from benchmarks.twins.causes.asked import ask
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.declared import declared
from benchmarks.twins.causes.entry import rounded, shown
from benchmarks.twins.causes.objectives import TOLERANCE
from benchmarks.twins.causes.scene import Finder, Scene
from benchmarks.twins.climb import Refused, distance, events_of, scaled
from benchmarks.twins.compare import BOUND, renamed
from benchmarks.twins.phrases import listed
from common.language import Phrase, phrase
from common.twins.probe import Rows, Values
from common.twins.user_file import family

ROUGH = 1e-5  # of a gradient's difference: what a fit of a penalty may leave
RELATIVE = 1e-9  # of the largest gradient: a difference below this is none

SQUARES, SIZES = "L2", "L1"
ALL, A_ROW = "", "for a row on average"


class Penalty(NamedTuple):
    """`factor` times the sum of squares, "L2", or of sizes, "L1", of a weight; below zero where it
    is in the second model's loss."""

    kind: str
    factor: float


class OfLayer(NamedTuple):
    """A penalty on what comes out of a layer, over all rows or for a row on average."""

    layer: str
    kind: str
    factor: float
    over: str


def _find(scene: Scene) -> Iterator[Cause]:
    broken = {r.rung for r in scene.judgement.rungs if r.broken}
    parted = scene.faded or any(rung.startswith("outputs") for rung in broken)
    if "loss" not in broken or parted:
        return
    if scene.file.loss == "functions" and not _losses_agree(scene):
        return
    yield from list(_on_weights(scene)) or _on_layers(scene)


def _losses_agree(scene: Scene) -> bool:
    asked = ask(scene)
    return asked is not None and distance(*asked.losses) <= TOLERANCE


def penalty_of(difference: np.ndarray, weight: np.ndarray) -> list[Penalty]:
    """The penalties whose gradient this is; none where it is no such gradient."""
    basis = np.stack([2 * weight.ravel(), np.sign(weight).ravel()], axis=1)
    for columns in ([0], [1], [0, 1]):
        factors, *_ = np.linalg.lstsq(basis[:, columns], difference.ravel(), rcond=None)
        left = np.abs(basis[:, columns] @ factors - difference.ravel()).max()
        if weight.size > len(columns) and left <= ROUGH * np.abs(difference).max():
            return [
                Penalty((SQUARES, SIZES)[column], rounded(float(factor)))
                for column, factor in zip(columns, factors, strict=True)
            ]
    return []


def penalties_of(differences: Values, weights: Values) -> dict[str, list[Penalty]]:
    """The penalties of each weight; those of one number are the ones that another weight has."""
    result = {name: penalty_of(value, weights[name]) for name, value in differences.items()}
    known = [penalties for penalties in result.values() if penalties]
    for name in [name for name, penalties in result.items() if not penalties]:
        for penalties in known:
            left = np.abs(slope_of(penalties, weights[name]) - differences[name]).max()
            if left <= ROUGH * np.abs(differences[name]).max():
                result[name] = penalties
    return result


def slope_of(penalties: Sequence[Penalty], weight: np.ndarray) -> np.ndarray:
    """The gradient of penalties."""
    slopes = {SQUARES: 2 * weight, SIZES: np.sign(weight)}
    return np.sum([p.factor * slopes[p.kind] for p in penalties], axis=0)


def amount(penalty: Penalty, weight: np.ndarray) -> float:
    """What it adds to a loss."""
    size = np.sum(weight**2) if penalty.kind == SQUARES else np.sum(np.abs(weight))
    return penalty.factor * float(size)


def _on_weights(scene: Scene) -> Iterator[Cause]:
    one = scene.traces[0, "float64"]
    other = renamed(scene.traces[1, "float64"], scene.models.matching)
    scene.reset(0)
    weights = scene.sides[0].ask64("values")
    keys = [k for k in one if k.startswith("gradients/") and k in other and "input/" not in k]
    largest = max((float(np.max(np.abs(one[key]))) for key in keys), default=0.0)
    differences = {key.partition("/")[2]: one[key] - other[key] for key in keys}
    penalties = penalties_of(
        {k: v for k, v in differences.items() if np.max(np.abs(v)) > RELATIVE * largest}, weights
    )
    if not penalties or not all(penalties.values()):
        return
    losses = [float(trace["loss/loss"]) for trace in (one, other)]
    total = sum(amount(penalty, weights[name]) for name in penalties for penalty in penalties[name])
    before = distance(np.array(losses[0]), np.array(losses[1]))
    after = distance(np.array(losses[0] - total), np.array(losses[1]))
    kinds = dict.fromkeys(penalty for several in penalties.values() for penalty in several)
    for penalty in kinds:
        tensors = [name for name, several in penalties.items() if penalty in several]
        yield _of_weights(scene, penalty, tensors, before, after)


def _of_weights(
    scene: Scene, penalty: Penalty, tensors: Sequence[str], before: float, after: float
) -> Cause:
    names = scene.judgement.frameworks
    n = int(penalty.factor < 0)
    factor = abs(penalty.factor)
    words = _amount(penalty.kind, factor, listed(tensors))
    told = {"penalty": words, "one": names[n], "other": names[1 - n]}
    settings = {**_lines(penalty.kind, factor, tensors), "decay": 2 * factor, "factor": factor}
    entry = "regulariser"
    difference = phrase("{penalty} is part of {one}'s loss, and not of {other}'s", **told)
    if penalty.kind == SQUARES and _decays(scene, 1 - n, 2 * factor):
        entry = "decay_for_regulariser"
        difference = phrase(
            "{penalty} is part of {one}'s loss, and {other}'s optimiser has weight_decay={decay} "
            "for it",
            decay=shown(2 * factor),
            **told,
        )
    undo = phrase("the loss without {penalty}", penalty=words)
    return Cause(
        entry,
        ("loss", *dict.fromkeys(name.rpartition("/")[0] for name in tensors)),
        difference,
        undo if n else ENTRIES[entry].line(names[1], settings),
        after <= BOUND,
        phrase("with all such penalties in {name}'s loss too", name=names[1 - n]),
        before,
        after,
    )


def _amount(kind: str, factor: float, what: str) -> Phrase:
    """A penalty in words."""
    squares = phrase("{factor} times the sum of squares of {what}", factor=shown(factor), what=what)
    sizes = phrase("{factor} times the sum of sizes of {what}", factor=shown(factor), what=what)
    return squares if kind == SQUARES else sizes


def _on_outputs(code: str, layer: str) -> Phrase:
    return phrase("{code}, with h what comes out of {layer}", code=code, layer=layer)


def _decays(scene: Scene, number: int, decay: float) -> bool:
    """Whether a model's optimiser has this decay in its gradient."""
    side = scene.sides[number]
    declaration = declared(side.ask64("optimizer_settings"), side.framework)
    return (
        declaration is not None
        and declaration[0].coupled
        and bool(np.isclose(declaration[0].decay, decay))
    )


def _lines(kind: str, factor: float, tensors: Sequence[str]) -> dict[str, str]:
    """The penalty as each framework's users write it."""
    roles = {name.rpartition("/")[2] for name in tensors}
    role = "kernel" if roles == {"kernel"} else "bias" if roles == {"bias"} else "kernel"
    size = shown(factor)
    torch = "square" if kind == SQUARES else "abs"
    return {
        "keras_penalty": f"{role}_regularizer=keras.regularizers.{kind}({size})",
        "torch_penalty": f"loss + {size} * weight.{torch}().sum()",
        "jax_penalty": f"loss + {size} * jax.numpy.sum(jax.numpy.{torch}(kernel))",
    }


def _on_layers(scene: Scene) -> Iterator[Cause]:
    """A penalty on what comes out of a layer."""
    trials = [scene.rows, [x[: len(x) // 2 + 1] for x in scene.rows]]
    trials += [scaled(scene.rows, scale) for scale in (0.5, 2.0)]
    for number in (0, 1):  # the steps moved them
        scene.reset(number)
    try:
        losses = [[_loss(scene, n, rows) for rows in trials] for n in (0, 1)]
    except Refused:
        return
    differences = np.array(losses[0]) - np.array(losses[1])
    n = int(differences[0] < 0)
    flows = [events_of(scene.sides[n], rows) for rows in trials]
    if len({len(events) for events in flows}) != 1:
        return
    fits = []
    for events in zip(*flows, strict=True):
        if not all(event.outputs for event in events):
            continue
        outputs = [event.outputs[0] for event in events]
        for kind, over in product((SIZES, SQUARES), (ALL, A_ROW)):
            counts = [len(x) if over == A_ROW else 1 for x in outputs]
            sums = [amount(Penalty(kind, 1.0), x) / n for x, n in zip(outputs, counts, strict=True)]
            if not sums[0] > 0:
                continue
            factor = rounded(abs(float(differences[0])) / float(sums[0]))
            error = float(np.max(np.abs(factor * np.array(sums) - np.abs(differences))))
            if error <= ROUGH * float(np.max(np.abs(differences))):
                penalty = OfLayer(events[0].layer, kind, factor, over)
                fits.append((penalty, outputs[0], error))
    if not fits:
        return
    first, output, error = fits[0]
    sure = all(f.kind == first.kind and np.array_equal(x, output) for f, x, _ in fits)
    yield _of_layer(scene, n, first, sure, (losses[0][0], losses[1][0], error))


def _loss(scene: Scene, number: int, rows: Rows) -> float:
    targets = [target[: len(rows[0])] for target in scene.given[number]]
    return float(scene.sides[number].ask64("gradients", rows, targets)["loss"])


def _of_layer(
    scene: Scene,
    n: int,
    penalty: OfLayer,
    sure: bool,
    numbers: tuple[float, float, float],
) -> Cause:
    names, (layer, kind, factor, over) = scene.judgement.frameworks, penalty
    one, other, error = numbers
    what = _amount(kind, factor, phrase("what comes out of {layer}", layer=layer))
    told = {"penalty": what, "one": names[n], "other": names[1 - n]}
    difference = phrase("{penalty} is part of {one}'s loss, and not of {other}'s", **told)
    if over == A_ROW:
        difference = phrase(
            "{penalty}, for a row on average, is part of {one}'s loss, and not of {other}'s", **told
        )
    size, mean = shown(factor), " / len(h)" * (over == A_ROW)
    torch, jax = ("h.square()", "(h ** 2)") if kind == SQUARES else ("h.abs()", "h.abs()")
    lines = {
        "keras": f"activity_regularizer=keras.regularizers.{kind}({size})",
        "torch": _on_outputs(f"loss + {size} * {torch}.sum(){mean}", layer),
        "jax": _on_outputs(f"loss + {size} * {jax}.sum(){mean}", layer),
    }
    undo = phrase("{layer} without a penalty on what comes out of it", layer=layer)
    return Cause(
        "regulariser",
        ("loss", layer),
        difference,
        undo if n else lines[family(names[1])],
        sure,
        phrase(
            "with it in {name}'s loss too, on these rows, fewer, larger and smaller ones,",
            name=names[1 - n],
        ),
        distance(np.array(one), np.array(other)),
        error / abs(other),
    )


FINDER = Finder(("regulariser", "decay_for_regulariser"), _find)
