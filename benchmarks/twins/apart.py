"""How far the two layers of each pair are apart: what goes in, what comes out, and their own part.

A layer's own error is that of the second model's layer on the first model's input: what is left of
the difference when nothing is inherited.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import NamedTuple

import numpy as np

from benchmarks.twins.climb import distance
from benchmarks.twins.conventions import differing
from benchmarks.twins.flow import AXES_TRIED, CLOSE, PART, event_of, relation
from benchmarks.twins.match import Pair
from benchmarks.twins.place import Models
from common.twins.probe import Event


class Apart(NamedTuple):
    """A pair of layers by the users' names, or one without a partner, whose other name is empty.

    Errors are max|a - b| / max|b| in float64, of the least of any two tensors and orders of axes:
    `inherited` of the inputs, `after` of the outputs, `own` of the outputs on equal inputs; None
    where the layer has none, or was not called alone. `shown`: both layers were seen when rows
    flowed. `settings` says which differ.
    """

    one: str
    other: str
    kind: str
    shown: bool = False
    inherited: float | None = None
    after: float | None = None
    own: float | None = None
    settings: tuple[str, ...] = ()


def apart(models: Models, *, replay: bool = False) -> list[Apart]:
    """Every layer of both models; with `replay` those of the second are called alone."""
    pairs = models.matching.pairs
    every = [
        *(_pair(models, pair, replay) for pair in pairs),
        *(Apart(unit.name, "", unit.kind) for unit in models.matching.alone_one),
        *(Apart("", unit.name, unit.kind) for unit in models.matching.alone_other),
    ]
    return list(dict.fromkeys(every))


def _pair(models: Models, pair: Pair, replay: bool) -> Apart:
    names = pair.one.name, pair.other.name, pair.one.kind
    settings = tuple(differing(pair, models.names))
    mine, theirs = event_of(models.one, pair.one), event_of(models.other, pair.other)
    if not (mine and theirs):
        return Apart(*names, settings=settings)
    inherited = error(mine.inputs, theirs.inputs)
    own = after = error(mine.outputs, theirs.outputs)
    if inherited is not None and inherited > CLOSE:
        own = _own(models, pair, mine) if replay and (after or 0.0) > CLOSE else None
    return Apart(*names, True, inherited, after, own, settings)


def _own(models: Models, pair: Pair, mine: Event) -> float | None:
    try:
        return error(mine.outputs, models.replay(pair.other.layer, mine.inputs))
    except (ValueError, RuntimeError):
        return None


def error(ones: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> float | None:
    """The least error of any two of these tensors; None where either side shows none.

    Infinite where no order of the axes makes their shapes equal, but for the same values rearranged
    or padded, which is no error by itself.
    """
    return min((_error(a, b) for a in ones for b in others), default=None)


def _error(one: np.ndarray, other: np.ndarray) -> float:
    least = np.inf
    for form in _forms(one, other):
        least = min(least, distance(form, one))
        if least <= CLOSE:
            break
    return 0.0 if least == np.inf and relation(one, other) == PART else least


def _forms(one: np.ndarray, other: np.ndarray) -> Iterator[np.ndarray]:
    """The other tensor in the shape of the one."""
    if one.size == other.size:
        yield other.reshape(one.shape)
    squeezed, wanted = other.squeeze(), one.squeeze().shape
    for order in permutations(range(squeezed.ndim)) if squeezed.ndim <= AXES_TRIED else ():
        turned = squeezed.transpose(order)
        if turned.shape == wanted:
            yield turned.reshape(one.shape)
